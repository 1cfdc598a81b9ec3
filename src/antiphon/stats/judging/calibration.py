"""Probabilities that mean what they say: of the cells given 0.7, seven in ten are true.

Scores are brought to it by a straight line over their log-odds, one for each source (Platt 1999; with the shift held
at 0 it is the temperature of Guo et al. 2017, arXiv:1706.04599). The shift is needed, because losses that weigh rare
cells more make all of them look likelier. A line keeps the order of the cells, so it changes no F1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from antiphon.stats.judging.scores import Histogram

__all__ = ["Calibration", "calibration_error", "fitted", "reliability"]

_SCALE = 254
_LEAST = 0.25 / _SCALE
_ROUNDS = 50
_CLOSE = 1e-7
_STEEPEST, _FLATTEST = 10.0, 0.1


@dataclass(frozen=True)
class Calibration:
    """A line over log-odds.

    Attributes
    ----------
    slope
        What they are multiplied by; the temperature is its inverse.
    shift
        What is then added.
    """

    slope: float = 1.0
    shift: float = 0.0

    @property
    def temperature(self) -> float:
        """What log-odds are divided by."""
        return 1 / self.slope


def fitted(histogram: Histogram) -> list[Calibration]:
    """Return the line of each source under which the truth of the counted cells is likeliest.

    A source that is true nowhere, or everywhere, keeps its log-odds. Newton's method; slopes stay within 0.1 to 10.

    Parameters
    ----------
    histogram
        Cells by code of probability.
    """
    log_odds = _log_odds()
    return [_line(log_odds, true, false) for true, false in zip(histogram.sounding, histogram.silent, strict=True)]


def _log_odds() -> np.ndarray:
    """Return the log-odds that each code stands for, shape (255,); the ends stand for what rounds to them."""
    probability = np.clip(np.arange(_SCALE + 1) / _SCALE, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(probability / (1 - probability)))


def _line(log_odds: np.ndarray, true: np.ndarray, false: np.ndarray) -> Calibration:
    cells = (true + false) / max(int((true + false).sum()), 1)
    share = true / max(int((true + false).sum()), 1)
    if not true.any() or not false.any():
        return Calibration()
    seen = np.stack([log_odds, np.ones_like(log_odds)])
    line = np.array([1.0, 0.0])
    for _ in range(_ROUNDS):
        probability = 1 / (1 + np.exp(-line @ seen))
        slope = seen @ (cells * probability - share)
        curvature = (seen * cells * probability * (1 - probability)) @ seen.T + 1e-12 * np.eye(2)
        step = np.linalg.solve(curvature, slope)
        line -= step / max(1.0, float(np.abs(step).max()))
        line[0] = np.clip(line[0], _FLATTEST, _STEEPEST)
        if np.abs(step).max() < _CLOSE:
            break
    return Calibration(float(line[0]), float(line[1]))


def reliability(histogram: Histogram, classes: int = 10) -> np.ndarray:
    """Return what was predicted and what was observed, by classes of probability of equal width.

    Parameters
    ----------
    histogram
        Cells by code of probability.
    classes
        Number of classes.

    Returns
    -------
    Mean probability, share of true cells, and number of cells, shape (source, class, 3); NaN where a class is empty.
    """
    probability = np.arange(_SCALE + 1) / _SCALE
    place = np.minimum((probability * classes).astype(int), classes - 1)
    counted = [
        [np.bincount(place, weights=values, minlength=classes) for values in (cells * probability, true, cells)]
        for true, cells in zip(histogram.sounding, histogram.sounding + histogram.silent, strict=True)
    ]
    predicted, observed, cells = np.moveaxis(np.array(counted), 1, 0)
    shares = np.full((2, *cells.shape), np.nan)
    np.divide(np.stack([predicted, observed]), cells, out=shares, where=cells > 0)
    return np.stack([*shares, cells], axis=-1)


def calibration_error(histogram: Histogram, classes: int = 10) -> np.ndarray:
    """Return the mean distance of predicted and observed shares over the cells of at least 0.05, shape (source,).

    The expected calibration error (Naeini et al. 2015) without the sea of cells in which surely nothing sounds, which
    would make any model look calibrated; NaN where no cell is that likely.
    """
    likely = np.arange(_SCALE + 1) >= 0.05 * _SCALE
    table = reliability(Histogram(histogram.sounding * likely, histogram.silent * likely), classes)
    distance = np.nan_to_num(np.abs(table[..., 0] - table[..., 1])) * table[..., 2]
    cells = table[..., 2].sum(axis=1)
    error = np.full(len(cells), np.nan)
    np.divide(distance.sum(axis=1), cells, out=error, where=cells > 0)
    return error
