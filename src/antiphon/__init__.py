"""antiphon: from field recordings to tables of who sounds when.

The package is imported by the Snakefile in every cluster job, so it imports nothing heavy here.
"""

from typing import Any

__all__ = ["__version__", "open_season"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import what is heavy when it is first asked for: :func:`antiphon.io.season_stores.open_season`."""
    if name == "open_season":
        from antiphon.io.season_stores import open_season

        return open_season
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
