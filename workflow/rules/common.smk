"""The settings, checked before the first job, and the names of what the rules make.

This file is parsed again in every cluster job: it imports the settings and the reader of deployments, nothing heavy.
"""

import importlib.util
import json
import re
import shlex
from functools import lru_cache
from pathlib import Path

from snakemake.exceptions import WorkflowError

from antiphon.config import Settings
from antiphon.config import parse as parse_settings
from antiphon.errors import AntiphonError
from antiphon.io.examples.lists import expanded, listed_files
from antiphon.io.models.places import model_folder as finished_folder
from antiphon.io.season.deployments import read_deployments

DEMO_DEPLOYMENTS = "demo/season/deployments.csv"  # what rule demo_write makes
SETTINGS_FILES = ["config/config.yaml", *map(str, workflow.overwrite_configfiles)]

try:
    SETTINGS = parse_settings(Settings, config, "settings")
    SEASON = SETTINGS.seasons[SETTINGS.season]
    if SEASON.deployments != DEMO_DEPLOYMENTS or Path(DEMO_DEPLOYMENTS).exists():
        read_deployments(Path(SEASON.deployments), Path(SEASON.audio_root))
    EXAMPLE_LISTS = listed_files(SETTINGS.pair)
except AntiphonError as error:
    raise WorkflowError(str(error)) from None

SEASON_FOLDER = f"{SETTINGS.results}/{SETTINGS.season}"
MODELS_FOLDER = f"{SETTINGS.results}/models"
LOGS = f"{SEASON_FOLDER}/logs"
BENCHMARKS = f"{SEASON_FOLDER}/benchmarks"
MANIFESTS = f"{SEASON_FOLDER}/catalogue/manifests/{{batch}}.json"
STFT_RECORDS = f"{SEASON_FOLDER}/stft/{{batch}}.json"
VERDICTS = f"{SEASON_FOLDER}/catalogue/verdicts.json"
VOICES_FOLDER = f"{SETTINGS.results}/synthesize/{SETTINGS.synthesize.name}"
INFER_RECORDS = f"{SEASON_FOLDER}/infer/{{model}}/{{batch}}.json"


wildcard_constraints:
    batch=r"[A-Za-z0-9_-]+\.\d{4}-\d{2}-\d{2}",
    deployment=r"[A-Za-z0-9_-]+",
    model=r"[A-Za-z0-9_-]+",


def version_of(module):
    """Return the VERSION of a module, read from its source so that nothing heavy is imported."""
    source = Path(importlib.util.find_spec(module).origin).read_text(encoding="utf-8")
    return int(re.search(r"^VERSION = (\d+)$", source, flags=re.MULTILINE)[1])


def stage_version(stage):
    """Return the VERSION of a stage."""
    return version_of(f"antiphon.stages.{stage}")


def as_json(section):
    """Return what gives a section of the settings as JSON: what a rule traces and hands to its stage.

    A function, for in a plain text Snakemake would take `${VARIABLE}` for a wildcard of its own.
    """
    text = json.dumps(section.model_dump(mode="json"))
    return lambda wildcards: text


def model_json(wildcards):
    """Return the settings of the model a job is for."""
    return json.dumps(SETTINGS.models[wildcards.model].model_dump(mode="json"))


def model_folder(model):
    """Return the folder that holds a model's card and weights."""
    if model not in SETTINGS.models:
        raise WorkflowError(f"{model}: no model of these settings, which have {', '.join(SETTINGS.models)}")
    return str(finished_folder(SETTINGS.models[model].weights, Path(MODELS_FOLDER) / model))


