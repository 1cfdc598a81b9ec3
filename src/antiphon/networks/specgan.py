"""A GAN that draws logarithmic spectrograms; their phase is found afterwards.

SpecGAN's idea (Donahue et al. 2019, arXiv:1802.04208) with what made GANs steady since: spectral normalisation of the
critic and the hinge loss (Miyato et al. 2018, arXiv:1802.05957), kernels of 4 by 4 with strides of 2, which leave no
checkerboard, and the class told to the critic by projection (Miyato and Koyama 2018, arXiv:1802.05637).

Hiss is most of a recording, and its cells scatter by chance. A generator that must make them of a hundred numbers draws
them smooth. So noise of its own is added at each scale (StyleGAN: Karras et al. 2019, arXiv:1812.04948), and what the
last layer draws is a level and how much it scatters.

The critic adds up its evidence over time, so it cannot know clips by where they begin. While it learns it sees every
picture, real or drawn, moved in time and louder or quieter: few clips it would otherwise know by heart (DiffAugment:
Zhao et al. 2020, arXiv:2006.10738).
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
_STRENGTH, _SCATTER = 0.2, 0.15
_FARTHEST_SHARE, _LOUDEST = 8, 0.15


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
            layers += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False), Scatter(after)]
            layers += [nn.BatchNorm2d(after), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.ConvTranspose2d(widths[0], 2, 4, 2, 1))
        self.apply(start_small)

    def forward(self, noise: Tensor, label: Tensor) -> Tensor:
        """Return pictures, shape (batch, frame, bin)."""
        coarse = self.start(torch.cat([noise, label], dim=1)).unflatten(1, self.first)
        level, scatter = self.layers(coarse)[:, :, : self.frames, : self.bins].unbind(1)
        pictures: Tensor = torch.tanh(level + (scatter + _SCATTER) * torch.randn_like(level))
        return pictures


class Scatter(nn.Module):
    """Add noise to activations, the same to all channels, each as strongly as it has learned.

    Parameters
    ----------
    channels
        Number of channels.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.full((1, channels, 1, 1), _STRENGTH))

    def forward(self, activations: Tensor) -> Tensor:
        """Return activations, shape (batch, channel, frame, bin), with noise."""
        noise = torch.randn_like(activations[:, :1])
        return activations + self.strength * noise


class SpecganCritic(VoiceCritic):
    """Critic of pictures of any length; parameters as of :class:`Specgan`."""

    def __init__(self, bins: int, classes: int, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before, left = 1, bins
        for after in _widths(width):
            layers += [spectral_norm(nn.Conv2d(before, after, 4, 2, 1)), nn.LeakyReLU(_SLOPE)]
            before, left = after, left // 2
        self.moved = Moved()
        self.layers = nn.Sequential(*layers)
        self.verdict = spectral_norm(nn.Linear(before * left, 1 + classes))

    def forward(self, seen: Tensor, label: Tensor) -> Tensor:
        """Return the verdicts."""
        evidence = self.layers(self.moved(seen)[:, None]).sum(2)  # (batch, channel, bin)
        return told(self.verdict(evidence.flatten(1)), label)


class Moved(nn.Module):
    """Move each picture in time, mirrored at the ends, and make it louder or quieter; only in training."""

    def forward(self, pictures: Tensor) -> Tensor:
        """Return pictures, shape (batch, frame, bin), moved by at most an eighth of their length and some 6 dB."""
        if not self.training:
            return pictures
        batch, frames, _ = pictures.shape
        farthest = frames // _FARTHEST_SHARE
        where = torch.arange(frames, device=pictures.device)
        where = (where + torch.randint(-farthest, farthest + 1, (batch, 1), device=pictures.device)).abs()
        where = torch.where(where < frames, where, 2 * (frames - 1) - where)
        louder = _LOUDEST * (2 * torch.rand(batch, 1, 1, device=pictures.device) - 1)
        return pictures.gather(1, where[:, :, None].expand_as(pictures)) + louder
