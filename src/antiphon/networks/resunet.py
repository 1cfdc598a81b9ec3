"""Residual U-Net: an hourglass of residual blocks whose two halves are tied by additive skips.

The hourglass is that of Ronneberger et al. (2015, arXiv:1505.04597), the blocks those of He et al. (2016,
arXiv:1512.03385), the head the pixel shuffle of Shi et al. (2016, arXiv:1609.05158) with the start of Aitken et al.
(2017, arXiv:1707.02937), so that it draws no checkerboard.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from antiphon.networks.generator import FEATURES, Generator

__all__ = ["ResUNet"]

_STEM = 2
_RARE_LOG_ODDS = -3.0


def _convolution(width_in: int, width_out: int, *, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Return a convolution and its normalisation, which inference folds into one."""
    convolution = nn.Conv2d(width_in, width_out, kernel, stride, padding=kernel // 2, bias=False)
    nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
    return nn.Sequential(convolution, nn.BatchNorm2d(width_out))


class _Residual(nn.Module):
    """Two 3x3 convolutions beside the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _convolution(width, width)
        self.second = _convolution(width, width)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.second(F.relu(self.first(x), inplace=True))
        return F.relu(y.add_(x), inplace=True)


class ResUNet(Generator):
    """Residual U-Net on 2x2 groups of cells.

    Parameters
    ----------
    widths
        Channels at each scale, finest first; the finest is half the resolution of the input.
    sources
        Number of sources.
    bins
        Number of frequency bins: the stem learns a bias for each pair of bins, so the network knows the frequency.

    Raises
    ------
    ValueError
        If ``bins`` cannot be halved once for each scale.
    """

    def __init__(self, widths: Sequence[int], sources: int, bins: int) -> None:
        super().__init__(multiple=_STEM * 2 ** (len(widths) - 1))
        if bins % self.multiple:
            raise ValueError(f"{len(widths)} scales need a multiple of {self.multiple} bins, got {bins}")
        self.stem = nn.Conv2d(FEATURES * _STEM**2, widths[0], 3, padding=1, bias=False)
        nn.init.kaiming_normal_(self.stem.weight, nonlinearity="relu")
        self.frequency_bias = nn.Parameter(torch.zeros(widths[0], bins // _STEM))
        self.enter = nn.ModuleList(_Residual(width) for width in widths[1:])
        self.down = nn.ModuleList(_convolution(fine, coarse, stride=2) for fine, coarse in pairwise(widths))
        self.up = nn.ModuleList(_convolution(coarse, fine, kernel=1) for fine, coarse in pairwise(widths))
        self.leave = nn.ModuleList(_Residual(width) for width in widths[:-1])
        self.head = nn.Conv2d(widths[0], sources * _STEM**2, 1)
        self.frozen: tuple[nn.Module, ...] = ()
        _start_alike(self.head)

    def forward(self, features: Tensor) -> Tensor:
        """Return the log-odds of each source in each cell; see :meth:`Generator.forward`."""
        x = self.stem(F.pixel_unshuffle(features, _STEM))  # (batch, width, time / 2, frequency / 2)
        x = F.relu(x.add_(self.frequency_bias[:, None, :]), inplace=True)
        skips = [x]
        for down, enter in zip(self.down, self.enter, strict=True):
            x = enter(F.relu(down(x), inplace=True))
            skips.append(x)
        skips.pop()
        for up, leave in zip(reversed(self.up), reversed(self.leave), strict=True):
            x = leave(F.relu(F.interpolate(up(x), scale_factor=2.0).add_(skips.pop()), inplace=True))
        return _shuffled(self.head(x))

    def freeze_encoder(self) -> bool:
        """Freeze what comes before the bottom of the hourglass; see :meth:`Generator.freeze_encoder`."""
        self.frozen = (self.stem, self.enter, self.down)
        for one in self.frozen:
            one.requires_grad_(False)
        self.frequency_bias.requires_grad_(False)
        return True

    def train(self, mode: bool = True) -> ResUNet:
        """Switch to training, but for what is frozen."""
        super().train(mode)
        for one in self.frozen:
            one.eval()
        return self

    @torch.no_grad()
    def recalibrate(self, slopes: Sequence[float], shifts: Sequence[float]) -> bool:
        """Scale the head; see :meth:`Generator.recalibrate`."""
        assert self.head.bias is not None
        slope, shift = (self.head.weight.new_tensor(one).repeat_interleave(_STEM**2) for one in (slopes, shifts))
        self.head.weight.mul_(slope[:, None, None, None])
        self.head.bias.mul_(slope).add_(shift)
        return True


def _shuffled(groups: Tensor) -> Tensor:
    """Return groups of cells side by side: pixel shuffle, but contiguous, which losses are faster on."""
    batch, channels, frames, bins = groups.shape
    apart = groups.view(batch, channels // _STEM**2, _STEM, _STEM, frames, bins)
    return apart.permute(0, 1, 4, 2, 5, 3).reshape(batch, -1, frames * _STEM, bins * _STEM)


def _start_alike(head: nn.Conv2d) -> None:
    """Start the cells of a group with equal weights (Aitken et al. 2017) and with the log-odds of a rare event."""
    with torch.no_grad():
        head.weight.copy_(head.weight[:: _STEM**2].repeat_interleave(_STEM**2, dim=0))
        nn.init.constant_(head.bias if head.bias is not None else head.weight, _RARE_LOG_ODDS)
