"""Turn numbers into a page."""


def season_tables(wildcards):
    """Return every table of the season."""
    deployments = list(batches_by_deployment())
    of_deployments = expand(
        f"{SEASON_FOLDER}/tables/{{table}}/{{deployment}}.parquet",
        table=["recordings", "effort"],
        deployment=deployments,
    )
    of_models = expand(
        f"{SEASON_FOLDER}/tables/{{table}}/{{model}}/{{deployment}}.parquet",
        table=["occupancy", "frequency"],
        model=SEASON.models,
        deployment=deployments,
    )
    return of_deployments + of_models


def model_scores(wildcards):
    """Return the cards of the season's models, and the scores of those that were trained here."""
    trained = [
        model for model in SEASON.models if SETTINGS.models[model].weights == "train"
    ]
    cards = [f"{model_folder(model)}/card.json" for model in SEASON.models]
    return cards + [
        f"{MODELS_FOLDER}/{model}/evaluation/scores.csv" for model in trained
    ]


def shown_settings():
    """Return the settings that made the season's numbers; `machine:` is left out, for it changes none."""
    shown = SETTINGS.model_dump(mode="json", exclude={"machine", "seasons", "models"})
    shown["seasons"] = {SETTINGS.season: SEASON.model_dump(mode="json")}
    shown["models"] = {
        name: SETTINGS.models[name].model_dump(mode="json") for name in SEASON.models
    }
    return json.dumps(shown, sort_keys=True)


rule report:
    """The season in one self-contained page."""
    input:
        batches=f"{SEASON_FOLDER}/catalogue/batches.json",
        tables=season_tables,
        models=model_scores,
    output:
        page=f"{SEASON_FOLDER}/report/index.html",
    log:
        f"{LOGS}/report.log",
    benchmark:
        f"{BENCHMARKS}/report.tsv"
    conda:
        "../../envs/antiphon.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        settings=as_json(SETTINGS.report),
        version=stage_version("report"),
        folders=[model_folder(model) for model in SEASON.models],
        all_settings=shown_settings(),
    shell:
        "antiphon report"
        " --season {SETTINGS.season:q}"
        " --tables {SEASON_FOLDER:q}/tables"
        " --catalogue {SEASON_FOLDER:q}/catalogue"
        " --models {params.folders:q}"
        " --settings {params.settings:q}"
        " --all-settings {params.all_settings:q}"
        " --output {output.page:q}"
        " 2>&1 | tee {log:q} >&2"
