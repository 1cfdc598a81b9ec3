"""Section ``separate``."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from antiphon.config.section import Name, PositiveSeconds, Section, Share

__all__ = ["Separate", "Stretch"]


class Stretch(Section):
    """A stretch of time that is given back whole."""

    site: str | None = Field(description="site whose recordings are taken; null: every site")
    start: AwareDatetime | None = Field(description="its beginning, with zone, e.g. 2025-04-01T04:30:00Z; null: open")
    end: AwareDatetime | None = Field(description="its end, not included; null: open")

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.start and self.end and self.end <= self.start:
            raise ValueError(f"end {self.end} is not after start {self.start}")
        return self


class Separate(Section):
    """Which sounds of a season are given back, source by source; only when asked for: ``snakemake separate``."""

    sites: list[str] | None = Field(description="sites whose events are chosen; null: all")
    sources: list[Name] | None = Field(description="sources whose events are chosen; null: all of the model")
    choose: Literal["highest", "random"] = Field(description="events of the highest score, or any at random")
    events: int = Field(ge=0, description="events of each source at each site; 0: none")
    least_score: Share = Field(description="least score of an event")
    intervals: list[Stretch] = Field(description="stretches of time that are given back whole, beside the events")
    margin_s: float = Field(ge=0, description="before and behind an event, seconds")
    longest_s: PositiveSeconds = Field(
        description="longest file, seconds: longer events are cut off, longer stretches go on in the next file"
    )
    fade_s: float = Field(ge=0, description="rise and fall at the ends of an event or stretch, seconds")
    shown: int = Field(ge=0, description="moments on the listening page, which carries their sound within it")
    seed: int = Field(ge=0, description="seed of the choice at random")
