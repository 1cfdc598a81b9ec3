"""Chunks of one class each to learn voices or classes from: which clips there are, and what is cut from them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import inf
from pathlib import Path

import numpy as np

from antiphon.config import Clips
from antiphon.errors import AntiphonError
from antiphon.io.examples.lists import ClipRow, expanded, read_clips
from antiphon.io.season.listing import SOUND_EXTENSIONS
from antiphon.io.sound.clips import read_sound
from antiphon.signal.chunks import cut, normalised, trimmed
from antiphon.signal.spectrogram import resampled

__all__ = ["Chunks", "read_chunks"]

_LONGEST_CLIP_S = 300.0


@dataclass(frozen=True)
class Chunks:
    """Pieces of clips, all equally long.

    Attributes
    ----------
    sounds
        Samples, shape (chunk, samples), float32, -1 to 1.
    classes
        Names of the classes, sorted.
    label
        Class of each chunk, by number, shape (chunk,), int64.
    groups
        Group (recordist, site) of each chunk.
    clips
        Path of the clip that each chunk was cut from, relative to the root.
    notes
        What became of the clips, in words.
    """

    sounds: np.ndarray
    classes: tuple[str, ...]
    label: np.ndarray
    groups: tuple[str, ...]
    clips: tuple[str, ...]
    notes: tuple[str, ...]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.sounds)

    def take(self, which: np.ndarray) -> Chunks:
        """Return some of them, by number or by a mask."""
        numbers = np.arange(len(self))[which]
        picked = [tuple(of[int(i)] for i in numbers) for of in (self.groups, self.clips)]
        return Chunks(self.sounds[numbers], self.classes, self.label[numbers], picked[0], picked[1], self.notes)

    @property
    def present(self) -> np.ndarray:
        """Whether each chunk is of each class, shape (chunk, class), bool."""
        there: np.ndarray = self.label[:, None] == np.arange(len(self.classes))
        return there

    def nth(self, number: int, turn: int) -> np.ndarray | None:
        """Return a chunk of a class, the ``turn``-th and from the first again; None if there is none."""
        of_class = np.flatnonzero(self.label == number)
        return self.sounds[of_class[turn % len(of_class)]] if len(of_class) else None


def read_chunks(about: Clips, key: str) -> Chunks:
    """Read clips and cut them into chunks.

    Parameters
    ----------
    about
        Which clips, from a list or from folders that are named like their class, and how they are cut.
    key
        The section that this stands in, named in errors.

    Raises
    ------
    AntiphonError
        If there is no clip, or none of a class that is asked for, if one cannot be read, or nothing is left of all.
    """
    folder, rows = _rows(about, key)
    samples, rate_hz = round(about.duration_s * about.sample_rate_hz), about.sample_rate_hz
    found: list[tuple[np.ndarray, ClipRow]] = []
    seen: Counter[str] = Counter()
    for row in rows:
        sound, own_rate_hz = read_sound(folder / row.path, most_s=_LONGEST_CLIP_S)
        last = None if row.end_s == inf else round(row.end_s * own_rate_hz)
        part = sound[round(row.start_s * own_rate_hz) : last]
        clip = np.concatenate(list(resampled([part], own_rate_hz, rate_hz))) if len(part) else part
        clip = normalised(trimmed(clip, rate_hz, about.trim_below_peak_db))
        pieces = cut(clip, samples, rate_hz, about.trim_below_peak_db) if clip.any() else []
        seen["silent"] += not pieces
        seen["short"] += 0 < len(clip) < samples
        seen["resampled"] += own_rate_hz != rate_hz
        seen["dull"] += own_rate_hz < rate_hz
        found += [(piece, row) for piece in pieces]
    if not found:
        raise AntiphonError(f"{key}: all {len(rows)} clips in {folder} are silent; choose others")
    classes = tuple(sorted({row.label for _, row in found}))
    return Chunks(
        sounds=np.stack([piece for piece, _ in found]).astype(np.float32),
        classes=classes,
        label=np.array([classes.index(row.label) for _, row in found]),
        groups=tuple(row.group for _, row in found),
        clips=tuple(row.path for _, row in found),
        notes=_notes(seen, len(rows), len(found), rate_hz, about.duration_s),
    )


def _rows(about: Clips, key: str) -> tuple[Path, list[ClipRow]]:
    """Return the folder of the clips, and the clips."""
    folder = expanded(about.audio_root, f"{key}.audio_root")
    rows = read_clips(expanded(about.clips, f"{key}.clips")) if about.clips else _in_folders(folder, key)
    wanted, where = about.classes, about.clips or folder
    # Whatever a list keeps for tests must not be learned from here either.
    rows = [row for row in rows if row.split in ("", "train") and (wanted is None or row.label in wanted)]
    if absent := sorted(set(wanted or ()) - {row.label for row in rows}):
        raise AntiphonError(f"{key}.classes: no clip of {', '.join(absent)} in {where}; check the spelling")
    if not rows:
        raise AntiphonError(f"{key}: no clip in {where}; put sound files into a folder for each class")
    return folder, rows


def _in_folders(folder: Path, key: str) -> list[ClipRow]:
    """Return every sound file below ``folder``: its first folder is its class, and it is a group of its own."""
    if not folder.is_dir():
        raise AntiphonError(f"{key}.audio_root: {folder} is no folder; name the folder that holds the clips")
    paths = sorted(
        path.relative_to(folder) for path in folder.rglob("*") if path.suffix.lower().lstrip(".") in SOUND_EXTENSIONS
    )
    if loose := [path for path in paths if len(path.parts) < 2]:
        raise AntiphonError(f"{folder / loose[0]}: lies in no folder of a class; move it into one, e.g. {folder}/bird")
    return [ClipRow(str(path), path.parts[0], str(path), str(path), "", "") for path in paths]


def _notes(seen: Counter[str], clips: int, chunks: int, rate_hz: int, duration_s: float) -> tuple[str, ...]:
    """Return what became of the clips, in words."""
    meanings = {
        "silent": "are silent and left out",
        "short": f"are shorter than {duration_s:g} s and have silence behind them",
        "resampled": f"were resampled to {rate_hz} Hz",
        "dull": f"were recorded at less than {rate_hz} Hz and have nothing above half their own rate",
    }
    notes = [f"{seen[name]} of {clips} clips {words}" for name, words in meanings.items() if seen[name]]
    return (f"{chunks} chunks of {duration_s:g} s from {clips} clips", *notes)
