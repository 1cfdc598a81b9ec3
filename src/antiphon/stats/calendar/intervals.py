"""Intervals: equal stretches of a deployment's local standard time, half-open and aligned to its midnight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["DAY_US", "Intervals", "summed"]

DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Intervals:
    """Intervals ``[start, end)`` of one length, numbered from local midnight of 1 January 1970.

    An instant belongs to the interval that holds it: one that falls on an edge belongs to the interval that starts
    there. All times are whole microseconds.

    Attributes
    ----------
    length_us
        Length of an interval in microseconds; divides a day, so every local day begins with an interval.
    offset_us
        Local standard time minus UTC in microseconds.
    """

    length_us: int
    offset_us: int

    def __post_init__(self) -> None:
        if self.length_us <= 0 or DAY_US % self.length_us:
            raise ValueError(f"an interval of {self.length_us} µs does not divide a day")

    def index(self, time_us: int) -> int:
        """Return the number of the interval that holds a UTC time."""
        return (time_us + self.offset_us) // self.length_us

    def indices(self, times_us: np.ndarray) -> np.ndarray:
        """Return the numbers of the intervals that hold UTC times, same shape, int64."""
        return (times_us + self.offset_us) // self.length_us

    def start_us(self, index: np.ndarray) -> np.ndarray:
        """Return the UTC start of intervals in microseconds, same shape, int64."""
        return np.asarray(index, dtype=np.int64) * self.length_us - self.offset_us

    def cuts(self, first_us: int, step_us: int, count: int) -> list[tuple[int, slice]]:
        """Cut the regular times ``first_us + i * step_us`` at the edges of the intervals.

        Parameters
        ----------
        first_us
            UTC time of the first.
        step_us
            Step from one to the next.
        count
            How many there are.

        Returns
        -------
        The number of each interval that holds any, in order, and the slice of 0..count that it holds.
        """
        pieces, begin = [], 0
        while begin < count:
            index = self.index(first_us + begin * step_us)
            until_edge = (index + 1) * self.length_us - self.offset_us - first_us
            end = min(count, -(-until_edge // step_us))
            pieces.append((index, slice(begin, end)))
            begin = end
        return pieces

    def shares(self, start_us: int, duration_us: int) -> list[tuple[int, int]]:
        """Return the intervals that ``[start_us, start_us + duration_us)`` touches and the microseconds in each."""
        end_us, pieces = start_us + duration_us, []
        while start_us < end_us:
            index = self.index(start_us)
            until = min(end_us, (index + 1) * self.length_us - self.offset_us)
            pieces.append((index, until - start_us))
            start_us = until
        return pieces


def summed(keys: np.ndarray, *columns: np.ndarray) -> tuple[np.ndarray, ...]:
    """Add up rows that share a key.

    Parameters
    ----------
    keys
        One whole number a row, shape (rows,), in any order.
    columns
        What is added, each of shape (rows, ...).

    Returns
    -------
    The sorted keys, each once, and the sums in the order of ``columns``.
    """
    if not len(keys):
        return keys, *columns
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    return ordered[first], *(np.add.reduceat(column[order], first, axis=0) for column in columns)
