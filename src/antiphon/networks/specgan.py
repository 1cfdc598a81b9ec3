"""A GAN that draws logarithmic spectrograms; their phase is found afterwards.

SpecGAN's idea (Donahue et al. 2019, arXiv:1802.04208) with what made GANs steady since: spectral normalisation of the
critic and the hinge loss (Miyato et al. 2018, arXiv:1802.05957), and the class told to the critic by projection (Miyato
and Koyama 2018, arXiv:1802.05637). Each scale repeats the cells of the one before and smooths them, which leaves no
checkerboard (Odena et al. 2016, Distill, doi:10.23915/distill.00003).

Hiss is most of a recording, and its cells scatter by chance. A generator that must make them of a hundred numbers draws
them smooth. So noise of its own is added at each scale (StyleGAN: Karras et al. 2019, arXiv:1812.04948), and what the
last layer draws is a level and how much of a white noise's scatter lies on it: hiss is one such share everywhere, a
whistle none.

The critic sees next to each picture how every cell differs from its neighbours, for texture is faint beside the
hundred decibels that a picture spans. It is told how much the pictures of a class in the batch differ (Karras et al.
2018, arXiv:1710.10196), so a generator that sings one song a class is found out. It adds up its evidence over time, so
it cannot know clips by where they begin. While it learns it sees every picture, real or drawn, moved in time and louder
or quieter: few clips it would otherwise know by heart (DiffAugment: Zhao et al. 2020, arXiv:2006.10738).
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from antiphon.networks.dcgan import told
from antiphon.networks.voice import VoiceCritic, VoiceGenerator, start_small

__all__ = ["Picture", "Specgan", "SpecganCritic"]

_SCALES = 4
_WIDEST = 8
_SLOPE = 0.2
_STRENGTH = 0.2
_FARTHEST_SHARE, _LOUDEST = 8, 0.15
_TEXTURE = 4.0
_LEAST = 1e-4


class Picture(Protocol):
    """What is drawn; see :class:`antiphon.signal.log_spectrogram.LogSpectrogram`."""

    @property
    def frames(self) -> int:
        """Frames of a picture."""

    @property
    def bins(self) -> int:
        """Bins of a picture."""

    def hiss(self, count: int, device: torch.device) -> Tensor:
        """Return how white noise scatters, shape (sound, frame, bin)."""

    def audible(self, pictures: Tensor) -> Tensor:
        """Return 1 where something is heard and 0 in digital silence, shape (sound, frame, bin)."""


def _widths(width: int) -> list[int]:
    """Return the channels at each scale, finest first."""
    return [width * min(2**scale, _WIDEST) for scale in range(_SCALES)]


class Specgan(VoiceGenerator):
    """Generator.

    Parameters
    ----------
    picture
        What is drawn.
    noise, classes
        As of :class:`VoiceGenerator`.
    width
        Channels of the finest layer; each coarser one has twice as many, up to 8 times.
    """

    def __init__(self, picture: Picture, noise: int, classes: int, width: int) -> None:
        super().__init__(noise, classes)
        widths = _widths(width)
        self.picture = picture
        self.first = (widths[-1], -(-picture.frames // 2**_SCALES), -(-picture.bins // 2**_SCALES))
        self.start = nn.Linear(noise + classes, self.first[0] * self.first[1] * self.first[2])
        layers: list[nn.Module] = [nn.BatchNorm2d(widths[-1]), nn.ReLU()]
        for before, after in zip(widths[:0:-1], widths[-2::-1], strict=True):
            layers += [nn.Upsample(scale_factor=2), nn.Conv2d(before, after, 3, padding=1, bias=False)]
            layers += [Scatter(after), nn.BatchNorm2d(after), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.ConvTranspose2d(widths[0], 2, 4, 2, 1))
        self.apply(start_small)

    def forward(self, noise: Tensor, label: Tensor) -> Tensor:
        """Return pictures, shape (batch, frame, bin)."""
        coarse = self.start(torch.cat([noise, label], dim=1)).unflatten(1, self.first)
        drawn = self.layers(coarse.contiguous(memory_format=torch.channels_last))
        level, less = drawn[:, :, : self.picture.frames, : self.picture.bins].unbind(1)
        pictures: Tensor = torch.tanh(level + (1 + less) * self.picture.hiss(len(level), level.device))
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
    """Critic of pictures of any length.

    Parameters
    ----------
    picture, classes, width
        As of :class:`Specgan`.
    """

    def __init__(self, picture: Picture, classes: int, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before, left = 2, picture.bins
        for after in _widths(width):
            layers += [spectral_norm(nn.Conv2d(before, after, 4, 2, 1)), nn.LeakyReLU(_SLOPE)]
            before, left = after, left // 2
        self.moved = Moved(picture)
        self.layers = nn.Sequential(*layers)
        self.verdict = spectral_norm(nn.Linear(before * (left + 1), 1 + classes))

    def forward(self, seen: Tensor, label: Tensor) -> Tensor:
        """Return the verdicts."""
        pictures = self.moved(seen)[:, None]
        texture = pictures - F.avg_pool2d(pictures, 3, stride=1, padding=1, count_include_pad=False)
        both = torch.cat([pictures, _TEXTURE * texture], dim=1).contiguous(memory_format=torch.channels_last)
        evidence = self.layers(both).sum(2)  # (batch, channel, bin)
        seen_apart = torch.cat([evidence.flatten(1), _spread(evidence.mean(2), label)], dim=1)
        return told(self.verdict(seen_apart), label)


def _spread(evidence: Tensor, label: Tensor) -> Tensor:
    """Return how much evidence, shape (batch, channel), differs within the class of each, shape (batch, channel)."""
    alike = label @ label.T if label.shape[1] else evidence.new_ones(len(evidence), len(evidence))
    share = alike / alike.sum(1, keepdim=True)
    variance = share @ evidence.square() - (share @ evidence).square()
    return (variance.clamp(min=0) + _LEAST).sqrt()


class Moved(nn.Module):
    """Move each picture in time, mirrored at the ends, and make it louder or quieter; only in training.

    Parameters
    ----------
    picture
        What is drawn: silence gets no louder.
    """

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self.picture = picture

    def forward(self, pictures: Tensor) -> Tensor:
        """Return pictures, shape (batch, frame, bin), moved by at most an eighth of their length and some 10 dB."""
        if not self.training:
            return pictures
        batch, frames, _ = pictures.shape
        farthest = frames // _FARTHEST_SHARE
        where = torch.arange(frames, device=pictures.device)
        where = (where + torch.randint(-farthest, farthest + 1, (batch, 1), device=pictures.device)).abs()
        where = torch.where(where < frames, where, 2 * (frames - 1) - where)
        louder = _LOUDEST * (2 * torch.rand(batch, 1, 1, device=pictures.device) - 1)
        moved = pictures.gather(1, where[:, :, None].expand_as(pictures))
        return moved + louder * self.picture.audible(moved)
