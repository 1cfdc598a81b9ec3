"""A GAN that draws logarithmic spectrograms; their phase is found afterwards.

SpecGAN's idea (Donahue et al. 2019, arXiv:1802.04208) with what made GANs steady since: spectral normalisation of the
critic and the hinge loss (Miyato et al. 2018, arXiv:1802.05957), kernels of 4 by 4 with strides of 2, which leave no
checkerboard, and the class told to the critic by projection (Miyato and Koyama 2018, arXiv:1802.05637).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from antiphon.networks.dcgan import told
from antiphon.networks.voice import VoiceCritic, VoiceGenerator, start_small

__all__ = ["Specgan", "SpecganCritic"]

_SCALES = 4
_WIDEST = 8
_SLOPE = 0.2


def _widths(width: int) -> list[int]:
    """Return the channels at each scale, finest first."""
    return [width * min(2**scale, _WIDEST) for scale in range(_SCALES)]


class Specgan(VoiceGenerator):
    """Generator.

    Parameters
    ----------
    frames, bins
        Size of a picture.
    noise, classes
        As of :class:`VoiceGenerator`.
    width
        Channels of the finest layer; each coarser one has twice as many, up to 8 times.
    """

    def __init__(self, frames: int, bins: int, noise: int, classes: int, width: int) -> None:
        super().__init__(noise, classes)
        widths = _widths(width)
        self.frames, self.bins = frames, bins
        self.first = (widths[-1], -(-frames // 2**_SCALES), -(-bins // 2**_SCALES))
        self.start = nn.Linear(noise + classes, self.first[0] * self.first[1] * self.first[2])
        layers: list[nn.Module] = [nn.BatchNorm2d(widths[-1]), nn.ReLU()]
        for before, after in zip(widths[:0:-1], widths[-2::-1], strict=True):
            layers += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.ConvTranspose2d(widths[0], 1, 4, 2, 1), nn.Tanh())
        self.apply(start_small)

    def forward(self, noise: Tensor, label: Tensor) -> Tensor:
        """Return pictures, shape (batch, frame, bin)."""
        coarse = self.start(torch.cat([noise, label], dim=1)).unflatten(1, self.first)
        pictures: Tensor = self.layers(coarse)
        return pictures[:, 0, : self.frames, : self.bins]


class SpecganCritic(VoiceCritic):
    """Critic; parameters as of :class:`Specgan`."""

    def __init__(self, frames: int, bins: int, classes: int, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before, left = 1, (frames, bins)
        for after in _widths(width):
            layers += [spectral_norm(nn.Conv2d(before, after, 4, 2, 1)), nn.LeakyReLU(_SLOPE)]
            before, left = after, (left[0] // 2, left[1] // 2)
        self.layers = nn.Sequential(*layers)
        self.verdict = spectral_norm(nn.Linear(before * left[0] * left[1], 1 + classes))

    def forward(self, seen: Tensor, label: Tensor) -> Tensor:
        """Return the verdicts."""
        return told(self.verdict(self.layers(seen[:, None]).flatten(1)), label)
