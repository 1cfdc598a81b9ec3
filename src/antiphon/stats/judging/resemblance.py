"""How generated sounds compare with real ones: distances, diversity, Fréchet distance, ratio of sound to silence.

All of it works on numbers that describe sounds; what they are is the caller's choice.
"""

from __future__ import annotations

import numpy as np

__all__ = ["cosine_distances", "diversity", "frechet_distance", "level_distances_db", "nearest", "snr_db"]

_TENTH = 0.1
_LEAST = 1e-12


def level_distances_db(levels_db: np.ndarray, others_db: np.ndarray) -> np.ndarray:
    """Return the root mean square difference of every pair of spectrograms, shape (sound, other), dB.

    Parameters
    ----------
    levels_db, others_db
        Levels, shape (sound, cell) and (other, cell), dB.
    """
    square = (levels_db**2).sum(1)[:, None] + (others_db**2).sum(1)[None] - 2 * levels_db @ others_db.T
    return np.asarray(np.sqrt(np.maximum(square, 0) / levels_db.shape[1]))


def cosine_distances(vectors: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return one minus the cosine between every pair of vectors, shape (vector, other): 0 alike, 1 unlike."""
    ours, theirs = (one / np.maximum(np.linalg.norm(one, axis=1, keepdims=True), _LEAST) for one in (vectors, others))
    return np.asarray(1 - ours @ theirs.T)


def nearest(distances: np.ndarray) -> np.ndarray:
    """Return the distance of each sound to the nearest other one, shape (sound,)."""
    return np.asarray(distances.min(axis=1))


def diversity(distances: np.ndarray) -> float:
    """Return the mean distance between two different sounds of a set, from its distances to itself; NaN below two."""
    count = len(distances)
    return float(distances.sum() / (count * (count - 1))) if count > 1 else float("nan")


def frechet_distance(vectors: np.ndarray, others: np.ndarray) -> float:
    """Return the squared Fréchet distance of two Gaussians with the means and covariances of two sets.

    Heusel et al. (2017, arXiv:1706.08500, equation 6). With few sounds it is too high, so compare only figures of
    equally many.

    Parameters
    ----------
    vectors, others
        Features, shape (sound, feature) and (other, feature); at least two of each.
    """
    mean, spread = vectors.mean(0), np.atleast_2d(np.cov(vectors, rowvar=False))
    other_mean, other_spread = others.mean(0), np.atleast_2d(np.cov(others, rowvar=False))
    # The trace of a root is the sum of the eigenvalues' roots; what is imaginary, or below zero, is rounding.
    roots = np.sqrt(np.maximum(np.real(np.linalg.eigvals(spread @ other_spread)), 0))
    return float(max(0.0, ((mean - other_mean) ** 2).sum() + np.trace(spread + other_spread) - 2 * roots.sum()))


def snr_db(power: np.ndarray) -> np.ndarray:
    """Return how far the loudest tenth of each sound's frames stands above its quietest tenth, dB, shape (sound,).

    Frames that are digitally silent (padding, a gate) are left out; NaN where fewer than two others are left.

    Parameters
    ----------
    power
        Power of each frame, shape (sound, frame).
    """
    ratios = []
    for frames in power:
        heard = np.sort(frames[frames > 0])
        tenth = max(1, round(len(heard) * _TENTH))
        ratios.append(10 * np.log10(heard[-tenth:].mean() / heard[:tenth].mean()) if len(heard) > 1 else np.nan)
    return np.array(ratios)
