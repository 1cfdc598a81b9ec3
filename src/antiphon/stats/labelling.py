"""Connected active cells of a block of frames, found in one pass and summed up patch by patch.

Cells touch across edges and corners (8 neighbours). Each frame is cut into runs of active bins; a run that touches a
run of the frame before belongs to its patch, and where one run touches two patches they become one (the scanline
algorithm of Rosenfeld & Pfaltz 1966 with union-find). A patch is a row of sums and extremes, so nothing is kept of its
cells. Compiled by Numba: written in array operations, the same costs more than all other counting together.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from antiphon.stats.lines import any_active, compiled, list_marked, listing, mark, room_for_marks

__all__ = ["Column", "label_block"]


class Column(IntEnum):
    """What a row of a patch holds, all int64.

    Power is in whole units (``stats/power.py``) in two parts; ``_bin`` are bins, the last exclusive; ``_us`` are UTC
    centres of frames in microseconds. The peak is the loudest cell, of equal ones the earliest, then the lowest.
    """

    SOURCE = 0
    FIRST_US = 1
    RECORDING = 2
    LAST_US = 3
    LOW_BIN = 4
    STOP_BIN = 5
    CELLS = 6
    PROBABILITY = 7
    BEST = 8
    PEAK_CODE = 9
    PEAK_US = 10
    PEAK_BIN = 11
    POWER_HIGH = 12
    POWER_LOW = 13
    BACKGROUND_HIGH = 14
    BACKGROUND_LOW = 15


_SOURCE, _FIRST, _RECORDING, _LAST, _LOW, _STOP = range(6)
_CELLS, _PROBABILITY, _BEST, _CODE, _PEAK_US, _PEAK_BIN = range(6, 12)
_POWER, _BACKGROUND = 12, 14
_ROWS_AT_FIRST = 4096
_LOW_BITS = 32
_LOW_MASK = (1 << _LOW_BITS) - 1


def label_block(
    probabilities: np.ndarray,
    codes: np.ndarray,
    least: np.ndarray,
    highest: int,
    power: np.ndarray,
    background: np.ndarray,
    band: tuple[int, int],
    place: tuple[int, int, int],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the patches of consecutive frames of one recording.

    Parameters
    ----------
    probabilities
        Probability codes, shape (sources, frames, bins), uint8.
    codes
        Level codes, shape (frames, bins), uint8.
    least
        Probability code from which a cell is active, by source, shape (sources,), uint8.
    highest
        Probability code of certainty; codes above it mean not heard.
    power
        Power of each level code in whole units, shape (256,), int64.
    background
        Power of each bin's background in whole units, shape (bins,), int64.
    band
        First bin and bin after the last that are looked at.
    place
        UTC centre of the first frame and step from frame to frame, microseconds, and the number of the recording.

    Returns
    -------
    The patches, shape (patches, columns), int64, as :class:`Column` says; and the runs that touch the first and the
    last frame, each (runs, 3): first bin, bin after the last, patch.
    """
    parts = [
        _label_source(found, codes, code, np.uint8(highest - code), power, background, band, (source, *place))
        for source, (found, code) in enumerate(zip(probabilities, least, strict=True))
    ]
    shift = np.cumsum([0, *(len(rows) for rows, _, _ in parts)])
    for (_, head, tail), first in zip(parts, shift, strict=False):
        head[:, 2] += first
        tail[:, 2] += first
    rows, head, tail = (np.concatenate(column) for column in zip(*parts, strict=True))
    return rows, head, tail


