"""Section ``stft``."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from antiphon.config.section import PositiveSeconds, Section, Share

__all__ = ["Stft"]


class Stft(Section):
    """The physical grid that all recorders share."""

    window_s: PositiveSeconds = Field(description="length of the Hann window, seconds")
    hop_s: PositiveSeconds = Field(description="step from frame to frame, seconds")
    bins: int = Field(ge=8, le=4096, description="frequency bins kept, from 0 Hz up, each 1/window_s Hz wide")
    chunk_frames: int = Field(ge=256, description="frames in a chunk of a store: what a reader decompresses at least")
    shard_frames: int = Field(ge=256, description="frames in a shard of a store, one file; a multiple of chunk_frames")
    clipping_level: Share = Field(description="sample magnitude from which a sample counts as clipped, 1 = full scale")
    keep_before_fault: bool = Field(
        description="whether what was decoded before a file failed is analysed; false: such a file is quarantined whole"
    )

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.shard_frames % self.chunk_frames:
            raise ValueError(f"shard_frames {self.shard_frames} is not a multiple of chunk_frames {self.chunk_frames}")
        if not self.hop_s <= self.window_s:
            raise ValueError(f"hop_s {self.hop_s} is longer than window_s {self.window_s}")
        if any(abs(seconds * 1e6 - round(seconds * 1e6)) > 1e-6 for seconds in (self.window_s, self.hop_s)):
            raise ValueError(
                f"window_s {self.window_s} and hop_s {self.hop_s} must be whole microseconds, or time drifts"
            )
        return self
