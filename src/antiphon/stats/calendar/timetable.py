"""Recordings on a clock of their own: jitter taken out, days cut where nothing starts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from antiphon.stats.calendar.intervals import DAY_US

__all__ = ["JITTER_US", "SHORTEST_CYCLE_US", "WEEK_DAYS", "Timetable"]

JITTER_US = 1_000_000
"""What a recorder's starts and lengths vary by."""

WEEK_DAYS = 7
"""How far apart in days two recordings of one time of day bear witness of each other."""

SHORTEST_CYCLE_US = 30_000_000
"""Step from file to file below which recordings are as likely pieces of a triggered one as steps of a cycle."""


@dataclass(frozen=True)
class Timetable:
    """Recordings in order of time, on a clock whose day begins where fewest start.

    Attributes
    ----------
    cut_us
        What this clock is behind UTC.
    start_us, end_us
        Start and end on this clock without jitter, shape (recordings,), int64.
    slot
        Number of the time of day that a start repeats; its own where it repeats none.
    """

    cut_us: int
    start_us: np.ndarray
    end_us: np.ndarray
    slot: np.ndarray

    @classmethod
    def snapped(cls, start_us: np.ndarray, length_us: np.ndarray) -> Timetable:
        """Take the jitter out of starts, which ascend, and lengths."""
        cut_us = _quietest_time(start_us)
        day, time = np.divmod(start_us - cut_us, DAY_US)
        by_time = np.argsort(time, kind="stable")
        chain = np.cumsum(np.diff(time[by_time], prepend=0) > JITTER_US)
        first, count = np.unique(chain, return_index=True, return_counts=True)[1:]
        spread = time[by_time[first + count - 1]] - time[by_time[first]] if len(first) else first
        # Starts that wander through the day are no jitter: each stands for itself.
        apart = np.repeat(spread > 2 * JITTER_US, count)
        slot = np.empty(len(time), dtype=np.int64)
        slot[by_time] = np.where(apart, len(time) + np.arange(len(time)), chain)
        _, slot = np.unique(slot, return_inverse=True)
        length = np.where(abs(length_us - _median(slot, length_us)) > JITTER_US, length_us, _median(slot, length_us))
        start = day * DAY_US + _median(slot, time)
        return cls(cut_us, start, start + length, slot)

    @property
    def day(self) -> np.ndarray:
        """Day of each start."""
        return self.start_us // DAY_US

    def running_days(self) -> np.ndarray:
        """Return the days on which anything was recorded, ascending."""
        return np.unique(np.concatenate([self.day, (self.end_us - 1) // DAY_US]))

    def repeating(self) -> np.ndarray:
        """Return which recordings start at a time of day that another of the week before or after starts at."""
        rank = np.searchsorted(self.running_days(), self.day)
        width = len(rank) + int(rank.max(initial=0)) + 2
        known, place = np.unique(self.slot * width + rank, return_inverse=True)
        near = (np.diff(known) <= WEEK_DAYS) & (np.diff(known // width) == 0)
        return np.asarray((np.append(near, False) | np.append(False, near))[place])

    def stepping(self) -> np.ndarray:
        """Return which recordings are one of three that follow one another evenly."""
        steps = np.diff(self.start_us)
        even = (abs(np.diff(steps)) <= JITTER_US) & (np.minimum(steps[1:], steps[:-1]) >= SHORTEST_CYCLE_US)
        found = np.zeros(len(self.start_us), dtype=bool)
        for place in range(3):
            found[place : place + len(even)] |= even
        return found

    def by_day(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Cut recordings at the ends of days; return each piece's recording, day, and begin and end within the day."""
        day = self.day
        count = (self.end_us - 1) // DAY_US - day + 1
        owner = np.repeat(np.arange(len(day)), count)
        piece_day = day[owner] + np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
        begin = np.maximum(self.start_us[owner] - piece_day * DAY_US, 0)
        end = np.minimum(self.end_us[owner] - piece_day * DAY_US, DAY_US)
        return owner, piece_day, begin, end


def _quietest_time(start_us: np.ndarray) -> int:
    """Return a time of day far from any start: the last such before the first start, which a single day begins with."""
    if not len(start_us) or start_us[-1] - start_us[0] < DAY_US - JITTER_US:
        return int(start_us[0] - JITTER_US) % DAY_US if len(start_us) else 0
    known = np.unique((start_us - start_us[0]) % DAY_US)
    spans = np.diff(known, append=DAY_US)
    place = np.flatnonzero(spans >= spans.max() - JITTER_US)[-1]
    return int(start_us[0] + known[place] + spans[place] // 2) % DAY_US


def _median(group: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Return the lower median of ``value`` among the members of each group, for every member."""
    order = np.lexsort((value, group))
    first, place, count = np.unique(group[order], return_index=True, return_inverse=True, return_counts=True)[1:]
    middle = np.empty_like(value)
    middle[order] = value[order][first + (count - 1) // 2][place]
    return middle
