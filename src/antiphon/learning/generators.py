"""Generators by name."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from antiphon.baselines.energy import EnergyThreshold
from antiphon.learning.features import UNIT_DB
from antiphon.networks.atrous_segnet import AtrousSegNet
from antiphon.networks.deeplabv3 import DeepLabV3
from antiphon.networks.generator import Generator
from antiphon.networks.pix2pix import Pix2Pix
from antiphon.networks.resunet import ResUNet

__all__ = ["make_generator", "parameters"]


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


def parameters(network: nn.Module) -> int:
    """Return how many numbers a network learns."""
    return sum(one.numel() for one in network.parameters())
