"""The pass over all cells of a spectrogram, compiled by Numba: histograms of level codes, frames, pairs and steps.

Everything that tabulate says of cells follows from these sums, so each cell is looked at once. They are whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from antiphon.stats.lines import any_active, compiled, list_marked, listing, mark, room_for_marks

__all__ = ["Before", "CellSums", "tally_heard", "tally_shared", "tally_source", "weighed"]

_CODES = 256
_APART = 16
_LOW_BITS = 32
_LOW_MASK = (1 << _LOW_BITS) - 1


@dataclass(frozen=True)
class CellSums:
    """Sums over the frames of one recording in one interval, filled in place.

    Attributes
    ----------
    counts
        Cells by layer (all, then sources, then classes), bin and level code, shape (layers, bins, 256), int32.
    steps
        Sums of absolute differences of amplitude from frame to frame by variant and bin, (1 + sources, bins), int64:
        of all that was heard; then what changes in it if a source's cells have their background's level.
    frames
        Frames in which a layer has an active cell, by layer without the first and band, the last band apart, int64.
    both
        Cells of the last band in which two different sources are active, shape (sources, sources), int64.
    """

    counts: np.ndarray
    steps: np.ndarray
    frames: np.ndarray
    both: np.ndarray

    @classmethod
    def none(cls, sources: int, layers: int, bins: int, bands: int) -> CellSums:
        """Return sums of no frame."""
        # Rows of 256 counters would share a few sets of the processor's cache: counting took four times as long.
        counts = np.zeros((layers, bins, _CODES + _APART), dtype=np.int32)[..., :_CODES]
        shapes = ((1 + sources, bins), (layers - 1, bands), (sources, sources))
        return cls(counts, *(np.zeros(shape, dtype=np.int64) for shape in shapes))

    def of(self, source: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what is counted of a source alone, as the compiled pass takes it."""
        return self.counts[1 + source], self.steps[1 + source], self.frames[source]

    def clear(self) -> None:
        """Set all sums to nothing."""
        for sums in (self.counts, self.steps, self.frames, self.both):
            sums[:] = 0


