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


rule verdicts:
    """Stop if too many recordings turned out bad when they were decoded; runs before any table that could be made.

    No table has it as input: a plain one would make all tables again whenever a file comes, and one that is `ancient`
    hides from Snakemake 9 what else has changed.
    """
    input:
        batches=f"{SEASON_FOLDER}/catalogue/batches.json",
        stft_records=every_batch(STFT_RECORDS),
    output:
        verdicts=VERDICTS,
    log:
        f"{LOGS}/verdicts.log",
    benchmark:
        f"{BENCHMARKS}/verdicts.tsv"
    priority: 1
    conda:
        "../../envs/antiphon.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        settings=as_json(SETTINGS.ingest),
        version=stage_version("ingest"),
        season=lambda wildcards, output: str(Path(output.verdicts).parents[1]),
    shell:
        "antiphon verdicts"
        " --catalogue {params.season:q}/catalogue"
        " --stft {params.season:q}/stft"
        " --settings {params.settings:q}"
        " --output {output.verdicts:q}"
        " 2>&1 | tee {log:q} >&2"
