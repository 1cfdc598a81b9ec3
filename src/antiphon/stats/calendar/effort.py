"""Effort: what was recorded, what of it was analysed, and what was lost to what, by interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from antiphon.stats.calendar.intervals import Intervals, summed
from antiphon.stats.calendar.schedule import Schedule, infer_schedule

__all__ = ["Effort", "Recorded", "effort", "effort_by_schedule", "effort_columns"]

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
        Analysed, lost to edges, to quarantine and to gaps; shape (intervals, 4), int64.
    heard_bins
        Bins that every analysed recording hears, shape (intervals,), int64; meaningless where nothing was analysed.
    """

    interval: np.ndarray
    time_us: np.ndarray
    heard_bins: np.ndarray

    @classmethod
    def of_pieces(cls, pieces: Sequence[tuple[int, int, int, int, int, int]]) -> Effort:
        """Return the sum of pieces: interval, analysed, edge, quarantine and gap in microseconds, bins heard."""
        rows = np.array(pieces, dtype=np.int64).reshape(-1, 6)
        interval, time_us = summed(rows[:, 0], rows[:, 1:5])
        heard = np.full(len(interval), _UNHEARD, dtype=np.int64)
        np.minimum.at(heard, np.searchsorted(interval, rows[:, 0]), rows[:, 5])
        return cls(interval, time_us, heard)

    def __add__(self, other: Effort) -> Effort:
        return Effort.of_pieces([*self._pieces(), *other._pieces()])

    def _pieces(self) -> list[tuple[int, int, int, int, int, int]]:
        return list(map(tuple, np.column_stack([self.interval, self.time_us, self.heard_bins]).tolist()))

    @property
    def span(self) -> tuple[int, int]:
        """The first interval and the one after the last; (0, 0) where there is none."""
        return (int(self.interval[0]), int(self.interval[-1]) + 1) if len(self.interval) else (0, 0)


def effort(
    recordings: Iterable[Recorded],
    intervals: Intervals,
    window_us: int,
    hop_us: int,
    gaps_us: Iterable[tuple[int, int]] = (),
) -> Effort:
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
    gaps_us
        Start and end (UTC) of what was scheduled and not recorded, microseconds.
    """
    pieces: list[tuple[int, int, int, int, int, int]] = []
    for one in recordings:
        analysed = intervals.cuts(one.start_us + window_us // 2, hop_us, one.frames)
        pieces += [(index, (part.stop - part.start) * hop_us, 0, 0, 0, one.heard_bins) for index, part in analysed]
        edge_us = max(0, one.duration_us - one.frames * hop_us)
        before_us = min(edge_us, (window_us - hop_us) // 2) if analysed else 0
        first, last = (analysed[0][0], analysed[-1][0]) if analysed else (intervals.index(one.start_us),) * 2
        pieces += [(first, 0, before_us, 0, 0, _UNHEARD), (last, 0, edge_us - before_us, 0, 0, _UNHEARD)]
        unread = intervals.shares(one.start_us + one.duration_us, one.unread_us)
        pieces += [(index, 0, 0, lost_us, 0, _UNHEARD) for index, lost_us in unread]
    for start_us, end_us in gaps_us:
        missed = intervals.shares(start_us, end_us - start_us)
        pieces += [(index, 0, 0, 0, lost_us, _UNHEARD) for index, lost_us in missed]
    return Effort.of_pieces(pieces)


def effort_by_schedule(
    recordings: Sequence[Recorded], unread_us: Sequence[int], intervals: Intervals, window_us: int, hop_us: int
) -> tuple[Effort, Schedule | None]:
    """Add up the effort of recordings, with what the schedule that they show says is missing.

    Parameters
    ----------
    recordings, intervals, window_us, hop_us
        As for :func:`effort`.
    unread_us
        Starts (UTC, microseconds) of recordings that are there and cannot be read, not even their length: what the
        schedule expects of them is lost to quarantine and not to a gap.

    Returns
    -------
    The effort, and the schedule with the gaps that remain; None where the recordings show none.
    """
    schedule = infer_schedule(
        np.array([one.start_us for one in recordings], dtype=np.int64),
        np.array([one.duration_us + one.unread_us for one in recordings], dtype=np.int64),
    )
    if schedule is None:
        return effort(recordings, intervals, window_us, hop_us), None
    schedule, taken = schedule.split(np.array(unread_us, dtype=np.int64))
    expected = [Recorded(start_us, 0, end_us - start_us, 0, 0) for start_us, end_us in taken]
    return effort([*recordings, *expected], intervals, window_us, hop_us, schedule.gaps_us.tolist()), schedule


def effort_columns(sums: Effort, bin_edges_hz: np.ndarray, *, schedule_known: bool) -> dict[str, np.ndarray]:
    """Finish effort: the columns of the table, one row for each interval from the first to the last.

    In every row ``scheduled_s`` is ``analysed_s`` and all losses added up, to the microsecond. It is what the recorder
    recorded, by its schedule or beside it, and what it should have recorded.

    Parameters
    ----------
    sums
        The sums.
    bin_edges_hz
        Edges of the grid's bins, ascending, shape (bins + 1,).
    schedule_known
        Whether gaps are known; otherwise what was lost to them is unknown, not zero, and nothing is added for them.

    Returns
    -------
    ``interval`` (int64) and the table's columns in its units, float64, NaN where unknown: the range heard is not
    defined where nothing was analysed.
    """
    first, stop = sums.span
    interval = np.arange(first, stop)
    time_us = np.zeros((len(interval), 4), dtype=np.int64)
    heard = np.full(len(interval), _UNHEARD, dtype=np.int64)
    time_us[sums.interval - first], heard[sums.interval - first] = sums.time_us, sums.heard_bins
    analysed = time_us[:, 0] > 0
    top = np.minimum(heard, len(bin_edges_hz) - 1)
    return {
        "interval": interval,
        "scheduled_s": time_us.sum(axis=1) / _SECOND_US,
        "analysed_s": time_us[:, 0] / _SECOND_US,
        "lost_gap_s": time_us[:, 3] / _SECOND_US if schedule_known else np.full(len(interval), np.nan),
        "lost_quarantine_s": time_us[:, 2] / _SECOND_US,
        "lost_clipping_s": np.zeros(len(interval)),
        "lost_edge_s": time_us[:, 1] / _SECOND_US,
        "heard_low_hz": np.where(analysed, bin_edges_hz[0], np.nan),
        "heard_high_hz": np.where(analysed, bin_edges_hz[top], np.nan),
    }
