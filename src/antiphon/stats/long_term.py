"""The long-term spectral average of a deployment: hours of several units made one table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["hourly_columns"]


def hourly_columns(
    units: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]], edges_hz: np.ndarray, hop_us: int
) -> dict[str, np.ndarray]:
    """Merge the hours of units and return them as columns, one row an hour and bin.

    A recording that runs past midnight gives its unit an hour of the next day: where two units have the same hour,
    their powers are weighted by their frames.

    Parameters
    ----------
    units
        Of each unit: the start of its hours, microseconds, (hours,), int64; the frames that hear each bin, (hours,
        bins); the level of the mean power of these, (hours, bins), NaN where there is none.
    edges_hz
        Edges of the bins, shape (bins + 1,).
    hop_us
        Hop of the grid, microseconds.

    Returns
    -------
    ``start_us`` (int64), ``freq_low_hz``, ``freq_high_hz``, ``effort_s`` and ``level_db`` (float64; NaN where nothing
    was heard), each (hours * bins,), by hour and frequency.
    """
    bins = len(edges_hz) - 1
    hours, place = np.unique(
        np.concatenate([np.empty(0, np.int64), *(start_us for start_us, _, _ in units)]), return_inverse=True
    )
    count, power = np.zeros((len(hours), bins), dtype=np.int64), np.zeros((len(hours), bins))
    begin = 0
    for _, each, level in units:
        rows = place[begin : begin + len(each)]
        begin += len(each)
        count[rows] += each
        power[rows] += np.where(each > 0, each * 10 ** (np.nan_to_num(level) / 10), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_db = np.where(count > 0, 10 * np.log10(power / count), np.nan)
    return {
        "start_us": np.repeat(hours, bins),
        "freq_low_hz": np.tile(edges_hz[:-1], len(hours)),
        "freq_high_hz": np.tile(edges_hz[1:], len(hours)),
        "effort_s": count.ravel() * (hop_us / 1e6),
        "level_db": mean_db.ravel(),
    }
