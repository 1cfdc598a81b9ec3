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
from antiphon.networks.patch_critic import PatchCritic
from antiphon.networks.pix2pix import Pix2PixCritic

__all__ = ["Game", "GameName", "make_game"]

GameName = Literal["patch_hinge", "pix2pix"]
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


def make_game(name: GameName, *, sources: int, width: int, seed: int) -> Game:
    """Return a game with a fresh critic.

    Parameters
    ----------
    name
        ``patch_hinge``: patch critic with spectral normalisation, hinge losses. ``pix2pix``: the patch critic and the
        losses of pix2pix.
    sources
        Number of separated spectrograms that are judged together.
    width
        Channels of the critic's first layer.
    seed
        Seed of its weights.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        match name:
            case "patch_hinge":
                return Game(PatchCritic(sources, width), _hinge_criticism, _hinge_persuasion)
            case "pix2pix":
                return Game(Pix2PixCritic(sources, width), _vanilla_criticism, _vanilla_persuasion)


def _hinge_criticism(critic: nn.Module, mixture: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    return losses.criticism(critic(mixture, real), critic(mixture, fake))


def _hinge_persuasion(critic: nn.Module, mixture: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    return losses.persuasion(critic(mixture, fake))


def _vanilla_criticism(critic: nn.Module, mixture: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    return losses.vanilla_criticism(critic(mixture, real), critic(mixture, fake))


def _vanilla_persuasion(critic: nn.Module, mixture: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    return losses.vanilla_persuasion(critic(mixture, fake))
