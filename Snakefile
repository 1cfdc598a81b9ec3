"""antiphon: field recordings in, tables and a page out. Each rule is one word of the road; see README.md."""

from snakemake.utils import min_version

min_version("9.18")


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


# Only with --sdm apptainer; docs/hpc.md says how the image is made.
container: "envs/antiphon.sif"


include: "workflow/rules/common.smk"
include: "workflow/rules/ingest.smk"
include: "workflow/rules/stft.smk"
include: "workflow/rules/pair.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/infer.smk"
include: "workflow/rules/tabulate.smk"
include: "workflow/rules/inject.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/separate.smk"
include: "workflow/rules/synthesize.smk"
include: "workflow/rules/check.smk"
include: "workflow/rules/demo.smk"


localrules:
    all,
    check,
    separate,
    verdicts,


rule all:
    """The season's pages; everything else is made on the way."""
    default_target: True
    input:
        # All of them: of several outputs of a rule Snakemake misses only those that are asked for.
        rules.report.output,
