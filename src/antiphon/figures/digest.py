"""A season's tables summed to what a page can show: additive columns are added, ratios are formed at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

__all__ = ["LOSSES", "Coverage", "Heard", "Quality", "Verdict", "coverage", "heard", "quality"]

LOSSES = ("gap", "quarantine", "clipping", "edge")
"""What scheduled time is lost to: columns ``lost_<name>_s`` of the table effort."""

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
        Seconds lost to each of :data:`LOSSES`, shape (deployment, day).
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
        recorded_s = sum(lost for name, lost in self.lost_s.items() if name != "gap")
        return (self.analysed_s == 0) & (recorded_s > 0)


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
        The first of them by deployment and path; none of recordings that are ok.
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
    band_active_s, band_effort_s
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
    band_active_s: np.ndarray
    band_effort_s: np.ndarray


def coverage(efforts: Tables) -> Coverage:
    """Sum the table effort by deployment and local day."""
    columns = ["scheduled_s", "analysed_s", *(f"lost_{name}_s" for name in LOSSES)]
    sums: list[pd.DataFrame] = []
    names: list[str] = []
    sites: list[str] = []
    for name, table in efforts:
        names.append(name)
        sites.append(str(table["site"].iloc[0]) if len(table) else "")
        sums.append(table.groupby(_local_day(table))[columns].sum())
    first, days = _day_range([one.index.to_numpy() for one in sums])
    cube = np.zeros((len(columns), len(names), days))
    for place, one in enumerate(sums):
        cube[:, place, one.index.to_numpy() - first] = one.to_numpy().T
    lost = dict(zip(LOSSES, cube[2:], strict=True))
    return Coverage(tuple(names), tuple(sites), _EPOCH + timedelta(first), cube[0], cube[1], lost)


def quality(recordings: Tables, most_paths: int = 100) -> Quality:
    """Sum the table recordings by status and reason, with the first ``most_paths`` paths of what is not ok."""
    files: dict[tuple[str, str], int] = {}
    seconds: dict[tuple[str, str], float] = {}
    paths: dict[tuple[str, str], list[str]] = {}
    for _, table in recordings:
        reasons = table["reason"].astype(object).where(table["reason"].notna(), "")
        duration_s = (table["frames"] / table["rate_hz"]).astype(float)
        for key, group in duration_s.groupby([table["status"].astype(str), reasons.astype(str)]):
            status, reason = map(str, key)
            files[status, reason] = files.get((status, reason), 0) + len(group)
            seconds[status, reason] = seconds.get((status, reason), 0.0) + float(group.sum())
            known = paths.setdefault((status, reason), [])
            if status != "ok" and len(known) < most_paths:
                known.extend(table.loc[group.index, "path"].astype(str).sort_values()[: most_paths - len(known)])
    order = ("ok", "repaired", "excluded", "quarantined")
    keys = sorted(files, key=lambda key: (order.index(key[0]) if key[0] in order else len(order), -files[key], key[1]))
    return Quality(tuple(Verdict(*key, files[key], seconds[key], tuple(paths[key])) for key in keys))


def heard(occupancies: Tables, frequencies: Tables, sources: tuple[str, ...], interval_s: int) -> Heard:
    """Sum one model's tables occupancy and frequency.

    Parameters
    ----------
    occupancies, frequencies
        The two tables, deployment by deployment, in the same order of deployments.
    sources
        Sources in the model's order.
    interval_s
        Length of an interval of the tables, seconds.
    """
    deployments, first, occupancy = _by_hour(occupancies, sources, interval_s)
    edges_hz, bands = _by_band(frequencies, sources, deployments)
    return Heard(sources, deployments, _EPOCH + timedelta(first), *occupancy, edges_hz, *bands)


def _by_hour(
    tables: Tables, sources: tuple[str, ...], interval_s: int
) -> tuple[tuple[str, ...], int, np.ndarray]:
    """Return deployments, first day and sums, shape (column, source, deployment, day, hour)."""
    columns = ["active_cells", "effort_cells", "active_s", "effort_s"]
    hour_us = max(3600, interval_s) * 1_000_000
    names: list[str] = []
    sums: list[pd.DataFrame] = []
    for name, table in tables:
        local_us = _local_us(table)
        keys = [_place(table["source"], sources), local_us // _DAY_US, local_us % _DAY_US // hour_us]
        names.append(name)
        sums.append(table[columns].groupby(keys).sum())
    first, days = _day_range([one.index.get_level_values(1).to_numpy() for one in sums])
    cube = np.zeros((len(columns), len(sources), len(names), days, _DAY_US // hour_us))
    for place, one in enumerate(sums):
        source, day, hour = (one.index.get_level_values(level).to_numpy() for level in range(3))
        cube[:, source, place, day - first, hour] = one.to_numpy().T
    return tuple(names), first, cube


def _by_band(tables: Tables, sources: tuple[str, ...], deployments: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the edges of the bands and sums, shape (column, source, deployment, band)."""
    columns = ["active_s", "effort_s"]
    sums: list[tuple[int, pd.DataFrame]] = []
    edges: set[float] = set()
    for name, table in tables:
        one = table[columns].groupby([_place(table["source"], sources), table["freq_low_hz"]]).sum()
        edges.update(table["freq_low_hz"].unique(), table["freq_high_hz"].unique())
        sums.append((deployments.index(name), one))
    edges_hz = np.array(sorted(edges) or [0.0, 1.0])
    cube = np.zeros((len(columns), len(sources), len(deployments), len(edges_hz) - 1))
    for place, one in sums:
        source, low_hz = (one.index.get_level_values(level).to_numpy() for level in range(2))
        cube[:, source, place, np.searchsorted(edges_hz, low_hz)] = one.to_numpy().T
    return edges_hz, cube


def _local_us(table: pd.DataFrame) -> pd.Series:
    """Return the start of each interval on the deployment's clock, microseconds since 1970."""
    utc_us = table["interval_start"].astype("datetime64[us, UTC]").astype("int64")
    return utc_us + table["utc_offset_min"].astype("int64") * 60_000_000


def _local_day(table: pd.DataFrame) -> pd.Series:
    """Return the local day of each interval, days since 1970."""
    return _local_us(table) // _DAY_US


def _place(names: pd.Series, order: tuple[str, ...]) -> pd.Series:
    """Return the place of each name in ``order``."""
    return names.astype(str).map({name: place for place, name in enumerate(order)}).astype("int64")


def _day_range(days: list[np.ndarray]) -> tuple[int, int]:
    """Return the first of all days and the number of days to the last; one empty day where there is none."""
    every = np.concatenate(days) if days else np.empty(0, dtype=np.int64)
    return (int(every.min()), int(np.ptp(every)) + 1) if len(every) else (0, 1)
