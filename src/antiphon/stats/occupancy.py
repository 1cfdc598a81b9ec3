"""Acoustic occupancy: the share of the analysed cells, and of the analysed time, in which a source is active.

It is not the site occupancy of ecology (the probability that a site is used).
"""

from __future__ import annotations

import numpy as np

from antiphon.stats.activity import HEARD, Activity
from antiphon.stats.power import UNIT, decibels, joined, ratio

__all__ = ["occupancy_columns"]


def occupancy_columns(sums: Activity, events: np.ndarray, band: int, hop_us: int) -> dict[str, np.ndarray]:
    """Finish occupancy in one band.

    Parameters
    ----------
    sums
        The sums.
    events
        Events that start in each interval, shape (intervals, sources); NaN where they are not counted.
    band
        Index of the band.
    hop_us
        Step from frame to frame, microseconds.

    Returns
    -------
    Columns, each of shape (intervals, sources), float64; NaN where nothing was analysed, and levels also where the
    source is not active.
    """
    cells, frames = sums.cells[..., band], sums.frames[..., band]
    power, background = joined(sums.power[..., band, :]), joined(sums.background[..., band, :])
    heard = np.broadcast_to(cells[:, HEARD, None], cells[:, 1:].shape)
    time = np.broadcast_to(frames[:, HEARD, None], heard.shape)

    def known(values: np.ndarray) -> np.ndarray:
        return np.where(heard > 0, values, np.nan)

    return {
        "effort_s": time * hop_us / 1e6,
        "effort_cells": heard.astype(np.float64),
        "active_s": known(frames[:, 1:] * hop_us / 1e6),
        "active_cells": known(cells[:, 1:]),
        "time_occupancy": ratio(frames[:, 1:], time),
        "tf_occupancy": ratio(cells[:, 1:], heard),
        "n_events": known(events),
        "energy_share": ratio(power[:, 1:], power[:, HEARD, None]),
        "level_db": decibels(ratio(power[:, 1:] * UNIT, cells[:, 1:])),
        "snr_db": decibels(ratio(power[:, 1:], background[:, 1:])),
    }
