"""How many of the known sounds that were put into recordings are found, by how far they stand out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from antiphon.stats.ratio import wilson_interval

__all__ = ["FOUND_SHARE", "RecallCurve", "found_share", "recall_curve"]

FOUND_SHARE = 0.5
"""Share of its cells from which an event counts as found, as in the scores of stage evaluate."""


@dataclass(frozen=True)
class RecallCurve:
    """Recall of one source.

    Attributes
    ----------
    snr_db
        Middle of each step, shape (step,).
    events, found
        Events in each step, and those that were found, each shape (step,).
    recall, low, high
        Share of the events that were found and its 95 % interval, each shape (step,); NaN without an event.
    """

    snr_db: np.ndarray
    events: np.ndarray
    found: np.ndarray
    recall: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def steps(self) -> list[dict[str, float]]:
        """Return each step as a row: middle, events, events found, their share and its interval."""
        names = ("snr_db", "events", "found", "recall", "low", "high")
        columns = (getattr(self, name).tolist() for name in names)
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def found_share(own: np.ndarray, found: np.ndarray, found_before: np.ndarray) -> float:
    """Return how much of an event was found, 0 to 1.

    Parameters
    ----------
    own
        Cells that the event owns, shape (time, frequency), bool.
    found, found_before
        Cells that are found with it and without it, same shape; what was found without it is no credit, and counts
        neither way.

    Returns
    -------
    0 for an event that owns no cell of its own: it is drowned.
    """
    open_to = own & ~found_before
    return float(found[open_to].mean()) if open_to.any() else 0.0


def recall_curve(snr_db: np.ndarray, share: np.ndarray, edges_db: np.ndarray) -> RecallCurve:
    """Return the recall of a source in steps of signal-to-noise ratio.

    Parameters
    ----------
    snr_db
        Ratio of each event, shape (event,).
    share
        How much of each was found, shape (event,).
    edges_db
        Edges of the steps, rising; each step holds its lower edge, the last one both.
    """
    inner = np.clip(np.searchsorted(edges_db, snr_db, side="right") - 1, 0, len(edges_db) - 2)
    there = (snr_db >= edges_db[0]) & (snr_db <= edges_db[-1])
    events = np.bincount(inner[there], minlength=len(edges_db) - 1)
    found = np.bincount(inner[there & (share >= FOUND_SHARE)], minlength=len(edges_db) - 1)
    return RecallCurve((edges_db[:-1] + edges_db[1:]) / 2, events, found, *wilson_interval(found, events))
