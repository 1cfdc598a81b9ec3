"""The tables occupancy and frequency: sums of units merged, every interval once, finished some at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from antiphon.io.tables import source_columns
from antiphon.stats.activity import Activity
from antiphon.stats.correction import corrected
from antiphon.stats.frequency import frequency_columns
from antiphon.stats.interval_sums import complete, in_turn
from antiphon.stats.occupancy import occupancy_columns
from antiphon.tabulating.events import EventCounts
from antiphon.tabulating.found import Found
from antiphon.tabulating.job import Job
from antiphon.tabulating.units import UnitSums

__all__ = ["write_activity"]


def write_activity(
    job: Job, found: Found, units: Sequence[UnitSums], counts: EventCounts, span: tuple[int, int]
) -> None:
    """Write the tables occupancy and frequency.

    Parameters
    ----------
    job, found
        What the tables are made from.
    units
        Sums of the units in order of time.
    counts
        How many events begin in each interval.
    span
        First interval and the one after the last.
    """

    def pieces() -> Iterator[Activity]:
        merged = in_turn(unit.activity() for unit in units)
        return complete(merged, found.counter.nothing(), *span, found.intervals_at_a_time)

    made_by = found.made_by()
    job.write(
        "occupancy", (job.timed(_occupancy(job, found, piece, counts)) for piece in pieces()), found.name, made_by
    )
    job.write("frequency", (job.timed(_frequency(job, found, piece)) for piece in pieces()), found.name, made_by)


def _occupancy(job: Job, found: Found, sums: Activity, counts: EventCounts) -> dict[str, Any]:
    """Return the rows of the table occupancy: all sources, all intervals."""
    events = np.full((len(sums.interval), len(found.layers)), np.nan)
    events[:, : found.counter.sources] = counts.of(sums.interval)
    columns = occupancy_columns(sums, events, len(found.edges_hz) - 1, job.grid.hop_us)
    columns["level_db"] = columns["level_db"] + job.holdings.reference.offset_db
    columns |= _corrected(found, columns["tf_occupancy"])
    return {**_rows(found, sums, columns, 1), "level_reference": job.holdings.reference.name}


def _corrected(found: Found, share: np.ndarray) -> dict[str, np.ndarray]:
    """Return occupancy (intervals, layers) without the bias of the errors that the card knows, and its interval."""
    estimate, low, high = np.full((3, *share.shape), np.nan)
    for place, name in enumerate(found.card.sources):
        if name in found.errors:
            columns = corrected(share[:, place], found.errors[name])
            estimate[:, place], low[:, place], high[:, place] = columns
    return {"tf_occupancy_corrected": estimate, "tf_occupancy_low": low, "tf_occupancy_high": high}


def _frequency(job: Job, found: Found, sums: Activity) -> dict[str, Any]:
    """Return the rows of the table frequency: all bands of a source, all sources, all intervals."""
    return _rows(found, sums, frequency_columns(sums, found.edges_hz, job.grid.hop_us), len(found.edges_hz) - 1)


def _rows(found: Found, sums: Activity, columns: dict[str, np.ndarray], rows: int) -> dict[str, Any]:
    layers, intervals = len(found.layers), len(sums.interval)
    kinds = np.where(np.arange(layers) < found.counter.sources, "source", "class").astype(object)
    return {
        "interval": np.repeat(sums.interval, layers * rows),
        "model": found.name,
        **source_columns(found.layers, intervals, rows),
        "kind": np.tile(np.repeat(kinds, rows), intervals),
        **{name: values.ravel() for name, values in columns.items()},
    }
