"""What a place always sounds like: quantiles of the level of each bin, from counts that add up."""

from __future__ import annotations

import numpy as np

from antiphon.signal.levels import NOT_HEARD

__all__ = ["LevelHistogram"]

_CODES = 256
_SHORT_FRAMES = 4096
_STRIDE = 4


class LevelHistogram:
    """Counts of level codes in each bin.

    Parameters
    ----------
    bins
        Number of frequency bins.
    """

    def __init__(self, bins: int) -> None:
        self._counts = np.zeros((bins, _CODES), dtype=np.int64)
        self._frames = 0

    def add(self, codes: np.ndarray) -> None:
        """Count a block of codes, shape (frames, bins), uint8.

        Every frame of a short recording is counted, every fourth of what comes after the first 4,096 frames: a
        quantile needs no more, and counting must not cost as much as the transform.
        """
        self._frames += len(codes)
        seen = codes[:: _STRIDE if self._frames > _SHORT_FRAMES else 1]
        bins = len(self._counts)
        flat = seen + (np.arange(bins, dtype=np.int32) << 8)
        self._counts += np.bincount(flat.ravel(), minlength=bins * _CODES).reshape(bins, _CODES)

    def include(self, other: LevelHistogram) -> None:
        """Add the counts of another histogram."""
        self._counts += other._counts

    def quantile(self, share: float) -> np.ndarray:
        """Return the code that ``share`` of each bin's heard cells lie at or below, shape (bins,), uint8.

        A bin that was never heard gives 0.
        """
        heard = self._counts.copy()
        heard[:, NOT_HEARD] = 0
        cumulated = heard.cumsum(axis=1)
        reached = cumulated >= np.maximum(share * cumulated[:, -1:], 1)
        quantiles: np.ndarray = np.where(cumulated[:, -1] > 0, reached.argmax(axis=1), NOT_HEARD).astype(np.uint8)
        return quantiles
