"""The table events: units joined where the sound runs on, and how many events begin in an interval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from antiphon.io.tables import local_times
from antiphon.signal.levels import PROBABILITY_SCALE
from antiphon.stats.calendar.intervals import Intervals, summed
from antiphon.stats.events import Stretch, event_columns, in_order, joined_at_seam, settled
from antiphon.stats.labelling import Column
from antiphon.tabulating.found import Found
from antiphon.tabulating.job import Job
from antiphon.tabulating.units import UnitSums

__all__ = ["EventCounts", "write_events"]


class EventCounts:
    """How many events of each source begin in each interval: their first frame is centred in it.

    Parameters
    ----------
    intervals
        The intervals.
    sources
        Number of sources.
    """

    def __init__(self, intervals: Intervals, sources: int) -> None:
        self._intervals, self._sources = intervals, sources
        self._keys, self._counts = np.empty((2, 0), dtype=np.int64)

    def add(self, rows: np.ndarray) -> None:
        """Count the events (events, columns)."""
        keys = self._intervals.indices(rows[:, Column.FIRST_US]) * self._sources + rows[:, Column.SOURCE]
        each, counts = np.unique(keys, return_counts=True)
        self._keys, self._counts = summed(np.concatenate([self._keys, each]), np.concatenate([self._counts, counts]))

    def of(self, interval: np.ndarray) -> np.ndarray:
        """Return the counts in intervals, (intervals,) in order and without a gap, as (intervals, sources), int64."""
        counts = np.zeros((len(interval), self._sources), dtype=np.int64)
        if len(interval):
            edges = interval[[0, -1]] * self._sources + [0, self._sources]
            inside = slice(*np.searchsorted(self._keys, edges))
            counts.ravel()[self._keys[inside] - edges[0]] = self._counts[inside]
        return counts


def write_events(job: Job, found: Found, units: Iterable[UnitSums]) -> EventCounts:
    """Write the table events; return how many begin in each interval."""
    counts = EventCounts(job.intervals, len(found.card.sources))
    job.write("events", _pieces(job, found, units, counts), found.name, found.made_by())
    return counts


def _pieces(job: Job, found: Found, units: Iterable[UnitSums], counts: EventCounts) -> Iterator[dict[str, Any]]:
    """Yield the rows of the table, by the unit that an event ends in; within it in order of time."""
    paths: list[str] = []
    starts_us: list[int] = []
    for rows, recordings, probable in _merged(found, units):
        paths += [path for path, _ in recordings]
        starts_us += [start_us for _, start_us in recordings]
        events = in_order(found.rule.events(rows))
        counts.add(events)
        begins_in = events[:, Column.RECORDING]
        yield {
            "path": np.array(paths, dtype=object)[begins_in],
            **_finished(job, found, events, np.array(starts_us, dtype=np.int64)[begins_in], probable),
        }


def _merged(found: Found, units: Iterable[UnitSums]) -> Iterator[tuple[np.ndarray, list[tuple[str, int]], bool]]:
    """Yield the patches that end in each unit, their recordings numbered through, and the unit's recordings."""
    growing: Stretch | None = None
    known, probable = 0, True
    for unit in units:
        events = unit.events()
        probable &= events.probable
        rows = _numbered(events.closed, known)
        stretch = events.growing
        if stretch is not None:
            stretch = Stretch(
                _numbered(stretch.rows, known), stretch.head, stretch.tail, stretch.first_us, stretch.last_us
            )
            if growing is not None:
                stretch = joined_at_seam(growing, stretch, runs_on=found.rule.runs_on(growing, stretch))
            closed, growing = settled(stretch, head=False)
            rows = np.concatenate([closed, rows])
        known += len(events.recordings)
        yield rows, events.recordings, probable
    if growing is not None:
        yield growing.rows, [], probable


def _numbered(rows: np.ndarray, first: int) -> np.ndarray:
    """Return patches with the numbers of their recordings counted from ``first``."""
    moved = rows.copy()
    moved[:, Column.RECORDING] += first
    return moved


def _finished(job: Job, found: Found, events: np.ndarray, recording_us: np.ndarray, probable: bool) -> dict[str, Any]:
    """Return the rows of events, all columns but the path."""
    grid, offset_min = job.grid, job.holdings.utc_offset_min
    columns: dict[str, Any] = event_columns(
        events, recording_us, grid.bin_edges_hz(), grid.bin_hz, PROBABILITY_SCALE, grid.hop_us
    )
    start_us, source = columns.pop("start_us"), events[:, Column.SOURCE]
    columns["level_db"] += job.holdings.reference.offset_db
    if not probable:
        columns["score"] = np.full(len(events), np.nan)
    named = found.card.sources
    return {
        "model": found.name,
        "source": np.array([*named], dtype=object)[source],
        "scientific_name": np.array([one.scientific_name for one in named.values()], dtype=object)[source],
        "common_name": np.array([one.common_name for one in named.values()], dtype=object)[source],
        "start_time": start_us,
        "start_local": local_times(start_us, offset_min, "ms"),
        "utc_offset_min": offset_min,
        "level_reference": job.holdings.reference.name,
        **columns,
    }
