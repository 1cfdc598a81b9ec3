"""Turn numbers into a page."""


rule report:
    """The season in one self-contained page."""
    input:
        batches=f"{SEASON_FOLDER}/catalogue/batches.json",
        verdicts=VERDICTS,
        tables=season_tables,
        cards=season_cards,
        scores=season_scores,
        recalls=season_recalls,
        reviews=SETTINGS.report.verdicts,
    output:
        page=report(
            f"{SEASON_FOLDER}/report/index.html",
            caption="../report/season.rst",
            category="Season",
            labels={"page": "season"},
        ),
        galleries=report(
            expand(f"{SEASON_FOLDER}/report/gallery-{{model}}.html", model=SEASON.models),
            caption="../report/gallery.rst",
            category="Season",
            labels={"page": "events"},
        ),
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
        season=SETTINGS.season,
        folder=lambda wildcards, output: str(Path(output.page).parents[1]),
        benchmarks=BENCHMARKS,
        audio_root=lambda wildcards: SEASON.audio_root,
        settings=as_json(SETTINGS.report),
        version=stage_version("report"),
        folders=lambda wildcards, input: [str(Path(card).parent) for card in input.cards],
        all_settings=lambda wildcards: shown_settings(),
    shell:
        "antiphon report"
        " --season {params.season:q}"
        " --tables {params.folder:q}/tables"
        " --catalogue {params.folder:q}/catalogue"
        " --models {params.folders:q}"
        " --stft {params.folder:q}/stft"
        " --infer {params.folder:q}/infer"
        " --audio-root {params.audio_root:q}"
        " --settings {params.settings:q}"
        " --all-settings {params.all_settings:q}"
        " --output {output.page:q}"
        " --benchmarks {params.benchmarks:q}"
        " --injections {params.folder:q}/injection"
        " 2>&1 | tee {log:q} >&2"


rule figures:
    """Every figure of the season for papers, as SVG and PDF with its data as CSV: `snakemake figures`."""
    input:
        batches=f"{SEASON_FOLDER}/catalogue/batches.json",
        verdicts=VERDICTS,
        tables=season_tables,
        cards=season_cards,
    output:
        folder=directory(f"{SEASON_FOLDER}/figures"),
    log:
        f"{LOGS}/figures.log",
    benchmark:
        f"{BENCHMARKS}/figures.tsv"
    conda:
        "../../envs/antiphon.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        folder=lambda wildcards, output: str(Path(output.folder).parent),
        names=SEASON.models,
        folders=lambda wildcards, input: [str(Path(card).parent) for card in input.cards],
        version=stage_version("report"),
    shell:
        "antiphon figures"
        " --tables {params.folder:q}/tables"
        " --catalogue {params.folder:q}/catalogue"
        " --names {params.names:q}"
        " --models {params.folders:q}"
        " --output {output.folder:q}"
        " 2>&1 | tee {log:q} >&2"
