"""Make examples to learn from: pairs of mixture and truth, in three splits that share nothing."""


rule pair:
    """The examples lie in pairs.zarr beside the recipe that is declared here."""
    input:
        lists=EXAMPLE_LISTS,
    output:
        recipe=f"{MODELS_FOLDER}/{{model}}/pairs.json",
        contact_sheet=report(
            f"{MODELS_FOLDER}/{{model}}/contact.png",
            caption="../report/contact.rst",
            category="Models",
            subcategory="{model}",
            labels={"page": "examples"},
        ),
    log:
        f"{LOGS}/pair/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/pair/{{model}}.tsv"
    conda:
        "../../envs/antiphon.yaml"
    threads: SETTINGS.machine.workers
    resources:
        mem_mb=lambda wildcards, attempt, threads: (2500 + 750 * threads) * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        settings=as_json(SETTINGS.pair),
        model_settings=model_json,
        stft=as_json(SETTINGS.stft),
        version=stage_version("pair"),
        folder=lambda wildcards, output: str(Path(output.recipe).parent),
    shell:
        "antiphon pair"
        " --settings {params.settings:q}"
        " --model-settings {params.model_settings:q}"
        " --stft {params.stft:q}"
        " --output {params.folder:q}"
        " --workers {threads}"
        " 2>&1 | tee {log:q} >&2"
