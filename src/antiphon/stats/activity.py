"""What sounds in the cells of a spectrogram: sums by interval, layer and frequency band.

Layer 0 is everything the recorder heard; the further layers are the sources and then the classes that unite several of
them: so effort and activity are the same sums, once over all cells and once over a layer's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from antiphon.stats.interval_sums import IntervalSums

__all__ = ["HEARD", "Activity"]

HEARD = 0
"""The layer that counts every heard cell; source ``k`` is layer ``k + 1``."""


@dataclass(frozen=True)
class Activity(IntervalSums):
    """Sums by interval, layer (everything heard, then each source, then each class) and band.

    Attributes
    ----------
    cells
        Active cells, shape (intervals, layers, bands), int64.
    frames
        Frames with at least one active cell in the band, same shape, int64.
    power
        Power of the active cells in two parts, shape (intervals, layers, bands, 2), int64.
    background
        Power that the same cells would have at their recording's background level, as ``power``; 0 for layer 0.
    """

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
