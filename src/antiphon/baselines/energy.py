"""Energy threshold: whatever stands out of the background belongs to every source.

The simplest separator there is, and the one that any network must beat.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from antiphon.networks.generator import Generator
from antiphon.signal.levels import NOT_HEARD

__all__ = ["EnergyThreshold", "excess_codes"]

_LOG_ODDS_PER_DB = 4.0
_EXCESS_CHANNEL = 1


class EnergyThreshold(Generator):
    """One threshold above the background for all sources.

    Parameters
    ----------
    sources
        Number of sources; all get the same mask.
    unit_db
        Decibels that the feature channels are divided by.
    threshold_db
        Level above the background at which the odds are even, in dB.
    """

    threshold_db: Tensor

    def __init__(self, sources: int, *, unit_db: float, threshold_db: float = 0.0) -> None:
        super().__init__(multiple=1)
        self._sources = sources
        self._unit_db = unit_db
        self.register_buffer("threshold_db", torch.tensor(threshold_db))

    def forward(self, features: Tensor) -> Tensor:
        """Return log-odds that grow with the level above the background; see :meth:`Generator.forward`."""
        excess_db = features[:, _EXCESS_CHANNEL : _EXCESS_CHANNEL + 1] * self._unit_db
        return ((excess_db - self.threshold_db) * _LOG_ODDS_PER_DB).expand(-1, self._sources, -1, -1)


def excess_codes(codes: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return how many codes (half decibels) cells lie above their background: 0..254, 255 where not heard.

    These are scores of one byte, like the probability codes of a network, and thresholds are chosen on them alike.

    Parameters
    ----------
    codes
        Level codes, shape (time, frequency), uint8.
    background
        Code of the background of each bin, shape (frequency,), uint8.

    Returns
    -------
    Shape (time, frequency), uint8.
    """
    excess = np.clip(codes.astype(np.int16) - background, 0, 254)
    return np.where(codes == NOT_HEARD, 255, excess).astype(np.uint8)
