"""Turn sound into spectrograms: a Zarr store per unit, a record per batch."""


rule stft:
    """Decode, check, hash and transform each recording of a batch once."""
    input:
        manifest=manifest,
    output:
        record=update(f"{SEASON_FOLDER}/stft/{{batch}}.json"),
    log:
        f"{LOGS}/stft/{{batch}}.log",
    benchmark:
        f"{BENCHMARKS}/stft/{{batch}}.tsv"
    conda:
        "../../envs/antiphon.yaml"
    threads: SETTINGS.machine.workers
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
        device=SETTINGS.machine.stft_device,
    params:
        audio_root=lambda wildcards: SEASON.audio_root,
        settings=as_json(SETTINGS.stft),
        version=stage_version("stft"),
    shell:
        "antiphon stft"
        " --manifest {input.manifest:q}"
        " --audio-root {params.audio_root:q}"
        " --settings {params.settings:q}"
        " --record {output.record:q}"
        " --device {resources.device}"
        " --workers {threads}"
        " 2>&1 | tee {log:q} >&2"
