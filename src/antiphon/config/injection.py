"""Section ``injection``."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from antiphon.config.section import PositiveSeconds, Section

__all__ = ["Injection"]


class Injection(Section):
    """Known sounds put into the season's own recordings, to see from what loudness on they are found."""

    sounds: int = Field(ge=0, description="sounds of each source that a formula can make; 0: none, and no curve")
    snr_low_db: float = Field(description="lowest signal-to-noise ratio of a sound, dB")
    snr_high_db: float = Field(description="highest signal-to-noise ratio of a sound, dB")
    step_db: float = Field(gt=0, description="width of a step of the curve, dB")
    duration_s: PositiveSeconds = Field(description="length of recording that each sound is put into, seconds")
    seed: int = Field(ge=0, description="seed of sounds and places")

    @model_validator(mode="after")
    def _spans_a_step(self) -> Self:
        if self.snr_high_db < self.snr_low_db + self.step_db:
            raise ValueError(f"snr_high_db {self.snr_high_db} lies less than a step above snr_low_db {self.snr_low_db}")
        return self
