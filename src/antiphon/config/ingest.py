"""Section ``ingest``."""

from __future__ import annotations

from pydantic import Field

from antiphon.config.section import PositiveSeconds, Section, Share

__all__ = ["Ingest"]


class Ingest(Section):
    """How recordings are found and named."""

    watch_depth: int = Field(
        ge=0, le=6, description="folder levels below a deployment's folder whose changes are noticed"
    )
    batch_hours: int = Field(ge=24, description="hours of the calendar that a job covers, in whole days; 744 = 31 days")
    max_bad_fraction: Share = Field(description="share of bad recordings above which the run stops, 0-1")
    filename_patterns: list[str] = Field(
        description="own name patterns, tried first: regular expressions with named groups year, month, day, hour, "
        "minute, second and optionally offset"
    )
    time_tolerance_s: PositiveSeconds = Field(
        description="difference of two time sources of one file above which it is reported, seconds"
    )
