"""Section ``report``."""

from __future__ import annotations

from pydantic import Field

from antiphon.config.section import PositiveSeconds, Section

__all__ = ["Gallery", "Report"]


class Gallery(Section):
    """Which events are shown to look at, listen to and judge."""

    events: int = Field(ge=0, le=200, description="events of each source and kind (random, sure, unsure); 0: none")
    margin_s: float = Field(ge=0, description="seconds shown before and after an event")
    longest_s: PositiveSeconds = Field(description="most seconds shown")
    seed: int = Field(ge=0, description="draws other events at random")


class Report(Section):
    """What the season's page says."""

    title: str = Field(min_length=1, description="title of the page")
    gallery: Gallery = Field(description="events to look at, listen to and judge, on a page beside the season's")
    verdicts: list[str] = Field(
        description="CSV tables of verdicts that gallery pages saved; the page says how many events people confirm"
    )
