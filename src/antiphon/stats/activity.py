"""What sounds in the cells of a spectrogram, counted by interval, layer and frequency band.

Layer 0 is everything the recorder heard, the further layers are the sources: so effort and activity are the same
sums, once over all cells and once over a source's. Everything is a whole number and adds up, so neither blocks nor
recordings nor units nor the order of adding change a result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, reduce

import numpy as np

from antiphon.stats.intervals import summed
from antiphon.stats.power import PowerTable, split

__all__ = ["HEARD", "Activity", "Bands", "Counter", "complete", "in_turn"]

HEARD = 0
"""The layer that counts every heard cell; source ``k`` is layer ``k + 1``."""


@dataclass(frozen=True)
class Bands:
    """Frequency bands as ranges of bins; they may overlap.

    Attributes
    ----------
    first_bin, stop_bin
        Range ``[first_bin, stop_bin)`` of each band, shape (bands,), int64.
    bins
        Number of bins of the grid.
    """

    first_bin: np.ndarray
    stop_bin: np.ndarray
    bins: int

    @classmethod
    def between(cls, frequencies_hz: np.ndarray, low_hz: Sequence[float], high_hz: Sequence[float]) -> Bands:
        """Return the bands whose bins are centred in ``[low_hz, high_hz)``.

        Parameters
        ----------
        frequencies_hz
            Centre of every bin, ascending, shape (bins,).
        low_hz, high_hz
            Edges of each band.
        """
        first, stop = (np.searchsorted(frequencies_hz, edges, side="left") for edges in (low_hz, high_hz))
        return cls(first, stop, len(frequencies_hz))

    @property
    def widths(self) -> np.ndarray:
        """Bins in each band, shape (bands,), int64."""
        return self.stop_bin - self.first_bin

    def heard_widths(self, heard_bins: int) -> np.ndarray:
        """Return how many bins of each band lie below ``heard_bins``, shape (bands,), int64."""
        return np.minimum(self.stop_bin, heard_bins) - np.minimum(self.first_bin, heard_bins)

    def sums(self, per_bin: np.ndarray, paired: bool = False) -> np.ndarray:
        """Add up bins, or pairs of bins, (bins, ...) to bands, (bands, ...)."""
        step = 2 if paired else 1
        running = np.concatenate([np.zeros_like(per_bin[:1]), per_bin.cumsum(axis=0)])
        return running[self.stop_bin // step] - running[self.first_bin // step]

    @cached_property
    def paired(self) -> bool:
        """Whether every band is made of whole pairs of bins."""
        return not (self.bins % 2 or np.any(self.first_bin % 2) or np.any(self.stop_bin % 2))

    @cached_property
    def members(self) -> np.ndarray:
        """1 where a bin belongs to a band, shape (bins, bands), float32."""
        bins = np.arange(self.bins)[:, None]
        return ((bins >= self.first_bin) & (bins < self.stop_bin)).astype(np.float32)


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
    events
        Patches of active cells that start in the interval, shape (intervals, layers), int64; 0 for layer 0.
    """

    interval: np.ndarray
    cells: np.ndarray
    frames: np.ndarray
    power: np.ndarray
    background: np.ndarray
    events: np.ndarray

    @classmethod
    def none(cls, layers: int, bands: int, interval: Sequence[int] | np.ndarray = ()) -> Activity:
        """Return sums of nothing at all, in no interval or in those given."""
        index = np.asarray(interval, dtype=np.int64)
        counts = np.zeros((3, len(index), layers, bands), dtype=np.int64)
        return cls(index, counts[0], counts[1], *np.zeros((2, *counts[2].shape, 2), np.int64), counts[2][..., 0].copy())

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
        nothing = Activity.none(*self.cells.shape[1:], interval=np.arange(first, stop))
        inside = slice(*np.searchsorted(self.interval, [first, stop]))
        return nothing + self[inside]


@dataclass(frozen=True)
class Counter:
    """Counts the cells of one frequency grid.

    Attributes
    ----------
    bands
        The bands.
    table
        Power of every level code.
    sources
        Number of sources.
    """

    bands: Bands
    table: PowerTable
    sources: int

    def nothing(self) -> Activity:
        """Return sums of nothing in no interval."""
        return Activity.none(self.sources + 1, len(self.bands.widths))

    def count(
        self, interval: int, codes: np.ndarray, masks: np.ndarray, heard_bins: int, background: np.ndarray
    ) -> Activity:
        """Count frames of one recording that lie in one interval.

        Parameters
        ----------
        interval
            Number of the interval.
        codes
            Level codes, C-contiguous, shape (frames, bins), uint8; at most 4096 frames.
        masks
            Where each source is active, shape (sources, frames, bins), bool.
        heard_bins
            Bins, from 0 Hz up, that the recorder hears.
        background
            Level codes of the recording's background, shape (bins,), uint8.
        """
        sums = Activity.none(self.sources + 1, len(self.bands.widths), [interval])
        heard = self.bands.heard_widths(heard_bins)
        sums.cells[0, HEARD] = heard * len(codes)
        sums.frames[0, HEARD] = (heard > 0) * len(codes)
        sums.power[0, HEARD] = self._power(codes)
        for layer, mask in enumerate(masks, start=1):
            rows = active_frames(mask)
            if len(rows):
                self._count_source(sums, layer, codes[rows], mask[rows], background)
        return sums

    def _count_source(
        self, sums: Activity, layer: int, codes: np.ndarray, mask: np.ndarray, background: np.ndarray
    ) -> None:
        # Counts of a frame stay below 2 ** 24, so float32 holds them exactly and one matrix product does all bands.
        active = mask.astype(np.float32)
        per_bin = active.sum(axis=0).astype(np.int64)
        sums.cells[0, layer] = self.bands.sums(per_bin)
        sums.frames[0, layer] = np.count_nonzero(active @ self.bands.members, axis=0)
        sums.power[0, layer] = self._power(codes * mask.view(np.uint8))
        sums.background[0, layer] = self.bands.sums(split(per_bin * self.table.units[background]))

    def _power(self, codes: np.ndarray) -> np.ndarray:
        """Return the power of each band in two parts, shape (bands, 2), int64."""
        paired = self.bands.paired
        return self.bands.sums(split(self.table.of_columns(codes, paired)), paired)


def active_frames(mask: np.ndarray) -> np.ndarray:
    """Return the frames with any active cell of a C-contiguous mask (frames, bins)."""
    if mask.shape[1] % 8:
        return np.flatnonzero(mask.any(axis=1))
    # Eight cells at a time: three times as fast as any().
    return np.flatnonzero(np.bitwise_or.reduce(mask.view(np.uint64), axis=1))


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


def complete(parts: Iterable[Activity], first: int, stop: int, at_most: int) -> Iterator[Activity]:
    """Fill the gaps of merged sums, so that every interval from ``first`` to ``stop - 1`` appears.

    Parameters
    ----------
    parts
        At least one part, as :func:`in_turn` yields them; they may reach beyond ``first`` and ``stop``.
    first, stop
        Range of the intervals.
    at_most
        Intervals that are held at a time.
    """
    held: Activity | None = None
    for part in parts: ...
