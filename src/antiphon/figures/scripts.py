"""The scripts inside the pages: a charting library and our own, each named by its hash, so that no other can run."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from antiphon.figures.templating import text_of

__all__ = ["gallery_scripts", "script_source", "season_scripts"]

_LIBRARY = "vendor/echarts-6.1.0.min.js"
_SEASON = ("core", "chart", "choice", "coverage", "sources", "frequency", "soundscape", "start")


@cache
def season_scripts() -> tuple[str, ...]:
    """Return the scripts of the season's page: Apache ECharts as published, and what draws with it."""
    return text_of(_LIBRARY), "\n".join(text_of(f"season/{name}.js") for name in _SEASON)


@cache
def gallery_scripts() -> tuple[str, ...]:
    """Return the script of a gallery page."""
    return (text_of("gallery.js"),)


def script_source(script: str) -> str:
    """Return how a page's content security policy names an inline script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
