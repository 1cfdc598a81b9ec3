"""A season's tables summed to what a page can show: additive columns are added, ratios are formed at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from antiphon.figures.season.local_days import DAY_US, EPOCH, day_range, local_us

__all__ = ["COLUMNS", "LOSSES", "Coverage", "Quality", "Verdict", "coverage", "quality", "share"]

LOSSES = ("gap", "quarantine", "clipping", "edge")
"""What scheduled time is lost to: columns ``lost_<name>_s`` of the table effort."""

_TIMES = ("interval_start", "interval_end", "utc_offset_min")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "recordings": ("path", "status", "reason", "duration_s"),
    "effort": ("site", *_TIMES, "scheduled_s", "analysed_s", *(f"lost_{name}_s" for name in LOSSES)),
}
"""Columns of each table that are summed here."""

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
        sums.append(table[list(columns)].groupby(local_us(table) // DAY_US).sum(min_count=1))
    first, days = day_range([one.index.to_numpy() for one in sums])
    cube = np.zeros((len(columns), len(names), days))
    for place, one in enumerate(sums):
        cube[:, place, one.index.to_numpy() - first] = one.to_numpy().T
    lost = dict(zip(LOSSES, cube[2:], strict=True))
    return Coverage(tuple(names), tuple(sites), EPOCH + timedelta(first), cube[0], cube[1], lost)


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
