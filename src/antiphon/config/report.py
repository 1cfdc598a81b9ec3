"""Section ``report``."""

from __future__ import annotations

from pydantic import Field

from antiphon.config.section import Section

__all__ = ["Report"]


class Report(Section):
    """What the season's page says."""

    title: str = Field(min_length=1, description="title of the page")
