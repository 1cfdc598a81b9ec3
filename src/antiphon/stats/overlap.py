"""Overlap: cells that two sources have at once, so one may mask the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from antiphon.stats.interval_sums import IntervalSums
from antiphon.stats.power import ratio

__all__ = ["Overlap", "overlap_columns", "pairs"]


@dataclass(frozen=True)
class Overlap(IntervalSums):
    """Cells by interval and pair of sources.

    Attributes
    ----------
    both
        Cells in which both are active, shape (intervals, sources, sources), int64; on the diagonal the source's own.
    heard
        Cells that were heard, shape (intervals,), int64.
    """

    both: np.ndarray
    heard: np.ndarray

    @classmethod
    def none(cls, sources: int) -> Overlap:
        """Return sums of nothing, in no interval."""
        interval, heard = np.empty((2, 0), dtype=np.int64)
        return cls(interval, np.empty((0, sources, sources), dtype=np.int64), heard)


def overlap_columns(sums: Overlap) -> dict[str, np.ndarray]:
    """Finish the overlap of every ordered pair of different sources.

    Parameters
    ----------
    sums
        The sums.

    Returns
    -------
    Columns, each of shape (intervals, pairs), float64, pairs by their first source, then the second; NaN where nothing
    was analysed, and shares where they have no cell to be shares of.
    """
    one, two = pairs(sums.both.shape[1])
    both, own, other = sums.both[:, one, two], sums.both[:, one, one], sums.both[:, two, two]
    known = sums.heard[:, None] > 0
    return {
        "effort_cells": np.broadcast_to(sums.heard[:, None], both.shape),
        "both_cells": np.where(known, both, np.nan),
        "source_cells": np.where(known, own, np.nan),
        "masked_share": ratio(both, own),
        "jaccard": ratio(both, own + other - both),
    }


def pairs(sources: int) -> tuple[np.ndarray, np.ndarray]:
    """Return first and second source of every ordered pair of different sources, each (pairs,), int64."""
    one, two = np.divmod(np.arange(sources * sources), sources)
    return one[one != two], two[one != two]