def _label_source(
    found: np.ndarray,
    codes: np.ndarray,
    least: np.uint8,
    span: np.uint8,
    power: np.ndarray,
    background: np.ndarray,
    band: tuple[int, int],
    place: tuple[int, int, int, int],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the patches of one source: probability codes (frames, bins), both arrays C-contiguous."""
    ends = np.empty((2, found.shape[1] // 2 + 1, 3), dtype=np.int64)
    marks = room_for_marks(band[1] - band[0])
    look = marks, marks.view(np.uint64), listing(band[1] - band[0])
    capacity = _ROWS_AT_FIRST
    while True:
        rows, parent = np.empty((capacity, len(Column)), dtype=np.int64), np.empty(capacity, dtype=np.int64)
        count, heads, tails = _scan(found, codes, least, span, power, background, band, place, rows, parent, ends, look)
        if count <= capacity:
            break
        capacity *= 4
    roots = _roots(parent[:count])
    lives = roots == np.arange(count)
    number = np.cumsum(lives) - 1
    head, tail = ends[0, :heads].copy(), ends[1, :tails].copy()
    for side in (head, tail):
        side[:, 2] = number[roots[side[:, 2]]]
    return rows[:count][lives], head, tail


@compiled
def _root(parent, row):
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


@compiled
def _roots(parent):
    roots = np.empty_like(parent)
    for row in range(len(parent)):
        roots[row] = _root(parent, row)
    return roots


@compiled
def _absorb(rows, into, other):
    """Add the row ``other`` to the row ``into``; both are of one recording."""
    one, two = rows[into], rows[other]
    for column in (_FIRST, _LOW):
        one[column] = min(one[column], two[column])
    for column in (_LAST, _STOP, _BEST):
        one[column] = max(one[column], two[column])
    for column in (_CELLS, _PROBABILITY, _POWER, _POWER + 1, _BACKGROUND, _BACKGROUND + 1):
        one[column] += two[column]
    _raise_peak(one, two[_CODE], two[_PEAK_US], two[_PEAK_BIN])


@compiled
def _raise_peak(row, code, time_us, index):
    known = row[_CODE]
    earlier = time_us < row[_PEAK_US] or (time_us == row[_PEAK_US] and index < row[_PEAK_BIN])
    if code > known or (code == known and earlier):
        row[_CODE], row[_PEAK_US], row[_PEAK_BIN] = code, time_us, index


@compiled
def _measured(found, codes, power, background, bins, place, held):
    """Return of the run of active bins that begins at ``place`` of the ``held`` bins: the place after it and its sums.

    Sums are of probability, power and the background's power; beside them the best probability and the loudest cell.
    """
    index = bins[place]
    probability, best, here, behind = np.int64(0), np.uint8(0), np.int64(0), np.int64(0)
    loudest, peak = np.uint8(0), index
    while place < held and bins[place] == index:
        probability += found[index]
        best = max(best, found[index])
        code = codes[index]
        here += power[code]
        behind += background[index]
        if code > loudest:
            loudest, peak = code, index
        place, index = place + 1, index + 1
    return place, index, probability, best, here, behind, loudest, peak


@compiled
def _add(row, low, time_us, run):
    """Add a run that begins at the bin ``low`` to a row."""
    _, stop, probability, best, here, behind, loudest, peak = run
    row[_PROBABILITY] += probability
    row[_BEST] = max(row[_BEST], best)
    row[_CELLS] += stop - low
    row[_LOW], row[_STOP] = min(row[_LOW], low), max(row[_STOP], stop)
    row[_LAST] = max(row[_LAST], time_us)
    row[_POWER] += here >> _LOW_BITS
    row[_POWER + 1] += here & _LOW_MASK
    row[_BACKGROUND] += behind >> _LOW_BITS
    row[_BACKGROUND + 1] += behind & _LOW_MASK
    _raise_peak(row, np.int64(loudest), time_us, peak)


@compiled
def _begin(row, source, time_us, recording, low):
    row[:] = 0
    row[_SOURCE], row[_FIRST], row[_RECORDING], row[_LOW] = source, time_us, recording, low
    row[_CODE] = -1


@compiled
def _scan(found, codes, least, span, power, background, band, place, rows, parent, ends, look):
    """Fill rows, parents and the runs at both ends; return how many of each, or more rows than there is room for."""
    source, first_us, hop_us, recording = place
    first_bin, stop_bin = band
    before, here = np.empty_like(ends[0]), np.empty_like(ends[0])
    marks, words, bins = look
    count, heads, held = 0, 0, 0
    for frame in range(len(found)):
        line, time_us, runs, reach, place = found[frame], first_us + frame * hop_us, 0, 0, 0
        active = 0
        if any_active(line[first_bin:stop_bin], least, span):
            mark(line[first_bin:stop_bin], least, span, marks)
            active = list_marked(marks, words, bins)
            bins[:active] += first_bin
        while place < active:
            run = _measured(line, codes[frame], power, background, bins, place, active)
            low, stop, row = bins[place], run[1], -1
            while reach < held and before[reach, 1] < low:
                reach += 1
            near = reach
            while near < held and before[near, 0] <= stop:
                other = _root(parent, before[near, 2])
                if row < 0:
                    row = other
                elif other != row:
                    row, other = min(row, other), max(row, other)
                    _absorb(rows, row, other)
                    parent[other] = row
                near += 1
            if row < 0:
                if count == len(rows):
                    return count + 1, 0, 0
                row = parent[count] = count
                _begin(rows[row], source, time_us, recording, low)
                count += 1
            _add(rows[row], low, time_us, run)
            here[runs] = low, stop, row
            runs, place = runs + 1, run[0]
        before, here, held = here, before, runs
        if frame == 0:
            ends[0, :held], heads = before[:held], held
    ends[1, :held] = before[:held]
    return count, heads, held
