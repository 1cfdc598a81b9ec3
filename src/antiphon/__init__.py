"""antiphon: from field recordings to tables of who sounds when.

The package is imported by the Snakefile in every cluster job, so it imports nothing heavy here.
"""

from importlib import import_module
from typing import Any

__all__ = ["__version__", "open_season", "open_separated"]

__version__ = "0.1.0"

_HEAVY = {"open_season": "antiphon.io.stores.season", "open_separated": "antiphon.io.stores.sources"}


def __getattr__(name: str) -> Any:
    """Import what is heavy when it is first asked for."""
    if name in _HEAVY:
        return getattr(import_module(_HEAVY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
