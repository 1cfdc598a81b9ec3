"""Multi-scale critic: two patch critics, one of which sees the pictures at half the resolution.

Wang et al. (2018, arXiv:1711.11585, section 3.2): the coarse one sees wide shapes, the fine one edges, and what their
layers make of truth and translation is compared, too. Spectral normalisation (Miyato et al. 2018, arXiv:1802.05957)
stands in for instance normalisation, as in the patch critic.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from antiphon.networks.generator import FEATURES

__all__ = ["MultiScaleCritic"]

_SCALES = 2
_SLOPE = 0.2
_STRIDES = (2, 2, 1)


class MultiScaleCritic(nn.Module):
    """Two patch critics.

    Parameters
    ----------
    sources
        Number of separated spectrograms that are judged together.
    width
        Channels of the first layer; each of the next two layers has twice as many as the one before.
    """

    def __init__(self, sources: int, width: int) -> None:
        super().__init__()
        self.scales = nn.ModuleList(nn.Sequential(*_layers(FEATURES + sources, width)) for _ in range(_SCALES))

    def forward(self, features: Tensor, separated: Tensor) -> list[list[Tensor]]:
        """Return what every layer of every critic made of a translation; the last of each are its verdicts, float32.

        Parameters
        ----------
        features
            The mixture as the generator sees it, shape (batch, ``FEATURES``, time, frequency).
        separated
            The masked mixtures, shape (batch, source, time, frequency).
        """
        x = torch.cat([features, separated], dim=1)
        found = []
        for layers in self.scales:
            y, seen = x, []
            for layer in layers.children():
                y = layer(y)
                seen.append(y)
            found.append([*seen[:-1], y.float()])
            x = F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
        return found


def _layers(before: int, width: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for scale, stride in enumerate(_STRIDES):
        convolution = spectral_norm(nn.Conv2d(before, width << scale, 4, stride, 1))
        layers.append(nn.Sequential(convolution, nn.LeakyReLU(_SLOPE)))
        before = width << scale
    return [*layers, spectral_norm(nn.Conv2d(before, 1, 4, 1, 1))]
