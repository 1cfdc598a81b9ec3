"""Occupancy without the bias of known errors.

A model that finds a share ``s`` of a source's cells and takes a share ``f`` of all others for its cells shows, where
the source has the share ``p`` of the cells, the apparent share ``q = p s + (1 - p) f``; so ``p = (q - f) / (s - f)``
(Rogan & Gladen 1978, *American Journal of Epidemiology* 107, 71-76), brought into 0 to 1. The apparent share counts all
cells and has no error of sampling; what is uncertain are ``s`` and ``f``. They differ from recordist to recordist and
from site to site, so an interval of their means says little of one hour at one site. What says it is how far the
estimate of each group of validation examples, with the rates of all other groups, lies from what is true of it: the
interval is as wide as holds 95 % of these (jackknife+ in its simple form: Barber, Candes, Ramdas & Tibshirani 2021,
*Annals of Statistics* 49, 486-507).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, inf

import numpy as np

from antiphon.stats.power import ratio

__all__ = ["Errors", "corrected"]

_OUTSIDE = 0.025
_LITTLE = 0.01
"""Errors are ratios of shares above it and differences of shares below it."""


@dataclass(frozen=True)
class Errors:
    """Error rates of one source, from validation.

    Attributes
    ----------
    sensitivity, false_share
        Share of the source's cells that are found, and of all other cells that are taken for it.
    log_low, log_high
        What 95 % of new groups lie between: the logarithm of what is true over what is estimated, 0.01 added to both.
        Infinite where there are too few groups to say.
    """

    sensitivity: float
    false_share: float
    log_low: float = -inf
    log_high: float = inf

    @classmethod
    def of_groups(cls, cells: np.ndarray) -> Errors:
        """Return the rates of groups of examples: hits, false alarms, misses and right silence, (groups, 4)."""
        sensitivity, false_share = _rates(cells.sum(axis=0))
        hits, false_alarms, misses, _ = cells.T
        whole = cells.sum(axis=1)
        others = _inverted(ratio(hits + false_alarms, whole), *_rates(cells.sum(axis=0) - cells))
        far = np.log((ratio(hits + misses, whole) + _LITTLE) / (others + _LITTLE))
        # A group that the others say nothing of may be any distance away.
        low, high = (np.sort(np.where(np.isnan(far), unknown, far)) for unknown in (-inf, inf))
        place = floor(_OUTSIDE * (len(cells) + 1))
        if not place:
            return cls(float(sensitivity), float(false_share))
        last = ceil((1 - _OUTSIDE) * (len(cells) + 1)) - 1
        return cls(float(sensitivity), float(false_share), min(0.0, float(low[place - 1])), max(0.0, float(high[last])))


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
    Estimate, low and high end, each (rows,); NaN where the share is, and where the model finds no more of the source
    than of anything else. The interval is 0 to 1 where errors are known of fewer than 39 groups.
    """
    estimate = _inverted(share, errors.sensitivity, errors.false_share)
    low, high = (
        np.clip((estimate + _LITTLE) * np.exp(far) - _LITTLE, 0.0, 1.0) for far in (errors.log_low, errors.log_high)
    )
    # So that the estimate itself is inside whatever the last digit of a sum is.
    return estimate, np.minimum(low, estimate), np.maximum(high, estimate)


def _inverted(share: np.ndarray, sensitivity: np.ndarray | float, false_share: np.ndarray | float) -> np.ndarray:
    """Return ``(q - f) / (s - f)`` in 0 to 1; NaN where ``s`` is not above ``f``."""
    gain = np.asarray(sensitivity) - false_share
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(gain > 0, (share - false_share) / gain, np.nan)
    clipped: np.ndarray = np.clip(share, 0.0, 1.0)
    return clipped
