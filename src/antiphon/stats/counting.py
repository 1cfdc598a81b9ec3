"""Counting what sounds in the cells of recordings while their spectrograms stream by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from antiphon.stats.activity import HEARD, Activity
from antiphon.stats.bands import Bands
from antiphon.stats.calendar.intervals import Intervals
from antiphon.stats.cells import Before, CellSums, tally_heard, tally_shared, tally_source, weighed
from antiphon.stats.indices import IndexSums, indices
from antiphon.stats.overlap import Overlap
from antiphon.stats.power import PowerTable, split

__all__ = ["MOST_LAYERS", "Counter", "Tally"]

_FRAMES_AT_A_TIME = 1024
_AMPLITUDE_UNIT = 2.0**-29
MOST_LAYERS = 32
"""Sources and classes that can be counted at once: the bits of a cell."""


@dataclass(frozen=True)
class Counter:
    """What is counted, and how.

    Attributes
    ----------
    bands
        The frequency bands: those of the frequency distribution, which hold every bin once, and last that of occupancy.
    table
        Power of every level code.
    least_codes
        Probability code from which a cell is active, by source; shape (sources,), uint8.
    members
        Bit ``k`` is set where a layer holds source ``k``: each source for itself, then the classes; (layers,), uint32.
    highest_code
        Probability code of certainty; codes above it mean not heard.
    intervals
        The intervals.
    hop_us
        Step from frame to frame, microseconds.
    frequencies_hz
        Centres of the bins, shape (bins,).
    """

    bands: Bands
    table: PowerTable
    least_codes: np.ndarray
    members: np.ndarray
    highest_code: int
    intervals: Intervals
    hop_us: int
    frequencies_hz: np.ndarray

    @property
    def sources(self) -> int:
        """Number of sources."""
        return len(self.least_codes)

    def nothing(self, interval: Sequence[int] | np.ndarray = ()) -> Activity:
        """Return sums of nothing, in no interval or in those given."""
        return Activity.none(len(self.members) + 1, len(self.bands.widths), interval)

    def pieces(self, first_us: int, frames: int) -> Iterator[tuple[int, slice]]:
        """Cut frames at the edges of intervals, and so short that they stay in the processor's cache."""
        for interval, inside in self.intervals.cuts(first_us, self.hop_us, frames):
            for begin in range(inside.start, inside.stop, _FRAMES_AT_A_TIME):
                yield interval, slice(begin, min(begin + _FRAMES_AT_A_TIME, inside.stop))

    @cached_property
    def amplitude(self) -> np.ndarray:
        """Amplitude of every level code in whole units of ``2 ** -29`` of a full-scale sine's, shape (256,), int32."""
        units: np.ndarray = np.rint(np.sqrt(self.table.power) / _AMPLITUDE_UNIT).astype(np.int32)
        return units

    @cached_property
    def band_of(self) -> np.ndarray:
        """Band of the frequency distribution that holds each bin, shape (bins,), int64."""
        band: np.ndarray = np.searchsorted(self.bands.stop_bin[:-1], np.arange(self.bands.bins), side="right")
        return band

    @cached_property
    def in_band(self) -> np.ndarray:
        """Whether the last band holds each bin, shape (bins,), bool."""
        index = np.arange(self.bands.bins)
        inside: np.ndarray = (index >= self.bands.first_bin[-1]) & (index < self.bands.stop_bin[-1])
        return inside


