"""What a generator sees of a mixture: levels relative to what the place and the recording always sound like."""

from __future__ import annotations

import torch
from torch import Tensor

from antiphon.signal.levels import NOT_HEARD, SCALE_DB

__all__ = ["HIGHEST_DB", "LOWEST_DB", "UNIT_DB", "excess", "features", "separated_excess"]

LOWEST_DB, HIGHEST_DB = -10.0, 50.0
"""Levels above floor or background beyond these are cut, in dB."""
UNIT_DB = 20.0
"""Decibels that one unit of a feature stands for."""


def features(codes: Tensor, floor: Tensor, background: Tensor) -> Tensor:
    """Return the features of mixtures; gain cancels out of them.

    Parameters
    ----------
    codes
        Level codes, shape (batch, time, frequency), uint8; 0 is not heard.
    floor
        Code of each bin's floor over the deployment's day, shape (batch, frequency), uint8.
    background
        Code of each bin's median over the recording, shape (batch, frequency), uint8.

    Returns
    -------
    Shape (batch, 3, time, frequency), float32: level above the floor and above the background, in units of
    ``UNIT_DB`` and between ``LOWEST_DB`` and ``HIGHEST_DB``, both 0 where not heard; and 1 where heard, else 0.
    """
    level, heard = codes.float(), (codes != NOT_HEARD).float()
    above = [level - reference.float()[:, None] for reference in (floor, background)]
    cut = [(one * (SCALE_DB / UNIT_DB)).clamp(LOWEST_DB / UNIT_DB, HIGHEST_DB / UNIT_DB) * heard for one in above]
    return torch.stack([*cut, heard], dim=1)


def excess(seen: Tensor) -> Tensor:
    """Return how far cells stand out of the floor, in units of ``UNIT_DB``: the spectrogram that masks are laid on.

    Parameters
    ----------
    seen
        What :func:`features` returned.

    Returns
    -------
    Shape (batch, 1, time, frequency), at least 0.
    """
    return seen[:, :1].clamp(min=0)


def separated_excess(probability: Tensor, seen: Tensor, *, drawn: bool) -> Tensor:
    """Return the separated spectrograms, as :func:`excess` shows the mixture.

    Parameters
    ----------
    probability
        What a generator found, 0 to 1, shape (batch, source, time, frequency).
    seen
        What :func:`features` returned.
    drawn
        Whether that is the spectrogram itself, drawn from 0 to 1, or a mask; see ``Generator.draws``.
    """
    return probability * (HIGHEST_DB / UNIT_DB) if drawn else probability * excess(seen)
