"""Differentiable augmentation of what a critic sees, for spectrograms.

Zhao et al. (2020, arXiv:2006.10738): a critic that has few pictures learns them by heart, unless truth and translation
are changed alike, and in both players' steps. Of their changes those are kept that leave a spectrogram one: a roll in
time, a gain, a hidden rectangle. No flip and no shift in frequency: there frequency is meaning.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["Change"]

_MOST_GAIN = 0.2
_CUTOUT = 0.3


class Change:
    """One random change for each picture of a batch; the same object changes all that belongs together alike.

    Parameters
    ----------
    like
        A batch of pictures, shape (batch, channel, time, frequency): gives sizes and device.
    """

    def __init__(self, like: Tensor) -> None:
        batch, _, frames, bins = like.shape
        self._rolls = torch.randint(frames, (batch,)).tolist()
        self._gains = (1 + (2 * torch.rand(batch, 1, 1, 1) - 1) * _MOST_GAIN).to(like)
        self._kept = torch.ones(batch, 1, frames, bins, device=like.device, dtype=like.dtype)
        for picture in range(batch):
            height, width = (int(float(torch.rand(())) * _CUTOUT * size) for size in (frames, bins))
            top, left = int(torch.randint(frames - height + 1, ())), int(torch.randint(bins - width + 1, ()))
            self._kept[picture, :, top : top + height, left : left + width] = 0

    def __call__(self, pictures: Tensor) -> Tensor:
        """Return changed pictures, shape (batch, channel, time, frequency)."""
        rolled = torch.stack([torch.roll(one, by, dims=1) for one, by in zip(pictures, self._rolls, strict=True)])
        return rolled * self._gains * self._kept
