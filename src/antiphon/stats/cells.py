"""The pass over all cells of a spectrogram, compiled by Numba: histograms of level codes, frames, pairs and steps.

Everything that tabulate says of cells follows from these sums, so each cell is looked at once. They are whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

__all__ = ["CellSums", "mark_active", "tally_cells", "weighed"]

_LOW_BITS = 32
_LOW_MASK = (1 << _LOW_BITS) - 1


def _compiled(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True)(function)


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
        shapes = ((layers, bins, 256), (1 + sources, bins), (layers - 1, bands), (sources, sources))
        counts, *others = shapes
        return cls(np.zeros(counts, dtype=np.int32), *(np.zeros(shape, dtype=np.int64) for shape in others))

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The four arrays, as the compiled pass takes them."""
        return self.counts, self.steps, self.frames, self.both

    def clear(self) -> None:
        """Set all sums to nothing."""
        for sums in self.arrays:
            sums[:] = 0


@_compiled
def mark_active(found, least, span, bit, bits, reach):
    """Set ``bit`` in ``bits`` (frames, bins) where the code ``found`` of a source is ``least`` to ``least + span``.

    ``reach`` (frames, 2) gets the first such bin of each frame and the one after the last; 0, 0 where there is none.
    """
    for frame in range(len(found)):
        line, active = found[frame], False
        for code in line:
            active |= np.uint8(code - least) <= span
        reach[frame, 0] = reach[frame, 1] = 0
        if active:
            marks, first, stop = bits[frame], len(line), 0
            for index in range(len(line)):
                if np.uint8(line[index] - least) <= span:
                    marks[index] |= bit
                    first, stop = min(first, index), index + 1
            reach[frame, 0], reach[frame, 1] = first, stop


@_compiled
def tally_cells(codes, bits, reach, layout, amplitude, quiet, before, begun, sums):
    """Add frames of one recording to the sums.

    Parameters
    ----------
    codes
        Level codes, (frames, bins), uint8.
    bits, reach
        Which sources are active in a cell, (frames, bins), and where each has active cells, (sources, frames, 2); of
        all frames but the first, which is the frame before, if there was one.
    layout
        Sources of each layer as bits, band of each bin, and whether the last band holds it.
    amplitude, quiet
        Amplitude of each level code and of each bin's background, int32.
    before
        Amplitudes of the frame before, then of the last frame, (bins,), int32.
    begun
        Whether there was a frame before.
    sums
        The arrays of :class:`CellSums`.
    """
    counts, steps, _, _ = sums
    everything, stepped, here = counts[0], steps[0], np.empty_like(before)
    for frame in range(len(codes)):
        line, busy, stirred = codes[frame], 0, 0
        for source in range(len(reach)):
            busy += reach[source, frame + 1, 1] > 0
            stirred += reach[source, frame, 1] > 0
        for index in range(len(line)):
            everything[index, line[index]] += 1
            here[index] = amplitude[line[index]]
        if begun:
            for index in range(len(line)):
                stepped[index] += abs(here[index] - before[index])
            if busy + stirred:
                _step_without(steps, bits, reach, frame, here, before, quiet)
        if busy:
            _tally_active(line, bits[frame + 1], reach, frame + 1, layout, sums)
        if busy > 1:
            _tally_pairs(bits[frame + 1], layout[2], sums[3])
        for index in range(len(line)):
            before[index] = here[index]
        begun = True


@_compiled
def _step_without(steps, bits, reach, frame, here, before, quiet):
    """Add what the steps to a frame change if a source's cells have their background's level."""
    marks, marked = bits[frame + 1], bits[frame]
    for source in range(len(reach)):
        first, stop = len(here), 0
        for side in range(frame, frame + 2):
            if reach[source, side, 1] > 0:
                first, stop = min(first, reach[source, side, 0]), max(stop, reach[source, side, 1])
        bit, changed = np.uint32(1 << source), steps[1 + source]
        for index in range(first, stop):
            one = quiet[index] if marks[index] & bit else here[index]
            two = quiet[index] if marked[index] & bit else before[index]
            changed[index] += abs(one - two) - abs(here[index] - before[index])


@_compiled
def _tally_active(line, marks, reach, frame, layout, sums):
    """Add the active cells of a frame to the sums."""
    members, band_of, in_band = layout
    counts, _, frames, _ = sums
    for layer in range(len(members)):
        first, stop, last, inside = len(line), 0, -1, False
        for source in range(len(reach)):
            if (members[layer] >> source) & 1 and reach[source, frame, 1] > 0:
                first, stop = min(first, reach[source, frame, 0]), max(stop, reach[source, frame, 1])
        for index in range(first, stop):
            if marks[index] & members[layer]:
                counts[1 + layer, index, line[index]] += 1
                inside |= in_band[index]
                if band_of[index] != last:
                    last = band_of[index]
                    frames[layer, last] += 1
        frames[layer, -1] += inside


@_compiled
def _tally_pairs(marks, in_band, both):
    """Add the cells of a frame in which several sources are active."""
    for index in range(len(marks)):
        if marks[index] & (marks[index] - np.uint32(1)) and in_band[index]:
            _pair(both, marks[index])


@_compiled
def _pair(both, mark):
    for one in range(len(both)):
        if (mark >> one) & 1:
            for two in range(len(both)):
                if one != two:
                    both[one, two] += (mark >> two) & 1


@_compiled
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
