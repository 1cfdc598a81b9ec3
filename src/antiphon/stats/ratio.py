"""Shares with their uncertainty: ratios of sums over days, and proportions of things that were looked at."""

from __future__ import annotations

import numpy as np
from scipy import special

__all__ = ["T_QUANTILES", "WINDOW_DAYS", "ratio_interval", "wilson_interval", "windowed"]

T_QUANTILES = np.round(special.stdtrit(np.arange(1, 121), 0.975), 4)
"""Student's t at 0.975 for 1, 2 ... 120 degrees of freedom; beyond, 1.96 serves."""
WINDOW_DAYS = 7
"""Days of the moving window of a seasonal curve that is longer than a month."""

_NORMAL = 1.959964


def ratio_interval(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return the ratio of two sums over clusters, with a 95 % interval from the spread between the clusters.

    Parameters
    ----------
    part, whole
        What is found and where it was looked for, cluster by cluster (say a deployment's day), shape (..., cluster).
        Clusters whose ``whole`` is 0 count for nothing.

    Returns
    -------
    Ratio and the two ends of its interval, shape (..., 3), within 0-1; NaN where nothing was looked at, ends NaN where
    fewer than two clusters were.

    References
    ----------
    Cochran, W. G. (1977). Sampling Techniques, 3rd ed., eq. 6.13: the linearised variance of a ratio of totals.
    """
    there = whole > 0
    clusters = there.sum(-1)
    total = whole.sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(there, part, 0).sum(-1) / np.where(total > 0, total, np.nan)
        residual = np.where(there, part - ratio[..., None] * whole, 0)
        variance = (residual**2).sum(-1) * clusters / np.maximum(clusters - 1, 1) / total**2
    half = np.where(clusters > 1, _t(clusters - 1) * np.sqrt(variance), np.nan)
    return np.stack([ratio, np.maximum(ratio - half, 0), np.minimum(ratio + half, 1)], axis=-1)


def _t(freedom: np.ndarray) -> np.ndarray:
    """Return Student's t at 0.975."""
    return np.where(freedom > len(T_QUANTILES), _NORMAL, T_QUANTILES[np.clip(freedom - 1, 0, len(T_QUANTILES) - 1)])


def windowed(values: np.ndarray, days: int) -> np.ndarray:
    """Return the clusters around each day: shape (deployment, day) becomes (day, deployment x days).

    Parameters
    ----------
    values
        Something that adds up, shape (deployment, day).
    days
        Length of the window, odd; beyond the season's ends there is 0.
    """
    padded = np.pad(values, ((0, 0), (days // 2, days // 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, days, axis=1)  # (deployment, day, within)
    return windows.swapaxes(0, 1).reshape(values.shape[1], -1)


def wilson_interval(right: np.ndarray, looked_at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return proportions and both ends of their 95 % score intervals; NaN where nothing was looked at.

    Parameters
    ----------
    right, looked_at
        How many of how many, integers of any one shape.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.
    """
    count = np.where(looked_at > 0, looked_at, np.nan)
    share, z2 = right / count, _NORMAL**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = _NORMAL / (1 + z2 / count) * np.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    return share, np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)
