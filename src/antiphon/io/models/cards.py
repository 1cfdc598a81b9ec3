"""Cards on disk: JSON beside weights that says what they are, and is refused where it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from antiphon.errors import AntiphonError
from antiphon.io.whole import read_json, write_text

__all__ = ["CARD", "read_card", "write_card"]

CARD = "card.json"
"""Name of the card in the folder of a model or of voices."""
Kind = TypeVar("Kind", bound=BaseModel)


def read_card(path: Path, kind: type[Kind], *, of: str, cure: str) -> Kind:
    """Read a card.

    Parameters
    ----------
    path
        Its file.
    kind
        What it must say.
    of, cure
        What it is a card of and what to do if it is not, for errors.

    Raises
    ------
    AntiphonError
        If it is missing or no such card.
    """
    try:
        return kind.model_validate(read_json(path))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise AntiphonError(f"{path}: no card of {of} ({wrong}); {cure}") from None


def write_card(path: Path, card: BaseModel) -> None:
    """Write a card, whole or not at all; equal cards give equal bytes.

    Keys are not sorted: the order of sources and classes is that of a network's outputs and labels.
    """
    write_text(path, json.dumps(card.model_dump(mode="json", by_alias=True), indent=1, ensure_ascii=False) + "\n")
