"""Generators by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from antiphon.baselines.energy import EnergyThreshold
from antiphon.learning.features import UNIT_DB
from antiphon.networks.atrous_segnet import AtrousSegNet
from antiphon.networks.deeplabv3 import DeepLabV3
from antiphon.networks.generator import Generator
from antiphon.networks.pix2pix import Pix2Pix
from antiphon.networks.resunet import ResUNet
from antiphon.signal.grid import Grid

__all__ = ["Described", "make_generator", "parameters", "trained_generator"]


class Described(Protocol):
    """What a model's card says of its generator."""

    @property
    def network(self) -> str:
        """Name of its network."""

    @property
    def widths(self) -> Sequence[int]:
        """Channels at each scale, finest first."""

    @property
    def sources(self) -> Mapping[str, object]:
        """What it separates, in the order of its outputs."""

    @property
    def grid(self) -> Grid:
        """Grid of the spectrograms it was trained on."""


def make_generator(network: str, *, widths: Sequence[int], sources: int, bins: int, seed: int = 0) -> Generator:
    """Return a generator with fresh weights.

    Parameters
    ----------
    network
        ``resunet``, ``pix2pix``, ``atrous_segnet``, ``deeplabv3`` or ``energy``.
    widths
        Channels at each scale, finest first; a network without scales ignores them.
    sources
        Number of sources.
    bins
        Number of frequency bins.
    seed
        Seed of the weights.

    Raises
    ------
    ValueError
        If there is no such network or the widths do not fit the bins.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        match network:
            case "resunet":
                return ResUNet(widths, sources, bins)
            case "pix2pix":
                return Pix2Pix(sources)
            case "atrous_segnet":
                return AtrousSegNet(sources)
            case "deeplabv3":
                return DeepLabV3(sources)
            case "energy":
                return EnergyThreshold(sources, unit_db=UNIT_DB)
    raise ValueError(f"there is no network '{network}'")


def trained_generator(card: Described, weights: Mapping[str, Tensor]) -> Generator:
    """Return the generator that a card speaks of, with the weights that it learned."""
    generator = make_generator(card.network, widths=card.widths, sources=len(card.sources), bins=card.grid.bins)
    generator.load_state_dict(weights)
    return generator


def parameters(network: nn.Module) -> int:
    """Return how many numbers a network learns."""
    return sum(one.numel() for one in network.parameters())
