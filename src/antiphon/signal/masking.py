"""Masks: which cells belong to a source whose sound is known apart, and what a mask leaves of a mixture.

The rule is versioned because it decides what any method can reach: a rule that draws thin lines bounds every score, as
one cell of displacement already costs much. Smoothing by the mean power of 3 x 3 cells and closing gaps of up to two
frames and four bins gives patches whose agreement with themselves survives a displacement of one cell.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

__all__ = [
    "MASK_RULE_VERSION",
    "apply_mask",
    "closed",
    "masked_level",
    "pack_masks",
    "smoothed",
    "source_masks",
    "without_specks",
]

MASK_RULE_VERSION = 1
_CLOSING_FRAMES = 3
_CLOSING_BINS = 5
_EIGHT_CONNECTED = np.ones((3, 3), dtype=int)


def source_masks(
    stem_power: np.ndarray,
    bed_power: np.ndarray,
    *,
    above_background_db: float,
    below_peak_db: float,
    other_margin_db: float,
    least_cells: int,
    heard_bins: int | None = None,
) -> np.ndarray:
    """Return the cells that each source owns.

    Stems and bed are smoothed by the mean power of 3 x 3 cells. A cell belongs to a source if the source's smoothed
    power there is

    - at least ``above_background_db`` above the bin's background, the median over time of the smoothed bed;
    - at most ``below_peak_db`` below the source's own peak in this sound;
    - at most ``other_margin_db`` below every other source, and below the bed at that moment (a gust hides what it
      covers).

    Gaps of up to two frames and four bins are then closed and patches (eight neighbours) of fewer than ``least_cells``
    cells dropped. Sources may share cells.

    Parameters
    ----------
    stem_power
        Power of each source alone, shape (source, time, frequency), float32.
    bed_power
        Power of all that is no source, shape (time, frequency), float32.
    above_background_db, below_peak_db, other_margin_db, least_cells
        The rule's numbers.
    heard_bins
        Number of bins from 0 Hz up that the recorder hears; the rest is False. None: all.

    Returns
    -------
    Masks, shape (source, time, frequency), bool.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    if stem_power.ndim != 3 or stem_power.shape[1:] != bed_power.shape:
        raise ValueError(f"stems {stem_power.shape} do not fit a bed {bed_power.shape}")
    masks, heard = np.zeros(stem_power.shape, dtype=bool), slice(0, heard_bins)
    if not stem_power.shape[1]:
        return masks
    bed = smoothed(bed_power[:, heard])
    least = np.median(bed, axis=0) * _ratio(above_background_db)
    stems = [smoothed(stem[:, heard]) if stem.any() else None for stem in stem_power]
    for index, stem in enumerate(stems):
        if stem is None:
            continue
        owned = stem >= np.maximum(least, stem.max() * _ratio(-below_peak_db))
        for other in (bed, *stems[:index], *stems[index + 1 :]):
            if other is not None:
                owned &= stem >= other * _ratio(-other_margin_db)
        masks[index, :, heard] = without_specks(closed(owned & (stem > 0)), least_cells)
    return masks


def apply_mask(mask: np.ndarray, mixture_power: np.ndarray) -> np.ndarray:
    """Return what a mask leaves of a mixture.

    Parameters
    ----------
    mask
        Masks or probabilities, 0-1, shape (..., time, frequency).
    mixture_power
        Power of the mixture, shape (time, frequency), float32.

    Returns
    -------
    Power, the mask's shape, float32; a mask of ones gives the mixture back unchanged.
    """
    return np.asarray(mask * mixture_power, dtype=np.float32)


def masked_level(level_db: np.ndarray, own: np.ndarray, total: np.ndarray, lowest_db: float) -> np.ndarray:
    """Return what a source's mask leaves of a mixture, in decibels.

    Parameters
    ----------
    level_db
        Level of the mixture, any shape, float32; NaN where not heard.
    own, total
        Mask of the source, share of the amplitude, and sum of the masks of all sources, same shape; where the sum
        exceeds 1 the mask is divided by it.
    lowest_db
        Level of cells in which nothing, or less than that, is left.
    """
    with np.errstate(divide="ignore"):
        left_db = level_db + 20 * np.log10(own / np.maximum(total, 1))
    return np.asarray(np.maximum(left_db, lowest_db), dtype=np.float32)


def pack_masks(masks: np.ndarray) -> np.ndarray:
    """Return masks (source, ...) as one byte a cell, bit k for source k, shape (...), uint8.

    Raises
    ------
    ValueError
        If there are more than eight sources.
    """
    if len(masks) > 8:
        raise ValueError(f"{len(masks)} sources do not fit into the eight bits of a byte")
    bits = np.zeros(masks.shape[1:], dtype=np.uint8)
    for index, mask in enumerate(masks):
        bits |= mask.astype(np.uint8) << np.uint8(index)
    return bits


def _ratio(level_db: float) -> np.float32:
    return np.float32(10 ** (level_db / 10))


def smoothed(power: np.ndarray) -> np.ndarray:
    """Return the mean power of 3 x 3 cells, fewer at the edges, same shape, float32."""
    padded = np.pad(power, 1)
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    sums = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
    counts = [np.convolve(np.ones(n, dtype=np.float32), np.ones(3, dtype=np.float32), "same")[:n] for n in power.shape]
    return np.asarray(sums / np.outer(*counts), dtype=np.float32)


def _widened(mask: np.ndarray, reach: int, axis: int) -> np.ndarray:
    """Return ``mask`` dilated by ``reach`` cells to either side along ``axis``."""
    wide = mask.copy()
    for shift in range(1, reach + 1):
        ahead = [slice(None)] * mask.ndim
        behind = [slice(None)] * mask.ndim
        ahead[axis], behind[axis] = slice(shift, None), slice(None, -shift)
        wide[tuple(ahead)] |= mask[tuple(behind)]
        wide[tuple(behind)] |= mask[tuple(ahead)]
    return wide


def closed(mask: np.ndarray) -> np.ndarray:
    """Return ``mask`` with gaps closed; what lies beyond the edge never opens a gap, so no cell is lost."""
    frames, bins = _CLOSING_FRAMES // 2, _CLOSING_BINS // 2
    wide = _widened(_widened(mask, frames, 0), bins, 1)
    return ~_widened(_widened(~wide, frames, 0), bins, 1)


def without_specks(mask: np.ndarray, least_cells: int) -> np.ndarray:
    """Return ``mask`` without connected patches of fewer than ``least_cells`` cells."""
    if least_cells <= 1:
        return mask
    patches, _ = ndimage.label(mask, structure=_EIGHT_CONNECTED)
    kept = np.bincount(patches.ravel()) >= least_cells
    kept[0] = False
    return np.asarray(kept[patches], dtype=bool)
