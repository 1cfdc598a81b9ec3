"""Put known sounds into the season's own recordings: from what loudness on are they found?"""


rule inject:
    """Sounds made by formula in stretches of recordings, and the share that a model finds, by signal-to-noise ratio."""
    input:
        batches=f"{SEASON_FOLDER}/catalogue/batches.json",
        records=every_batch(STFT_RECORDS),
        card=model_card,
        weights=model_weights,
    output:
        picture=f"{SEASON_FOLDER}/injection/{{model}}/recall.png",
        curve=f"{SEASON_FOLDER}/injection/{{model}}/recall.csv",
        sounds=f"{SEASON_FOLDER}/injection/{{model}}/injected.csv",
    log:
        f"{LOGS}/inject/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/inject/{{model}}.tsv"
    conda:
        "../../envs/antiphon.yaml"
    threads: SETTINGS.machine.workers
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        device=SETTINGS.machine.device,
        precision=SETTINGS.machine.precision,
    params:
        audio_root=lambda wildcards: SEASON.audio_root,
        season_folder=lambda wildcards, output: str(Path(output.picture).parents[2]),
        folder=lambda wildcards, output: str(Path(output.picture).parent),
        settings=as_json(SETTINGS.injection),
        version=version_of("antiphon.injection.command"),
    shell:
        "antiphon inject"
        " --catalogue {params.season_folder:q}/catalogue"
        " --levels {params.season_folder:q}/stft"
        " --audio-root {params.audio_root:q}"
        " --card {input.card:q}"
        " --weights {input.weights:q}"
        " --settings {params.settings:q}"
        " --output {params.folder:q}"
        " --device {resources.device}"
        " --precision {resources.precision}"
        " 2>&1 | tee {log:q} >&2"
