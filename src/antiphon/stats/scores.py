"""Scores of separation: cells that are right, missed or false, and images that are near or far.

Everything here adds up over recordings and is finished at the end, so no score depends on how examples were cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

__all__ = [
    "Counts",
    "Histogram",
    "ImageError",
    "bootstrap_f1",
    "code_of_threshold",
    "mean_known",
    "threshold_of_code",
    "unpacked",
]

_SCALE = 254
_NOT_HEARD = 255
_EVEN_ODDS = 127
_IMAGE_CODES = 100


def unpacked(mask_bits: np.ndarray, sources: int) -> np.ndarray:
    """Return masks of sources from bits: shape (source, time, frequency), bool, from (time, frequency) uint8."""
    return np.stack([(mask_bits & np.uint8(1 << source)) != 0 for source in range(sources)])


def threshold_of_code(code: int) -> float:
    """Return the probability that lies between the codes ``code - 1`` and ``code``."""
    return round((int(code) - 0.5) / _SCALE, 4)


def code_of_threshold(threshold: float) -> int:
    """Return the least probability code that reaches a threshold, at least 1."""
    return max(1, ceil(threshold * _SCALE))


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


@dataclass(frozen=True)
class ImageError:
    """Squared distance between the separated spectrogram and the true one.

    The image of a source is its mask times the mixture: the level above the floor, 0 to 50 dB drawn as 0 to 1.

    Attributes
    ----------
    squared
        Sum of squared differences, shape (source,).
    cells
        Heard cells.
    """

    squared: np.ndarray
    cells: int

    @classmethod
    def of(cls, codes: np.ndarray, truth: np.ndarray, level: np.ndarray, floor: np.ndarray) -> ImageError:
        """Measure one recording.

        Parameters
        ----------
        codes
            Probability codes, shape (source, time, frequency), uint8; code / 254, 255 is not heard.
        truth
            Masks, same shape, bool.
        level
            Level codes of the mixture, shape (time, frequency), uint8.
        floor
            Code of each bin's floor, shape (frequency,), uint8.
        """
        heard = level > 0
        image = np.clip(level.astype(np.float32) - floor, 0, _IMAGE_CODES) / _IMAGE_CODES * heard
        differences = (codes / np.float32(_SCALE) - truth) * image
        return cls(np.square(differences, dtype=np.float64).sum(axis=(1, 2)), int(np.count_nonzero(heard)))

    def __add__(self, other: ImageError) -> ImageError:
        return ImageError(self.squared + other.squared, self.cells + other.cells)

    @property
    def mean(self) -> np.ndarray:
        """Mean squared error of each source, shape (source,)."""
        return self.squared / max(self.cells, 1)


def bootstrap_f1(counts: Counts, groups: Sequence[str], resamples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return 95 % intervals of the F1 of each source and of their mean, resampling whole groups (Efron 1979).

    Parameters
    ----------
    counts
        Counts of each example, shape (example, source).
    groups
        Group of each example; examples of a group are drawn together, since they are not independent.
    resamples
        Number of resamples.
    seed
        Seed of the draws.

    Returns
    -------
    Lower and upper ends, each shape (source + 1,); the last is the mean of the sources that have an F1. NaN where a
    source is never true nor found.
    """
    names, member = np.unique(list(groups), return_inverse=True)
    draws = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
    weight = draws[:, member]
    f1 = Counts(weight @ counts.hits, weight @ counts.false_alarms, weight @ counts.misses).f1
    f1 = np.column_stack([f1, mean_known(f1)])
    ends = [
        np.quantile(one[~np.isnan(one)], [0.025, 0.975]) if (~np.isnan(one)).any() else (np.nan, np.nan) for one in f1.T
    ]
    low, high = np.array(ends).T
    return low, high
