"""Separate a season: the probability of every source in every cell."""


def model_card(wildcards):
    """Return the card that says which model separates the batch."""
    return f"{model_folder(wildcards.model)}/card.json"


def model_weights(wildcards):
    """Return the weights; the card holds their hash, so a mere touch changes nothing."""
    return ancient(f"{model_folder(wildcards.model)}/generator.safetensors")


rule infer:
    """Apply a generator to the stores of a batch."""
    input:
        record=f"{SEASON_FOLDER}/stft/{{batch}}.json",
        card=model_card,
        weights=model_weights,
    output:
        record=update(f"{SEASON_FOLDER}/infer/{{model}}/{{batch}}.json"),
    log:
        f"{LOGS}/infer/{{model}}/{{batch}}.log",
    benchmark:
        f"{BENCHMARKS}/infer/{{model}}/{{batch}}.tsv"
    conda:
        "../../envs/antiphon.yaml"
    threads: SETTINGS.machine.workers
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 240 * attempt,
    params:
        settings=as_json(SETTINGS.infer),
        version=stage_version("infer"),
    shell:
        "antiphon infer"
        " --record {input.record:q}"
        " --card {input.card:q}"
        " --weights {input.weights:q}"
        " --settings {params.settings:q}"
        " --output {output.record:q}"
        " --device {SETTINGS.machine.device}"
        " --precision {SETTINGS.machine.precision}"
        " --batch {SETTINGS.machine.infer_batch}"
        " --workers {threads}"
        " 2>&1 | tee {log:q} >&2"
