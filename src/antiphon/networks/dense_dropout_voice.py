"""Dense voices with dropout: the other fully connected GAN for sound.

Noise of 512 through 512, 1024 and 1024 to 64,000 samples (here: to as many as a chunk has), rectifiers; the critic goes
through 1024, 512 and 256 to one verdict and forgets a part of what it sees in each round (Srivastava et al. 2014, JMLR
15). It learns from real and generated sounds together and is then held still while the generator learns from fresh
noise. How the last layer ends and how much is dropped was not published: tanh and 0.3 here.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from antiphon.networks.voice import VoiceCritic, VoiceGenerator

__all__ = ["DenseDropoutCritic", "DenseDropoutVoice"]

_WIDTHS, _CRITIC_WIDTHS = (512, 1024, 1024), (1024, 512, 256)
_DROPOUT = 0.3


class DenseDropoutVoice(VoiceGenerator):
    """Generator; parameters as of :class:`VoiceGenerator`, and the length of a sound in samples."""

    def __init__(self, samples: int, noise: int, classes: int) -> None:
        super().__init__(noise, classes)
        widths = (noise + classes, *_WIDTHS)
        hidden = [layer for before, width in zip(widths, _WIDTHS, strict=False) for layer in _rectified(before, width)]
        self.layers = nn.Sequential(*hidden, nn.Linear(_WIDTHS[-1], samples), nn.Tanh())

    def forward(self, noise: Tensor, label: Tensor) -> Tensor:
        """Return sounds, shape (batch, samples)."""
        sounds: Tensor = self.layers(torch.cat([noise, label], dim=1))
        return sounds


class DenseDropoutCritic(VoiceCritic):
    """Critic of sounds of a fixed length."""

    def __init__(self, samples: int, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = samples + classes
        for width in _CRITIC_WIDTHS:
            layers += [*_rectified(before, width), nn.Dropout(_DROPOUT)]
            before = width
        self.layers = nn.Sequential(*layers, nn.Linear(before, 1))

    def forward(self, seen: Tensor, label: Tensor) -> Tensor:
        """Return the verdicts."""
        verdicts: Tensor = self.layers(torch.cat([seen, label], dim=1))
        return verdicts[:, 0]


def _rectified(before: int, width: int) -> list[nn.Module]:
    return [nn.Linear(before, width), nn.ReLU()]
