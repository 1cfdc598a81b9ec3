"""What a model heard, summed to what a page can show: by hour of the day, by day and by frequency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from antiphon.figures.season.local_days import DAY_US, EPOCH, day_range, local_us

__all__ = ["COLUMNS", "Heard", "heard"]

_TIMES = ("interval_start", "interval_end", "utc_offset_min")
_FEW_DAYS, _FEW_DEPLOYMENTS = 14, 60
_SUMS = ("active_cells", "effort_cells", "active_s", "effort_s")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "occupancy": ("source", *_TIMES, *_SUMS),
    "frequency": ("source", *_TIMES, "freq_low_hz", "freq_high_hz", "active_cells", "effort_cells"),
}
"""Columns of each table that are summed here."""

Tables = Iterable[tuple[str, pd.DataFrame]]
"""The deployments' tables one after the other, each with the deployment's name; a table may have no rows."""


@dataclass(frozen=True)
class Heard:
    """What one model heard: sums by source, deployment, local day and hour, and by frequency.

    Attributes
    ----------
    sources, deployments
        Names, in order.
    first_day
        Local day of the first day.
    active_cells, effort_cells, active_s, effort_s
        Shape (source, deployment, day, hour); an hour is a cell of the local day, as long as an interval if those are
        longer than an hour.
    edges_hz
        Edges of the frequency bands, shape (band + 1,).
    hour_active_cells, hour_effort_cells
        All days together, shape (source, deployment, hour, band).
    time_active_cells, time_effort_cells
        Through the season, shape (source, deployment, time, band): a time is an hour in a season of few days, else a
        day.
    """

    sources: tuple[str, ...]
    deployments: tuple[str, ...]
    first_day: date
    active_cells: np.ndarray
    effort_cells: np.ndarray
    active_s: np.ndarray
    effort_s: np.ndarray
    edges_hz: np.ndarray
    hour_active_cells: np.ndarray
    hour_effort_cells: np.ndarray
    time_active_cells: np.ndarray
    time_effort_cells: np.ndarray

    @property
    def hours(self) -> int:
        """Cells of a day."""
        return int(self.active_cells.shape[3])

    @property
    def days(self) -> int:
        """Days from the first to the last."""
        return int(self.active_cells.shape[2])

    @property
    def band_active_cells(self) -> np.ndarray:
        """Active cells of the whole season, shape (source, deployment, band)."""
        return np.asarray(self.hour_active_cells.sum(2))

    @property
    def band_effort_cells(self) -> np.ndarray:
        """Heard cells of the whole season, shape (source, deployment, band)."""
        return np.asarray(self.hour_effort_cells.sum(2))


def heard(occupancies: Tables, frequencies: Tables, sources: tuple[str, ...]) -> Heard:
    """Sum one model's tables occupancy and frequency.

    Parameters
    ----------
    occupancies, frequencies
        The two tables, deployment by deployment, in the same order of deployments; ``frequencies``, which is long, may
        come in pieces, each with its deployment.
    sources
        Sources in the model's order.
    """
    deployments, first, occupancy = _by_hour(occupancies, sources)
    shape = (len(sources), len(deployments), *occupancy.shape[3:])
    edges_hz, by_hour, by_time = _by_band(frequencies, sources, deployments, first, shape)
    return Heard(
        sources=sources,
        deployments=deployments,
        first_day=EPOCH + timedelta(first),
        **dict(zip(_SUMS, occupancy, strict=True)),
        edges_hz=edges_hz,
        hour_active_cells=by_hour[0],
        hour_effort_cells=by_hour[1],
        time_active_cells=by_time[0],
        time_effort_cells=by_time[1],
    )


def _by_hour(tables: Tables, sources: tuple[str, ...]) -> tuple[tuple[str, ...], int, np.ndarray]:
    """Return deployments, first day and sums, shape (column, source, deployment, day, hour)."""
    names: list[str] = []
    sums: list[tuple[int, int, np.ndarray]] = []
    hours = 24
    for place, (name, every) in enumerate(tables):
        names.append(name)
        table = _of_sources(every, sources)
        if len(table):
            hours = _hours_of_day(table)
            cell = local_us(table) // (DAY_US // hours)
            first, days = day_range([cell // hours])
            key = (_place(table["source"], sources) * days - first) * hours + cell
            sums.append((place, first, _sums(table, _SUMS, key, (len(sources), days, hours))))
    start, days = day_range([np.array([first, first + one.shape[2] - 1]) for _, first, one in sums])
    cube = np.zeros((len(_SUMS), len(sources), len(names), days, hours))
    for place, first, one in sums:
        cube[:, :, place, first - start : first - start + one.shape[2]] = one
    return tuple(names), start, cube


def _of_sources(table: pd.DataFrame, sources: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows of the model's own sources: a class of several stands in the tables beside them."""
    own = table["source"].isin(sources)
    return table if own.all() else table[own]


