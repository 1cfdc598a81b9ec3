"""DCGAN over samples: strided convolutions with batch normalisation, flattened to one dimension.

Radford et al. (2016, arXiv:1511.06434): no pooling, no dense layers but the first and the last, batch normalisation in
both players, rectifiers in the generator and leaky ones in the critic. Its 5 by 5 kernels with strides of 2 become
kernels of 25 with strides of 4, as Donahue et al. (2019, arXiv:1802.04208) flatten them.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from antiphon.networks.voice import VoiceCritic, VoiceGenerator, start_small

__all__ = ["KERNEL", "SLOPE", "STRIDE", "Dcgan", "DcganCritic", "samples_left", "told", "widths_of"]

KERNEL, STRIDE, SLOPE = 25, 4, 0.2
_FIRST_SAMPLES, _WIDEST = 16, 16


def widths_of(samples: int, width: int) -> list[int]:
    """Return the channels of every layer, finest first: as many layers as bring a sound down to some 16 samples."""
    layers = 1
    while samples / STRIDE**layers > _FIRST_SAMPLES:
        layers += 1
    return [width * min(2**scale, _WIDEST) for scale in range(layers)]


def samples_left(samples: int, layers: int) -> int:
    """Return how many places are left of a sound behind so many layers of a critic."""
    for _ in range(layers):
        samples = -(-samples // STRIDE)
    return samples


class Dcgan(VoiceGenerator):
    """Generator.

    Parameters
    ----------
    samples
        Length of a sound.
    noise, classes
        As of :class:`VoiceGenerator`.
    width
        Channels of the finest layer; each coarser one has twice as many, up to 16 times.
    normalised
        Whether layers are batch-normalised, as in DCGAN.
    """

    def __init__(self, samples: int, noise: int, classes: int, width: int, *, normalised: bool = True) -> None:
        super().__init__(noise, classes)
        widths = widths_of(samples, width)
        self.samples, self.widest = samples, widths[-1]
        self.first = -(-samples // STRIDE ** len(widths))
        self.start = nn.Linear(noise + classes, self.first * self.widest)
        layers: list[nn.Module] = [*_normalisation(self.widest, normalised), nn.ReLU()]
        for before, after in zip(widths[:0:-1], widths[-2::-1], strict=True):
            layers += [_doubled_twice(before, after), *_normalisation(after, normalised), nn.ReLU()]
        self.layers = nn.Sequential(*layers, _doubled_twice(widths[0], 1), nn.Tanh())
        self.apply(start_small)

    def forward(self, noise: Tensor, label: Tensor) -> Tensor:
        """Return sounds, shape (batch, samples)."""
        coarse = self.start(torch.cat([noise, label], dim=1)).unflatten(1, (self.widest, self.first))
        sounds: Tensor = self.layers(coarse)  # (batch, 1, at least samples)
        return sounds[:, 0, : self.samples]


class DcganCritic(VoiceCritic):
    """Critic; parameters as of :class:`Dcgan`; a class is told by projection (Miyato and Koyama 2018)."""

    def __init__(self, samples: int, classes: int, width: int) -> None:
        super().__init__()
        widths = widths_of(samples, width)
        layers: list[nn.Module] = [nn.Conv1d(1, widths[0], KERNEL, STRIDE, KERNEL // 2), nn.LeakyReLU(SLOPE)]
        for before, after in pairwise(widths):
            layers += [nn.Conv1d(before, after, KERNEL, STRIDE, KERNEL // 2), nn.BatchNorm1d(after)]
            layers += [nn.LeakyReLU(SLOPE)]
        self.layers = nn.Sequential(*layers)
        self.verdict = nn.Linear(widths[-1] * samples_left(samples, len(widths)), 1 + classes)
        self.apply(start_small)

    def forward(self, seen: Tensor, label: Tensor) -> Tensor:
        """Return the verdicts."""
        features = self.layers(seen[:, None]).flatten(1)
        return told(self.verdict(features), label)


def told(verdicts: Tensor, label: Tensor) -> Tensor:
    """Return the general verdict and that on the class asked for, added up, shape (batch,).

    Parameters
    ----------
    verdicts
        Shape (batch, 1 + classes).
    label
        Shape (batch, classes).
    """
    return verdicts[:, 0] + (verdicts[:, 1:] * label).sum(1)


def _normalisation(width: int, normalised: bool) -> list[nn.Module]:
    return [nn.BatchNorm1d(width)] if normalised else []


def _doubled_twice(before: int, after: int) -> nn.Module:
    return nn.ConvTranspose1d(before, after, KERNEL, STRIDE, padding=11, output_padding=1)
