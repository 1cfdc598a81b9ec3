"""Counting what sounds in a recording while its spectrogram streams by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from antiphon.stats.activity import HEARD, Activity
from antiphon.stats.bands import Bands
from antiphon.stats.intervals import Intervals
from antiphon.stats.patches import Patches
from antiphon.stats.power import PowerTable, split

__all__ = ["Counter"]

_FRAMES_AT_A_TIME = 2048


@dataclass(frozen=True)
class Counter:
    """What is counted, and how.

    Attributes
    ----------
    bands
        The frequency bands; events are counted in the last one.
    table
        Power of every level code.
    least_codes
        Probability code from which a cell is active, by source; shape (sources,), uint8.
    highest_code
        Probability code of certainty; codes above it mean not heard.
    intervals
        The intervals.
    hop_us
        Step from frame to frame, microseconds.
    least_cells
        Connected cells from which a patch counts as an event.
    """

    bands: Bands
    table: PowerTable
    least_codes: np.ndarray
    highest_code: int
    intervals: Intervals
    hop_us: int
    least_cells: int

    def nothing(self, interval: Sequence[int] | np.ndarray = ()) -> Activity:
        """Return sums of nothing, in no interval or in those given."""
        return Activity.none(len(self.least_codes) + 1, len(self.bands.widths), interval)

    def recording(
        self, blocks: Iterable[tuple[np.ndarray, np.ndarray]], first_us: int, heard_bins: int, background: np.ndarray
    ) -> Activity:
        """Count one recording.

        Parameters
        ----------
        blocks
            Consecutive frames: level codes (frames, bins) and probability codes (sources, frames, bins), both uint8;
            the level codes are C-contiguous.
        first_us
            UTC time of the first frame's centre, microseconds.
        heard_bins
            Bins, from 0 Hz up, that the recorder hears.
        background
            Level codes of the recording's background, shape (bins,), uint8.
        """
        parts, patches, begun, frames = [self.nothing()], Patches(self.least_cells), [], 0
        for codes, probabilities in blocks:
            for interval, inside in self._pieces(first_us + frames * self.hop_us, len(codes)):
                masks = self._masks(probabilities[:, inside])
                parts.append(self._count(interval, codes[inside], masks, heard_bins, background))
                begun.append(patches.feed(masks[..., self.bands.first_bin[-1] : self.bands.stop_bin[-1]]))
            frames += len(codes)
        source, first = (np.concatenate(column) for column in zip(*begun, patches.finish(), strict=True))
        parts.append(self._events(source, first_us + first * self.hop_us))
        return Activity.total(parts)

    def _masks(self, probabilities: np.ndarray) -> np.ndarray:
        """Return where each source is active: probability at or above its threshold, and heard."""
        least = self.least_codes[:, None, None]
        # Bytes wrap round below the threshold, so that one comparison leaves out what is low and what is not heard.
        masks: np.ndarray = (probabilities - least) <= (np.uint8(self.highest_code) - least)
        return masks

    def _pieces(self, first_us: int, frames: int) -> Iterator[tuple[int, slice]]:
        """Cut frames at the edges of intervals, and so short that they stay in the processor's cache."""
        for interval, inside in self.intervals.cuts(first_us, self.hop_us, frames):
            for begin in range(inside.start, inside.stop, _FRAMES_AT_A_TIME):
                yield interval, slice(begin, min(begin + _FRAMES_AT_A_TIME, inside.stop))

    def _count(
        self, interval: int, codes: np.ndarray, masks: np.ndarray, heard_bins: int, background: np.ndarray
    ) -> Activity:
        """Count frames that lie in one interval."""
        sums = self.nothing([interval])
        heard = self.bands.heard_widths(heard_bins)
        sums.cells[0, HEARD] = heard * len(codes)
        sums.frames[0, HEARD] = (heard > 0) * len(codes)
        sums.power[0, HEARD] = self._power(codes)
        for layer, mask in enumerate(masks, start=1):
            self._count_source(sums, layer, codes, mask, background)
        return sums

    def _events(self, source: np.ndarray, times_us: np.ndarray) -> Activity:
        """Count events by their sources and the times at which they begin, each of shape (events,), int64."""
        interval, row = np.unique(self.intervals.indices(times_us), return_inverse=True)
        sums = self.nothing(interval)
        np.add.at(sums.events, (row, source + 1), 1)
        return sums

    def _count_source(
        self, sums: Activity, layer: int, codes: np.ndarray, mask: np.ndarray, background: np.ndarray
    ) -> None:
        """Count one source; only frames and bins in which it is active are looked at."""
        rows = _active_frames(mask)
        if not len(rows):
            return
        mask = mask[rows]
        per_bin = _column_counts(mask)
        sums.cells[0, layer] = self.bands.sums(per_bin)
        sums.frames[0, layer] = self.bands.frames(mask)
        sums.background[0, layer] = self.bands.sums(split(per_bin * self.table.units[background]))
        bins, grain = np.flatnonzero(per_bin), self.bands.grain
        inside = slice(bins[0] // grain * grain, (bins[-1] // grain + 1) * grain)
        sums.power[0, layer] = self._power(codes[:, inside][rows] * mask[:, inside].view(np.uint8), inside.start)

    def _power(self, codes: np.ndarray, first_bin: int = 0) -> np.ndarray:
        """Return the power of each band in two parts, shape (bands, 2), int64; ``codes`` begin at ``first_bin``."""
        step = 2 if self.bands.paired else 1
        known = self.table.of_columns(codes, self.bands.paired)
        units = np.zeros(self.bands.bins // step, dtype=np.int64)
        units[first_bin // step : first_bin // step + len(known)] = known
        return self.bands.sums(split(units), self.bands.paired)


def _active_frames(mask: np.ndarray) -> np.ndarray:
    """Return the frames with any active cell of a C-contiguous mask (frames, bins)."""
    if mask.shape[1] % 8:
        return np.flatnonzero(mask.any(axis=1))
    # Eight cells at a time: three times as fast as any().
    return np.flatnonzero(np.bitwise_or.reduce(mask.view(np.uint64), axis=1))


def _column_counts(mask: np.ndarray) -> np.ndarray:
    """Return the active cells of each bin of a mask (frames, bins), int64."""
    counts, cells = np.zeros(mask.shape[1], dtype=np.int64), mask.view(np.uint8)
    # Bytes add up several times faster than wider numbers, and 255 of them cannot overflow.
    for begin in range(0, len(cells), 255):
        counts += np.add.reduce(cells[begin : begin + 255], axis=0, dtype=np.uint8)
    return counts
