"""A season's tables summed to what a page can show: additive columns are added, ratios are formed at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

__all__ = ["COLUMNS", "LOSSES", "Coverage", "Heard", "Quality", "Verdict", "coverage", "heard", "quality", "share"]

LOSSES = ("gap", "quarantine", "clipping", "edge")
"""What scheduled time is lost to: columns ``lost_<name>_s`` of the table effort."""

_TIMES = ("interval_start", "interval_end", "utc_offset_min")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "recordings": ("path", "status", "reason", "duration_s"),
    "effort": ("site", *_TIMES, "scheduled_s", "analysed_s", *(f"lost_{name}_s" for name in LOSSES)),
    "occupancy": ("source", *_TIMES, "active_cells", "effort_cells", "active_s", "effort_s"),
    "frequency": ("source", "freq_low_hz", "freq_high_hz", "active_cells", "effort_cells"),
}
"""Columns of each table that are summed here."""

_DAY_US = 86_400_000_000
_EPOCH = date(1970, 1, 1)

Tables = Iterable[tuple[str, pd.DataFrame]]
"""The deployments' tables one after the other, each with the deployment's name; a table may have no rows."""


@dataclass(frozen=True)
class Coverage:
    """What was analysed, by deployment and local day.

    Attributes
    ----------
    deployments
        Names, in order.
    sites
        Name of each deployment's site.
    first_day
        Local day of the first column; the days follow without a gap.
    scheduled_s, analysed_s
        Seconds, shape (deployment, day).
    lost_s
        Seconds lost to each of :data:`LOSSES`, shape (deployment, day); NaN where that is not known.
    """

    deployments: tuple[str, ...]
    sites: tuple[str, ...]
    first_day: date
    scheduled_s: np.ndarray
    analysed_s: np.ndarray
    lost_s: Mapping[str, np.ndarray]

    @property
    def last_day(self) -> date:
        """Local day of the last column."""
        return self.first_day + timedelta(self.analysed_s.shape[1] - 1)

    @property
    def silent_days(self) -> np.ndarray:
        """Whether sound was recorded and none of it could be analysed, shape (deployment, day)."""
        lost_s = np.sum([lost for name, lost in self.lost_s.items() if name != "gap"], axis=0)
        return np.asarray((self.analysed_s == 0) & (lost_s > 0))


@dataclass(frozen=True)
class Verdict:
    """Recordings that share a status and a reason.

    Attributes
    ----------
    status, reason
        As in the table recordings; ``reason`` is empty where there is none.
    files
        Number of recordings.
    duration_s
        Seconds of sound that their headers promise.
    paths
        The first of them by deployment and path; none of recordings that are ok without a reason.
    """

    status: str
    reason: str
    files: int
    duration_s: float
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Quality:
    """All recordings of a season by status and reason.

    Attributes
    ----------
    verdicts
        Groups of recordings, the sound ones first.
    """

    verdicts: tuple[Verdict, ...]

    @property
    def files(self) -> int:
        """Number of recordings."""
        return sum(verdict.files for verdict in self.verdicts)

    @property
    def duration_s(self) -> float:
        """Seconds of sound in recordings that can be used."""
        return sum(verdict.duration_s for verdict in self.verdicts if verdict.status in ("ok", "repaired"))

    def files_with(self, *statuses: str) -> int:
        """Return the number of recordings of these statuses."""
        return sum(verdict.files for verdict in self.verdicts if verdict.status in statuses)


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
    band_active_cells, band_effort_cells
        Shape (source, deployment, band).
    """

    sources: tuple[str, ...]
    deployments: tuple[str, ...]
    first_day: date
    active_cells: np.ndarray
    effort_cells: np.ndarray
    active_s: np.ndarray
    effort_s: np.ndarray
    edges_hz: np.ndarray
    band_active_cells: np.ndarray
    band_effort_cells: np.ndarray


def share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return ``part / whole``, NaN where ``whole`` is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.asarray(whole) > 0, np.asarray(part) / np.asarray(whole), np.nan)


