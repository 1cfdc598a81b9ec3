"""Verdicts of people on a model's events: the CSV that a gallery page saves, as the next report counts it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from antiphon.errors import AntiphonError
from antiphon.io.annotations.tables import read_table

__all__ = ["NEEDED", "Review", "read_reviews"]

NEEDED = ("season", "model", "weights", "source", "kind", "deployment", "path", "start_s", "freq_low_hz", "verdict")
"""Columns that a table of verdicts must have; :mod:`antiphon.io.annotations.plain` reads others of the same file."""
_VERDICTS = {"confirmed": True, "rejected": False}
_MOST_BYTES = 1 << 26


@dataclass(frozen=True)
class Review:
    """What people said of one event.

    Attributes
    ----------
    season, model, weights
        Where it was found, and the first twelve digits of the hash of the weights that found it.
    source, kind
        Its source, and why it was shown: ``random``, ``sure`` or ``unsure``.
    event
        What tells it from others: deployment, recording, start and lower edge, as written.
    confirmed
        Whether the source is there.
    """

    season: str
    model: str
    weights: str
    source: str
    kind: str
    event: tuple[str, ...]
    confirmed: bool


def read_reviews(paths: Iterable[Path]) -> list[Review]:
    """Read tables of verdicts; of several on one event the last counts.

    Raises
    ------
    AntiphonError
        If a file cannot be read, lacks a column, or has a verdict that is neither ``confirmed`` nor ``rejected``.
    """
    found: dict[tuple[str, ...], Review] = {}
    for path in paths:
        for review in _reviews(path):
            found[review.model, review.weights, review.source, *review.event] = review
    return list(found.values())


def _reviews(path: Path) -> list[Review]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise AntiphonError(f"{path}: more than 64 MB; no table of verdicts is, so give the right file")
        content = path.read_bytes()
    except OSError as error:
        raise AntiphonError(f"{path}: {error.strerror or 'cannot be read'}; check report.verdicts") from None
    table = read_table(content, str(path), ",")
    columns = {name: table.column([name]) for name in NEEDED}
    if missing := [name for name, column in columns.items() if column is None]:
        raise AntiphonError(f"{path}: no column {', '.join(missing)}; give a table that a gallery page saved")
    rows = [(line, {name: row.get(column or "", "") for name, column in columns.items()}) for line, row in table.rows]
    for line, row in rows:
        if row["verdict"] not in _VERDICTS:
            raise AntiphonError(f"{path}, line {line}: no verdict {row['verdict'][:40]!r}; write confirmed or rejected")
    return [_review(row) for _, row in rows]


def _review(row: Mapping[str, str]) -> Review:
    event = (row["deployment"], row["path"], row["start_s"], row["freq_low_hz"])
    whose = {name: row[name] for name in ("season", "model", "weights", "source", "kind")}
    return Review(**whose, event=event, confirmed=_VERDICTS[row["verdict"]])
