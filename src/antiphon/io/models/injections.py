"""What became of known sounds that were put into a season's recordings: a folder a model.

``injected.csv`` has a row a sound, ``recall.csv`` a row a source and step of loudness, ``recall.png`` draws the latter.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from antiphon.io.whole import whole_file, write_text

__all__ = ["RECALL_PICTURE", "InjectedSound", "has_recall", "write_injection"]

RECALL_PICTURE = "recall.png"
"""Name of the picture in a model's folder."""
_SOUNDS, _CURVE = "injected.csv", "recall.csv"
_STEP = ("source", "snr_db", "events", "found", "recall", "low", "high")


@dataclass(frozen=True)
class InjectedSound:
    """A sound that was put into a recording.

    Attributes
    ----------
    source, label
        Source of the model, and label of the formula that made the sound.
    snr_db
        How far it stands out (:func:`~antiphon.scenes.soundings.event_snr_db`).
    path, start_s, end_s, freq_low_hz, freq_high_hz
        Recording, and where in it.
    cells
        Cells that it owns by the model's mask rule.
    found_share
        Share of them that is found because of it, 0 to 1.
    """

    source: str
    label: str
    snr_db: float
    path: str
    start_s: float
    end_s: float
    freq_low_hz: float
    freq_high_hz: float
    cells: int
    found_share: float


def write_injection(
    folder: Path, sounds: Sequence[InjectedSound], steps: Iterable[Mapping[str, str | float]], picture: bytes
) -> None:
    """Write a model's folder, each file whole or not at all.

    Parameters
    ----------
    folder
        The folder.
    sounds
        All sounds.
    steps
        Of each source and step: source, middle in dB, events, events found, their share and its interval.
    picture
        The curve as PNG.
    """
    write_text(folder / _SOUNDS, _csv([field.name for field in fields(InjectedSound)], map(asdict, sounds)))
    write_text(folder / _CURVE, _csv(_STEP, steps))
    with whole_file(folder / RECALL_PICTURE) as scratch:
        scratch.write_bytes(picture)


def has_recall(folder: Path) -> bool:
    """Return whether a model's folder holds a curve with at least one step."""
    path = folder / _CURVE
    return path.exists() and path.read_text(encoding="utf-8").count("\n") > 1


def _csv(header: Sequence[str], rows: Iterable[Mapping[str, str | float]]) -> str:
    """Return rows as CSV; numbers have six digits, what has no meaning is empty."""
    lines = io.StringIO()
    table = csv.writer(lines, lineterminator="\n")
    table.writerow(header)
    table.writerows([_cell(row[name]) for name in header] for row in rows)
    return lines.getvalue()


def _cell(value: str | float) -> str:
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else f"{value:.6g}"
    return str(value)