@dataclass(frozen=True)
class Before:
    """What is remembered of the frame before, changed in place; of each source beside room for the present frame.

    Attributes
    ----------
    codes
        Its level codes, shape (bins,), uint8.
    marks
        Whether a cell is active, shape (sources, 2, bins or more), uint8; says nothing where no cell is.
    listed, held
        The active bins, (sources, 2, bins or more), and how many there are, (sources, 2).
    """

    codes: np.ndarray
    marks: np.ndarray
    listed: np.ndarray
    held: np.ndarray

    @classmethod
    def none(cls, sources: int, bins: int) -> Before:
        """Return the memory of no frame."""
        held = np.zeros((sources, 2), dtype=np.int64)
        return cls(np.zeros(bins, dtype=np.uint8), room_for_marks(bins, sources, 2), listing(bins, sources, 2), held)

    def of(self, source: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return what is remembered of a source, as the compiled pass takes it."""
        return self.codes, self.marks[source], self.listed[source], self.held[source]


@compiled
def tally_heard(codes, amplitude, before, begun, counts, steps):
    """Count all cells of frames of one recording, and add up how their amplitudes change.

    Parameters
    ----------
    codes
        Level codes, (frames, bins), uint8.
    amplitude
        Amplitude of each level code, int32.
    before, begun
        Level codes of the frame before, and whether there was one.
    counts, steps
        Those of :class:`CellSums` that are of everything heard, (bins, 256) and (bins,).
    """
    bins = codes.shape[1]
    here, there = np.empty(bins, np.int32), np.empty(bins, np.int32)
    first = before if begun else codes[0]
    for index in range(bins):
        there[index] = amplitude[first[index]]
    for frame in range(len(codes)):
        line = codes[frame]
        for index in range(bins):
            code = line[index]
            counts[index, code] += 1
            here[index] = amplitude[code]
        for index in range(bins):
            steps[index] += abs(here[index] - there[index])
            there[index] = here[index]


@compiled
def tally_source(codes, found, active, bands, loud, before, begun, sums, busy):
    """Add the active cells of a source, in frames of one recording, to its sums.

    Parameters
    ----------
    codes, found
        Level codes and the source's probability codes, (frames, bins), uint8.
    active
        Least code of an active cell and how many codes follow it, uint8.
    bands
        Band of each bin, and whether the last band holds it.
    loud
        Amplitude of each level code and of each bin's background, int32.
    before, begun
        What :meth:`Before.of` returns, which in the end holds the last of these frames; whether there was one before.
    sums
        Those of ``counts``, ``steps`` and ``frames`` of :class:`CellSums` that are the source's.
    busy
        Is set to whether a frame has an active cell, (frames,), bool.
    """
    least, span = active
    band_of, in_band = bands
    amplitude, quiet = loud
    last_codes, marks, listed, held = before
    counts, steps, frames = sums
    words, now = marks.view(np.uint64), 0
    for frame in range(len(codes)):
        now, then = 1 - now, now
        line, earlier = codes[frame], codes[frame - 1] if frame else last_codes
        busy[frame] = any_active(found[frame], least, span)
        count, before_count, last, inside = 0, held[then] if begun else 0, -1, False
        if busy[frame]:
            mark(found[frame], least, span, marks[now])
            count = list_marked(marks[now], words[now], listed[now])
        held[now] = count
        for place in range(count):
            index = listed[now, place]
            counts[index, line[index]] += 1
            inside |= in_band[index]
            if band_of[index] != last:
                last = band_of[index]
                frames[last] += 1
            if begun:
                one, two = amplitude[line[index]], amplitude[earlier[index]]
                own = 0 if before_count and marks[then, index] else abs(quiet[index] - two)
                steps[index] += own - abs(one - two)
        for place in range(before_count):
            index = listed[then, place]
            if not count or not marks[now, index]:
                one, two = amplitude[line[index]], amplitude[earlier[index]]
                steps[index] += abs(one - quiet[index]) - abs(one - two)
        frames[-1] += inside
        begun = True
    if now:
        marks[0], listed[0], held[0] = marks[1], listed[1], held[1]


@compiled
def tally_shared(codes, found, active, layout, busy, sums):
    """Count the cells that several sources share, and those of the classes that unite several.

    Parameters
    ----------
    codes, found
        Level codes, (frames, bins), and probability codes, (sources, frames, bins), uint8.
    active
        Of each source the least code of an active cell and how many codes follow it, each (sources,), uint8.
    layout
        Sources of each layer as bits, band of each bin, and whether the last band holds it.
    busy
        Whether a source has an active cell in a frame, (sources, frames), bool.
    sums
        Those of ``counts`` and ``frames`` of :class:`CellSums` that are the layers', and ``both``.
    """
    least, span = active
    members, band_of, in_band = layout
    counts, frames, both = sums
    sources, bins = len(found), codes.shape[1]
    bits = np.zeros(bins, np.uint32)
    for frame in range(len(codes)):
        there = 0
        for source in range(sources):
            there += busy[source, frame]
        if there < 2 and not (there and len(members) > sources):
            continue
        bits[:] = 0
        for source in range(sources):
            if busy[source, frame]:
                for index in range(bins):
                    is_active = np.uint8(found[source, frame, index] - least[source]) <= span[source]
                    bits[index] |= np.uint32(is_active) << np.uint32(source)
        several = np.uint32(0)
        for index in range(bins):
            several |= bits[index] & (bits[index] - np.uint32(1))
        if several:
            _pair(bits, in_band, both)
        for layer in range(sources, len(members)):
            _tally_class(bits & members[layer], codes[frame], band_of, in_band, counts[layer], frames[layer])


@compiled
def _pair(bits, in_band, both):
    """Add the cells of a frame in which several sources are active."""
    for index in range(len(bits)):
        if bits[index] & (bits[index] - np.uint32(1)) and in_band[index]:
            for one in range(len(both)):
                if (bits[index] >> one) & 1:
                    for two in range(len(both)):
                        both[one, two] += one != two and (bits[index] >> two) & 1


@compiled
def _tally_class(bits, line, band_of, in_band, counts, frames):
    """Add the active cells of a class in a frame to its sums."""
    last, inside = -1, False
    for index in range(len(bits)):
        if bits[index]:
            counts[index, line[index]] += 1
            inside |= in_band[index]
            if band_of[index] != last:
                last = band_of[index]
                frames[last] += 1
    frames[-1] += inside


@compiled
def weighed(counts, units):
    """Return counts (layers, bins, codes) times the units of each code in two parts, (layers, bins, 2), int64."""
    layers, bins, codes = counts.shape
    power = np.zeros((layers, bins, 2), np.int64)
    for layer in range(layers):
        for index in range(bins):
            for code in range(codes):
                count = counts[layer, index, code]
                if count:
                    power[layer, index, 0] += count * (units[code] >> _LOW_BITS)
                    power[layer, index, 1] += count * (units[code] & _LOW_MASK)
            power[layer, index, 0] += power[layer, index, 1] >> _LOW_BITS
            power[layer, index, 1] &= _LOW_MASK
    return power
