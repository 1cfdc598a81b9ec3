"""Losses: tensors in, one number out; they know neither network nor optimizer."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = [
    "criticism",
    "cross_entropy",
    "dice",
    "distance",
    "feature_distance",
    "least_squares",
    "persuasion",
    "relativistic_criticism",
    "relativistic_persuasion",
    "slope_penalty",
    "vanilla_criticism",
    "vanilla_persuasion",
    "wasserstein_criticism",
]

_SMOOTHING = 1.0


def cross_entropy(logits: Tensor, truth: Tensor, counted: Tensor, positive_weight: float) -> Tensor:
    """Return the mean binary cross entropy of the cells that count.

    Parameters
    ----------
    logits
        Log-odds, shape (batch, source, time, frequency).
    truth
        1 where the source sounds, else 0, same shape.
    counted
        1 where the cell was heard and its truth is known, else 0, shape (batch, source, time, frequency), or
        (batch, 1, time, frequency) where it is the same for all sources.
    positive_weight
        Weight of the cells where the source sounds; the others weigh 1.
    """
    weight = counted * (1 + (positive_weight - 1) * truth)
    summed = F.binary_cross_entropy_with_logits(logits, truth, weight=weight, reduction="sum")
    return summed / (counted.sum() * (logits.shape[1] // counted.shape[1])).clamp(min=1)


def dice(logits: Tensor, truth: Tensor, counted: Tensor) -> Tensor:
    """Return one minus the soft Dice overlap, pooled over the batch and averaged over sources.

    Pooling over the batch keeps a tile without a source from ruling the gradient (Milletari et al. 2016,
    arXiv:1606.04797, per batch). Shapes as in :func:`cross_entropy`.
    """
    probability = logits.sigmoid() * counted
    cells = (0, 2, 3)
    both = (probability * truth).sum(cells)
    either = probability.sum(cells) + (truth * counted).sum(cells)
    return (1 - (2 * both + _SMOOTHING) / (either + _SMOOTHING)).mean()


def distance(fake: Tensor, real: Tensor, counted: Tensor) -> Tensor:
    """Return the mean absolute difference of separated and true spectrograms over the cells that count.

    Parameters
    ----------
    fake, real
        Spectrograms, shape (batch, source, time, frequency).
    counted
        As of :func:`cross_entropy`.
    """
    cells = counted.sum() * (fake.shape[1] // counted.shape[1])
    return ((fake - real).abs() * counted).sum() / cells.clamp(min=1)


def criticism(real: Tensor, fake: Tensor) -> Tensor:
    """Return the critic's hinge loss (Lim & Ye 2017, arXiv:1705.02894).

    Parameters
    ----------
    real, fake
        The critic's verdicts on the truth and on what the generator made, any shape.
    """
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def persuasion(fake: Tensor) -> Tensor:
    """Return the generator's side of hinge and Wasserstein loss: low where the critic takes its work for the truth.

    Parameters
    ----------
    fake
        The critic's verdicts on what the generator made, any shape.
    """
    return -fake.mean()


def relativistic_criticism(real: Tensor, fake: Tensor) -> Tensor:
    """Return the critic's loss of relativistic pairing: each truth is held against its own translation.

    Jolicoeur-Martineau (2018, arXiv:1807.00734), in the form of R3GAN (Huang et al. 2024, arXiv:2501.05441), where it
    is played with penalties on the gradients at truth and translation.

    Parameters
    ----------
    real, fake
        The critic's verdicts on the truth and on what the generator made of the same mixture, same shape.
    """
    return F.softplus(fake - real).mean()


def relativistic_persuasion(real: Tensor, fake: Tensor) -> Tensor:
    """Return the generator's side of :func:`relativistic_criticism`."""
    return F.softplus(real - fake).mean()


def least_squares(verdicts: Tensor, wanted: float) -> Tensor:
    """Return the squared distance of verdicts from what a player wants of them (Mao et al. 2017, arXiv:1611.04076)."""
    return (verdicts - wanted).square().mean()


def feature_distance(real: Sequence[Tensor], fake: Sequence[Tensor]) -> Tensor:
    """Return the mean absolute difference of what a critic's layers make of truth and translation.

    Wang et al. (2018, arXiv:1711.11585, equation 4); the truth's side gives no gradient.
    """
    return torch.stack([(one.detach() - other).abs().mean() for one, other in zip(real, fake, strict=True)]).mean()


def vanilla_criticism(real: Tensor, fake: Tensor) -> Tensor:
    """Return the critic's loss in the first GAN (Goodfellow et al. 2014, arXiv:1406.2661), halved as in pix2pix.

    Parameters
    ----------
    real, fake
        The critic's verdicts as log-odds, on the truth and on what the generator made, any shape.
    """
    return (F.softplus(-real).mean() + F.softplus(fake).mean()) / 2


def vanilla_persuasion(fake: Tensor) -> Tensor:
    """Return the generator's side of it, in the form that does not saturate.

    Parameters
    ----------
    fake
        The critic's verdicts as log-odds on what the generator made, any shape.
    """
    return F.softplus(-fake).mean()


def wasserstein_criticism(real: Tensor, fake: Tensor) -> Tensor:
    """Return the critic's estimate of the distance between truth and work, negated (Arjovsky et al. 2017).

    Parameters
    ----------
    real, fake
        The critic's verdicts on the truth and on what the generator made, any shape; not bounded, so no log-odds.
    """
    return fake.mean() - real.mean()


def slope_penalty(slope: Tensor) -> Tensor:
    """Return how far the critic's slopes are from 1 (Gulrajani et al. 2017, arXiv:1704.00028, equation 3).

    Parameters
    ----------
    slope
        Gradient of the verdicts by what was judged, shape (batch, …).
    """
    steepness: Tensor = torch.linalg.vector_norm(slope.flatten(1), dim=1)
    return ((steepness - 1) ** 2).mean()
