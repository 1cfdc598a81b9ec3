"""Learn to separate: a generator against a critic."""


rule train:
    """The generator that is best on the validation examples, and its card."""
    input:
        recipe=f"{MODELS_FOLDER}/{{model}}/pairs.json",
        start=start_card,
    output:
        card=f"{MODELS_FOLDER}/{{model}}/card.json",
        weights=f"{MODELS_FOLDER}/{{model}}/generator.safetensors",
        history=f"{MODELS_FOLDER}/{{model}}/history.csv",
        curves=report(
            f"{MODELS_FOLDER}/{{model}}/curves.png",
            caption="../report/curves.rst",
            category="Models",
            subcategory="{model}",
            labels={"page": "training"},
        ),
    log:
        f"{LOGS}/train/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/train/{{model}}.tsv"
    conda:
        "../../envs/antiphon.yaml"
    threads: SETTINGS.machine.workers
    resources:
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=lambda wildcards, attempt: 720 * attempt,
        device=SETTINGS.machine.device,
        precision=SETTINGS.machine.precision,
        processes=SETTINGS.machine.train_processes,
    params:
        settings=as_json(SETTINGS.train),
        model_settings=model_json,
        stft=as_json(SETTINGS.stft),
        pair=as_json(SETTINGS.pair),
        version=stage_version("train"),
        folder=lambda wildcards, output: str(Path(output.card).parent),
    shell:
        "launch=antiphon; [ {resources.processes} = 1 ] ||"
        " launch='torchrun --standalone --nproc-per-node {resources.processes} -m antiphon';"
        " $launch train"
        " --pairs {params.folder:q}/pairs.zarr"
        " --settings {params.settings:q}"
        " --model {wildcards.model:q}"
        " --model-settings {params.model_settings:q}"
        " --stft {params.stft:q}"
        " --pair {params.pair:q}"
        " --output {params.folder:q}"
        " --device {resources.device}"
        " --precision {resources.precision}"
        " 2>&1 | tee {log:q} >&2"
