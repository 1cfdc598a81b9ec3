"""The settings: one strict typed model of ``config/config.yaml``.

A value stands once, in YAML, with its unit; the classes here, one module a section, only say what is allowed, so they
have no defaults (an optional key is written ``null``). Unknown keys are fatal and all mistakes are reported at once.
The JSON schema in ``config/schema.json`` and the key table in ``config/README.md`` are made from these classes
(:mod:`antiphon.schema`).
"""

from __future__ import annotations

from antiphon.config.clips import Clips
from antiphon.config.evaluate import Classify, Evaluate
from antiphon.config.infer import Infer
from antiphon.config.ingest import Ingest
from antiphon.config.injection import Injection
from antiphon.config.machine import Machine
from antiphon.config.model import Model, Source
from antiphon.config.pair import Boxes, Formula, Generated, MaskPictures, MaskRule, Mixtures, Pair, PictureAxes, Split
from antiphon.config.parsing import parse, section
from antiphon.config.report import Report
from antiphon.config.season import Season
from antiphon.config.separate import Separate, Stretch
from antiphon.config.settings import Settings
from antiphon.config.stft import Stft
from antiphon.config.storage import Storage
from antiphon.config.synthesize import Synthesize
from antiphon.config.tabulate import Tabulate
from antiphon.config.train import Critic, Train

__all__ = [
    "Boxes",
    "Classify",
    "Clips",
    "Critic",
    "Evaluate",
    "Formula",
    "Generated",
    "Infer",
    "Ingest",
    "Injection",
    "Machine",
    "MaskPictures",
    "MaskRule",
    "Mixtures",
    "Model",
    "Pair",
    "PictureAxes",
    "Report",
    "Season",
    "Separate",
    "Settings",
    "Source",
    "Split",
    "Stft",
    "Storage",
    "Stretch",
    "Synthesize",
    "Tabulate",
    "Train",
    "parse",
    "section",
]
