"""Settings files: YAML, each laid over the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from antiphon.config import Settings, parse
from antiphon.errors import AntiphonError

__all__ = ["read_settings", "read_yaml"]


def read_settings(paths: Sequence[Path]) -> Settings:
    """Return the settings of several files, each laid over the one before as Snakemake does.

    Raises
    ------
    AntiphonError
        If a file is missing or no YAML, or if the settings are wrong.
    """
    merged: dict[str, Any] = {}
    for path in paths:
        _lay_over(merged, read_yaml(path))
    return parse(Settings, merged, ", ".join(str(path) for path in paths))


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping that a YAML file holds; errors as :func:`read_settings`."""
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AntiphonError(f"{path}: no such settings file") from None
    except yaml.YAMLError as error:
        raise AntiphonError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from None
    if not isinstance(loaded or {}, dict):
        raise AntiphonError(f"{path}: not a mapping of keys to values")
    return loaded or {}


def _lay_over(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, Mapping) and isinstance(below.get(key), dict):
            _lay_over(below[key], value)
        else:
            below[key] = value
