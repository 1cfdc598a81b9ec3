"""Frequency bands as ranges of bins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Bands", "band_edges_hz"]

_ROUNDING = 1e-6


def band_edges_hz(frequencies_hz: np.ndarray, step_hz: float) -> np.ndarray:
    """Return the edges of bands of ``step_hz`` from 0 Hz until every bin is in one, shape (bands + 1,)."""
    return np.arange(int(_above(frequencies_hz)[-1] / step_hz) + 2) * step_hz


def _above(frequencies_hz: np.ndarray) -> np.ndarray:
    """Return the bins' centres, raised a little: one that is on an edge but for rounding belongs above it."""
    raised: np.ndarray = frequencies_hz + _ROUNDING * (frequencies_hz[1] - frequencies_hz[0])
    return raised


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
        first, stop = (np.searchsorted(_above(frequencies_hz), edges, side="left") for edges in (low_hz, high_hz))
        return cls(first, stop, len(frequencies_hz))

    @property
    def widths(self) -> np.ndarray:
        """Bins in each band, shape (bands,), int64."""
        widths: np.ndarray = self.stop_bin - self.first_bin
        return widths

    def heard_widths(self, heard_bins: int) -> np.ndarray:
        """Return how many bins of each band lie below ``heard_bins``, shape (bands,), int64."""
        widths: np.ndarray = np.minimum(self.stop_bin, heard_bins) - np.minimum(self.first_bin, heard_bins)
        return widths

    def sums(self, per_bin: np.ndarray) -> np.ndarray:
        """Add up bins, (bins, ...), to bands, (bands, ...)."""
        running = np.concatenate([np.zeros_like(per_bin[:1]), per_bin.cumsum(axis=0)])
        sums: np.ndarray = running[self.stop_bin] - running[self.first_bin]
        return sums
