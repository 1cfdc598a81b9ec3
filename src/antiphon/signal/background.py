"""What a place always sounds like: quantiles of the level of each bin, from counts that add up."""

from __future__ import annotations

import numpy as np

from antiphon.signal.levels import NOT_HEARD

__all__ = ["LevelHistogram"]

_CODES = 256
_SHORT_FRAMES = 4096
_STRIDE = 8
_COUNTED_AT_ONCE = 1024


class LevelHistogram:
    """Counts of level codes in each bin of one recording, or of several that are included.

    Every frame of a recording of at most 4,096 frames counts, and every eighth frame of a longer one, which then
    stands for eight: a quantile needs no more, and counting must not cost as much as the transform. How the frames are
    cut into blocks changes nothing.

    Parameters
    ----------
    bins
        Number of frequency bins.
    """

    def __init__(self, bins: int) -> None:
        self._counts = np.zeros((bins, _CODES), dtype=np.int64)
        self._frames = 0
        self._waiting = np.empty((0, bins), dtype=np.uint8)

    def add(self, codes: np.ndarray) -> None:
        """Take in the next frames of the recording, codes of shape (frames, bins), uint8."""
        first, was_short = self._frames, self._is_short
        self._frames += len(codes)
        if not self._is_short:
            codes = codes[-first % _STRIDE :: _STRIDE]
            if was_short:
                self._waiting = self._waiting[::_STRIDE]
        self._waiting = np.concatenate((self._waiting, codes))
        if not self._is_short and len(self._waiting) >= _COUNTED_AT_ONCE:
            self._count()

    @property
    def _is_short(self) -> bool:
        return self._frames <= _SHORT_FRAMES

    def include(self, other: LevelHistogram) -> None:
        """Add the counts of another histogram."""
        other._count()
        self._counts += other._counts

    def _count(self) -> None:
        """Count what waits; many frames at a time, because each count goes through a table of bins times codes."""
        bins, weight = len(self._counts), 1 if self._is_short else _STRIDE
        cells = self._waiting + np.arange(bins, dtype=np.intp) * _CODES
        self._counts += weight * np.bincount(cells.ravel(), minlength=bins * _CODES).reshape(bins, _CODES)
        self._waiting = self._waiting[:0]

    def quantile(self, share: float) -> np.ndarray:
        """Return the code that ``share`` of each bin's heard cells lie at or below, shape (bins,), uint8.

        A bin that was never heard gives 0.
        """
        self._count()
        heard = self._counts.copy()
        heard[:, NOT_HEARD] = 0
        cumulated = heard.cumsum(axis=1)
        reached = cumulated >= np.maximum(share * cumulated[:, -1:], 1)
        quantiles: np.ndarray = np.where(cumulated[:, -1] > 0, reached.argmax(axis=1), NOT_HEARD).astype(np.uint8)
        return quantiles
