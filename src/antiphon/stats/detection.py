"""Detection histories: whether a source was detected at a site on an occasion, beside the effort behind it."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["detection_history", "wide"]

KEYS = ["site", "source"]


def detection_history(days: pd.DataFrame, occasion_days: int, min_effort_s: float, min_active_s: float) -> pd.DataFrame:
    """Return the detection history of every site and source, a row an occasion.

    Occasions are counted from the first local day of all sites, so that they are the same everywhere.

    Parameters
    ----------
    days
        Sums by ``site``, ``source`` and ``day`` (local days since 1970): ``effort_s``, ``active_s``, ``n_events`` and
        ``max_score``; a row may appear several times, as when a site has several deployments.
    occasion_days
        Days of an occasion.
    min_effort_s
        Analysed seconds below which an occasion says nothing.
    min_active_s
        Active seconds from which the source counts as detected.

    Returns
    -------
    Columns ``site``, ``source``, ``occasion`` (from 1), ``first_day``, ``effort_s``, ``active_s``, ``detected`` (1, 0,
    or NaN where the effort is too small), ``n_events`` and ``max_score``, in order of the first three; every site has
    every source and occasion.
    """
    if days.empty:
        return pd.DataFrame(columns=[*KEYS, "occasion", "first_day", *_SUMS, "detected", "max_score"])
    first = int(days["day"].min())
    occasion = (days["day"] - first) // occasion_days + 1
    groups = days.assign(occasion=occasion).groupby([*KEYS, "occasion"])
    sums = groups[_SUMS].sum(min_count=1).join(groups["max_score"].max())
    every = pd.MultiIndex.from_product(
        [sorted(days["site"].unique()), sorted(days["source"].unique()), range(1, int(occasion.max()) + 1)],
        names=[*KEYS, "occasion"],
    )
    rows = sums.reindex(every).reset_index()
    rows["effort_s"] = rows["effort_s"].fillna(0.0)
    rows["first_day"] = first + (rows["occasion"] - 1) * occasion_days
    heard = rows["effort_s"] >= max(min_effort_s, np.finfo(float).tiny)
    detected = (rows["active_s"] >= max(min_active_s, np.finfo(float).tiny)).astype(float)
    return rows.assign(detected=detected.where(heard))


_SUMS = ["effort_s", "active_s", "n_events"]


def wide(history: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return one source's history as a matrix: a row a site, a column an occasion."""
    return history.pivot(index="site", columns="occasion", values=column)
