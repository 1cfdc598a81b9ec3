"""Patch critic: judges, patch by patch, whether separated spectrograms belong to their mixture.

The conditional patch critic of Isola et al. (2017, arXiv:1611.07004, section 3.2.2) with the spectral normalisation of
Miyato et al. (2018, arXiv:1802.05957) in place of batch normalisation.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from antiphon.networks.generator import FEATURES

__all__ = ["PatchCritic"]

_SLOPE = 0.2
_STRIDES = (2, 2, 2, 1)


class PatchCritic(nn.Module):
    """Critic whose every verdict sees 70 by 70 cells.

    Parameters
    ----------
    sources
        Number of separated spectrograms that are judged together.
    width
        Channels of the first layer; each of the next three layers has twice as many as the one before.
    normalised
        Whether its weights are normalised by their spectral norm; a critic whose gradients are penalised does without.
    """

    def __init__(self, sources: int, width: int, *, normalised: bool = True) -> None:
        super().__init__()
        self.sources = sources
        layer = spectral_norm if normalised else _as_it_is
        layers: list[nn.Module] = []
        before = FEATURES + sources
        for scale, stride in enumerate(_STRIDES):
            layers += [layer(nn.Conv2d(before, width << scale, 4, stride, 1)), nn.LeakyReLU(_SLOPE)]
            before = width << scale
        self.layers = nn.Sequential(*layers, layer(nn.Conv2d(before, 1, 4, 1, 1)))

    def forward(self, features: Tensor, separated: Tensor) -> Tensor:
        """Return a verdict for every patch; the higher, the more it looks like the truth.

        Parameters
        ----------
        features
            The mixture as the generator sees it, shape (batch, ``FEATURES``, time, frequency).
        separated
            The masked mixtures, shape (batch, source, time, frequency).

        Returns
        -------
        Verdicts, shape (batch, 1, time / 8 - 2, frequency / 8 - 2), float32 in mixed arithmetic, too.
        """
        verdicts: Tensor = self.layers(torch.cat([features, separated], dim=1)).float()
        return verdicts


def _as_it_is(layer: nn.Module) -> nn.Module:
    return layer
