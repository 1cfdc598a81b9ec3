"""The settings, checked before the first job, and the names of what the rules make.

This file is parsed again in every cluster job: it imports the settings and the reader of deployments, nothing heavy.
"""

import importlib.util
import json
import re
from pathlib import Path

from snakemake.exceptions import WorkflowError

from antiphon.config import Settings
from antiphon.config import parse as parse_settings
from antiphon.errors import AntiphonError
from antiphon.io.deployments import read_deployments

try:
    SETTINGS = parse_settings(Settings, config, "settings")
    SEASON = SETTINGS.seasons[SETTINGS.season]
    DEPLOYMENTS = read_deployments(Path(SEASON.deployments), Path(SEASON.audio_root))
except AntiphonError as error:
    raise WorkflowError(str(error)) from None

SEASON_FOLDER = f"{SETTINGS.results}/{SETTINGS.season}"
MODELS_FOLDER = f"{SETTINGS.results}/models"
LOGS = f"{SEASON_FOLDER}/logs"
BENCHMARKS = f"{SEASON_FOLDER}/benchmarks"


wildcard_constraints:
    batch=r"[A-Za-z0-9_-]+\.\d{4}-\d{2}-\d{2}",
    deployment=r"[A-Za-z0-9_-]+",
    model=r"[A-Za-z0-9_-]+",


def stage_version(stage):
    """Return the VERSION of a stage, read from its source so that nothing heavy is imported."""
    source = Path(
        importlib.util.find_spec(f"antiphon.stages.{stage}").origin
    ).read_text(encoding="utf-8")
    return int(re.search(r"^VERSION = (\d+)$", source, flags=re.MULTILINE)[1])


def as_json(section):
    """Return a section of the settings as JSON: what a rule traces and hands to its stage."""
    return json.dumps(section.model_dump(mode="json"), sort_keys=True)


def model_json(wildcards):
    """Return the settings of the model a job is for."""
    return as_json(SETTINGS.models[wildcards.model])


def model_folder(model):
    """Return the folder that holds a model's card and weights."""
    weights = SETTINGS.models[model].weights
    return f"{MODELS_FOLDER}/{model}" if weights == "train" else weights


def batches_by_deployment():
    """Return the batches of each deployment that ingest found; waits for ingest."""
    with open(checkpoints.ingest.get().output.batches, encoding="utf-8") as catalogue:
        found = json.load(catalogue)
    batches = {deployment: [] for deployment in found["deployments"]}
    for batch, entry in sorted(found["batches"].items()):
        batches[entry["deployment"]].append(batch)
    return batches
