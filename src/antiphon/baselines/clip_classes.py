"""Classes of clips told apart by cepstral coefficients and one random forest; see :mod:`antiphon.baselines.mfcc`.

Here every clip has one class, so that there is a confusion matrix; the forests of :class:`MfccForest` answer for every
source by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from antiphon.baselines.mfcc import TREES, clip_vector
from antiphon.signal.grid import Grid
from antiphon.signal.spectrogram import level_codes

__all__ = ["class_forest", "confusion", "cross_classified", "sound_grid", "sound_vectors"]

_WINDOW_S, _HOP_S = 0.016, 0.008


def sound_grid(rate_hz: int) -> Grid:
    """Return a grid of 16 ms by 8 ms that reaches up to half of ``rate_hz``."""
    return Grid(_WINDOW_S, _HOP_S, max(8, int(rate_hz / 2 * _WINDOW_S)))


def sound_vectors(sounds: np.ndarray, rate_hz: int) -> np.ndarray:
    """Return what describes each sound, shape (sound, value); see :func:`clip_vector`.

    Parameters
    ----------
    sounds
        Shape (sound, samples), float32.
    rate_hz
        Their sample rate.
    """
    grid = sound_grid(rate_hz)
    return np.stack([clip_vector(level_codes(sound, rate_hz, grid), grid) for sound in sounds])


def class_forest(vectors: np.ndarray, label: np.ndarray, seed: int) -> Any:
    """Return scikit-learn's forest, fitted.

    Parameters
    ----------
    vectors
        Shape (clip, value).
    label
        Class of each clip, by number.
    seed
        Seed of the forest.
    """
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(TREES, class_weight="balanced", random_state=seed, n_jobs=1)
    return forest.fit(vectors, label)


def cross_classified(vectors: np.ndarray, label: np.ndarray, fold: np.ndarray, seed: int) -> np.ndarray:
    """Return the class found for each clip by a forest that never saw its fold, shape (clip,), int64.

    Parameters
    ----------
    vectors, label, seed
        As of :func:`class_forest`.
    fold
        Fold of each clip; see :func:`antiphon.stats.judging.folds.grouped_folds`.
    """
    found = np.zeros(len(label), dtype=np.int64)
    for one in np.unique(fold):
        tested = fold == one
        found[tested] = class_forest(vectors[~tested], label[~tested], seed).predict(vectors[tested])
    return found


def confusion(label: np.ndarray, found: np.ndarray, classes: int) -> np.ndarray:
    """Return how many clips of each class were taken for each, shape (true, found), int64."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (label, found), 1)
    return counts
