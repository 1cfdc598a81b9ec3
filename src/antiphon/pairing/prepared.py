"""Sounds of a recipe, ready to be mixed: read once, at the mixture's rate, in their band, without their own noise."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from math import inf
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np
import xxhash

from antiphon.errors import AntiphonError
from antiphon.io.examples.lists import ClipRow
from antiphon.io.sound.clips import read_sound
from antiphon.io.sound.lossy import through_mp3
from antiphon.pairing.canvas import FLOOR_SHARE
from antiphon.scenes.mixing import gated
from antiphon.signal.background import LevelHistogram
from antiphon.signal.grid import Grid
from antiphon.signal.spectrogram import level_codes, resampled

__all__ = ["heard", "heard_from_mp3", "prepared", "site_floor"]

_LONGEST_CLIP_S = 300.0
_SOUND_BYTES, _CLIP_BYTES, _FLOOR_BYTES = 128 * 2**20, 256 * 2**20, 2**20

P = ParamSpec("P")
R = TypeVar("R", np.ndarray, tuple[np.ndarray, str], tuple[np.ndarray, np.ndarray], tuple[np.ndarray, int, str])


def _remembered(most_bytes: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function keep what it returned last, up to so many bytes: the same sounds are drawn again and again.

    ``functools.lru_cache`` counts results, and one result here may be a second of sound or five minutes of it.
    """

    def remembered(compute: Callable[P, R]) -> Callable[P, R]:
        kept: OrderedDict[Hashable, R] = OrderedDict()
        held = 0

        @wraps(compute)
        def known_or_computed(*args: P.args, **named: P.kwargs) -> R:
            nonlocal held
            key = (args, tuple(named.items()))
            if key in kept:
                kept.move_to_end(key)
                return kept[key]
            kept[key] = found = compute(*args, **named)
            held += _size(found)
            while held > most_bytes and len(kept) > 1:
                held -= _size(kept.popitem(last=False)[1])
            return found

        return known_or_computed

    return remembered


def _size(result: R) -> int:
    return (result if isinstance(result, np.ndarray) else result[0]).nbytes


@_remembered(_SOUND_BYTES)
def heard(path: Path) -> tuple[np.ndarray, int, str]:
    """Return a sound, its rate, and a name of its content."""
    sound, rate_hz = read_sound(path, most_s=_LONGEST_CLIP_S)
    if not sound.any():
        raise AntiphonError(f"{path}: nothing but digital silence; take it off its list")
    return sound, rate_hz, xxhash.xxh64_hexdigest(sound.tobytes())


@_remembered(_SOUND_BYTES)
def heard_from_mp3(path: Path, compression: float, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return a sound as an MP3 of it would give it, and the floor codes that it shows then."""
    sound, rate_hz, _ = heard(path)
    coded = through_mp3(sound, rate_hz, compression)
    histogram = LevelHistogram(grid.bins)
    histogram.add(level_codes(coded, rate_hz, grid))
    return coded, histogram.quantile(FLOOR_SHARE)


@_remembered(_CLIP_BYTES)
def prepared(folder: Path, row: ClipRow, rate_hz: int, gate: tuple[float, float], grid: Grid) -> tuple[np.ndarray, str]:
    """Return a clip at the rate of a mixture, in its band and on the grid, and without what ``gate`` takes off."""
    sound, own_rate_hz, content = heard(folder / row.path)
    where = slice(round(row.start_s * own_rate_hz), None if row.end_s == inf else round(row.end_s * own_rate_hz))
    cut = np.concatenate(list(resampled([sound[where]], own_rate_hz, rate_hz)))
    # What lies above the grid is not seen: it must not count as the clip's energy.
    band_hz = (row.freq_low_hz, min(row.freq_high_hz, grid.bins * grid.bin_hz))
    return gated(cut, rate_hz, above_floor_db=gate[0], below_peak_db=gate[1], band_hz=band_hz), content


@_remembered(_FLOOR_BYTES)
def site_floor(paths: tuple[Path, ...], rate_hz: int, grid: Grid) -> np.ndarray:
    """Return what a long recording of the place would show as its floor, from all its backgrounds of one rate."""
    histogram = LevelHistogram(grid.bins)
    for path in paths:
        sound, own_rate_hz, _ = heard(path)
        if own_rate_hz == rate_hz:
            histogram.add(level_codes(sound, rate_hz, grid))
    return histogram.quantile(FLOOR_SHARE)