def batches_by_deployment():
    """Return the batches of each deployment that ingest found; waits for ingest."""
    path = Path(checkpoints.ingest.get().output.batches)
    return batches_listed(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def batches_listed(path, changed_ns):
    """Return the batches of each deployment in the catalogue at ``path``.

    Every job asks, and a large catalogue takes longer to read than the job takes to plan; it is read again when it
    changes.
    """
    with path.open(encoding="utf-8") as catalogue:
        found = json.load(catalogue)
    batches = {deployment: [] for deployment in found["deployments"]}
    for batch, entry in sorted(found["batches"].items()):
        batches[entry["deployment"]].append(batch)
    return batches


def batches_of(deployment):
    """Return the batches of a deployment; waits for ingest."""
    batches = batches_by_deployment()
    if deployment not in batches:
        raise WorkflowError(f"{deployment}: no deployment of season {SETTINGS.season}, which has {', '.join(batches)}")
    return batches[deployment]


def season_days():
    """Return the options that bound the season, where the settings do."""
    days = {"first-day": SEASON.first_day, "last-day": SEASON.last_day}
    return [f"--{name}={day}" for name, day in days.items() if day]


def watched_folders(wildcards):
    """Return the audio folders whose change means that files came or went; waits for those of the demo to be made."""
    if SEASON.deployments == DEMO_DEPLOYMENTS:
        checkpoints.demo_write.get()
    depth, root = SETTINGS.ingest.watch_depth, Path(SEASON.audio_root)
    folders = [root / deployment.folder for deployment in read_deployments(Path(SEASON.deployments), root)]
    level = folders
    for _ in range(depth):
        level = [entry for folder in level for entry in sorted(folder.iterdir()) if entry.is_dir()]
        folders = folders + level
    return [str(folder) for folder in folders]


def model_card(wildcards):
    """Return the card that says which model separates the batch."""
    return f"{model_folder(wildcards.model)}/card.json"


def start_card(wildcards):
    """Return the card of the model that training begins with; none if it begins afresh."""
    start = SETTINGS.train.start_from
    return f"{finished_folder(start, Path(start))}/card.json" if start else []


def model_weights(wildcards):
    """Return the weights; the card holds their hash, so a mere touch changes nothing."""
    return ancient(f"{model_folder(wildcards.model)}/generator.safetensors")


def clips_of(section, key):
    """Return the list of clips that a section names, or the folders whose change means that clips came or went."""
    try:
        if section.clips:
            return [str(expanded(section.clips, f"{key}.clips"))]
        root = expanded(section.audio_root, f"{key}.audio_root")
    except AntiphonError as error:
        raise WorkflowError(str(error)) from None
    return [str(root), *(str(path) for path in sorted(root.rglob("*")) if path.is_dir())]


def voice_clips(wildcards):
    """Return what voices are learned from."""
    return clips_of(SETTINGS.synthesize, "synthesize")


def classified_clips(wildcards):
    """Return what classifiers tell apart, where they are asked to."""
    return clips_of(SETTINGS.evaluate.classify, "evaluate.classify") if SETTINGS.evaluate.classify else []


def clips_to_classify(wildcards):
    """Return what classifiers tell apart; without a word on it there is nothing to do."""
    if SETTINGS.evaluate.classify is None:
        raise WorkflowError("evaluate.classify is null: say there which clips are told apart (docs/voices.md)")
    return classified_clips(wildcards)


def set_aside(wildcards):
    """Return the list of what the deployment set aside; ingest writes it, so it waits for ingest."""
    batches_of(wildcards.deployment)
    return f"{SEASON_FOLDER}/catalogue/set_aside/{wildcards.deployment}.json"


def manifest(wildcards):
    """Return the manifest of the batch; ingest writes it, so it waits for ingest."""
    deployment = wildcards.batch.rpartition(".")[0]
    if wildcards.batch not in batches_of(deployment):
        raise WorkflowError(
            f"{wildcards.batch}: no batch of {deployment}, which has {', '.join(batches_of(deployment))}"
        )
    return MANIFESTS.format(batch=wildcards.batch)


def of_deployment(pattern):
    """Return an input function that fills ``pattern`` with every batch of the job's deployment."""

    def paths(wildcards):
        return expand(pattern, batch=batches_of(wildcards.deployment), **dict(wildcards.items()))

    return paths


def every_batch(pattern):
    """Return an input function that fills ``pattern`` with every batch of the season."""

    def paths(wildcards):
        batches = batches_by_deployment().values()
        return expand(pattern, batch=[batch for some in batches for batch in some], **dict(wildcards.items()))

    return paths


def every_deployment(pattern):
    """Return an input function that fills ``pattern`` with every deployment of the season."""

    def paths(wildcards):
        return expand(pattern, deployment=list(batches_by_deployment()), **dict(wildcards.items()))

    return paths


def season_tables(wildcards):
    """Return every table of the season."""
    deployments = list(batches_by_deployment())
    of_deployments = expand(
        f"{SEASON_FOLDER}/tables/{{table}}/{{deployment}}.parquet",
        table=["recordings", "effort", "ltsa"],
        deployment=deployments,
    )
    of_models = expand(
        f"{SEASON_FOLDER}/tables/{{table}}/{{model}}/{{deployment}}.parquet",
        table=["events", "occupancy", "frequency", "overlap", "indices"],
        model=SEASON.models,
        deployment=deployments,
    )
    of_sites = expand(
        f"{SEASON_FOLDER}/tables/{{table}}/{{model}}/{SETTINGS.season}.parquet",
        table=["detection_history", "diel", "site_order"],
        model=SEASON.models,
    )
    return of_deployments + of_models + of_sites


def season_cards(wildcards):
    """Return the cards of the season's models."""
    return [f"{model_folder(model)}/card.json" for model in SEASON.models]


def season_scores(wildcards):
    """Return the scores of those of the season's models that were trained here."""
    trained = [model for model in SEASON.models if SETTINGS.models[model].weights == "train"]
    return [f"{MODELS_FOLDER}/{model}/evaluation/scores.csv" for model in trained]


def season_recalls(wildcards):
    """Return the recall of known sounds of the season's models, unless the settings ask for none."""
    models = SEASON.models if SETTINGS.injection.sounds else []
    return [f"{SEASON_FOLDER}/injection/{model}/recall.png" for model in models]


def shown_settings():
    """Return the settings that made the season's numbers; `machine:`, `separate:` and `storage:` change none."""
    shown = SETTINGS.model_dump(mode="json", exclude={"machine", "separate", "storage", "seasons", "models"})
    shown["seasons"] = {SETTINGS.season: SEASON.model_dump(mode="json")}
    shown["models"] = {name: SETTINGS.models[name].model_dump(mode="json") for name in SEASON.models}
    return json.dumps(shown, sort_keys=True)
