"""See what a job sees on each kind of node: `snakemake check --profile slurm`. No word of the road."""

CHECKED = f"{SEASON_FOLDER}/check"


rule check:
    """Say what the jobs below saw; fail if anything is bad."""
    input:
        expand(f"{CHECKED}/{{place}}.txt", place=["cpu", "gpu"]),
    log:
        f"{LOGS}/check.log",
    retries: 0
    conda:
        "../../envs/antiphon.yaml"
    shell:
        "cat {input:q} | tee {log:q}; ! grep -h '^bad' {input:q} >&2"


rule check_cpu:
    """A job like most."""
    input:
        deployments=SEASON.deployments,
    output:
        temp(f"{CHECKED}/cpu.txt"),
    log:
        f"{LOGS}/check/cpu.log",
    retries: 0
    conda:
        "../../envs/antiphon.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
        gpu=0,
        device=SETTINGS.machine.device,
    params:
        place="cpu",
        audio_root=lambda wildcards: SEASON.audio_root,
        results=lambda wildcards: SETTINGS.results,
    shell:
        "antiphon check"
        " --place {params.place}"
        " --deployments {input.deployments:q}"
        " --audio-root {params.audio_root:q}"
        " --results {params.results:q}"
        " --device {resources.device}"
        " --gpus {resources.gpu}"
        " --output {output:q}"
        " 2>&1 | tee {log:q} >&2"


use rule check_cpu as check_gpu with:
    output:
        temp(f"{CHECKED}/gpu.txt"),
    log:
        f"{LOGS}/check/gpu.log",
    params:
        place="gpu",
        audio_root=lambda wildcards: SEASON.audio_root,
        results=lambda wildcards: SETTINGS.results,
