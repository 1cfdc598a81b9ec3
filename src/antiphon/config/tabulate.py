"""Section ``tabulate``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from antiphon.config.section import Name, Section, Share

__all__ = ["Detection", "Tabulate"]


class Detection(Section):
    """What counts as a detection at a site on an occasion."""

    occasion_days: int = Field(ge=1, description="length of an occasion, local days, from the season's first one")
    min_effort_s: float = Field(
        ge=0, description="analysed seconds of an occasion below which it says nothing (NA), of all recorders of a site"
    )
    min_active_s: float = Field(ge=0, description="active seconds of an occasion from which a source is detected")


class Tabulate(Section):
    """How separated sources become numbers."""

    interval_s: int = Field(ge=1, le=86400, description="length of an interval, seconds; must divide a day")
    clock: Literal["standard", "utc"] = Field(
        description="what intervals are counted from: midnight of the deployment's standard time, or of UTC"
    )
    band_low_hz: float = Field(ge=0, description="lower edge of the band of tf_occupancy, Hz, one for the season")
    band_high_hz: float = Field(gt=0, description="upper edge of the band of tf_occupancy, Hz, one for the season")
    frequency_step_hz: float = Field(gt=0, description="width of a band of the frequency table, Hz")
    thresholds: dict[Name, Share] | None = Field(
        description="probability from which a cell is active, by source; null: those of the model's card"
    )
    classes: dict[Name, Annotated[list[Name], Field(min_length=1)]] | None = Field(
        description="classes that unite sources, by name: they stand beside the sources in occupancy and frequency; "
        "null: none"
    )
    hysteresis: Share | dict[Name, Share] = Field(
        description="what the cells that an event's active cells touch must reach to belong to it: a share of the "
        "threshold, 1 = the threshold itself; or a probability by source"
    )
    least_cells: int = Field(ge=1, description="cells from which connected cells count as an event")
    least_event_s: float = Field(ge=0, description="shortest event, seconds")
    least_event_hz: float = Field(ge=0, description="narrowest event, Hz")
    join_s: float = Field(
        ge=0, description="seconds by which two recordings may lie apart, or overlap, and an event still runs on"
    )
    detection: Detection = Field(description="the table detection_history")

    @model_validator(mode="after")
    def _intervals_divide_the_day(self) -> Self:
        if 86400 % self.interval_s:
            raise ValueError(f"interval_s {self.interval_s} does not divide a day of 86400 s")
        if self.band_high_hz <= self.band_low_hz:
            raise ValueError(f"band_high_hz {self.band_high_hz} is not above band_low_hz {self.band_low_hz}")
        return self
