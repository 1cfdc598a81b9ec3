"""What critics did for a model, on disk: ``ablation.csv`` has the scores, ``ablation.json`` what all of them share."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from antiphon.errors import AntiphonError
from antiphon.io.whole import read_json

__all__ = ["read_ablation"]

Rows = list[dict[str, str]]


def read_ablation(evaluation: Path, columns: Sequence[str]) -> tuple[Rows, dict[str, Any]] | None:
    """Read the scores, all values as text, and what is said of them; None where nothing was measured.

    Parameters
    ----------
    evaluation
        Folder of the model's evaluation.
    columns
        Columns that the scores must have.

    Raises
    ------
    AntiphonError
        If one is missing.
    """
    path, about = evaluation / "ablation.csv", evaluation / "ablation.json"
    if not path.exists():
        return None
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    known = rows[0] if rows else {}
    if missing := [name for name in columns if known.get(name) is None]:
        raise AntiphonError(f"{path}: has no column {', '.join(missing)}; mend it, or take it away")
    return rows, read_json(about) if about.exists() else {}
