"""Power in whole units, so that sums are exact and no order of adding changes them.

A code's power is rounded to whole units of ``2 ** -46`` of a full-scale sine's. A sum is held in two int64 parts,
``high * 2 ** 32 + low``, whose low part holds 2 ** 31 addends before it could overflow: centuries of sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

__all__ = ["UNIT", "PowerTable", "decibels", "joined", "ratio", "split"]

UNIT = 2.0**-46
_LOW_BITS = 32
_LOW_MASK = (1 << _LOW_BITS) - 1


def split(units: np.ndarray) -> np.ndarray:
    """Return whole units (...,) int64 as their two parts, shape (..., 2)."""
    return np.stack([units >> _LOW_BITS, units & _LOW_MASK], axis=-1)


def joined(power: np.ndarray) -> np.ndarray:
    """Return sums in two parts, shape (..., 2), as float64 units, shape (...,), rounded once."""
    high: np.ndarray = power[..., 0].astype(np.float64)
    both: np.ndarray = high * 2.0**_LOW_BITS + power[..., 1]
    return both


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return ``part / whole``, float64; NaN where ``whole`` is 0."""
    result = np.full(part.shape, np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result


def decibels(power_ratio: np.ndarray) -> np.ndarray:
    """Return ``10 log10`` of a ratio of powers; NaN where it is 0 or NaN."""
    level_db: np.ndarray = 10.0 * np.log10(np.where(power_ratio > 0, power_ratio, np.nan))
    return level_db


@dataclass(frozen=True)
class PowerTable:
    """The power of every level code.

    Attributes
    ----------
    power
        Power of each code, a full-scale sine is 1; 0 for the code that means not heard. Shape (256,), float64.
    """

    power: np.ndarray

    @cached_property
    def units(self) -> np.ndarray:
        """Power of each code in whole units, shape (256,), int64."""
        return np.rint(self.power / UNIT).astype(np.int64)