class Tally:
    """Counts recordings, one after the other.

    Parameters
    ----------
    counter
        What is counted.
    """

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        bins = counter.bands.bins
        layers = len(counter.members) + 1
        self._sums = CellSums.none(counter.sources, layers, bins, len(counter.bands.widths))
        self._before = Before.none(counter.sources, bins)
        self._interval, self._frames, self._heard = 0, 0, 0
        self._background = np.zeros(bins, dtype=np.uint8)
        self._activity = [counter.nothing()]
        self._overlap = [Overlap.none(counter.sources)]
        self._indices = [IndexSums.none(counter.sources + 1)]

    def begin(self, heard_bins: int, background: np.ndarray) -> None:
        """Begin another recording.

        Parameters
        ----------
        heard_bins
            Bins, from 0 Hz up, that the recorder hears.
        background
            Level codes of the recording's background, shape (bins,), uint8.
        """
        self._finish_piece()
        self._heard, self._background = heard_bins, background

    def feed(self, codes: np.ndarray, probabilities: np.ndarray, first_us: int) -> None:
        """Count the next frames of the recording.

        Parameters
        ----------
        codes
            Level codes, C-contiguous, shape (frames, bins), uint8.
        probabilities
            Probability codes, shape (sources, frames, bins), uint8.
        first_us
            UTC time of the first frame's centre, microseconds.
        """
        for interval, inside in self._counter.pieces(first_us, len(codes)):
            if interval != self._interval:
                self._finish_piece()
                self._interval = interval
            self._count(codes[inside], probabilities[:, inside])

    def finish(self) -> tuple[Activity, Overlap, IndexSums]:
        """Return the sums of all recordings."""
        self._finish_piece()
        return Activity.total(self._activity), Overlap.total(self._overlap), IndexSums.total(self._indices)

    def _count(self, codes: np.ndarray, probabilities: np.ndarray) -> None:
        """Count some frames of the piece."""
        counter, sums, before, begun = self._counter, self._sums, self._before, self._frames > 0
        least, bands = counter.least_codes, (counter.band_of, counter.in_band)
        span, loud = counter.highest_code - least, (counter.amplitude, counter.amplitude[self._background])
        busy = np.empty((counter.sources, len(codes)), dtype=bool)
        tally_heard(codes, counter.amplitude, before.codes, begun, sums.counts[HEARD], sums.steps[HEARD])
        for source, found in enumerate(probabilities):
            active, own = (least[source], span[source]), sums.of(source)
            tally_source(codes, found, active, bands, loud, before.of(source), begun, own, busy[source])
        layout, shared = (counter.members, *bands), (sums.counts[1:], sums.frames, sums.both)
        tally_shared(codes, probabilities, (least, span), layout, busy, shared)
        before.codes[:] = codes[-1]
        self._frames += len(codes)

    def _finish_piece(self) -> None:
        """Put away the sums of a recording in an interval."""
        if self._frames:
            self._activity.append(self._piece_activity())
            self._overlap.append(self._piece_overlap())
            values = np.array([self._piece_indices(variant) for variant in range(self._counter.sources + 1)])
            self._indices.append(IndexSums.of_recording(self._interval, values, self._frames))
            self._sums.clear()
        self._frames = 0

    def _piece_activity(self) -> Activity:
        counter, bands, sums = self._counter, self._counter.bands, self._sums
        activity = counter.nothing([self._interval])
        heard, units = bands.heard_widths(self._heard), counter.table.units
        per_bin, power = sums.counts.sum(axis=2), weighed(sums.counts, units)
        activity.cells[0, HEARD], activity.frames[0, HEARD] = heard * self._frames, (heard > 0) * self._frames
        activity.power[0, HEARD] = bands.sums(power[HEARD])
        for layer in range(1, len(per_bin)):
            activity.cells[0, layer] = bands.sums(per_bin[layer])
            activity.frames[0, layer] = sums.frames[layer - 1]
            activity.power[0, layer] = bands.sums(power[layer])
            activity.background[0, layer] = bands.sums(split(per_bin[layer] * units[self._background]))
        return activity

    def _piece_overlap(self) -> Overlap:
        counter, both = self._counter, self._sums.both.copy()
        own = self._sums.counts[1 : counter.sources + 1, counter.in_band].sum(axis=(1, 2))
        np.fill_diagonal(both, own)
        heard = counter.bands.heard_widths(self._heard)[-1:] * self._frames
        return Overlap(np.array([self._interval]), both[None], heard)

    def _piece_indices(self, variant: int) -> np.ndarray:
        """Return the indices of all that was heard (variant 0), or without source ``variant - 1``."""
        counter, sums, heard = self._counter, self._sums, slice(0, self._heard)
        counts, steps = sums.counts[0, heard].astype(np.int64), sums.steps[0, heard]
        if variant:
            removed = sums.counts[variant, heard]
            counts, steps = counts - removed, steps + sums.steps[variant, heard]
            counts[np.arange(len(counts)), self._background[heard]] += removed.sum(axis=1)
        frequencies_hz = counter.frequencies_hz[heard]
        if len(frequencies_hz) < 2:
            return np.full(5, np.nan)
        highest_hz = frequencies_hz[-1] + (frequencies_hz[1] - frequencies_hz[0]) / 2
        return indices(counts, steps, counter.amplitude.astype(np.float64), frequencies_hz, highest_hz)
