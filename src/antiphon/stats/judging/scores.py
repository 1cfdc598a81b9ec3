"""Counts of cells that are right, missed or false, at one threshold and at all of them.

Everything here adds up over recordings and is finished at the end, so no score depends on how examples were cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

__all__ = [
    "Counts",
    "Histogram",
    "code_of_threshold",
    "codes_of_thresholds",
    "mean_known",
    "threshold_of_code",
    "unpacked",
]

_SCALE = 254
_NOT_HEARD = 255
_EVEN_ODDS = 127


def unpacked(mask_bits: np.ndarray, sources: int) -> np.ndarray:
    """Return masks of sources from bits: shape (source, time, frequency), bool, from (time, frequency) uint8."""
    return np.stack([(mask_bits & np.uint8(1 << source)) != 0 for source in range(sources)])


def threshold_of_code(code: int) -> float:
    """Return the probability that lies between the codes ``code - 1`` and ``code``."""
    return round((int(code) - 0.5) / _SCALE, 4)


def code_of_threshold(threshold: float) -> int:
    """Return the least probability code that reaches a threshold, at least 1."""
    return max(1, ceil(threshold * _SCALE))


def codes_of_thresholds(thresholds: Mapping[str, float], sources: Iterable[str]) -> tuple[int, ...]:
    """Return the least probability code of each source that reaches its threshold, in the order of ``sources``."""
    return tuple(code_of_threshold(thresholds[source]) for source in sources)


def mean_known(values: np.ndarray) -> np.ndarray:
    """Return the mean over the last axis of the values that are not NaN; NaN where all are."""
    known = ~np.isnan(values)
    return _ratio(np.where(known, values, 0.0).sum(-1), known.sum(-1))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Divide; NaN where nothing is divided by nothing."""
    ratio = np.full(whole.shape, np.nan)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio


@dataclass(frozen=True)
class Counts:
    """Heard cells by what was found and what was true; all arrays (..., source), int64.

    Attributes
    ----------
    hits
        Found and true.
    false_alarms
        Found, not true.
    misses
        True, not found.
    """

    hits: np.ndarray
    false_alarms: np.ndarray
    misses: np.ndarray

    @classmethod
    def of(cls, found: np.ndarray, truth: np.ndarray, heard: np.ndarray) -> Counts:
        """Count one recording.

        Parameters
        ----------
        found, truth
            Masks, shape (source, time, frequency), bool.
        heard
            Cells that count, shape (time, frequency), bool.
        """
        found, truth = found & heard, truth & heard
        hits = np.count_nonzero(found & truth, axis=(1, 2))
        return cls(hits, np.count_nonzero(found, axis=(1, 2)) - hits, np.count_nonzero(truth, axis=(1, 2)) - hits)

    @classmethod
    def stacked(cls, many: Sequence[Counts]) -> Counts:
        """Return the counts of several recordings in one object, shape (recording, source)."""
        return cls(*(np.stack([getattr(one, name) for one in many]) for name in ("hits", "false_alarms", "misses")))

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.hits + other.hits, self.false_alarms + other.false_alarms, self.misses + other.misses)

    def total(self) -> Counts:
        """Return the sum over the first axis."""
        return Counts(self.hits.sum(0), self.false_alarms.sum(0), self.misses.sum(0))

    @property
    def precision(self) -> np.ndarray:
        """Share of the found cells that are true; NaN where none was found."""
        return _ratio(self.hits, self.hits + self.false_alarms)

    @property
    def recall(self) -> np.ndarray:
        """Share of the true cells that were found; NaN where none is true."""
        return _ratio(self.hits, self.hits + self.misses)

    @property
    def f1(self) -> np.ndarray:
        """Harmonic mean of precision and recall (Dice); NaN where nothing is true and nothing was found."""
        return _ratio(2 * self.hits, 2 * self.hits + self.false_alarms + self.misses)

    @property
    def iou(self) -> np.ndarray:
        """Intersection over union (Jaccard); NaN where nothing is true and nothing was found."""
        return _ratio(self.hits, self.hits + self.false_alarms + self.misses)


@dataclass(frozen=True)
class Histogram:
    """Heard cells by score code, apart for cells where the source sounds and where it does not.

    One pass over the data serves every threshold.

    Attributes
    ----------
    sounding, silent
        Number of cells, shape (source, 255), int64.
    """

    sounding: np.ndarray
    silent: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray, truth: np.ndarray) -> Histogram:
        """Count one recording.

        Parameters
        ----------
        codes
            Scores, the higher the likelier, shape (source, time, frequency), uint8 0..254; 255 does not count.
        truth
            Masks, same shape, bool.
        """
        joint = codes.astype(np.int64) + 256 * truth
        counts = np.array([np.bincount(one.ravel(), minlength=512) for one in joint]).reshape(-1, 2, 256)
        return cls(sounding=counts[:, 1, :_NOT_HEARD], silent=counts[:, 0, :_NOT_HEARD])

    def __add__(self, other: Histogram) -> Histogram:
        return Histogram(self.sounding + other.sounding, self.silent + other.silent)

    def counts(self) -> Counts:
        """Return the counts at every threshold code: cells at or above it are found; shape (255, source)."""
        hits = self.sounding[:, ::-1].cumsum(axis=1)[:, ::-1].T
        false_alarms = self.silent[:, ::-1].cumsum(axis=1)[:, ::-1].T
        return Counts(hits, false_alarms, self.sounding.sum(axis=1) - hits)

    def best_codes(self) -> np.ndarray:
        """Return the code, at least 1, from which cells count for the best F1 of each source, shape (source,).

        A source that is never true has no best; it gets even odds.
        """
        best = 1 + np.nan_to_num(self.counts().f1[1:]).argmax(axis=0)
        return np.where(self.sounding.any(axis=1), best, _EVEN_ODDS)

    def best_common_code(self) -> int:
        """Return the code, at least 1, from which cells count for the best mean F1 of all sources."""
        return int(1 + np.nan_to_num(self.counts().f1[1:]).mean(axis=1).argmax())

    def f1_at(self, codes: np.ndarray) -> np.ndarray:
        """Return the F1 of each source if cells count from its code in ``codes`` on, shape (source,)."""
        return np.asarray(self.counts().f1[codes, np.arange(len(codes))])
