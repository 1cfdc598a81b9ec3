"""Wiener filter with the decision-directed estimate of the signal-to-noise ratio.

Ephraim & Malah (1984, IEEE Trans. ASSP 32:1109), in the Wiener form of Scalart & Filho (1996, ICASSP). The noise is the
example's own background: the median of each bin, which is ln 2 of the mean power of noise.
"""

from __future__ import annotations

from math import log

import numpy as np

from antiphon.baselines.energy import excess_codes
from antiphon.signal.levels import CODE_MAX, NOT_HEARD, SCALE_DB

__all__ = ["wiener_gain", "wiener_image"]

_MEMORY = 0.98
_LEAST_GAIN = 1e-3


def wiener_gain(codes: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return the gain of each cell's amplitude, 0 to 1, shape (time, frequency), float32.

    Parameters
    ----------
    codes
        Level codes, shape (time, frequency), uint8.
    background
        Code of the median of each bin, shape (frequency,), uint8.
    """
    posterior = np.float32(log(2)) * 10 ** ((codes.astype(np.float32) - background) * np.float32(SCALE_DB / 10))
    gains = np.empty_like(posterior)
    before = np.zeros(codes.shape[1], dtype=np.float32)
    for frame, ratio in enumerate(posterior):
        prior = _MEMORY * before + (1 - _MEMORY) * np.maximum(ratio - 1, 0)
        gains[frame] = prior / (1 + prior)
        before = gains[frame] ** 2 * ratio
    return np.asarray(gains)


def wiener_image(codes: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return how far the filtered spectrogram stands out of the background, shape (1, time, frequency), uint8.

    Parameters and codes as of :func:`antiphon.baselines.median_clipping.median_clipped`.
    """
    gain_codes = 20 * np.log10(np.maximum(wiener_gain(codes, background), _LEAST_GAIN)) / SCALE_DB
    filtered = np.clip(np.rint(codes + gain_codes), 1, CODE_MAX).astype(np.uint8)
    return excess_codes(np.where(codes == NOT_HEARD, np.uint8(NOT_HEARD), filtered), background)[None]
