"""Folds: every group is tested once, and no group is on both sides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["grouped_folds", "indicative"]


def grouped_folds(groups: Sequence[str], present: np.ndarray, folds: int) -> np.ndarray:
    """Return the fold in which each example is tested, shape (example,), int64.

    Groups go, those with most first, where their sources are scarcest so far, so that folds have alike shares of every
    source.

    Parameters
    ----------
    groups
        Group of each example.
    present
        Whether each source is in each example, shape (example, source), bool.
    folds
        Number of folds.

    Raises
    ------
    ValueError
        If there are fewer groups than folds.
    """
    names, member = np.unique(list(groups), return_inverse=True)
    if len(names) < folds:
        raise ValueError(f"{len(names)} groups cannot fill {folds} folds")
    amount = np.zeros((len(names), present.shape[1] + 1))
    np.add.at(amount, member, np.column_stack([present, np.ones(len(member))]))
    amount /= np.maximum(amount.sum(axis=0), 1)
    filled, fold_of = np.zeros((folds, amount.shape[1])), np.zeros(len(names), dtype=np.int64)
    for group in np.argsort(-amount.sum(axis=1), kind="stable"):
        fold = int(np.argmin((filled * (amount[group] > 0)).sum(axis=1)))
        fold_of[group] = fold
        filled[fold] += amount[group]
    return fold_of[member]


def indicative(groups: Sequence[str], present: np.ndarray, least_groups: int = 5) -> np.ndarray:
    """Return which sources sound in fewer than ``least_groups`` groups: their scores only indicate, shape (source,)."""
    return np.array([len({groups[int(i)] for i in np.flatnonzero(one)}) < least_groups for one in present.T])
