"""The schedule that a recorder followed, inferred from when it recorded: what is missing is a gap, the rest is rest.

A time of day belongs to the schedule of a day if the recorder recorded at that time of day on a day before and on a
day after, with at most six days between on which it ran and did not; where starts wander through the day (files of odd
length, programmes that follow the sun), with at most one. So continuous recording, cycles of minutes,
hours of the day, several programmes a day and a programme that changes within the season need no words of their own:
a change is recorded only before or only after, and between two programmes counts only what both have. Days on
which nothing at all was recorded are an outage and bridged, however many, unless days of work and rest alternate
regularly: then the rest is scheduled. On the first and on the last day, which lack a side, a hole counts if the
recordings on both sides of it are at least as many as would fit into it, equally spaced like them, and the next (or
last) day has them.

Starts and lengths that repeat within 1 s are one (jitter), and a hole of up to 1 s is none; nor are the regular pauses
between files that follow one another without end, up to a tenth of a file. Start times are taken as
the recorder's own clock has them, so its drift does not matter as long as its programme follows the same clock.

Limits. What is missing before the first and after the last recording of a time of day is not known. A recorder that
fails at the same hours for more than six days, such as one whose battery dies every night for weeks, looks like one
that was told to. Programmes that follow the sun shift from day to day: of a lost recording only that part counts which
the days before and after have in common, and near a solstice up to a minute at its edges may count too much. A
recording on its own and recordings without order (triggered ones) have no schedule: then nothing is said, not zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from antiphon.stats.calendar.intervals import DAY_US
from antiphon.stats.calendar.timetable import JITTER_US, SHORTEST_CYCLE_US, WEEK_DAYS, Timetable

__all__ = ["Schedule", "infer_schedule"]

_LEAST_REGULAR = 0.5
_LEAST_RESTS, _LEAST_EQUAL = 4, 0.75
# Recorders of continuous sound need a moment between files, up to this share of a file.
_LONGEST_PAUSE = 0.1
_CELLS_AT_ONCE = 1 << 21


@dataclass(frozen=True)
class Schedule:
    """What a recorder should have recorded and did not.

    Attributes
    ----------
    gaps_us
        Start and end of each gap, microseconds UTC, ascending and apart, shape (gaps, 2), int64.
    length_us
        Usual length of a recording, microseconds.
    """

    gaps_us: np.ndarray
    length_us: int

    def split(self, unread_us: np.ndarray) -> tuple[Schedule, list[tuple[int, int]]]:
        """Take recordings of unknown length, which are there but cannot be read, out of the gaps.

        Parameters
        ----------
        unread_us
            Their starts, microseconds UTC, in any order.

        Returns
        -------
        The schedule without them, and start and end of what each takes: no more than its gap and the usual length.
        """
        gaps: list[tuple[int, int]] = []
        taken: list[tuple[int, int]] = []
        unread = iter(np.unique(unread_us).tolist())
        start_us = next(unread, None)
        for gap_us, stop in self.gaps_us.tolist():
            first = gap_us
            while start_us is not None and start_us < stop:
                if start_us >= first - JITTER_US:
                    begin = max(first, start_us)
                    taken.append((begin, min(stop, begin + self.length_us)))
                    gaps.append((first, begin))
                    first = taken[-1][1]
                start_us = next(unread, None)
            gaps.append((first, stop))
        left = [gap for gap in gaps if gap[0] < gap[1]]
        return Schedule(np.array(left, dtype=np.int64).reshape(-1, 2), self.length_us), taken


def infer_schedule(start_us: np.ndarray, length_us: np.ndarray) -> Schedule | None:
    """Infer what a recorder should have recorded and did not.

    Parameters
    ----------
    start_us, length_us
        Start (UTC) and promised length of every recording, readable or not, microseconds, shape (recordings,), int64,
        in any order.

    Returns
    -------
    The schedule, or None if most recordings follow none.
    """
    order = np.argsort(start_us, kind="stable")
    order = order[length_us[order] > 0]
    recorded = Timetable.snapped(start_us[order], length_us[order])
    repeating = recorded.repeating()
    stepping = ~repeating & recorded.stepping()
    regular = repeating | stepping
    if np.count_nonzero(regular) <= _LEAST_REGULAR * len(order):
        return None
    gaps = [
        _longer(_between_days(recorded, repeating, WEEK_DAYS), JITTER_US),
        _longer(_between_days(recorded, stepping, 2), JITTER_US + _pause_us(recorded, stepping)),
        _longer(_within_days(recorded), JITTER_US),
    ]
    return Schedule(_merged(np.concatenate(gaps)) + recorded.cut_us, int(np.median(length_us[order][regular])))


def _longer(spans: Iterable[tuple[int, int]], least_us: int) -> np.ndarray:
    """Return spans, joined where they touch, that are longer than ``least_us``, shape (spans, 2)."""
    joined = _merged(np.array(list(spans), dtype=np.int64).reshape(-1, 2))
    long: np.ndarray = joined[joined[:, 1] - joined[:, 0] > least_us]
    return long


def _pause_us(recorded: Timetable, stepping: np.ndarray) -> int:
    """Return the usual pause behind recordings that step evenly, at most a tenth of their length."""
    here = np.flatnonzero(stepping[:-1])
    if not len(here):
        return 0
    pause = np.median(recorded.start_us[here + 1] - recorded.end_us[here])
    return max(0, int(min(pause, _LONGEST_PAUSE * np.median(recorded.end_us[here] - recorded.start_us[here]))))


def _between_days(recorded: Timetable, evidence: np.ndarray, reach_days: int) -> Iterator[tuple[int, int]]:
    """Yield what recordings that are ``evidence`` have before and after a day, and no recording on it.

    Two of them bear witness of what is between if they are at most ``reach_days`` days apart on which anything ran.
    """
    if not evidence.any():
        return
    days = recorded.running_days()
    first_day = int(days[0])
    ran = np.zeros(int(days[-1]) - first_day + 1, dtype=bool)
    ran[days - first_day] = True
    asked = ran | ~_rests(ran)
    rank = np.cumsum(ran)[:, None]
    owner, day, begin, end = recorded.by_day()
    edges = np.unique(np.concatenate([begin, end]))
    step = max(1, _CELLS_AT_ONCE // len(ran))
    for low in range(0, len(edges) - 1, step):
        cells = edges[low : low + step + 1]
        size = len(cells) - 1
        here = (begin < cells[-1]) & (end > cells[0])
        part = (day[here] - first_day, *(np.searchsorted(cells, one[here]).clip(0, size) for one in (begin, end)))
        covered = _raster(part, (len(ran), size))
        evident = _raster(tuple(one[evidence[owner[here]]] for one in part), (len(ran), size))
        before = np.maximum.accumulate(np.where(evident, rank, -len(ran)), axis=0)
        after = np.minimum.accumulate(np.where(evident, rank, 3 * len(ran))[::-1], axis=0)[::-1]
        known = (before > 0) & (after <= len(ran)) & (after - before <= reach_days)
        lacking = np.diff(known & ~covered & asked[:, None], axis=1, prepend=False, append=False)
        places = np.argwhere(lacking)
        times = (places[:, 0] + first_day) * DAY_US + cells[places[:, 1]]
        yield from zip(times[::2].tolist(), times[1::2].tolist(), strict=True)


def _rests(ran: np.ndarray) -> np.ndarray:
    """Return which days are free by plan: the idle ones, if days of work and of rest alternate regularly."""
    turns = np.flatnonzero(np.diff(ran.astype(np.int8)))
    spans = np.diff(turns)
    # Turns alternate: work ends, work begins, …
    pairs = np.stack([spans[: len(spans) // 2 * 2 : 2], spans[1::2]], axis=1) if len(spans) > 1 else np.empty((0, 2))
    _, counts = np.unique(pairs, axis=0, return_counts=True)
    planned = len(pairs) + 1 >= _LEAST_RESTS and counts.max() >= _LEAST_EQUAL * len(pairs)
    return ~ran & planned


def _within_days(recorded: Timetable) -> Iterator[tuple[int, int]]:
    """Yield the holes in the cycles of the first and of the last day."""
    days = recorded.running_days()
    cover = _merged(np.stack([recorded.start_us, recorded.end_us], axis=1))
    beside = {int(days[0]): days[1:2], int(days[-1]): days[-2:-1]} if len(days) > 1 else {int(days[0]): days[:0]}
    for day, others in beside.items():
        here = np.flatnonzero(recorded.day == day)
        for first, stop in _holes(recorded.start_us[here], recorded.end_us[here]):
            middle = (first + stop) // 2 + (others - day) * DAY_US
            place = np.searchsorted(cover[:, 0], middle, side="right") - 1
            if np.all((place >= 0) & (cover[place, 1] > middle)):
                yield first, stop


def _holes(start_us: np.ndarray, end_us: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield the recordings that are missing from a day's cycles, judged by that day alone."""
    steps = np.diff(start_us)
    for place in range(1, len(steps) - 1):
        cycle, step = int(steps[place - 1]), int(steps[place])
        if cycle < SHORTEST_CYCLE_US or step < 1.5 * cycle:
            continue
        missing = round(step / cycle) - 1
        like = abs(steps - cycle) <= JITTER_US
        around = like[max(0, place - missing) : place], like[place + 1 : place + 1 + missing]
        if min(map(len, around)) < missing or not all(map(np.all, around)):
            continue
        length = int(end_us[place - 1] - start_us[place - 1])
        if cycle - length <= JITTER_US:
            yield int(end_us[place]), int(start_us[place + 1])
        elif abs(step - (missing + 1) * cycle) <= JITTER_US:
            firsts = [int(start_us[place]) + number * cycle for number in range(1, missing + 1)]
            yield from ((first, first + length) for first in firsts)


def _raster(pieces: tuple[np.ndarray, ...], shape: tuple[int, int]) -> np.ndarray:
    """Return which cells the pieces (row, first cell, cell behind the last) cover, shape ``shape``, bool."""
    row, first, stop = pieces
    change = np.zeros((shape[0], shape[1] + 1), dtype=np.int32)
    np.add.at(change, (row, first), 1)
    np.add.at(change, (row, stop), -1)
    return np.asarray(np.cumsum(change, axis=1)[:, :-1] > 0)


def _merged(spans: np.ndarray) -> np.ndarray:
    """Join spans, shape (n, 2), that touch or overlap; return them in order."""
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    if not len(spans):
        return spans
    reach = np.maximum.accumulate(spans[:, 1])
    new = np.r_[True, spans[1:, 0] > reach[:-1]]
    return np.stack([spans[new, 0], reach[np.r_[new[1:], True]]], axis=1)
