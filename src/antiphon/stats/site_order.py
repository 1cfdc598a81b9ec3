"""Sites in order of likeness: principal coordinates of what sounds when (Gower 1966, *Biometrika* 53, 325-338)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist, squareform

__all__ = ["site_order"]

AXES = ("axis_1", "axis_2")


def site_order(hours: pd.DataFrame) -> pd.DataFrame:
    """Return the sites along the main axis of what distinguishes them.

    A site's profile is the time occupancy of every source in every hour of the day; two profiles differ by the
    dissimilarity of Bray & Curtis (1957). What was never analysed counts as the mean of the other sites.

    Parameters
    ----------
    hours
        Sums by ``site``, ``source`` and ``hour`` of the day: ``effort_s`` and ``active_s``.

    Returns
    -------
    Columns ``site``, ``axis_1``, ``axis_2`` (0 where there are too few sites) and ``explained_share`` (of the first
    two axes in the positive variation), in order of ``axis_1``; the first axis points from quiet to active sites.
    """
    sums = hours.groupby(["site", "source", "hour"])[["effort_s", "active_s"]].sum()
    profiles = (sums["active_s"] / sums["effort_s"].where(sums["effort_s"] > 0)).unstack(["source", "hour"])
    profiles = profiles.fillna(profiles.mean()).fillna(0.0).sort_index()
    axes, share = _principal_coordinates(profiles.to_numpy())
    busy = profiles.sum(axis=1).to_numpy()
    busy = busy - busy.sum() / max(1, len(busy))
    # An axis has no direction of its own: it is given one, so that the same input gives the same order.
    axes = axes * np.where(busy @ axes < 0, -1.0, 1.0)
    found = pd.DataFrame({"site": profiles.index, AXES[0]: axes[:, 0], AXES[1]: axes[:, 1], "explained_share": share})
    return found.sort_values([AXES[0], "site"], kind="stable", ignore_index=True)


def _principal_coordinates(profiles: np.ndarray) -> tuple[np.ndarray, float]:
    """Return two axes, (sites, 2), and the share of the positive eigenvalues that they explain."""
    sites = len(profiles)
    axes = np.zeros((sites, 2))
    if sites < 2:
        return axes, float("nan")
    apart = np.nan_to_num(squareform(pdist(profiles, "braycurtis")))
    centring = np.eye(sites) - 1 / sites
    values, vectors = np.linalg.eigh(-0.5 * centring @ apart**2 @ centring)
    values, vectors = values[::-1], vectors[:, ::-1]
    kept = min(2, sites)
    axes[:, :kept] = vectors[:, :kept] * np.sqrt(np.maximum(values[:kept], 0.0))
    positive = values[values > 0].sum()
    share = float(np.maximum(values[:kept], 0.0).sum() / positive) if positive > 0 else float("nan")
    return np.round(axes, 9), share
