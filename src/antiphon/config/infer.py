"""Section ``infer``."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from antiphon.config.section import Section, Share

__all__ = ["Infer"]


class Infer(Section):
    """How a generator is applied to a season."""

    strip_frames: int = Field(ge=64, multiple_of=32, description="frames that the generator sees at once")
    margin_frames: int = Field(
        ge=0, multiple_of=16, description="frames at each end of a strip that are seen but not kept"
    )
    keep: Literal["all", "active", "none"] = Field(
        description="all: every probability; active: probabilities below keep_above are stored as 0; none: no "
        "probability, only in which cells a source is active by the thresholds of the model's card"
    )
    keep_above: Share = Field(description="least probability that is stored when keep is active")

    @model_validator(mode="after")
    def _strip_keeps_something(self) -> Self:
        if self.strip_frames <= 2 * self.margin_frames:
            raise ValueError(f"strip_frames {self.strip_frames} leaves nothing between margins of {self.margin_frames}")
        return self
