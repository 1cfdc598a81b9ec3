"""Pictures of sounds that a network can draw, and the way back: logarithmic spectrograms from -1 to 1.

The recipe of SpecGAN (Donahue et al. 2019, arXiv:1802.04208, section 3.2), changed in three ways; docs/voices.md has
the figures.

- Frames are 4 ms apart, not 8: with windows that overlap by half, phase can hardly be found again.
- Levels are scaled in a line, not by each bin's mean and spread: calls are short, so most cells are quiet, and three of
  such spreads would cut off the calls themselves. The line begins 110 dB below a full-scale sine, below the dither of
  16 bits, for classifiers of logarithmic spectra hear that too.
- Digital silence (behind a clip that is shorter than its chunk, or where somebody cut a call out) is -1, and what is
  heard begins at -0.7: a network that ends in a tanh cannot draw -1, but it can draw less than -0.85.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from antiphon.signal.phase import griffin_lim, transform

__all__ = ["LogSpectrogram"]

_HOP_S = 0.004
_HOPS_A_WINDOW = 4
_LOWEST_DB, _SILENT_DB = -110.0, -130.0
_QUIETEST = -0.7
_AUDIBLE_ABOVE = (_QUIETEST - 1) / 2
_DB_A_UNIT = -_LOWEST_DB / (1 - _QUIETEST)
_AUDIBLE_SHARE = 0.1
_DEEPEST_DB = -30.0
# The power of a cell of white noise is exponentially distributed: the mean of its logarithm is minus Euler's constant.
_MEAN_OF_HISS_DB = -10 * np.euler_gamma / math.log(10)


@dataclass(frozen=True)
class LogSpectrogram:
    """The picture of a sound of fixed length.

    Attributes
    ----------
    samples
        Length of a sound.
    rate_hz
        Its sample rate.
    """

    samples: int
    rate_hz: int

    @property
    def hop(self) -> int:
        """Samples from frame to frame: 4 ms."""
        return round(self.rate_hz * _HOP_S)

    @property
    def window(self) -> int:
        """Samples of a window: 16 ms."""
        return self.hop * _HOPS_A_WINDOW

    @property
    def frames(self) -> int:
        """Frames of a picture."""
        return self.samples // self.hop + 1

    @property
    def bins(self) -> int:
        """Bins of a picture, from 0 Hz up; the one at half the rate is left out."""
        return self.window // 2

    def drawn(self, sounds: Tensor) -> Tensor:
        """Return pictures, shape (sound, frame, bin), -1 to 1.

        Parameters
        ----------
        sounds
            Shape (sound, samples), full scale 1.0.
        """
        magnitude = transform(sounds, self.window, self.hop)[:, :-1].abs() * (4 / self.window)
        level_db = 20 * magnitude.clamp(min=10 ** (_SILENT_DB / 20)).log10()
        pictures = (1 + level_db.clamp(min=_LOWEST_DB) / _DB_A_UNIT).clamp(max=1)
        return torch.where(level_db > _SILENT_DB, pictures, -1.0).transpose(1, 2)

    def sounds(self, pictures: Tensor, seed: int) -> Tensor:
        """Return sounds that look like ``pictures``, shape (sound, samples).

        Where hardly a bin of a frame is heard, all samples of its window are digitally silent.

        Parameters
        ----------
        pictures
            Shape (sound, frame, bin), -1 to 1.
        seed
            Seed of the phases that the search begins with.
        """
        level_db = ((pictures - 1) * _DB_A_UNIT).clamp(min=_LOWEST_DB)
        magnitude = (level_db * (math.log(10) / 20)).exp() * self.audible(pictures) * (self.window / 4)
        sounds = griffin_lim(F.pad(magnitude, (0, 1)).transpose(1, 2), self.window, self.hop, self.samples, seed)
        silent = (self.audible(pictures).mean(2, keepdim=True) <= _AUDIBLE_SHARE).to(sounds.dtype).transpose(1, 2)
        covered = F.conv_transpose1d(silent, silent.new_ones(1, 1, self.window), stride=self.hop)[:, 0]
        return sounds * (covered[:, self.window // 2 :][:, : self.samples] == 0)

    def hiss(self, count: int, device: torch.device) -> Tensor:
        """Return how far cells of white noise lie from their mean, in units of a picture, shape (sound, frame, bin).

        Neighbours hang together as windows overlap, and some cells are far below the mean, none far above it.
        """
        noise = torch.randn(count, self.samples + self.window, device=device)
        power = transform(noise, self.window, self.hop)[:, :-1].abs().square() / (3 / 8 * self.window)
        level_db = 10 * power.clamp(min=10 ** (_DEEPEST_DB / 10)).log10() - _MEAN_OF_HISS_DB
        first = _HOPS_A_WINDOW // 2  # frames of whole windows
        return level_db[:, :, first : first + self.frames].transpose(1, 2) / _DB_A_UNIT

    def audible(self, pictures: Tensor) -> Tensor:
        """Return 1 where :meth:`sounds` makes something to be heard and 0 in digital silence, shape as of pictures."""
        return (pictures > _AUDIBLE_ABOVE).to(pictures.dtype)
