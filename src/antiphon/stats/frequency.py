"""Frequency distribution: occupancy band by band."""

from __future__ import annotations

import numpy as np

from antiphon.stats.activity import HEARD, Activity
from antiphon.stats.power import joined, ratio

__all__ = ["frequency_columns"]


def frequency_columns(sums: Activity, edges_hz: np.ndarray, hop_us: int) -> dict[str, np.ndarray]:
    """Finish the frequency distribution over the first bands of the sums.

    Parameters
    ----------
    sums
        The sums.
    edges_hz
        Edges of those bands, shape (bands + 1,).
    hop_us
        Step from frame to frame, microseconds.

    Returns
    -------
    Columns, each of shape (intervals, sources, bands), float64; NaN where the band was not heard.
    """
    bands = len(edges_hz) - 1
    cells, frames = sums.cells[..., :bands], sums.frames[..., :bands]
    power = joined(sums.power[..., :bands, :])
    heard = np.broadcast_to(cells[:, HEARD, None], cells[:, 1:].shape)
    time = np.broadcast_to(frames[:, HEARD, None], heard.shape)
    return {
        "freq_low_hz": np.broadcast_to(edges_hz[:-1], heard.shape),
        "freq_high_hz": np.broadcast_to(edges_hz[1:], heard.shape),
        "effort_s": time * hop_us / 1e6,
        "effort_cells": heard.astype(np.float64),
        "active_s": np.where(heard > 0, frames[:, 1:] * hop_us / 1e6, np.nan),
        "active_cells": np.where(heard > 0, cells[:, 1:], np.nan),
        "active_fraction": ratio(cells[:, 1:], heard),
        "energy_share": ratio(power[:, 1:], power[:, HEARD, None]),
    }
