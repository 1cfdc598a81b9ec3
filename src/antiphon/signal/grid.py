"""The time-frequency grid: physical cells that all recorders share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["ANALYSIS_RATES_HZ", "Grid"]

ANALYSIS_RATES_HZ = (12_000, 24_000, 48_000, 96_000, 192_000, 384_000, 768_000)
"""Rates that a recording is brought up to when window or hop is not a whole number of its samples."""

_RESAMPLED_SHARE_HEARD = 0.45
_NATIVE_SHARE_HEARD = 0.5


@dataclass(frozen=True)
class Grid:
    """Cells of ``1 / window_s`` hertz by ``hop_s`` seconds.

    Bin ``k`` is centred on ``k / window_s`` hertz and reaches half a bin to either side; frame ``i`` of a recording is
    centred ``i * hop_s + window_s / 2`` seconds after the recording's first sample.

    Attributes
    ----------
    window_s
        Length of the analysis window in seconds.
    hop_s
        Step from frame to frame in seconds.
    bins
        Number of bins kept, from 0 Hz up.
    """

    window_s: float
    hop_s: float
    bins: int

    @property
    def bin_hz(self) -> float:
        """Width of a bin in hertz."""
        return 1.0 / self.window_s

    @property
    def hop_us(self) -> int:
        """Step from frame to frame in microseconds."""
        return round(self.hop_s * 1e6)

    @property
    def first_centre_us(self) -> int:
        """Microseconds from a recording's first sample to the centre of its first frame."""
        return round(self.window_s * 1e6 / 2)

    def frequencies_hz(self) -> np.ndarray:
        """Return the centre of every bin in hertz, shape (bins,), float64."""
        centres: np.ndarray = np.arange(self.bins) / self.window_s
        return centres

    def bin_edges_hz(self) -> np.ndarray:
        """Return the edges of the bins in hertz, shape (bins + 1,); the lowest is 0."""
        edges: np.ndarray = np.maximum((np.arange(self.bins + 1) - 0.5) * self.bin_hz, 0.0)
        return edges

    def analysis_rate_hz(self, rate_hz: int) -> int:
        """Return the rate that a recording of ``rate_hz`` is analysed at.

        It is ``rate_hz`` itself where window and hop are whole numbers of samples, otherwise the next higher of
        :data:`ANALYSIS_RATES_HZ`.

        Raises
        ------
        ValueError
            If no rate fits.
        """
        if self._fits(rate_hz):
            return rate_hz
        for rate in ANALYSIS_RATES_HZ:
            if rate >= rate_hz and self._fits(rate):
                return rate
        raise ValueError(f"no analysis rate fits a recording of {rate_hz} Hz on a window of {self.window_s} s")

    def _fits(self, rate_hz: int) -> bool:
        return all(abs(rate_hz * t - round(rate_hz * t)) < 1e-6 for t in (self.window_s, self.hop_s))

    def window_samples(self, analysis_rate_hz: int) -> int:
        """Return the window's length in samples."""
        return round(analysis_rate_hz * self.window_s)

    def hop_samples(self, analysis_rate_hz: int) -> int:
        """Return the hop's length in samples."""
        return round(analysis_rate_hz * self.hop_s)

    def frames(self, samples: int, analysis_rate_hz: int) -> int:
        """Return how many whole windows fit into ``samples``; none ever straddles two recordings."""
        window, hop = self.window_samples(analysis_rate_hz), self.hop_samples(analysis_rate_hz)
        return max(0, (samples - window) // hop + 1)

    def heard_bins(self, rate_hz: int) -> int:
        """Return how many bins from 0 Hz up a recorder of ``rate_hz`` hears.

        A bin is heard if its upper edge lies at or below half the recorder's own rate (0.45 of it where the recording
        has to be resampled, because the resampler's transition band ends there).
        """
        share = _NATIVE_SHARE_HEARD if self.analysis_rate_hz(rate_hz) == rate_hz else _RESAMPLED_SHARE_HEARD
        upper_edges = (np.arange(self.bins) + 0.5) * self.bin_hz
        return int(np.count_nonzero(upper_edges <= share * rate_hz))
