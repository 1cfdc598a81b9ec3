"""Say how well: every method on the same test examples."""


rule evaluate:
    """Scores with intervals, and a page with pictures of the best, median and worst examples."""
    input:
        recipe=f"{MODELS_FOLDER}/{{model}}/pairs.json",
        card=model_card,
        weights=model_weights,
        clips=classified_clips,
    output:
        table=f"{MODELS_FOLDER}/{{model}}/evaluation/scores.csv",
        scores=f"{MODELS_FOLDER}/{{model}}/evaluation/scores.json",
        examples=f"{MODELS_FOLDER}/{{model}}/evaluation/examples.png",
        page=report(
            f"{MODELS_FOLDER}/{{model}}/evaluation/index.html",
            caption="../report/evaluation.rst",
            category="Models",
            subcategory="{model}",
            labels={"page": "evaluation"},
        ),
        tables=expand(
            f"{MODELS_FOLDER}/{{{{model}}}}/evaluation/{{table}}.parquet",
            table=["scores", "conditions", "examples"],
        ),
        classes=expand(
            f"{MODELS_FOLDER}/{{{{model}}}}/evaluation/{{file}}",
            file=["classes.csv", "confusion.png"] if SETTINGS.evaluate.classify else [],
        ),
    log:
        f"{LOGS}/evaluate/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/evaluate/{{model}}.tsv"
    conda:
        "../../envs/antiphon.yaml"
    threads: SETTINGS.machine.workers
    resources:
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        device=SETTINGS.machine.device,
        precision=SETTINGS.machine.precision,
    params:
        settings=as_json(SETTINGS.evaluate),
        version=stage_version("evaluate"),
        folder=lambda wildcards, input: str(Path(input.recipe).parent),
    shell:
        "antiphon evaluate"
        " --pairs {params.folder:q}/pairs.zarr"
        " --card {input.card:q}"
        " --weights {input.weights:q}"
        " --settings {params.settings:q}"
        " --output {params.folder:q}/evaluation"
        " --device {resources.device}"
        " --precision {resources.precision}"
        " 2>&1 | tee {log:q} >&2"


rule classify:
    """Classes of clips told apart by classifiers, beside the road: ``snakemake classify``. It needs no model."""
    input:
        clips=clips_to_classify,
    output:
        classes=f"{SETTINGS.results}/classes/classes.csv",
        picture=f"{SETTINGS.results}/classes/confusion.png",
        page=f"{SETTINGS.results}/classes/index.html",
    log:
        f"{LOGS}/classify.log",
    benchmark:
        f"{BENCHMARKS}/classify.tsv"
    conda:
        "../../envs/antiphon.yaml"
    threads: SETTINGS.machine.workers
    resources:
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        device=SETTINGS.machine.device,
    params:
        settings=as_json(SETTINGS.evaluate),
        version=stage_version("evaluate"),
        folder=lambda wildcards, output: str(Path(output.page).parent),
    shell:
        "antiphon classify"
        " --settings {params.settings:q}"
        " --output {params.folder:q}"
        " --device {resources.device}"
        " 2>&1 | tee {log:q} >&2"
