"""Games of voices: what critic and generator strive for, by name.

All of them take log-odds, and the sigmoid is part of the loss, once. A critic that ends in a sigmoid, under a loss that
lays one over its verdicts again, has every verdict squeezed between 0.5 and 0.731: its loss then never falls below
1.006 and the generator's never below 0.313 (docs/voices.md), so their curves say nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from antiphon.learning import losses
from antiphon.learning.voice_recipe import GameName
from antiphon.networks.voice import VoiceCritic

__all__ = ["VoiceGame", "make_voice_game"]

_PENALTY_WEIGHT = 10.0


@dataclass(frozen=True)
class VoiceGame:
    """Losses of both players.

    Attributes
    ----------
    criticism
        The critic's loss from its verdicts on the real and on the generated.
    persuasion
        The generator's loss from the verdicts on the generated.
    penalty_weight
        Weight of the penalty on the critic's slopes; 0: none.
    """

    criticism: Callable[[Tensor, Tensor], Tensor]
    persuasion: Callable[[Tensor], Tensor]
    penalty_weight: float = 0.0

    def penalty(self, critic: VoiceCritic, real: Tensor, fake: Tensor, label: Tensor) -> Tensor:
        """Return the weighted penalty on the critic's slopes between the real and the generated."""
        share = torch.rand(len(real), *([1] * (real.ndim - 1)), device=real.device)
        between = (share * real + (1 - share) * fake).requires_grad_()
        verdicts = critic(between, label).sum()
        (slope,) = torch.autograd.grad(verdicts, between, create_graph=True)
        return self.penalty_weight * losses.slope_penalty(slope)


def make_voice_game(name: GameName) -> VoiceGame:
    """Return a game.

    Parameters
    ----------
    name
        ``vanilla``: cross entropy, in the form that does not saturate; ``wasserstein``: distance of the two with a
        gradient penalty; ``hinge``.
    """
    match name:
        case "vanilla":
            return VoiceGame(losses.vanilla_criticism, losses.vanilla_persuasion)
        case "wasserstein":
            return VoiceGame(losses.wasserstein_criticism, losses.persuasion, _PENALTY_WEIGHT)
        case "hinge":
            return VoiceGame(losses.criticism, losses.persuasion)
