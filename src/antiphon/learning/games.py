"""Games: how a critic and a generator play against each other, by name.

A game is a critic and two losses of what the critic is shown; a loss may ask the critic as often as it likes, so that
penalties on its gradients or comparisons of its layers fit in as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from antiphon.learning import losses
from antiphon.learning.augmentation import Change
from antiphon.networks.multi_scale_critic import MultiScaleCritic
from antiphon.networks.patch_critic import PatchCritic
from antiphon.networks.pix2pix import Pix2PixCritic

__all__ = ["Game", "GameName", "changed_alike", "gradient_penalty", "make_game"]

GameName = Literal["patch_hinge", "pix2pix", "relativistic", "multi_scale"]
_FEATURE_WEIGHT = 10.0

Loss = Callable[[nn.Module, Tensor, Tensor, Tensor], Tensor]
"""Takes the critic, the mixture, the true and the found spectrograms; gives one number."""


@dataclass(frozen=True)
class Game:
    """A critic and what the two players strive for.

    Attributes
    ----------
    critic
        Called with the mixture as the generator sees it and separated spectrograms, it returns verdicts.
    criticism
        The critic's loss; the found spectrograms come without a way back to the generator.
    persuasion
        The generator's loss.
    """

    critic: nn.Module
    criticism: Loss
    persuasion: Loss


def make_game(name: GameName, *, sources: int, width: int, seed: int, augment: bool = False) -> Game:
    """Return a game with a fresh critic.

    Parameters
    ----------
    name
        ``patch_hinge``: patch critic with spectral normalisation, hinge losses. ``pix2pix``: the patch critic and the
        losses of pix2pix. ``relativistic``: patch critic without normalisation, relativistic pairing, as R3GAN; wants
        gradients penalised. ``multi_scale``: two patch critics, least squares and feature matching, as pix2pixHD.
    sources
        Number of separated spectrograms that are judged together.
    width
        Channels of the critic's first layer.
    seed
        Seed of its weights.
    augment
        Whether what the critic sees is changed at random.
    """
    game = _fresh(name, sources, width, seed)
    if not augment:
        return game
    return Game(game.critic, changed_alike(game.criticism), changed_alike(game.persuasion))


def _fresh(name: GameName, sources: int, width: int, seed: int) -> Game:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        match name:
            case "patch_hinge":
                return Game(PatchCritic(sources, width), _hinge_criticism, _hinge_persuasion)
            case "pix2pix":
                return Game(Pix2PixCritic(sources, width), _vanilla_criticism, _vanilla_persuasion)
            case "relativistic":
                critic = PatchCritic(sources, width, normalised=False)
                return Game(critic, _paired_criticism, _paired_persuasion)
            case "multi_scale":
                return Game(MultiScaleCritic(sources, width), _scaled_criticism, _scaled_persuasion)


def _hinge_criticism(critic: nn.Module, mixture: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    return losses.criticism(critic(mixture, real), critic(mixture, fake))


def _hinge_persuasion(critic: nn.Module, mixture: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    return losses.persuasion(critic(mixture, fake))


def _vanilla_criticism(critic: nn.Module, mixture: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    return losses.vanilla_criticism(critic(mixture, real), critic(mixture, fake))


def _vanilla_persuasion(critic: nn.Module, mixture: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    return losses.vanilla_persuasion(critic(mixture, fake))


def _paired_criticism(critic: nn.Module, mixture: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    return losses.relativistic_criticism(critic(mixture, real), critic(mixture, fake))


def _paired_persuasion(critic: nn.Module, mixture: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    return losses.relativistic_persuasion(critic(mixture, real), critic(mixture, fake))


def _scaled_criticism(critic: nn.Module, mixture: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    pairs = zip(critic(mixture, real), critic(mixture, fake), strict=True)
    each = [losses.least_squares(true[-1], 1.0) + losses.least_squares(made[-1], 0.0) for true, made in pairs]
    return torch.stack(each).mean() / 2


def _scaled_persuasion(critic: nn.Module, mixture: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    pairs = zip(critic(mixture, real), critic(mixture, fake), strict=True)
    each = [
        losses.least_squares(made[-1], 1.0) + _FEATURE_WEIGHT * losses.feature_distance(true[:-1], made[:-1])
        for true, made in pairs
    ]
    return torch.stack(each).mean()


def gradient_penalty(critic: nn.Module, mixture: Tensor, separated: Tensor) -> Tensor:
    """Return the mean squared gradient of the critic's verdicts at what it is shown.

    At the truth that is R1 (Mescheder et al. 2018, arXiv:1801.04406), at translations R2; both together let a game of
    relativistic pairing converge (Huang et al. 2024, arXiv:2501.05441).

    Parameters
    ----------
    critic
        The critic.
    mixture, separated
        What it sees, and of what it judges; the gradient is by the latter.
    """
    shown = separated.detach().requires_grad_(True)
    verdicts = critic(mixture, shown)
    last = [one[-1] for one in verdicts] if isinstance(verdicts, list) else [verdicts]
    total = torch.stack([one.mean((1, 2, 3)).sum() for one in last]).sum()
    (slope,) = torch.autograd.grad(total, shown, create_graph=True)
    return slope.square().sum((1, 2, 3)).mean()


def changed_alike(loss: Loss) -> Loss:
    """Return a loss whose critic sees mixture, truth and translation changed alike, at random."""

    def changed(critic: nn.Module, mixture: Tensor, real: Tensor, fake: Tensor) -> Tensor:
        change = Change(mixture)
        return loss(critic, change(mixture), change(real), change(fake))

    return changed
