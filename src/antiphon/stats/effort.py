"""Effort: what was recorded, what of it was analysed, and what was lost to what, by interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from antiphon.stats.intervals import Intervals, summed

__all__ = ["Effort", "Recorded", "effort", "effort_columns"]

_SECOND_US = 1e6
_UNHEARD = 1 << 30


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recording, as far as effort is concerned.

    Attributes
    ----------
    start_us
        UTC time of its first sample, microseconds.
    duration_us
        Length of the samples that were decoded, microseconds.
    unread_us
        Length that its header promises beyond that, microseconds: all of it where the recording is quarantined.
    frames
        Frames that were analysed.
    heard_bins
        Bins, from 0 Hz up, that its recorder hears.
    """

    start_us: int
    duration_us: int
    unread_us: int
    frames: int
    heard_bins: int


@dataclass(frozen=True)
class Effort:
    """Microseconds by interval; ``+`` adds two of them.

    Attributes
    ----------
    interval
        Numbers of the intervals, ascending, each once, shape (intervals,), int64.
    time_us
        Analysed, lost to edges, lost to quarantine; shape (intervals, 3), int64.
    heard_bins
        Bins that every analysed recording hears, shape (intervals,), int64; meaningless where nothing was analysed.
    """

    interval: np.ndarray
    time_us: np.ndarray
    heard_bins: np.ndarray

    @classmethod
    def of_pieces(cls, pieces: Sequence[tuple[int, int, int, int, int]]) -> Effort:
        """Return the sum of pieces: interval, analysed, edge and quarantine in microseconds, bins heard."""
        rows = np.array(pieces, dtype=np.int64).reshape(-1, 5)
        interval, time_us = summed(rows[:, 0], rows[:, 1:4])
        heard = np.full(len(interval), _UNHEARD, dtype=np.int64)
        np.minimum.at(heard, np.searchsorted(interval, rows[:, 0]), rows[:, 4])
        return cls(interval, time_us, heard)

    def __add__(self, other: Effort) -> Effort:
        return Effort.of_pieces([*self._pieces(), *other._pieces()])

    def _pieces(self) -> list[tuple[int, int, int, int, int]]:
        return list(map(tuple, np.column_stack([self.interval, self.time_us, self.heard_bins]).tolist()))

    @property
    def span(self) -> tuple[int, int]:
        """The first interval and the one after the last; (0, 0) where there is none."""
        return (int(self.interval[0]), int(self.interval[-1]) + 1) if len(self.interval) else (0, 0)


def effort(recordings: Iterable[Recorded], intervals: Intervals, window_us: int, hop_us: int) -> Effort:
    """Add up the effort of recordings.

    A frame's hop counts in the interval that holds the frame's centre. What remains of the decoded samples is lost to
    the edges: half of what window and hop differ by before the first frame, the rest after the last. Samples that a
    header promises and that could not be read are lost to quarantine, where the clock would have put them.

    Parameters
    ----------
    recordings
        The recordings, in any order.
    intervals
        The intervals.
    window_us, hop_us
        Window and hop of the grid, microseconds.
    """
    pieces: list[tuple[int, int, int, int, int]] = []
    for one in recordings:
        analysed = intervals.cuts(one.start_us + window_us // 2, hop_us, one.frames)
        pieces += [(index, (part.stop - part.start) * hop_us, 0, 0, one.heard_bins) for index, part in analysed]
        edge_us = max(0, one.duration_us - one.frames * hop_us)
        before_us = min(edge_us, (window_us - hop_us) // 2) if analysed else 0
        first, last = (analysed[0][0], analysed[-1][0]) if analysed else (intervals.index(one.start_us),) * 2
        pieces += [(first, 0, before_us, 0, _UNHEARD), (last, 0, edge_us - before_us, 0, _UNHEARD)]
        unread = intervals.shares(one.start_us + one.duration_us, one.unread_us)
        pieces += [(index, 0, 0, lost_us, _UNHEARD) for index, lost_us in unread]
    return Effort.of_pieces(pieces)


def effort_columns(sums: Effort, bin_edges_hz: np.ndarray) -> dict[str, np.ndarray]:
    """Finish effort: the columns of the table, one row for each interval from the first to the last.

    Parameters
    ----------
    sums
        The sums.
    bin_edges_hz
        Edges of the grid's bins, ascending, shape (bins + 1,).

    Returns
    -------
    ``interval`` (int64) and the table's columns in its units, float64, NaN where unknown: what was lost to gaps is
    not known without the recorder's schedule, and the range heard is not defined where nothing was analysed.
    """
    first, stop = sums.span
    interval = np.arange(first, stop)
    time_us = np.zeros((len(interval), 3), dtype=np.int64)
    heard = np.full(len(interval), _UNHEARD, dtype=np.int64)
    time_us[sums.interval - first], heard[sums.interval - first] = sums.time_us, sums.heard_bins
    analysed = time_us[:, 0] > 0
    top = np.minimum(heard, len(bin_edges_hz) - 1)
    return {
        "interval": interval,
        "scheduled_s": time_us.sum(axis=1) / _SECOND_US,
        "analysed_s": time_us[:, 0] / _SECOND_US,
        "lost_gap_s": np.full(len(interval), np.nan),
        "lost_quarantine_s": time_us[:, 2] / _SECOND_US,
        "lost_clipping_s": np.zeros(len(interval)),
        "lost_edge_s": time_us[:, 1] / _SECOND_US,
        "heard_low_hz": np.where(analysed, bin_edges_hz[0], np.nan),
        "heard_high_hz": np.where(analysed, bin_edges_hz[top], np.nan),
    }
