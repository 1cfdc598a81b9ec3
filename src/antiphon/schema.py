"""What the settings mean, for editors and for people: JSON schema and key table, made from the settings' classes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from antiphon.config import Settings

__all__ = ["json_schema", "key_table", "write"]


def json_schema() -> str:
    """Return the JSON schema of the whole settings file, as kept in ``config/schema.json``."""
    return json.dumps(Settings.model_json_schema(), indent=2, sort_keys=True) + "\n"


def write(*, schema: Path, keys: Path) -> None:
    """Write the JSON schema of the settings, and the table of all keys into the settings' README.

    Parameters
    ----------
    schema
        The schema's file, ``config/schema.json``.
    keys
        Markdown file whose part between ``<!-- keys -->`` and ``<!-- /keys -->`` becomes the table.
    """
    schema.write_text(json_schema(), encoding="utf-8")
    before, _, rest = keys.read_text(encoding="utf-8").partition("<!-- keys -->")
    _, _, after = rest.partition("<!-- /keys -->")
    keys.write_text(f"{before}<!-- keys -->\n{key_table()}<!-- /keys -->{after}", encoding="utf-8")


def key_table() -> str:
    """Return every key of the settings with its meaning as a Markdown table."""
    rows = ["| key | meaning |", "| --- | --- |"]
    rows += [f"| `{key}` | {meaning} |" for key, meaning in _keys(Settings, "")]
    return "\n".join(rows) + "\n"


def _keys(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str]]:
    """Yield each key below ``model`` as a dotted name with its description, depth first."""
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}", str(field.description)
        for inner, step in _sections_in(field.annotation):
            yield from _keys(inner, f"{prefix}{name}.{step}")


def _sections_in(annotation: Any) -> Iterator[tuple[type[BaseModel], str]]:
    """Yield the section that a field holds: itself, or each value of a mapping by name."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, ""
    elif get_origin(annotation) is dict:
        value = get_args(annotation)[1]
        if isinstance(value, type) and issubclass(value, BaseModel):
            yield value, "<name>."
