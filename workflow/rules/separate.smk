"""Give sources back as sound: only when asked for, `snakemake separate`."""


rule separate:
    """The chosen sounds of every model of the season."""
    input:
        expand(f"{SEASON_FOLDER}/separate/{{model}}/index.html", model=SEASON.models),


rule separate_sounds:
    """One FLAC file for each source and the residue of each chosen moment, their list, and a page to listen to them."""
    input:
        card=model_card,
        batches=f"{SEASON_FOLDER}/catalogue/batches.json",
        events=every_deployment(f"{SEASON_FOLDER}/tables/events/{{model}}/{{deployment}}.parquet"),
        recordings=every_deployment(f"{SEASON_FOLDER}/tables/recordings/{{deployment}}.parquet"),
        infer_records=every_batch(INFER_RECORDS),
    output:
        page=f"{SEASON_FOLDER}/separate/{{model}}/index.html",
        files=f"{SEASON_FOLDER}/separate/{{model}}/separated.csv",
    log:
        f"{LOGS}/separate/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/separate/{{model}}.tsv"
    conda:
        "../../envs/antiphon.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        season=SETTINGS.season,
        folder=lambda wildcards, output: str(Path(output.page).parent),
        season_folder=lambda wildcards, output: str(Path(output.page).parents[2]),
        audio_root=lambda wildcards: SEASON.audio_root,
        settings=as_json(SETTINGS.separate),
        version=stage_version("separate"),
    shell:
        "antiphon separate"
        " --season {params.season:q}"
        " --model {wildcards.model:q}"
        " --card {input.card:q}"
        " --catalogue {params.season_folder:q}/catalogue"
        " --tables {params.season_folder:q}/tables"
        " --probabilities {params.season_folder:q}/infer/{wildcards.model}"
        " --audio-root {params.audio_root:q}"
        " --settings {params.settings:q}"
        " --output {params.folder:q}"
        " 2>&1 | tee {log:q} >&2"
