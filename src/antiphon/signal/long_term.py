"""The long-term spectral average: mean power of each bin in each hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from antiphon.signal.grid import Grid
from antiphon.signal.levels import NOT_HEARD, level_of_code

__all__ = ["HourlySpectra", "HourlySums"]

_HOUR_US = 3_600_000_000
_STRIDE = 8


@dataclass(frozen=True)
class HourlySpectra:
    """Mean power by hour.

    Attributes
    ----------
    start_us
        UTC start of each hour, microseconds, ascending, shape (hours,), int64; hours without a frame are left out.
    frames
        Frames of the hour that hear the bin, shape (hours, bins), int32.
    level_db
        Mean power of these, dB re full scale, shape (hours, bins), float64; NaN where there is none.
    """

    start_us: np.ndarray
    frames: np.ndarray
    level_db: np.ndarray


class HourlySums:
    """Adds up power by hour while recordings pass.

    Every frame is counted, every eighth of a recording (64 ms on the shipped grid) gives its power: an hour has some
    56,000 of them, which hold its mean to about 0.03 dB, and the sums cost next to nothing beside the transform. How
    frames are cut into blocks changes nothing but the last digits of a sum.

    Parameters
    ----------
    grid
        The time-frequency grid.
    utc_offset_min
        Standard time of the deployment minus UTC, minutes: hours begin with its clock.
    """

    def __init__(self, grid: Grid, utc_offset_min: int) -> None:
        self._grid = grid
        self._origin_us = utc_offset_min * 60_000_000
        self._power = np.nan_to_num(10.0 ** (level_of_code(np.arange(256)).astype(np.float64) / 10)).astype(np.float32)
        self._sums: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}

    def empty(self) -> HourlySums:
        """Return sums of nothing on the same grid and clock."""
        return HourlySums(self._grid, self._origin_us // 60_000_000)

    def include(self, other: HourlySums) -> None:
        """Add the sums of other recordings."""
        for hour, parts in other._sums.items():
            held = self._sums.get(hour)
            self._sums[hour] = parts if held is None else tuple(a + b for a, b in zip(held, parts, strict=True))

    def add(self, start_us: int, first: int, codes: np.ndarray) -> None:
        """Take in a block of a recording.

        Parameters
        ----------
        start_us
            UTC time of the recording's first sample, microseconds.
        first
            The block's first frame, counted from the start of the recording.
        codes
            Level codes, shape (frames, bins), uint8.
        """
        hop_us, done = self._grid.hop_us, 0
        while done < len(codes):
            centre_us = start_us + self._grid.first_centre_us + (first + done) * hop_us + self._origin_us
            hour = centre_us // _HOUR_US
            stop = min(len(codes), done - (centre_us - (hour + 1) * _HOUR_US) // hop_us)
            self._add_to(hour, codes[done:stop], -(first + done) % _STRIDE)
            done = stop

    def _add_to(self, hour: int, codes: np.ndarray, skipped: int) -> None:
        bins = self._grid.bins
        if hour not in self._sums:
            self._sums[hour] = (np.zeros(bins, np.int64), np.zeros(bins, np.int64), np.zeros(bins))
        frames, sampled, power = self._sums[hour]
        # A recorder hears a bin all through a recording or not at all.
        heard = codes[0] != NOT_HEARD
        frames += len(codes) * heard
        taken = codes[skipped::_STRIDE]
        sampled += len(taken) * heard
        power += self._power.take(taken).sum(axis=0, dtype=np.float64)

    def finished(self) -> HourlySpectra:
        """Return the means."""
        hours = sorted(self._sums)
        shape = (len(hours), self._grid.bins)
        frames, sampled, power = (
            np.array([self._sums[hour][part] for hour in hours]).reshape(shape) for part in range(3)
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            level_db = 10 * np.log10(power / sampled)
        start_us = np.array(hours, dtype=np.int64) * _HOUR_US - self._origin_us
        heard = sampled > 0
        return HourlySpectra(start_us, (frames * heard).astype(np.int32), np.where(heard, level_db, np.nan))
