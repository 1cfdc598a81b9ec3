"""Section ``seasons``."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import Field, model_validator

from antiphon.config.section import Name, Section

__all__ = ["Season"]


class Season(Section):
    """One monitoring season: which recorders, where their sound is, which models are applied."""

    deployments: str = Field(description="CSV table of deployments (config/README.md lists its columns)")
    audio_root: str = Field(description="folder that the deployments' `folder` column is relative to")
    first_day: date | None = Field(description="first local day that is analysed; null: from the first recording")
    last_day: date | None = Field(description="last local day that is analysed; null: to the last recording")
    models: list[Name] = Field(min_length=1, description="names of the entries of `models:` that separate this season")

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}")
        return self
