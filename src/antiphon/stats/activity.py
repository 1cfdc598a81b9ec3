"""What sounds in the cells of a spectrogram: sums by interval, layer and frequency band.

Layer 0 is everything the recorder heard, the further layers are the sources: so effort and activity are the same
sums, once over all cells and once over a source's. Everything is a whole number and adds up, so neither blocks nor
recordings nor units nor the order of adding change a result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from antiphon.stats.intervals import summed

__all__ = ["HEARD", "Activity", "complete", "in_turn"]

HEARD = 0
"""The layer that counts every heard cell; source ``k`` is layer ``k + 1``."""


@dataclass(frozen=True)
class Activity:
    """Sums by interval, layer (everything heard, then each source) and band; ``+`` adds two of them.

    Attributes
    ----------
    interval
        Numbers of the intervals, ascending, each once, shape (intervals,), int64.
    cells
        Active cells, shape (intervals, layers, bands), int64.
    frames
        Frames with at least one active cell in the band, same shape, int64.
    power
        Power of the active cells in two parts, shape (intervals, layers, bands, 2), int64.
    background
        Power that the same cells would have at their recording's background level, as ``power``; 0 for layer 0.
    """

    interval: np.ndarray
    cells: np.ndarray
    frames: np.ndarray
    power: np.ndarray
    background: np.ndarray

    @classmethod
    def none(cls, layers: int, bands: int, interval: Sequence[int] | np.ndarray = ()) -> Activity:
        """Return sums of nothing at all, in no interval or in those given."""
        index = np.asarray(interval, dtype=np.int64)
        cells, frames = np.zeros((2, len(index), layers, bands), dtype=np.int64)
        power, background = np.zeros((2, len(index), layers, bands, 2), dtype=np.int64)
        return cls(index, cells, frames, power, background)

    @classmethod
    def total(cls, parts: Sequence[Activity]) -> Activity:
        """Add up at least one part."""
        columns = [np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)]
        return cls(*summed(*columns))

    def __add__(self, other: Activity) -> Activity:
        return Activity.total([self, other])

    def __getitem__(self, rows: slice) -> Activity:
        return Activity(*(getattr(self, field.name)[rows] for field in fields(self)))

    def filled(self, first: int, stop: int) -> Activity:
        """Return the intervals ``first`` to ``stop - 1``, with zeros where these sums have none."""
        layers, bands = self.cells.shape[1:]
        nothing = Activity.none(layers, bands, np.arange(first, stop))
        inside = slice(*np.searchsorted(self.interval, [first, stop]))
        return nothing + self[inside]


def in_turn(parts: Iterable[Activity]) -> Iterator[Activity]:
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
    growing: Activity | None = None
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


def complete(parts: Iterable[Activity], nothing: Activity, first: int, stop: int, at_most: int) -> Iterator[Activity]:
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
