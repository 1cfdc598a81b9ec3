"""Presence: whether a source sounds anywhere in a clip."""

from __future__ import annotations

import numpy as np

__all__ = ["best_least_share", "clip_measures"]


def best_least_share(score: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Return the score from which a source counts as present for the best F1, source by source.

    Parameters
    ----------
    score
        Share of a clip's cells that were found, or a classifier's probability, shape (clip, source).
    present
        1 present, 0 absent, NaN not known, same shape.

    Returns
    -------
    Shape (source,): halfway between two scores that occur, and above 0; infinite where the source is never present.
    """
    return np.array([_best(one, there) for one, there in zip(score.T, present.T, strict=True)])


def _best(score: np.ndarray, present: np.ndarray) -> float:
    known = ~np.isnan(present)
    score, truth = score[known], present[known] > 0
    if not truth.any():
        return float("inf")
    steps = np.unique(np.append(score[score > 0], 0.0))
    candidates = (steps[:-1] + steps[1:]) / 2
    found = score >= candidates[:, None]
    hits = (found & truth).sum(axis=1)
    f1 = 2 * hits / (found.sum(axis=1) + truth.sum())
    return float(candidates[f1.argmax()]) if len(candidates) else float("inf")


def clip_measures(score: np.ndarray, present: np.ndarray, least: np.ndarray) -> dict[str, np.ndarray]:
    """Return clips that were rightly found, wrongly found and missed, each (clip, source), 0 or 1.

    Parameters
    ----------
    score, present
        As of :func:`best_least_share`.
    least
        Score from which a source counts as present, shape (source,).
    """
    known, found, truth = ~np.isnan(present), score >= least, present > 0
    return {
        "clip_hits": (known & found & truth).astype(float),
        "clip_false_alarms": (known & found & ~truth).astype(float),
        "clip_misses": (known & ~found & truth).astype(float),
    }
