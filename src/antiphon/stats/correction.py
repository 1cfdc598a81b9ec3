"""Occupancy without the bias of known errors.

A model that finds a share ``s`` of a source's cells and takes a share ``f`` of all others for its cells shows, where
the source has the share ``p`` of the cells, the apparent share ``q = p s + (1 - p) f``; so ``p = (q - f) / (s - f)``
(Rogan & Gladen 1978, *American Journal of Epidemiology* 107, 71-76), brought into 0 to 1. The apparent share counts all
cells and has no error of sampling; what is uncertain are ``s`` and ``f``. They differ from recordist to recordist and
from site to site, so whole groups of validation examples are resampled (bootstrap: Efron & Tibshirani 1993; for why
both rates must be, Lang & Reiczigel 2014, *Preventive Veterinary Medicine* 113, 13-22).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from antiphon.stats.power import ratio

__all__ = ["Errors", "corrected"]

_RESAMPLES = 400
_SEED = 1
_TAILS = (0.025, 0.975)


@dataclass(frozen=True)
class Errors:
    """Error rates of one source, from validation.

    Attributes
    ----------
    sensitivity, false_share
        Share of the source's cells that are found, and of all other cells that are taken for it.
    resampled
        Both, of resampled groups, shape (2, resamples); no resample where there are fewer than two groups.
    """

    sensitivity: float
    false_share: float
    resampled: np.ndarray

    @classmethod
    def of_groups(cls, cells: np.ndarray) -> Errors:
        """Return the rates of groups of examples: hits, false alarms, misses and right silence, (groups, 4)."""
        groups = len(cells)
        drawn = np.random.default_rng(_SEED).integers(0, groups, (_RESAMPLES if groups > 1 else 0, groups))
        sensitivity, false_share = _rates(cells.sum(axis=0))
        return cls(float(sensitivity), float(false_share), np.array(_rates(cells[drawn].sum(axis=1))))


def _rates(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    hits, false_alarms, misses, silent = np.moveaxis(np.asarray(cells), -1, 0)
    return ratio(hits, hits + misses), ratio(false_alarms, false_alarms + silent)


def corrected(share: np.ndarray, errors: Errors) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the true share that an apparent one speaks for, and the ends of its 95 % interval.

    Parameters
    ----------
    share
        Apparent shares, shape (rows,); NaN where nothing was analysed.
    errors
        Error rates of the source.

    Returns
    -------
    Estimate, low and high end, each (rows,); NaN where the share is, where the model finds no more of the source than
    of anything else, and the ends also where errors are known of one group only.
    """
    estimate = _inverted(share, errors.sensitivity, errors.false_share)
    if not errors.resampled.shape[1]:
        return estimate, np.full(share.shape, np.nan), np.full(share.shape, np.nan)
    every = _inverted(share[:, None], *errors.resampled)
    # Resamples in which the model finds nothing say nothing of the share: it may be anything.
    lost = np.isnan(every) & ~np.isnan(share)[:, None]
    low = np.quantile(np.where(lost, 0.0, every), _TAILS[0], axis=1)
    high = np.quantile(np.where(lost, 1.0, every), _TAILS[1], axis=1)
    known = ~np.isnan(estimate)
    return estimate, np.where(known, low, np.nan), np.where(known, high, np.nan)


def _inverted(share: np.ndarray, sensitivity: np.ndarray | float, false_share: np.ndarray | float) -> np.ndarray:
    """Return ``(q - f) / (s - f)`` in 0 to 1; NaN where ``s`` is not above ``f``."""
    gain = np.asarray(sensitivity) - false_share
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(gain > 0, (share - false_share) / gain, np.nan)
    clipped: np.ndarray = np.clip(share, 0.0, 1.0)
    return clipped
