"""Sources given back as sound: one FLAC a source and one for the residue, and the list of them.

A file's name holds deployment, UTC start and source; its Vorbis comments say the same and where the sound was.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np

from antiphon import __version__
from antiphon.io.sound.flac_writing import flac_bytes
from antiphon.io.whole import write_text

__all__ = ["RESIDUE", "SeparatedFile", "local_start", "sound_name", "utc_start", "write_list", "write_sound"]

RESIDUE = "residue"
"""Stands in the place of a source for what belongs to none."""


@dataclass(frozen=True)
class SeparatedFile:
    """One row of the list.

    Attributes
    ----------
    file
        Path of the FLAC file relative to the list.
    site, deployment, model
        Names.
    source
        Whose sound it is; ``residue``: what belongs to none.
    chosen_for
        The source whose event was chosen, or ``interval``.
    score
        That event's score; None for an interval.
    start_time, start_local
        Time of the first sample, ISO 8601, UTC and on the wall clock of the place.
    path
        The recording, relative to the season's audio root.
    start_s, end_s
        Where in it, seconds.
    freq_low_hz, freq_high_hz
        Edges of the event; None for an interval.
    rate_hz
        Sample rate.
    gain_db
        What all files of a moment were turned down by, so that none exceeds full scale.
    level_db
        Mean power of the file, dB re a full-scale sine; None where it is silent.
    """

    file: str
    site: str
    deployment: str
    model: str
    source: str
    chosen_for: str
    score: float | None
    start_time: str
    start_local: str
    path: str
    start_s: float
    end_s: float
    freq_low_hz: float | None
    freq_high_hz: float | None
    rate_hz: int
    gain_db: float
    level_db: float | None


def _instant(start_us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=start_us)


def utc_start(start_us: int) -> str:
    """Return an instant, microseconds since 1970, as ISO 8601 in UTC."""
    return _instant(start_us).isoformat(timespec="microseconds").replace("+00:00", "Z")


def local_start(start_us: int, utc_offset_min: int) -> str:
    """Return an instant, microseconds since 1970, as ISO 8601 on a clock that is so many minutes ahead of UTC."""
    zone = timezone(timedelta(minutes=utc_offset_min))
    return _instant(start_us).astimezone(zone).isoformat(timespec="milliseconds")


def sound_name(deployment: str, start_us: int, source: str) -> str:
    """Return a file's name: deployment, UTC start to the millisecond, source."""
    stamp = _instant(start_us).strftime("%Y%m%dT%H%M%S.%f")[:-3]
    return f"{deployment}_{stamp}+0000_{source}.flac"  # as Frontier Labs writes it, so that it can be read again


def write_sound(path: Path, samples: np.ndarray, about: SeparatedFile) -> None:
    """Write one sound with 24 bits, with what the list says of it as Vorbis comments.

    Parameters
    ----------
    path
        File to write.
    samples
        Shape (n,), float32, full scale 1.0.
    about
        What it is.
    """
    named = {"TITLE": f"{about.source}, {about.deployment}", "DATE": about.start_time, "ENCODER": _SOFTWARE}
    facts = {key.upper(): str(value) for key, value in asdict(about).items() if value is not None and key != "file"}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(flac_bytes(samples, about.rate_hz, named | facts))


def write_list(path: Path, files: Sequence[SeparatedFile]) -> None:
    """Write the list of files as CSV, whole or not at all."""
    lines = io.StringIO()
    table = csv.DictWriter(lines, [field.name for field in fields(SeparatedFile)], lineterminator="\n")
    table.writeheader()
    table.writerows(asdict(one) for one in files)
    write_text(path, lines.getvalue())


_SOFTWARE = f"antiphon {__version__}"