def coverage(efforts: Tables) -> Coverage:
    """Sum the table effort by deployment and local day."""
    columns = COLUMNS["effort"][4:]
    sums: list[pd.DataFrame] = []
    names: list[str] = []
    sites: list[str] = []
    for name, table in efforts:
        names.append(name)
        sites.append(str(table["site"].iloc[0]) if len(table) else "")
        sums.append(table[list(columns)].groupby(_local_us(table) // _DAY_US).sum(min_count=1))
    first, days = _day_range([one.index.to_numpy() for one in sums])
    cube = np.zeros((len(columns), len(names), days))
    for place, one in enumerate(sums):
        cube[:, place, one.index.to_numpy() - first] = one.to_numpy().T
    lost = dict(zip(LOSSES, cube[2:], strict=True))
    return Coverage(tuple(names), tuple(sites), _EPOCH + timedelta(first), cube[0], cube[1], lost)


def quality(recordings: Tables, most_paths: int = 100) -> Quality:
    """Sum the table recordings by status and reason, with the first ``most_paths`` paths of what has a reason."""
    files: dict[tuple[str, str], int] = {}
    seconds: dict[tuple[str, str], float] = {}
    paths: dict[tuple[str, str], list[str]] = {}
    for _, table in recordings:
        reasons = table["reason"].astype(object).where(table["reason"].notna(), "")
        duration_s = table["duration_s"].astype(float)
        for key, group in duration_s.groupby([table["status"].astype(str), reasons.astype(str)]):
            status, reason = map(str, key)
            files[status, reason] = files.get((status, reason), 0) + len(group)
            seconds[status, reason] = seconds.get((status, reason), 0.0) + float(group.sum())
            known = paths.setdefault((status, reason), [])
            if (status, reason) != ("ok", "") and len(known) < most_paths:
                known.extend(table.loc[group.index, "path"].astype(str).sort_values()[: most_paths - len(known)])
    order = ("ok", "repaired", "excluded", "quarantined")
    keys = sorted(files, key=lambda key: (order.index(key[0]) if key[0] in order else len(order), -files[key], key[1]))
    return Quality(tuple(Verdict(*key, files[key], seconds[key], tuple(paths[key])) for key in keys))


def heard(occupancies: Tables, frequencies: Tables, sources: tuple[str, ...]) -> Heard:
    """Sum one model's tables occupancy and frequency.

    Parameters
    ----------
    occupancies, frequencies
        The two tables, deployment by deployment, in the same order of deployments.
    sources
        Sources in the model's order.
    """
    deployments, first, occupancy = _by_hour(occupancies, sources)
    edges_hz, bands = _by_band(frequencies, sources, deployments)
    return Heard(
        sources=sources,
        deployments=deployments,
        first_day=_EPOCH + timedelta(first),
        active_cells=occupancy[0],
        effort_cells=occupancy[1],
        active_s=occupancy[2],
        effort_s=occupancy[3],
        edges_hz=edges_hz,
        band_active_cells=bands[0],
        band_effort_cells=bands[1],
    )


def _by_hour(tables: Tables, sources: tuple[str, ...]) -> tuple[tuple[str, ...], int, np.ndarray]:
    """Return deployments, first day and sums, shape (column, source, deployment, day, hour)."""
    columns = COLUMNS["occupancy"][4:]
    names: list[str] = []
    sums: list[tuple[int, int, np.ndarray]] = []
    hours = 24
    for place, (name, table) in enumerate(tables):
        names.append(name)
        if len(table):
            hours = _hours_of_day(table)
            cell = _local_us(table) // (_DAY_US // hours)
            first, days = _day_range([cell // hours])
            key = (_place(table["source"], sources) * days - first) * hours + cell
            sums.append((place, first, _sums(table, columns, key, (len(sources), days, hours))))
    start, days = _day_range([np.array([first, first + one.shape[2] - 1]) for _, first, one in sums])
    cube = np.zeros((len(columns), len(sources), len(names), days, hours))
    for place, first, one in sums:
        cube[:, :, place, first - start : first - start + one.shape[2]] = one
    return tuple(names), start, cube


def _hours_of_day(table: pd.DataFrame) -> int:
    """Return how many cells a day is shown in: 24, or fewer if the intervals are longer than an hour."""
    length = (table["interval_end"].iloc[0] - table["interval_start"].iloc[0]).total_seconds()
    return int(86_400 // max(3600, round(length)))


def _by_band(tables: Tables, sources: tuple[str, ...], deployments: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the edges of the bands and sums, shape (column, source, deployment, band)."""
    columns = COLUMNS["frequency"][3:]
    sums: list[tuple[int, np.ndarray, np.ndarray]] = []
    edges: set[float] = set()
    for name, table in tables:
        band, low_hz = pd.factorize(table["freq_low_hz"].to_numpy())
        key = _place(table["source"], sources) * len(low_hz) + band
        edges.update(low_hz, pd.unique(table["freq_high_hz"].to_numpy()))
        one = _sums(table, columns, key, (len(sources), len(low_hz)))
        sums.append((deployments.index(name), low_hz, one))
    edges_hz = np.array(sorted(edges) or [0.0, 1.0])
    cube = np.zeros((len(columns), len(sources), len(deployments), len(edges_hz) - 1))
    for place, low_hz, one in sums:
        cube[:, :, place, np.searchsorted(edges_hz, low_hz)] = one
    return edges_hz, cube


def _sums(table: pd.DataFrame, columns: Sequence[str], key: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Add up the rows of each column by flat index ``key`` into ``shape``; a missing value adds nothing."""
    size = int(np.prod(shape))
    values = (np.nan_to_num(table[column].to_numpy(dtype=float, na_value=np.nan)) for column in columns)
    return np.stack([np.bincount(key, value, size).reshape(shape) for value in values])


def _local_us(table: pd.DataFrame) -> np.ndarray:
    """Return the start of each interval on the deployment's clock, microseconds since 1970."""
    utc_us = table["interval_start"].astype("datetime64[us, UTC]").astype("int64").to_numpy()
    offset_us = table["utc_offset_min"].to_numpy(dtype=np.int64) * 60_000_000
    return np.asarray(utc_us + offset_us)


def _place(names: pd.Series, order: tuple[str, ...]) -> np.ndarray:
    """Return the place of each name in ``order``."""
    codes, found = pd.factorize(names)
    return np.array([order.index(str(name)) for name in found], dtype=np.int64)[codes]


def _day_range(days: list[np.ndarray]) -> tuple[int, int]:
    """Return the first of all days and the number of days to the last; one empty day where there is none."""
    every = np.concatenate(days) if days else np.empty(0, dtype=np.int64)
    return (int(every.min()), int(np.ptp(every)) + 1) if len(every) else (0, 1)
