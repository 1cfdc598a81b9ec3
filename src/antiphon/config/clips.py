"""What sections that read clips have in common."""

from __future__ import annotations

from pydantic import Field

from antiphon.config.section import PositiveSeconds, Section

__all__ = ["Clips"]


class Clips(Section):
    """Clips of one class each, and the pieces that they are cut into."""

    audio_root: str = Field(description="folder of clips with a folder for each class; may hold ${VARIABLES}")
    clips: str | None = Field(
        description="CSV list of clips below audio_root, as of pair.mixtures.clips; null: each folder is a class"
    )
    classes: list[str] | None = Field(min_length=1, description="classes (folders, labels) that are used; null: all")
    duration_s: PositiveSeconds = Field(le=60, description="length of the pieces that clips are cut into, seconds")
    sample_rate_hz: int = Field(ge=4000, le=96_000, description="sample rate, Hz; clips of others are resampled")
    trim_below_peak_db: float = Field(
        gt=0, description="silence at a clip's ends lies this far below its loudest 10 ms, dB"
    )
