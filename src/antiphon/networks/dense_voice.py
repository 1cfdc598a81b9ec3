"""Dense voices: a fully connected generator of waveforms and its critic.

The Bird Sound Generator's: noise of 500 through 256, 512 and 1024 to the samples, leaky rectifiers, tanh; its critic
goes through 1024, 512 and 1024 to one verdict. The idea is that of the first GAN (Goodfellow et al. 2014,
arXiv:1406.2661). Every sample of a sound has weights of its own, so it can draw only what it saw where it saw it: a
baseline, not a model of sound.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from antiphon.networks.voice import VoiceCritic, VoiceGenerator

__all__ = ["DenseCritic", "DenseVoice"]

_WIDTHS, _CRITIC_WIDTHS = (256, 512, 1024), (1024, 512, 1024)
_SLOPE = 0.2


class DenseVoice(VoiceGenerator):
    """Generator; parameters as of :class:`VoiceGenerator`, and the length of a sound in samples."""

    def __init__(self, samples: int, noise: int, classes: int) -> None:
        super().__init__(noise, classes)
        layers: list[nn.Module] = []
        before = noise + classes
        for width in _WIDTHS:
            layers += [nn.Linear(before, width), nn.LeakyReLU(_SLOPE)]
            before = width
        self.layers = nn.Sequential(*layers, nn.Linear(before, samples), nn.Tanh())

    def forward(self, noise: Tensor, label: Tensor) -> Tensor:
        """Return sounds, shape (batch, samples)."""
        sounds: Tensor = self.layers(torch.cat([noise, label], dim=1))
        return sounds


class DenseCritic(VoiceCritic):
    """Critic of sounds of a fixed length."""

    def __init__(self, samples: int, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = samples + classes
        for width in _CRITIC_WIDTHS:
            layers += [nn.Linear(before, width), nn.LeakyReLU(_SLOPE)]
            before = width
        self.layers = nn.Sequential(*layers, nn.Linear(before, 1))

    def forward(self, seen: Tensor, label: Tensor) -> Tensor:
        """Return the verdicts."""
        verdicts: Tensor = self.layers(torch.cat([seen, label], dim=1))
        return verdicts[:, 0]
