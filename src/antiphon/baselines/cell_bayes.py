"""Who a cell belongs to, by how loud it is and at what frequency: naive Bayes for methods that know no classes.

Noise reduction says how far a cell stands out, not whose it is. What its output and the frequency of the cell say
about each source is counted on the training examples; the two are taken for independent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

__all__ = ["CellBayes", "View"]

View = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Views (view, time, frequency) uint8, truth and cells that count, both (source, time, frequency) bool."""

_NOT_HEARD = 255
_CODES = 255
_SMOOTHED_CODES, _SMOOTHED_BINS = 5, 9
_PSEUDO_COUNT = 1.0
_LOWEST, _HIGHEST = -10.0, 10.0
_HIGHEST_CODE = 254


@dataclass(frozen=True)
class CellBayes:
    """Log-odds of each source by the codes of views and by frequency; made by :meth:`learned`.

    Attributes
    ----------
    by_bin
        Log-odds that the source owns a cell of the bin, shape (source, frequency), float32.
    by_code
        Log of how much likelier a code is where the source sounds than where it does not, shape (source, view, 255).
    """

    by_bin: np.ndarray
    by_code: np.ndarray

    @classmethod
    def learned(cls, examples: Iterable[View]) -> CellBayes:
        """Count training examples.

        Parameters
        ----------
        examples
            Views of each example (score codes 0..254, 255 where not heard), its truth and the cells that count.
        """
        bins = codes = None
        for views, truth, known in examples:
            apart = np.stack([truth & known, ~truth & known])
            in_bins = apart.sum(axis=2, dtype=np.float64)
            in_codes = np.array([[[_counted(view, one) for view in views] for one in side] for side in apart])
            bins, codes = (in_bins, in_codes) if bins is None else (bins + in_bins, codes + in_codes)
        if bins is None or codes is None:
            raise ValueError("there are no examples to learn from")
        bins = ndimage.uniform_filter1d(bins, _SMOOTHED_BINS, axis=-1, mode="nearest") + _PSEUDO_COUNT
        codes = ndimage.uniform_filter1d(codes, _SMOOTHED_CODES, axis=-1, mode="nearest") + _PSEUDO_COUNT
        codes /= codes.sum(axis=-1, keepdims=True)
        return cls(np.log(bins[0] / bins[1]).astype(np.float32), np.log(codes[0] / codes[1]).astype(np.float32))

    def codes(self, views: np.ndarray) -> np.ndarray:
        """Return score codes of each source.

        Parameters
        ----------
        views
            Shape (view, time, frequency), uint8.

        Returns
        -------
        Shape (source, time, frequency), uint8: log-odds from -10 to 10 as 0..254, 255 where not heard.
        """
        clipped = np.minimum(views, _CODES - 1)
        found = []
        for by_bin, by_code in zip(self.by_bin, self.by_code, strict=True):
            odds = by_bin + sum(table[view] for table, view in zip(by_code, clipped, strict=True))
            found.append((np.clip(odds, _LOWEST, _HIGHEST) - _LOWEST) / (_HIGHEST - _LOWEST) * _HIGHEST_CODE)
        scores = np.rint(np.stack(found)).astype(np.uint8)
        return np.where(views[0] == _NOT_HEARD, np.uint8(_NOT_HEARD), scores)


def _counted(view: np.ndarray, cells: np.ndarray) -> np.ndarray:
    return np.bincount(view[cells], minlength=_CODES + 1)[:_CODES].astype(np.float64)
