"""From YAML or JSON to checked settings; all mistakes at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from antiphon.config.settings import Settings
from antiphon.errors import AntiphonError

__all__ = ["parse", "section"]

Checked = TypeVar("Checked", bound=BaseModel)


def _unmet_names(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names that settings use and do not define."""
    seasons, models = values.get("seasons"), values.get("models")
    if not isinstance(seasons, Mapping) or not isinstance(models, Mapping):
        return
    if (season := values.get("season")) not in seasons:
        yield f"season: {season!r} is not among seasons: {', '.join(seasons)}"
    for name, entry in seasons.items():
        used = entry.get("models") if isinstance(entry, Mapping) else None
        for model in used if isinstance(used, list) else []:
            if model not in models:
                yield f"seasons.{name}.models: {model!r} is not among models: {', '.join(models)}"


def _line(error: Mapping[str, Any]) -> str:
    """Return one mistake as ``key: what is wrong``."""
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{key}: unknown key (misspelt?)"
    if error["type"] == "missing":
        return f"{key}: missing"
    text = str(error["msg"]).removeprefix("Value error, ")
    given = error["input"]
    shown = f" (got {given!r})" if isinstance(given, str | int | float | bool | None) else ""
    return f"{key}: {text}{shown}" if key else text


def parse(model: type[Checked], values: Mapping[str, Any], origin: str = "settings") -> Checked:
    """Check ``values`` against ``model``.

    Parameters
    ----------
    model
        A class of this package.
    values
        What YAML or JSON gave.
    origin
        Where the values come from, named in the error.

    Raises
    ------
    AntiphonError
        If anything is wrong: one line that names all mistakes at once.
    """
    mistakes = list(_unmet_names(values)) if model is Settings else []
    try:
        checked = model.model_validate(dict(values))
    except ValidationError as error:
        mistakes += [_line(dict(one)) for one in error.errors()]
    if mistakes:
        raise AntiphonError(f"{origin}: {'; '.join(mistakes)}; config/README.md explains every key")
    return checked


def section(model: type[Checked], text: str) -> Checked:
    """Check one section that a rule handed over as JSON ``text``; errors as :func:`parse`."""
    return parse(model, json.loads(text), origin=f"--settings for {model.__name__.lower()}")
