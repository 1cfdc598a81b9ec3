"""Median clipping: a cell stands out if it is far above the median of its bin and of its frame.

Lasseck (2013, "Bird song classification in field recordings", NIPS4B), with the threshold left open. His closing and
median filter are done on levels, which gives the same mask at every threshold as doing them on the mask; his removal
of small patches is left out.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from antiphon.baselines.energy import excess_codes
from antiphon.signal.levels import NOT_HEARD, PROBABILITY_NOT_HEARD

__all__ = ["median_clipped"]

_SQUARE = (3, 3)


def median_clipped(codes: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return how far cells stand out of both medians, in codes of half a decibel, shape (1, time, frequency), uint8.

    Parameters
    ----------
    codes
        Level codes, shape (time, frequency), uint8.
    background
        Code of the median of each bin, shape (frequency,), uint8.

    Returns
    -------
    0..254, 255 where not heard.
    """
    heard = codes != NOT_HEARD
    if not heard.any():
        return np.full((1, *codes.shape), PROBABILITY_NOT_HEARD, dtype=np.uint8)
    medians = np.median(codes[:, heard.any(axis=0)], axis=1).astype(np.uint8)
    above_frame = np.clip(codes.astype(np.int16) - medians[:, None], 0, 254).astype(np.uint8)
    above_both = np.where(heard, np.minimum(excess_codes(codes, background), above_frame), 0).astype(np.uint8)
    smooth = ndimage.median_filter(ndimage.grey_closing(above_both, _SQUARE), _SQUARE)
    return np.where(heard, smooth, np.uint8(PROBABILITY_NOT_HEARD))[None]
