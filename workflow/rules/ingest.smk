"""List the recordings: a row per file, good or bad, and a manifest per batch."""


checkpoint ingest:
    """Every file below the audio folders becomes a row; batches of units become manifests beside the output."""
    input:
        deployments=SEASON.deployments,
        folders=watched_folders,
    output:
        batches=update(f"{SEASON_FOLDER}/catalogue/batches.json"),
    log:
        f"{LOGS}/ingest.log",
    benchmark:
        f"{BENCHMARKS}/ingest.tsv"
    conda:
        "../../envs/antiphon.yaml"
    threads: SETTINGS.machine.workers
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
    params:
        audio_root=lambda wildcards: SEASON.audio_root,
        season=SETTINGS.season,
        settings=as_json(SETTINGS.ingest),
        days=season_days(),
        version=stage_version("ingest"),
        catalogue=lambda wildcards, output: str(Path(output.batches).parent),
    shell:
        "antiphon ingest"
        " --deployments {input.deployments:q}"
        " --audio-root {params.audio_root:q}"
        " --season {params.season:q}"
        " {params.days}"
        " --settings {params.settings:q}"
        " --catalogue {params.catalogue:q}"
        " --workers {threads}"
        " 2>&1 | tee {log:q} >&2"
