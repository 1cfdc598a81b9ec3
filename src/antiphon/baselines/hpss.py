"""Harmonic-percussive separation: what lasts in time apart from what spreads in frequency.

FitzGerald (2010, "Harmonic/percussive separation using median filtering", DAFx): medians over 31 cells along time and
along frequency, and soft masks from their squares, as librosa's ``hpss`` has them.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from antiphon.baselines.energy import excess_codes
from antiphon.signal.levels import CODE_MAX, NOT_HEARD, SCALE_DB

__all__ = ["harmonic_and_percussive", "harmonic_share"]

_CELLS = 31
_LEAST_SHARE = 1e-6


def harmonic_share(codes: np.ndarray) -> np.ndarray:
    """Return the harmonic share of each cell's amplitude, 0 to 1, shape (time, frequency); the rest is percussive.

    Parameters
    ----------
    codes
        Level codes, shape (time, frequency), uint8. A median of levels is the level of the median.
    """
    lasting = np.stack([ndimage.median_filter(column, _CELLS) for column in codes.T], axis=1)
    spread = np.stack([ndimage.median_filter(row, _CELLS) for row in codes])
    return np.asarray(1 / (1 + 10 ** ((spread.astype(np.float32) - lasting) * np.float32(SCALE_DB / 10))))


def harmonic_and_percussive(codes: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return how far each of the two parts stands out of the background, shape (2, time, frequency), uint8.

    Parameters and codes as of :func:`antiphon.baselines.median_clipping.median_clipped`.
    """
    share = harmonic_share(codes)
    images = []
    for part in (share, 1 - share):
        lowered = codes + 20 * np.log10(np.maximum(part, _LEAST_SHARE)) / SCALE_DB
        image = np.clip(np.rint(lowered), 1, CODE_MAX).astype(np.uint8)
        images.append(excess_codes(np.where(codes == NOT_HEARD, np.uint8(NOT_HEARD), image), background))
    return np.stack(images)
