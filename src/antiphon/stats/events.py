"""Events: patches of connected active cells, from the first frame to the last, wherever a file or a block ends.

A cell of a patch reaches the low threshold; a patch that reaches the high threshold somewhere, lasts long enough, is
wide and large enough is an event (hysteresis: Canny 1986). What is known of some frames is a :class:`Stretch`; two
that follow one another are joined at their seam, so neither blocks nor recordings nor days cut an event.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from antiphon.stats.labelling import Column
from antiphon.stats.power import UNIT, decibels, joined, ratio

__all__ = ["EventRule", "Stretch", "event_columns", "in_order", "joined_at_seam", "settled"]

_SUMS = [
    *(Column.CELLS, Column.PROBABILITY, Column.POWER_HIGH, Column.POWER_LOW),
    *(Column.BACKGROUND_HIGH, Column.BACKGROUND_LOW),
]
_LEAST, _MOST = [Column.LOW_BIN], [Column.LAST_US, Column.STOP_BIN, Column.BEST]
_START = [Column.FIRST_US, Column.RECORDING]
_PEAK = [Column.PEAK_CODE, Column.PEAK_US, Column.PEAK_BIN]


@dataclass(frozen=True)
class Stretch:
    """The patches of some frames in a row, and which of them touch its two ends.

    Attributes
    ----------
    rows
        The patches, shape (patches, columns), int64; see :class:`~antiphon.stats.labelling.Column`.
    head, tail
        Runs of active cells in the first and in the last frame, each (runs, 3), int64: first bin, bin after the last,
        patch.
    first_us, last_us
        UTC centres of the first and the last frame, microseconds.
    """

    rows: np.ndarray
    head: np.ndarray
    tail: np.ndarray
    first_us: int
    last_us: int


@dataclass(frozen=True)
class EventRule:
    """Which patches are events.

    Attributes
    ----------
    low_codes, high_codes
        Probability code that every cell, and that some cell of an event reaches, by source; shape (sources,), uint8.
    least_cells, least_frames, least_bins
        Cells that an event has at least, frames from its first to its last and bins from its lowest to its highest.
    hop_us
        Step from frame to frame, microseconds.
    join_us
        Microseconds by which two recordings may lie apart, or overlap, and an event still runs on.
    """

    low_codes: np.ndarray
    high_codes: np.ndarray
    least_cells: int
    least_frames: int
    least_bins: int
    hop_us: int
    join_us: int

    def events(self, rows: np.ndarray) -> np.ndarray:
        """Return those of the patches (patches, columns) that are events."""
        duration_us = rows[:, Column.LAST_US] - rows[:, Column.FIRST_US] + self.hop_us
        held = (
            (rows[:, Column.BEST] >= self.high_codes[rows[:, Column.SOURCE]])
            & (rows[:, Column.CELLS] >= self.least_cells)
            & (duration_us >= self.least_frames * self.hop_us)
            & (rows[:, Column.STOP_BIN] - rows[:, Column.LOW_BIN] >= self.least_bins)
        )
        kept: np.ndarray = rows[held]
        return kept

    def runs_on(self, before: Stretch, after: Stretch) -> bool:
        """Return whether the second of two stretches of different recordings continues the first."""
        return abs(after.first_us - before.last_us - self.hop_us) <= self.join_us


def joined_at_seam(before: Stretch, after: Stretch, *, runs_on: bool) -> Stretch:
    """Return two stretches as one; patches that touch across the seam become one where the sound runs on."""
    rows, shift = np.concatenate([before.rows, after.rows]), np.array([0, 0, len(before.rows)])
    head, tail = before.head, after.tail + shift
    both = Stretch(rows, head, tail, before.first_us, after.last_us)
    if not runs_on:
        return both
    one, two = _touching(before, after)
    if not len(one):
        return both
    edges = (np.ones(len(one)), (one, two + len(before.rows)))
    label = connected_components(coo_array(edges, shape=(len(rows),) * 2), directed=False)[1]
    moved = [np.column_stack([side[:, :2], label[side[:, 2]]]) for side in (head, tail)]
    return replace(both, rows=_merged(rows, label), head=moved[0], tail=moved[1])


def settled(stretch: Stretch, *, head: bool) -> tuple[np.ndarray, Stretch]:
    """Return the patches that no further frame can change, and the stretch without them.

    Parameters
    ----------
    stretch
        The stretch.
    head
        Whether something may yet join in front of it.
    """
    kept = stretch if head else replace(stretch, head=stretch.head[:0])
    opened = np.zeros(len(stretch.rows), dtype=bool)
    opened[kept.head[:, 2]] = opened[kept.tail[:, 2]] = True
    number = np.cumsum(opened) - 1
    moved = [np.column_stack([side[:, :2], number[side[:, 2]]]) for side in (kept.head, kept.tail)]
    return stretch.rows[~opened], replace(kept, rows=stretch.rows[opened], head=moved[0], tail=moved[1])


def in_order(rows: np.ndarray) -> np.ndarray:
    """Return patches in order of time, source and frequency: the same order however they were found."""
    keys = [*_START, Column.SOURCE, Column.LOW_BIN]
    rest = [column for column in Column if column not in keys]
    return rows[np.lexsort([rows[:, column] for column in reversed([*keys, *rest])])]


def event_columns(
    rows: np.ndarray, recording_us: np.ndarray, bin_edges_hz: np.ndarray, bin_hz: float, scale: float, hop_us: int
) -> dict[str, np.ndarray]:
    """Finish events: what the table says of each, in its units.

    Parameters
    ----------
    rows
        The events, shape (events, columns).
    recording_us
        UTC start of the recording that each begins in, microseconds, shape (events,), int64.
    bin_edges_hz
        Edges of the grid's bins, shape (bins + 1,).
    bin_hz
        Step from bin to bin, hertz.
    scale
        Probability code of certainty.
    hop_us
        Step from frame to frame, microseconds.

    Returns
    -------
    ``start_us`` (int64) and the table's columns; a frame reaches half a hop to either side of its centre.
    """
    power = joined(rows[:, [Column.POWER_HIGH, Column.POWER_LOW]])
    background = joined(rows[:, [Column.BACKGROUND_HIGH, Column.BACKGROUND_LOW]])
    start_us = rows[:, Column.FIRST_US] - hop_us // 2
    return {
        "start_us": start_us,
        "start_s": (start_us - recording_us) / 1e6,
        "end_s": (rows[:, Column.LAST_US] - hop_us // 2 + hop_us - recording_us) / 1e6,
        "freq_low_hz": bin_edges_hz[rows[:, Column.LOW_BIN]],
        "freq_high_hz": bin_edges_hz[rows[:, Column.STOP_BIN]],
        "freq_peak_hz": rows[:, Column.PEAK_BIN] * bin_hz,
        "cells": rows[:, Column.CELLS],
        "level_db": decibels(power * UNIT / rows[:, Column.CELLS]),
        "snr_db": decibels(ratio(power, background)),
        "score": rows[:, Column.PROBABILITY] / (scale * rows[:, Column.CELLS]),
    }


def _touching(before: Stretch, after: Stretch) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of patches, of the one and of the other stretch, that touch across an edge or a corner."""
    tail, head = before.tail[:, None], after.head[None]
    near = (tail[..., 0] <= head[..., 1]) & (head[..., 0] <= tail[..., 1])
    source = before.rows[before.tail[:, 2], Column.SOURCE][:, None] == after.rows[after.head[:, 2], Column.SOURCE]
    run, other = np.nonzero(near & source)
    return before.tail[run, 2], after.head[other, 2]


def _merged(rows: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return one row for all rows that share a label, in order of the labels."""
    order = np.argsort(label, kind="stable")
    ordered, first = rows[order], np.flatnonzero(np.diff(label[order], prepend=-1))
    merged = ordered[first]
    reductions: list[tuple[Callable[..., np.ndarray], list[Column]]] = [
        (np.add.reduceat, _SUMS),
        (np.minimum.reduceat, _LEAST),
        (np.maximum.reduceat, _MOST),
    ]
    for reduce, columns in reductions:
        merged[:, columns] = reduce(ordered[:, columns], first, axis=0)
    merged[:, _START] = _foremost(rows[:, _START], label)
    merged[:, _PEAK] = _foremost(rows[:, _PEAK] * [-1, 1, 1], label) * [-1, 1, 1]
    return merged


def _foremost(keys: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return of each label the least of its keys (rows, parts), compared part by part."""
    order = np.lexsort([*keys.T[::-1], label])
    return keys[order][np.flatnonzero(np.diff(label[order], prepend=-1))]
