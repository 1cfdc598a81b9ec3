"""Separate a season: the probability of every source in every cell."""


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
        device=SETTINGS.machine.device,
        precision=SETTINGS.machine.precision,
        strips=SETTINGS.machine.infer_batch,
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
        " --device {resources.device}"
        " --precision {resources.precision}"
        " --batch {resources.strips}"
        " --workers {threads}"
        " 2>&1 | tee {log:q} >&2"
