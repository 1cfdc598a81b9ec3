"""WaveGAN: convolutions over samples, and a critic that cannot listen to where the kernels begin.

Donahue, McAuley and Puckette (2019, arXiv:1802.04208). Transposed convolutions leave a pitch of their own at every
stride, by which a critic would tell what is made; phase shuffle moves each layer's activations by up to two samples, a
random number for every sound, so that it must listen to something else.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from antiphon.networks.dcgan import KERNEL, SLOPE, STRIDE, Dcgan, samples_left, told, widths_of
from antiphon.networks.voice import VoiceCritic, start_small

__all__ = ["PhaseShuffle", "WaveganCritic", "wavegan"]

_FARTHEST = 2


def wavegan(samples: int, noise: int, classes: int, width: int) -> Dcgan:
    """Return the generator: that of DCGAN without batch normalisation."""
    return Dcgan(samples, noise, classes, width, normalised=False)


class PhaseShuffle(nn.Module):
    """Move every sound's activations by a random number of samples, mirrored at the ends; only in training.

    Parameters
    ----------
    farthest
        Most samples that they are moved by, to either side.
    """

    def __init__(self, farthest: int) -> None:
        super().__init__()
        self.farthest = farthest

    def forward(self, activations: Tensor) -> Tensor:
        """Return activations, shape (batch, channel, sample), moved."""
        if not self.training:
            return activations
        batch, channels, samples = activations.shape
        padded = F.pad(activations, (self.farthest, self.farthest), mode="reflect")
        first = torch.randint(0, 2 * self.farthest + 1, (batch, 1), device=activations.device)
        where = first + torch.arange(samples, device=activations.device)
        return padded.gather(2, where[:, None].expand(-1, channels, -1))


class WaveganCritic(VoiceCritic):
    """Critic.

    Parameters
    ----------
    samples
        Length of a sound.
    classes
        Classes that it is told; 0: none.
    width
        Channels of the first layer.
    """

    def __init__(self, samples: int, classes: int, width: int) -> None:
        super().__init__()
        widths = widths_of(samples, width)
        layers: list[nn.Module] = []
        for before, after in zip([1, *widths], widths, strict=False):
            layers += [nn.Conv1d(before, after, KERNEL, STRIDE, KERNEL // 2), nn.LeakyReLU(SLOPE)]
            layers += [PhaseShuffle(_FARTHEST)]
        self.layers = nn.Sequential(*layers[:-1])
        self.verdict = nn.Linear(widths[-1] * samples_left(samples, len(widths)), 1 + classes)
        self.apply(start_small)

    def forward(self, seen: Tensor, label: Tensor) -> Tensor:
        """Return the verdicts."""
        features = self.layers(seen[:, None]).flatten(1)
        return told(self.verdict(features), label)
