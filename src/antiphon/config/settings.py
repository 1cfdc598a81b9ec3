"""All sections together: what ``config/config.yaml`` says."""

from __future__ import annotations

from pydantic import Field

from antiphon.config.evaluate import Evaluate
from antiphon.config.infer import Infer
from antiphon.config.ingest import Ingest
from antiphon.config.injection import Injection
from antiphon.config.machine import Machine
from antiphon.config.model import Model
from antiphon.config.pair import Pair
from antiphon.config.report import Report
from antiphon.config.season import Season
from antiphon.config.section import Name, Section
from antiphon.config.separate import Separate
from antiphon.config.stft import Stft
from antiphon.config.storage import Storage
from antiphon.config.synthesize import Synthesize
from antiphon.config.tabulate import Tabulate
from antiphon.config.train import Train

__all__ = ["Settings"]


class Settings(Section):
    """Everything that ``config/config.yaml`` says."""

    results: str = Field(min_length=1, description="folder that everything is written to")
    season: Name = Field(description="the entry of `seasons:` that this run works on")
    seasons: dict[Name, Season] = Field(min_length=1, description="all seasons by name")
    models: dict[Name, Model] = Field(min_length=1, description="all models by name")
    ingest: Ingest = Field(description="stage ingest")
    stft: Stft = Field(description="stage stft")
    pair: Pair = Field(description="stage pair")
    train: Train = Field(description="stage train")
    evaluate: Evaluate = Field(description="stage evaluate")
    infer: Infer = Field(description="stage infer")
    tabulate: Tabulate = Field(description="stage tabulate")
    report: Report = Field(description="stage report")
    injection: Injection = Field(description="known sounds in the season's recordings")
    separate: Separate = Field(description="stage separate")
    synthesize: Synthesize = Field(description="stage synthesize, beside the road")
    storage: Storage = Field(description="what may be dropped to save room")
    machine: Machine = Field(description="this machine")
