"""Turn sources into numbers: Parquet tables, one file per table, model and deployment."""


rule tabulate_effort:
    """What was recorded and what was analysed: the tables recordings, effort and ltsa."""
    input:
        manifests=of_deployment(MANIFESTS),
        set_aside=set_aside,
        stft_records=of_deployment(STFT_RECORDS),
    output:
        recordings=f"{SEASON_FOLDER}/tables/recordings/{{deployment}}.parquet",
        effort=f"{SEASON_FOLDER}/tables/effort/{{deployment}}.parquet",
        ltsa=f"{SEASON_FOLDER}/tables/ltsa/{{deployment}}.parquet",
    log:
        f"{LOGS}/tabulate/{{deployment}}.log",
    benchmark:
        f"{BENCHMARKS}/tabulate/{{deployment}}.tsv"
    conda:
        "../../envs/antiphon.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        season=SETTINGS.season,
        folder=lambda wildcards, output: str(Path(output.effort).parents[2]),
        settings=as_json(SETTINGS.tabulate),
        stft=as_json(SETTINGS.stft),
        version=stage_version("tabulate"),
    shell:
        "antiphon tabulate"
        " --season {params.season:q}"
        " --deployment {wildcards.deployment:q}"
        " --manifests {input.manifests:q}"
        " --set-aside {input.set_aside:q}"
        " --stft-records {input.stft_records:q}"
        " --stft {params.stft:q}"
        " --settings {params.settings:q}"
        " --tables {params.folder:q}/tables"
        " --sums {params.folder:q}/sums"
        " 2>&1 | tee {log:q} >&2"


rule tabulate:
    """What was heard: the tables of one model."""
    input:
        manifests=of_deployment(MANIFESTS),
        set_aside=set_aside,
        stft_records=of_deployment(STFT_RECORDS),
        infer_records=of_deployment(INFER_RECORDS),
        card=model_card,
    output:
        events=f"{SEASON_FOLDER}/tables/events/{{model}}/{{deployment}}.parquet",
        occupancy=f"{SEASON_FOLDER}/tables/occupancy/{{model}}/{{deployment}}.parquet",
        frequency=f"{SEASON_FOLDER}/tables/frequency/{{model}}/{{deployment}}.parquet",
        overlap=f"{SEASON_FOLDER}/tables/overlap/{{model}}/{{deployment}}.parquet",
        indices=f"{SEASON_FOLDER}/tables/indices/{{model}}/{{deployment}}.parquet",
    log:
        f"{LOGS}/tabulate/{{model}}/{{deployment}}.log",
    benchmark:
        f"{BENCHMARKS}/tabulate/{{model}}/{{deployment}}.tsv"
    conda:
        "../../envs/antiphon.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        season=SETTINGS.season,
        folder=lambda wildcards, output: str(Path(output.occupancy).parents[3]),
        settings=as_json(SETTINGS.tabulate),
        stft=as_json(SETTINGS.stft),
        version=stage_version("tabulate"),
    shell:
        "antiphon tabulate"
        " --season {params.season:q}"
        " --deployment {wildcards.deployment:q}"
        " --manifests {input.manifests:q}"
        " --set-aside {input.set_aside:q}"
        " --stft-records {input.stft_records:q}"
        " --infer-records {input.infer_records:q}"
        " --card {input.card:q}"
        " --model {wildcards.model:q}"
        " --stft {params.stft:q}"
        " --settings {params.settings:q}"
        " --tables {params.folder:q}/tables"
        " --sums {params.folder:q}/sums"
        " 2>&1 | tee {log:q} >&2"


rule sites:
    """What was heard where and when: the tables of the season's sites, from those of all deployments."""
    input:
        catalogue=f"{SEASON_FOLDER}/catalogue/batches.json",
        occupancy=every_deployment(f"{SEASON_FOLDER}/tables/occupancy/{{model}}/{{deployment}}.parquet"),
        events=every_deployment(f"{SEASON_FOLDER}/tables/events/{{model}}/{{deployment}}.parquet"),
    output:
        history=f"{SEASON_FOLDER}/tables/detection_history/{{model}}/{SETTINGS.season}.parquet",
        diel=f"{SEASON_FOLDER}/tables/diel/{{model}}/{SETTINGS.season}.parquet",
        order=f"{SEASON_FOLDER}/tables/site_order/{{model}}/{SETTINGS.season}.parquet",
    log:
        f"{LOGS}/sites/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/sites/{{model}}.tsv"
    conda:
        "../../envs/antiphon.yaml"
    threads: SETTINGS.machine.workers
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        season=SETTINGS.season,
        folder=lambda wildcards, output: str(Path(output.history).parents[3]),
        settings=as_json(SETTINGS.tabulate),
        version=stage_version("tabulate"),
    shell:
        "antiphon sites"
        " --season {params.season:q}"
        " --catalogue {input.catalogue:q}"
        " --model {wildcards.model:q}"
        " --settings {params.settings:q}"
        " --tables {params.folder:q}/tables"
        " --matrices {params.folder:q}/matrices/{wildcards.model:q}"
        " --workers {threads}"
        f" --reduce-on {SETTINGS.machine.reduce_on}"
        " 2>&1 | tee {log:q} >&2"
