"""List the recordings: a row per file, good or bad, and a manifest per batch."""


SEASON_DAYS = [("first", SEASON.first_day), ("last", SEASON.last_day)]


def watched_folders(wildcards):
    """Return the audio folders whose change means that files came or went."""
    depth = SETTINGS.ingest.watch_depth
    folders = [
        Path(SEASON.audio_root) / deployment.folder for deployment in DEPLOYMENTS
    ]
    level = folders
    for _ in range(depth):
        level = [
            entry
            for folder in level
            for entry in sorted(folder.iterdir())
            if entry.is_dir()
        ]
        folders = folders + level
    return [str(folder) for folder in folders]


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
        settings=as_json(SETTINGS.ingest),
        days=[f"--{end}-day={day}" for end, day in SEASON_DAYS if day],
        version=stage_version("ingest"),
        catalogue=lambda wildcards, output: str(Path(output.batches).parent),
    shell:
        "antiphon ingest"
        " --deployments {input.deployments:q}"
        " --audio-root {SEASON.audio_root:q}"
        " --season {SETTINGS.season:q}"
        " {params.days}"
        " --settings {params.settings:q}"
        " --catalogue {params.catalogue:q}"
        " --workers {threads}"
        " 2>&1 | tee {log:q} >&2"
