"""Make new vocalisations, beside the road: ``snakemake synthesize``."""


rule synthesize:
    """Voices learned from clips, sounds that they made, and a page to listen to."""
    input:
        clips=voice_clips,
    output:
        card=f"{VOICES_FOLDER}/card.json",
        weights=f"{VOICES_FOLDER}/generator.safetensors",
        critic=f"{VOICES_FOLDER}/critic.safetensors",
        history=f"{VOICES_FOLDER}/history.csv",
        likeness=f"{VOICES_FOLDER}/likeness.csv",
        pictures=expand(f"{VOICES_FOLDER}/{{picture}}.png", picture=["losses", "probabilities", "samples"]),
        page=f"{VOICES_FOLDER}/index.html",
    log:
        f"{LOGS}/synthesize/{SETTINGS.synthesize.name}.log",
    benchmark:
        f"{BENCHMARKS}/synthesize/{SETTINGS.synthesize.name}.tsv"
    conda:
        "../../envs/antiphon.yaml"
    threads: SETTINGS.machine.workers
    resources:
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=lambda wildcards, attempt: 720 * attempt,
        device=SETTINGS.machine.device,
    params:
        settings=as_json(SETTINGS.synthesize),
        version=stage_version("synthesize"),
        folder=lambda wildcards, output: str(Path(output.card).parent),
    shell:
        "antiphon synthesize"
        " --settings {params.settings:q}"
        " --output {params.folder:q}"
        " --device {resources.device}"
        " 2>&1 | tee {log:q} >&2"
