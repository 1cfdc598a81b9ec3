"""Mel-frequency cepstral coefficients and a random forest: what clip classifiers were before networks.

Davis & Mermelstein (1980, IEEE Trans. ASSP 28:357), computed from the cells of the grid; Breiman (2001, Machine
Learning 45:5) for the forest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.fft import dct

from antiphon.signal.grid import Grid
from antiphon.signal.levels import ADD_OFFSET_DB, NOT_HEARD, SCALE_DB

__all__ = ["TREES", "MfccForest", "clip_vector", "mel_levels_db", "mel_weights", "mfcc"]

_BANDS, _COEFFICIENTS = 40, 20
_LOWEST_HZ = 50.0
_LEAST_POWER = 1e-13
TREES = 200
"""Trees of a forest."""


def mel_weights(grid: Grid) -> np.ndarray:
    """Return the triangles of the mel scale (O'Shaughnessy's, as in HTK), shape (frequency, band), float64.

    Bands reach from 50 Hz to the upper edge of the grid.
    """
    highest_hz = grid.bins * grid.bin_hz
    edges_mel = np.linspace(_mel(_LOWEST_HZ), _mel(highest_hz), _BANDS + 2)
    edges_hz = 700 * (10 ** (edges_mel / 2595) - 1)
    slopes = edges_hz[None] - grid.frequencies_hz()[:, None]
    rising = -slopes[:, :-2] / np.diff(edges_hz)[:-1]
    falling = slopes[:, 2:] / np.diff(edges_hz)[1:]
    return np.asarray(np.maximum(0, np.minimum(rising, falling)))


def _mel(frequency_hz: float) -> float:
    return float(2595 * np.log10(1 + frequency_hz / 700))


def mfcc(codes: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the cepstral coefficients of each frame, shape (time, 20), float64.

    Parameters
    ----------
    codes
        Level codes, shape (time, frequency), uint8; what is not heard has no power.
    grid
        Their grid.
    """
    return np.asarray(dct(mel_levels_db(codes, grid), type=2, norm="ortho", axis=1)[:, :_COEFFICIENTS])


def mel_levels_db(codes: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the level of each band of the mel scale, shape (time, 40), float64, dB; codes as of :func:`mfcc`."""
    power = np.where(codes == NOT_HEARD, 0.0, 10 ** ((codes * SCALE_DB + ADD_OFFSET_DB) / 10))
    return np.asarray(10 * np.log10(np.maximum(power @ mel_weights(grid), _LEAST_POWER)))


def clip_vector(codes: np.ndarray, grid: Grid) -> np.ndarray:
    """Return what describes a whole clip: mean, spread and highest value of each coefficient and of its change."""
    coefficients = mfcc(codes, grid)
    both = (coefficients, np.diff(coefficients, axis=0))
    return np.concatenate([reduced(one, axis=0) for one in both for reduced in (np.mean, np.std, np.max)])


@dataclass(frozen=True)
class MfccForest:
    """One forest for each source; made by :meth:`learned`.

    Attributes
    ----------
    forests
        scikit-learn's forests, or the one answer of a source whose training clips all agree.
    """

    forests: tuple[Any, ...]

    @classmethod
    def learned(cls, vectors: np.ndarray, present: np.ndarray, seed: int = 0) -> MfccForest:
        """Learn from clips.

        Parameters
        ----------
        vectors
            :func:`clip_vector` of each clip, shape (clip, value).
        present
            1 present, 0 absent, NaN not known, shape (clip, source).
        seed
            Seed of the forests.
        """
        return cls(tuple(_forest(vectors, one, seed) for one in present.T))

    def probability(self, vectors: np.ndarray) -> np.ndarray:
        """Return the probability that each source sounds in each clip, shape (clip, source)."""
        columns = [
            np.full(len(vectors), one) if isinstance(one, float) else one.predict_proba(vectors)[:, 1]
            for one in self.forests
        ]
        return np.stack(columns, axis=1)


def _forest(vectors: np.ndarray, present: np.ndarray, seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    known = ~np.isnan(present)
    answers = np.unique(present[known])
    if len(answers) < 2:
        return float(answers[0]) if len(answers) else 0.0
    forest = RandomForestClassifier(TREES, class_weight="balanced", random_state=seed, n_jobs=1)
    return forest.fit(vectors[known], present[known] > 0)
