"""Sums by interval: whole numbers that add up, so neither blocks nor recordings nor units change a result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Self, TypeVar

import numpy as np

from antiphon.stats.calendar.intervals import summed

__all__ = ["IntervalSums", "complete", "in_turn"]


@dataclass(frozen=True)
class IntervalSums:
    """Sums by interval; ``+`` adds two of them. Further fields are sums of shape (intervals, ...), int64.

    Attributes
    ----------
    interval
        Numbers of the intervals, ascending, each once, shape (intervals,), int64.
    """

    interval: np.ndarray

    @classmethod
    def total(cls, parts: Sequence[Self]) -> Self:
        """Add up at least one part."""
        columns = [np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)]
        return cls(*summed(*columns))

    def __add__(self, other: Self) -> Self:
        return self.total([self, other])

    def __getitem__(self, rows: slice) -> Self:
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))

    def zeros(self, interval: np.ndarray) -> Self:
        """Return sums of nothing in the intervals given."""
        columns = [getattr(self, field.name) for field in fields(self)[1:]]
        return type(self)(interval, *(np.zeros((len(interval), *one.shape[1:]), dtype=np.int64) for one in columns))

    def filled(self, first: int, stop: int) -> Self:
        """Return the intervals ``first`` to ``stop - 1``, with zeros where these sums have none."""
        inside = slice(*np.searchsorted(self.interval, [first, stop]))
        return self.zeros(np.arange(first, stop)) + self[inside]


Sums = TypeVar("Sums", bound=IntervalSums)


def in_turn(parts: Iterable[Sums]) -> Iterator[Sums]:
    """Merge sums of consecutive stretches of time, holding no more than the stretch that is still growing.

    Parameters
    ----------
    parts
        Sums in order of time: none has an interval before the first interval of the one before it.

    Yields
    ------
    Sums whose intervals follow one another; each interval appears once, complete.

    Raises
    ------
    ValueError
        If the parts are not in order.
    """
    growing: Sums | None = None
    done = -(2**62)
    for part in parts:
        if not len(part.interval):
            continue
        if part.interval[0] < done:
            raise ValueError(f"interval {part.interval[0]} comes after interval {done} was completed")
        if growing is None:
            growing = part
            continue
        ready = int(np.searchsorted(growing.interval, part.interval[0]))
        if ready:
            done = int(part.interval[0])
            yield growing[slice(0, ready)]
        growing = growing[slice(ready, None)] + part
    if growing is not None:
        yield growing


def complete(parts: Iterable[Sums], nothing: Sums, first: int, stop: int, at_most: int) -> Iterator[Sums]:
    """Fill the gaps of merged sums, so that every interval from ``first`` to ``stop - 1`` appears once.

    Parameters
    ----------
    parts
        Sums as :func:`in_turn` yields them.
    nothing
        Sums without an interval, for a time without any part.
    first, stop
        Range of the intervals.
    at_most
        Intervals in one piece: what bounds the memory.

    Raises
    ------
    ValueError
        If a part has an interval outside the range.
    """
    position = first
    for part in parts:
        if part.interval[0] < position or part.interval[-1] >= stop:
            raise ValueError(f"intervals {part.interval[[0, -1]]} lie outside {position} to {stop}")
        while position <= part.interval[-1]:
            until = min(position + at_most, int(part.interval[-1]) + 1)
            yield part.filled(position, until)
            position = until
    for begin in range(position, stop, at_most):
        yield nothing.filled(begin, min(begin + at_most, stop))
