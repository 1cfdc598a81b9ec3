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
    return power[..., 0].astype(np.float64) * 2.0**_LOW_BITS + power[..., 1]


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return ``part / whole``, float64; NaN where ``whole`` is 0."""
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=np.asarray(whole) > 0)


def decibels(power_ratio: np.ndarray) -> np.ndarray:
    """Return ``10 log10`` of a ratio of powers; NaN where it is 0 or NaN."""
    return 10.0 * np.log10(np.where(power_ratio > 0, power_ratio, np.nan))


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

    @cached_property
    def _pairs(self) -> np.ndarray:
        """Power of two codes together, indexed by both bytes as one number, shape (65536,), int64."""
        both = np.arange(65536, dtype=np.uint32)
        return self.units[both >> 8] + self.units[both & 255]

    def of_columns(self, codes: np.ndarray, paired: bool) -> np.ndarray:
        """Return the power of each bin, or of each two neighbouring bins, summed over the frames.

        Parameters
        ----------
        codes
            Level codes, C-contiguous, shape (frames, bins), uint8; at most 4096 frames, so that no sum overflows.
        paired
            Whether two neighbouring bins are added: half the look-ups, which are what counting power costs.

        Returns
        -------
        Whole units, shape (bins,) or (bins / 2,), int64.
        """
        if paired:
            return self._pairs.take(codes.view(np.uint16), mode="clip").sum(axis=0)
        return self.units.take(codes, mode="clip").sum(axis=0)
