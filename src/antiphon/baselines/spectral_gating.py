"""Spectral gating: noisereduce's gate, which follows the noise of each bin over seconds (Sainburg et al. 2020)."""

from __future__ import annotations

import numpy as np

from antiphon.baselines.energy import excess_codes
from antiphon.signal.grid import Grid
from antiphon.signal.levels import NOT_HEARD
from antiphon.signal.spectrogram import level_codes

__all__ = ["gated", "gated_image"]


def gated(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """Return sound after noisereduce's non-stationary gate at its own settings, same shape, float32."""
    import noisereduce

    return np.asarray(noisereduce.reduce_noise(y=samples, sr=rate_hz, stationary=False), dtype=np.float32)


def gated_image(samples: np.ndarray, rate_hz: int, grid: Grid, background: np.ndarray) -> np.ndarray:
    """Return how far the gated sound stands out of the background of what was gated, shape (1, time, frequency), uint8.

    Parameters
    ----------
    samples
        Sound, shape (n,), float32.
    rate_hz
        Its sample rate.
    grid
        The time-frequency grid.
    background
        Code of the median of each bin before gating, shape (frequency,), uint8.
    """
    codes = level_codes(gated(samples, rate_hz), rate_hz, grid)
    heard = np.arange(grid.bins) < grid.heard_bins(rate_hz)
    return excess_codes(np.where(heard, np.maximum(codes, 1), np.uint8(NOT_HEARD)), background)[None]
