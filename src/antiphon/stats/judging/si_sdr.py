"""Scale-invariant signal-to-distortion ratio.

Le Roux, Wisdom, Erdogan & Hershey (2019, ICASSP, arXiv:1811.02508): how much of an estimate is the true sound at any
volume.
"""

from __future__ import annotations

import numpy as np

__all__ = ["si_sdr_db", "si_sdr_measures"]

_LEAST = 1e-20
_LOWEST_DB, _HIGHEST_DB = -30.0, 100.0


def si_sdr_db(estimate: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return the ratio in decibels, from -30 to 100; means are taken off first.

    Silence has no ratio; it gets the lowest, so that giving nothing back never pays.

    Parameters
    ----------
    estimate, reference
        Sounds, shape (..., n).
    """
    estimate, reference = (one.astype(np.float64) - one.mean(axis=-1, keepdims=True) for one in (estimate, reference))
    energy = np.maximum((reference**2).sum(axis=-1, keepdims=True), _LEAST)
    target = (estimate * reference).sum(axis=-1, keepdims=True) / energy * reference
    kept, distorted = (target**2).sum(axis=-1), ((estimate - target) ** 2).sum(axis=-1)
    ratio_db = 10 * np.log10(np.maximum(kept, _LEAST) / np.maximum(distorted, _LEAST))
    silent = (estimate**2).sum(axis=-1) <= _LEAST
    return np.asarray(np.where(silent, _LOWEST_DB, np.clip(ratio_db, _LOWEST_DB, _HIGHEST_DB)))


def si_sdr_measures(estimates: np.ndarray, stems: np.ndarray, mixture: np.ndarray) -> dict[str, np.ndarray]:
    """Measure one example: the ratio of each source that sounds, and how much better it is than the mixture's.

    Parameters
    ----------
    estimates, stems
        Separated and true sound of each source, shape (source, n).
    mixture
        What they were separated from, shape (n,).
    """
    there = stems.any(axis=-1)
    before = si_sdr_db(np.broadcast_to(mixture, stems.shape), stems)
    after = si_sdr_db(estimates, stems)
    return {
        "si_sdr_db": np.where(there, after, 0.0),
        "si_sdr_gain_db": np.where(there, after - before, 0.0),
        "si_sdr_clips": there.astype(float),
    }