def _hours_of_day(table: pd.DataFrame) -> int:
    """Return how many cells a day is shown in: 24, or fewer if the intervals are longer than an hour."""
    length = (table["interval_end"].iloc[0] - table["interval_start"].iloc[0]).total_seconds()
    return int(86_400 // max(3600, round(length)))


def _by_band(
    tables: Tables, sources: tuple[str, ...], deployments: tuple[str, ...], first: int, shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the edges of the bands, and sums by hour and by time: (column, source, deployment, hour or time, band).

    ``first`` is the first day since 1970, ``shape`` is (source, deployment, day, hour).
    """
    *_, days, hours = shape
    of_day = hours if days <= _FEW_DAYS and shape[1] <= _FEW_DEPLOYMENTS else 1
    times = days * of_day
    sums: dict[tuple[int, tuple[float, ...]], list[np.ndarray]] = {}
    edges: set[float] = set()
    for name, every in tables:
        table = _of_sources(every, sources)
        band, low_hz = pd.factorize(table["freq_low_hz"].to_numpy(), sort=True)
        edges.update(low_hz, pd.unique(table["freq_high_hz"].to_numpy()))
        cell = local_us(table) // (DAY_US // hours)
        of_source = _place(table["source"], sources)
        found = [
            _sums(table, _SUMS[:2], (of_source * many + at) * len(low_hz) + band, (len(sources), many, len(low_hz)))
            for many, at in ((hours, cell % hours), (times, cell // (hours // of_day) - first * of_day))
        ]
        key = (deployments.index(name), tuple(low_hz))
        sums[key] = [one + before for one, before in zip(found, sums[key], strict=True)] if key in sums else found
    edges_hz = np.array(sorted(edges) or [0.0, 1.0])
    by_hour, by_time = (np.zeros((2, *shape[:2], many, len(edges_hz) - 1)) for many in (hours, times))
    for (place, low), (of_hours, of_times) in sums.items():
        bands = np.searchsorted(edges_hz, low)
        by_hour[:, :, place, :, bands] += np.moveaxis(of_hours, -1, 0)
        by_time[:, :, place, :, bands] += np.moveaxis(of_times, -1, 0)
    return edges_hz, by_hour, by_time


def _sums(table: pd.DataFrame, columns: Sequence[str], key: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Add up the rows of each column by flat index ``key`` into ``shape``; a missing value adds nothing."""
    size = int(np.prod(shape))
    values = (np.nan_to_num(table[column].to_numpy(dtype=float, na_value=np.nan)) for column in columns)
    return np.stack([np.bincount(key, value, size).reshape(shape) for value in values])


def _place(names: pd.Series, order: tuple[str, ...]) -> np.ndarray:
    """Return the place of each name in ``order``."""
    codes, found = pd.factorize(names)
    return np.array([order.index(str(name)) for name in found], dtype=np.int64)[codes]
