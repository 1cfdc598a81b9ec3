"""Pictures of sounds that a network can draw, and the way back: logarithmic spectrograms from -1 to 1.

The recipe of SpecGAN (Donahue et al. 2019, arXiv:1802.04208, section 3.2), changed in two ways. Frames are 4 ms apart,
not 8: with windows that overlap by half, phase can hardly be found again (docs/voices.md has the figures). And levels
are scaled in a line from 80 dB below a full-scale sine to it, not by each bin's mean and spread: calls are short, so
most cells are silent, and three of such spreads would cut off the calls themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from antiphon.signal.phase import griffin_lim, transform

__all__ = ["LogSpectrogram"]

_HOP_S = 0.004
_HOPS_A_WINDOW = 4
_LOWEST_DB = -80.0
_SILENT_BELOW_DB = -68.0


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
        level_db = 20 * magnitude.clamp(min=10 ** (_LOWEST_DB / 20)).log10()
        return (1 - 2 * level_db / _LOWEST_DB).clamp(-1, 1).transpose(1, 2)

    def sounds(self, pictures: Tensor, seed: int) -> Tensor:
        """Return sounds that look like ``pictures``, shape (sound, samples); their lowest 12 dB are silent.

        A network that ends in a tanh cannot draw silence, it comes near. Clips that are shorter than a chunk have
        digital silence behind them, and every classifier hears a hiss of -79 dB in its place.

        Parameters
        ----------
        pictures
            Shape (sound, frame, bin), -1 to 1.
        seed
            Seed of the phases that the search begins with.
        """
        level_db = (1 - pictures.transpose(1, 2)) * (_LOWEST_DB / 2)
        magnitude = (level_db * (math.log(10) / 20)).exp() * (level_db > _SILENT_BELOW_DB) * (self.window / 4)
        top = torch.zeros_like(magnitude[:, :1])
        return griffin_lim(torch.cat([magnitude, top], dim=1), self.window, self.hop, self.samples, seed)
