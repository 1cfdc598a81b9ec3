"""Season-wide tables: deployments reduced each by itself, many at a time, then added up site by site.

A deployment's tables become a few thousand sums, so a season of thousands of files needs no more memory than their
sums; dask does the files, on this machine's cores or on workers that it asks Slurm for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import dask
import numpy as np
import pandas as pd
from dask.base import compute
from dask.delayed import delayed

from antiphon.errors import AntiphonError
from antiphon.io.tables import read_table

__all__ = ["Reduced", "reduce_deployments", "slurm_worker"]

_DAY_MIN = 1440
_INTERVAL = ["interval_start", "interval_end", "utc_offset_min"]
_OCCUPANCY = [
    *("site", "source", "scientific_name", "common_name", "kind", *_INTERVAL),
    *("effort_s", "effort_cells", "active_s", "active_cells", "n_events"),
]
_SUMS = ["effort_s", "effort_cells", "active_s", "active_cells", "n_events"]


@dataclass(frozen=True)
class Reduced:
    """Sums of a season.

    Attributes
    ----------
    days
        By ``site``, ``source`` and local ``day`` (since 1970): effort, activity, events and the best score of one.
    hours
        By ``site``, ``source``, ``week`` (its Monday, local days since 1970) and ``hour`` of the local day, -1 where
        intervals are longer than an hour: effort, activity and events.
    sources
        Scientific name, common name and kind by source.
    """

    days: pd.DataFrame
    hours: pd.DataFrame
    sources: dict[str, tuple[str | None, str, str]]


def reduce_deployments(
    pairs: Sequence[tuple[Path, Path]], workers: int, where: Literal["local", "slurm"] = "local"
) -> Reduced:
    """Reduce the tables of deployments.

    Parameters
    ----------
    pairs
        Of each deployment, its file of the table occupancy and that of the table events.
    workers
        Files that are worked on at a time.
    where
        ``local``: threads of this process; ``slurm``: jobs of a dask-jobqueue ``SLURMCluster``, which reads partition,
        account and memory from dask's own settings (``~/.config/dask/jobqueue.yaml``).

    Raises
    ------
    AntiphonError
        If a table is missing or of another version, or dask-jobqueue is asked for and absent.
    """
    tasks = [delayed(_deployment)(*pair) for pair in pairs]
    if where == "local":
        parts = compute(*tasks, scheduler="threads", num_workers=workers)  # type: ignore[no-untyped-call]
    else:
        with _slurm(workers) as client:
            parts = client.gather(client.compute(tasks))
    days = _added([part.days for part in parts], ["site", "source", "day"])
    hours = _added([part.hours for part in parts], ["site", "source", "week", "hour"])
    sources: dict[str, tuple[str | None, str, str]] = {}
    for part in parts:
        sources |= part.sources
    return Reduced(days, hours, sources)


def _slurm(workers: int) -> Any:
    """Return a client whose workers are Slurm jobs."""
    try:
        from dask_jobqueue import SLURMCluster
        from distributed import Client
    except ImportError:
        raise AntiphonError(
            "machine.reduce_on: slurm needs dask-jobqueue; run `pip install 'antiphon[jobqueue]'`, or set it to local"
        ) from None
    cluster = SLURMCluster(**slurm_worker())
    cluster.scale(jobs=workers)
    return Client(cluster)


def slurm_worker() -> dict[str, Any]:
    """Return what a worker's job asks for where dask's own settings say nothing of it."""
    asked = {"cores": 1, "memory": "4 GB", "walltime": "01:00:00", "job_extra_directives": ["--job-name=antiphon"]}
    known: Mapping[str, Any] = dask.config.get("jobqueue.slurm", {}) or {}
    return {key: value for key, value in asked.items() if not known.get(key)}


def _deployment(occupancy: Path, events: Path) -> Reduced:
    """Reduce one deployment."""
    rows = read_table(occupancy, "occupancy", _OCCUPANCY).to_pandas()
    minutes = _local_minutes(rows["interval_start"], rows["utc_offset_min"])
    long = (rows["interval_end"] - rows["interval_start"]).gt(pd.Timedelta("1h")).any()
    rows = rows.assign(
        day=minutes // _DAY_MIN,
        hour=np.full(len(rows), -1) if long else minutes % _DAY_MIN // 60,
    )
    rows = rows.assign(week=rows["day"] - (rows["day"] + 3) % 7)  # 1 January 1970 was a Thursday
    found = read_table(events, "events", ["site", "source", "start_time", "utc_offset_min", "score"]).to_pandas()
    found = found.assign(day=_local_minutes(found["start_time"], found["utc_offset_min"]) // _DAY_MIN)
    best = found.groupby(["site", "source", "day"], as_index=False).agg(max_score=("score", "max"))
    days = _added([rows], ["site", "source", "day"]).merge(best, "left", ["site", "source", "day"])
    names = rows[["source", "scientific_name", "common_name", "kind"]].drop_duplicates("source")
    named = {
        one.source: (None if pd.isna(one.scientific_name) else one.scientific_name, one.common_name, one.kind)
        for one in names.itertuples()
    }
    return Reduced(days, _added([rows], ["site", "source", "week", "hour"]), named)


def _local_minutes(times: pd.Series, offset_min: pd.Series) -> pd.Series:
    """Return local minutes since 1970."""
    return times.astype("int64") // 60_000_000 + offset_min


def _added(parts: Sequence[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    """Add up rows that share their keys; the best score of all remains where there is one."""
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*keys, *_SUMS])
    groups = rows.groupby(keys, as_index=False)
    sums = groups[_SUMS].sum(min_count=1)
    return sums.merge(groups["max_score"].max(), "left", keys) if "max_score" in rows and len(rows) else sums
