"""pix2pix: a U-Net that translates one picture into another, and the critic that looks at pairs of them.

U-Net-256 and the 70x70 PatchGAN of Isola et al. (2017, arXiv:1611.07004), layer by layer those of the authors' PyTorch
implementation (github.com/junyanz/pytorch-CycleGAN-and-pix2pix, ``unet_256``, ``basic``, batch normalisation).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from antiphon.networks.generator import FEATURES, Generator
from antiphon.networks.padding import padded

__all__ = ["Pix2Pix", "Pix2PixCritic"]

_WIDTHS = (64, 128, 256, 512, 512, 512, 512, 512)
_MULTIPLE = 2 ** len(_WIDTHS)
_SLOPE = 0.2
_DROPOUT = 0.5
_DROPPED_OUT = range(4, 7)
_SPREAD = 0.02
_CRITIC_STRIDES = (2, 2, 1)


class Pix2Pix(Generator):
    """U-Net-256: eight halvings down to one cell, eight doublings up, skips by concatenation.

    It draws the separated spectrogram of each source itself. The paper ends in tanh; its picture, brought from -1..1
    to 0..1, is the sigmoid of twice what goes into the tanh, so this network returns that as its logits. Dropout, the
    paper's only source of chance, plays in training and is off when the network is applied: one mixture, one answer.

    Parameters
    ----------
    sources
        Number of sources: channels of the picture that is drawn.
    """

    draws = True

    def __init__(self, sources: int) -> None:
        super().__init__(multiple=1)
        last = len(_WIDTHS) - 1
        before = (FEATURES, *_WIDTHS[:-1])
        self.down = nn.ModuleList(
            _down(before[scale], _WIDTHS[scale], normalised=0 < scale < last) for scale in range(len(_WIDTHS))
        )
        self.up = nn.ModuleList(
            _up(_WIDTHS[scale] * (1 if scale == last else 2), before[scale], dropped_out=scale in _DROPPED_OUT)
            for scale in range(last, 0, -1)
        )
        self.head = nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(2 * _WIDTHS[0], sources, 4, 2, 1))
        self.apply(_start)

    def forward(self, features: Tensor) -> Tensor:
        """Return the logits of the picture of each source; see :meth:`Generator.forward`."""
        frames, bins = features.shape[-2:]
        x, skips = padded(features, _MULTIPLE), []
        for down in self.down:
            x = down(x)
            skips.append(x)
        skips.pop()
        for up in self.up:
            x = torch.cat([skips.pop(), up(x)], dim=1)
        before_tanh: Tensor = self.head(x)[..., :frames, :bins]
        return 2 * before_tanh


class Pix2PixCritic(nn.Module):
    """PatchGAN whose every verdict sees 70 by 70 cells of mixture and translation.

    Parameters
    ----------
    sources
        Number of separated spectrograms that are judged together.
    width
        Channels of the first layer; 64 in the paper.
    """

    def __init__(self, sources: int, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(FEATURES + sources, width, 4, 2, 1), nn.LeakyReLU(_SLOPE)]
        for scale, stride in enumerate(_CRITIC_STRIDES):
            wide = width << scale
            layers += [nn.Conv2d(wide, 2 * wide, 4, stride, 1, bias=False), nn.BatchNorm2d(2 * wide)]
            layers += [nn.LeakyReLU(_SLOPE)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(width << len(_CRITIC_STRIDES), 1, 4, 1, 1))
        self.apply(_start)

    def forward(self, features: Tensor, separated: Tensor) -> Tensor:
        """Return a verdict (log-odds of being true) for every patch.

        Parameters
        ----------
        features
            The mixture as the generator sees it, shape (batch, ``FEATURES``, time, frequency).
        separated
            The separated spectrograms, shape (batch, source, time, frequency).

        Returns
        -------
        Shape (batch, 1, time / 8 - 2, frequency / 8 - 2).
        """
        verdicts: Tensor = self.layers(torch.cat([features, separated], dim=1)).float()
        return verdicts


def _down(width_in: int, width_out: int, *, normalised: bool) -> nn.Sequential:
    """Return one halving; the outermost sees the mixture itself, the innermost and it have no normalisation."""
    layers: list[nn.Module] = [] if width_in == FEATURES else [nn.LeakyReLU(_SLOPE)]
    layers.append(nn.Conv2d(width_in, width_out, 4, 2, 1, bias=False))
    return nn.Sequential(*layers, *([nn.BatchNorm2d(width_out)] if normalised else []))


def _up(width_in: int, width_out: int, *, dropped_out: bool) -> nn.Sequential:
    """Return one doubling."""
    layers = [nn.ReLU(), nn.ConvTranspose2d(width_in, width_out, 4, 2, 1, bias=False), nn.BatchNorm2d(width_out)]
    return nn.Sequential(*layers, *([nn.Dropout(_DROPOUT)] if dropped_out else []))


def _start(layer: nn.Module) -> None:
    """Start weights as the paper does (its section 6.2): Gaussian with a standard deviation of 0.02."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, _SPREAD)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, _SPREAD)
