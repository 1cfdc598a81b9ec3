"""What stands out inside the boxes that people draw, and what stands out beside them.

A box says *somewhere in here*. The rule, versioned as that of :mod:`antiphon.signal.masking` because any score depends
on it: power is smoothed by the mean of 3 x 3 cells; the local background of a bin is the median of its frames within
five seconds of the box that lie in no box (where fewer than 32 do, the quantile 0.2 of all of them); a cell of the box
belongs to it if it stands at least ``above_background_db`` above that background and at most ``below_peak_db`` below
the loudest cell of the box; gaps of up to two frames and four bins are closed and patches of fewer than ``least_cells``
cells dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from antiphon.signal.grid import Grid
from antiphon.signal.levels import level_of_code
from antiphon.signal.masking import closed, smoothed, without_specks

__all__ = ["BOX_RULE_VERSION", "Box", "Inside", "boxed"]

BOX_RULE_VERSION = 1
_CONTEXT_S = 5.0
_LEAST_FREE_FRAMES = 32
_CROWDED_SHARE = 0.2


@dataclass(frozen=True)
class Box:
    """A rectangle of cells: frames and bins from the first to the one behind the last."""

    first: int
    end: int
    low: int
    high: int

    @classmethod
    def of(
        cls, grid: Grid, start_s: float, end_s: float, freq_low_hz: float, freq_high_hz: float, shape: tuple[int, ...]
    ) -> Box:
        """Return the cells whose centres lie in a rectangle, at least one each way, within ``shape``."""
        frames, bins = shape
        first = int(np.ceil((start_s - grid.window_s / 2) / grid.hop_s))
        end = int(np.floor((end_s - grid.window_s / 2) / grid.hop_s)) + 1
        low, high = int(np.ceil(freq_low_hz / grid.bin_hz)), int(np.floor(freq_high_hz / grid.bin_hz)) + 1
        first, low = min(max(first, 0), frames), min(max(low, 0), bins)
        return cls(first, min(max(end, first + 1), frames), low, min(max(high, low + 1), bins))

    @property
    def cells(self) -> tuple[slice, slice]:
        """Where it lies in an array (time, frequency)."""
        return slice(self.first, self.end), slice(self.low, self.high)


@dataclass(frozen=True)
class Inside:
    """What stands out of the background in a box and in its frames.

    Attributes
    ----------
    mask
        Cells that belong to the box, shape of the box, bool.
    standing
        Cells of all bins that stand out during the box, shape (frames of the box and its margins, frequency), bool.
    span
        Frames of ``standing``.
    snr_db
        Mean power of the mask's cells over the background there; NaN where the mask is empty.
    """

    mask: np.ndarray
    standing: np.ndarray
    span: slice
    snr_db: float


def boxed(
    codes: np.ndarray,
    boxes: Sequence[Box],
    grid: Grid,
    *,
    above_background_db: float,
    below_peak_db: float,
    least_cells: int,
    margin_s: float = 0.0,
) -> list[Inside]:
    """Return what stands out in each box of a recording.

    Parameters
    ----------
    codes
        Level codes of the recording, shape (time, frequency), uint8.
    boxes
        Where people drew.
    grid
        The time-frequency grid.
    above_background_db, below_peak_db, least_cells
        The rule's numbers.
    margin_s
        How far before and behind a box its frames are looked at for what stands out beside it.
    """
    covered = np.zeros(codes.shape, dtype=bool)
    for box in boxes:
        covered[box.cells] = True
    context, margin = round(_CONTEXT_S / grid.hop_s), round(margin_s / grid.hop_s)
    found = []
    for box in boxes:
        around = slice(max(0, box.first - context), min(len(codes), box.end + context))
        power = smoothed(_power(codes[around]))
        background = _background(power, ~covered[around])
        span = slice(max(around.start, box.first - margin), min(around.stop, box.end + margin))
        there = power[span.start - around.start : span.stop - around.start]
        heard = codes[span] > 0
        standing = (there >= background * _ratio(above_background_db)) & heard
        rows = slice(box.first - span.start, box.end - span.start)
        inside = there[rows, box.low : box.high]
        owned = standing[rows, box.low : box.high] & (inside >= inside.max(initial=0.0) * _ratio(-below_peak_db))
        mask = without_specks(closed(owned), least_cells) if owned.any() else owned
        noise = np.broadcast_to(background[box.low : box.high], inside.shape)
        snr_db = 10 * np.log10(inside[mask].mean() / max(noise[mask].mean(), 1e-30)) if mask.any() else np.nan
        found.append(Inside(mask, standing, span, float(snr_db)))
    return found


def _ratio(decibels: float) -> np.float32:
    return np.float32(10 ** (decibels / 10))


def _power(codes: np.ndarray) -> np.ndarray:
    """Return the power of level codes, float32, 0 where not heard."""
    return np.nan_to_num(10 ** (level_of_code(codes) / np.float32(10)), copy=False)


def _background(power: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Return the background of each bin, shape (frequency,), from a stretch and which of its cells lie in no box."""
    background = np.empty(power.shape[1], dtype=np.float32)
    enough = free.sum(axis=0) >= _LEAST_FREE_FRAMES
    # Bins in which the same frames are free are done together: most often that is all of them.
    patterns, member = np.unique(free[:, enough], axis=1, return_inverse=True)
    columns = np.flatnonzero(enough)
    for number in range(patterns.shape[1]):
        which = columns[np.ravel(member) == number]
        background[which] = np.median(power[patterns[:, number]][:, which], axis=0)
    if not enough.all():
        background[~enough] = np.quantile(power[:, ~enough], _CROWDED_SHARE, axis=0)
    return background
