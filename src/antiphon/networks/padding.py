"""Padding: a network that halves its input needs whole multiples, a recording has any number of frames."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

__all__ = ["padded"]


def padded(features: Tensor, multiple: int) -> Tensor:
    """Return features with zeros (cells that are not heard) behind the last frame and above the last bin.

    Parameters
    ----------
    features
        Shape (batch, channel, time, frequency).
    multiple
        What both lengths become a multiple of.
    """
    frames, bins = features.shape[-2:]
    behind, above = -frames % multiple, -bins % multiple
    return F.pad(features, (0, above, 0, behind)) if behind or above else features
