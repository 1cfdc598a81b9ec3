"""The season by formula that a fresh checkout is set to. No word of the road: your own season needs none of it."""


checkpoint demo_write:
    """Two recorders, two days, with the truth of every cell; made only where it is missing."""
    output:
        deployments=DEMO_DEPLOYMENTS,
    log:
        f"{LOGS}/demo_write.log",
    benchmark:
        f"{BENCHMARKS}/demo_write.tsv"
    conda:
        "../../envs/antiphon.yaml"
    threads: SETTINGS.machine.workers
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        folder=lambda wildcards, output: str(Path(output.deployments).parents[1]),
    shell:
        "antiphon demo-write"
        " --folder {params.folder:q}"
        f" --config {shlex.join(SETTINGS_FILES)}"
        " --workers {threads}"
        " 2>&1 | tee {log:q} >&2"
