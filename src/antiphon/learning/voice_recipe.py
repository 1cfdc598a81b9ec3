"""How voices learn: plain numbers, and those that each network was published with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["NETWORKS", "GameName", "VoiceRecipe", "voice_recipe"]

GameName = Literal["vanilla", "wasserstein", "hinge"]


@dataclass(frozen=True)
class VoiceRecipe:
    """How two players of waveforms learn from each other.

    Attributes
    ----------
    game
        Losses; see :func:`antiphon.learning.voice_games.make_voice_game`.
    noise
        Random numbers that a sound is made from.
    learning_rate, critic_learning_rate
        Step sizes of Adam.
    momentum, second_momentum
        Its decays, for both players.
    batch_size
        Chunks in one update.
    critic_rounds
        Updates of the critic for one of the generator.
    average_decay
        Decay of the running average of the generator's weights.
    seed
        Seed of weights, noise and order.
    """

    game: GameName
    noise: int
    learning_rate: float
    critic_learning_rate: float
    momentum: float
    second_momentum: float
    batch_size: int
    critic_rounds: int = 1
    average_decay: float = 0.0
    seed: int = 0


NETWORKS: Mapping[str, VoiceRecipe] = {
    "dense": VoiceRecipe("vanilla", 500, 2e-4, 1e-3, 0.5, 0.999, 32),
    # Only "Adam" was published: its own step size and momentum.
    "dense_dropout": VoiceRecipe("vanilla", 512, 1e-3, 1e-3, 0.9, 0.999, 32),
    "dcgan": VoiceRecipe("vanilla", 100, 2e-4, 2e-4, 0.5, 0.999, 128),
    "wavegan": VoiceRecipe("wasserstein", 100, 1e-4, 1e-4, 0.5, 0.9, 64, critic_rounds=5),
    "specgan": VoiceRecipe("hinge", 100, 1e-3, 4e-4, 0.5, 0.99, 16),
}
"""Recipes by network; that of ``specgan`` is ours (two step sizes: Heusel et al. 2017, arXiv:1706.08500)."""

_WASSERSTEIN_ROUNDS = 5


def voice_recipe(
    network: str,
    *,
    game: GameName | None = None,
    noise: int | None = None,
    learning_rate: float | None = None,
    critic_learning_rate: float | None = None,
    batch_size: int | None = None,
    average_decay: float,
    seed: int,
) -> VoiceRecipe:
    """Return the recipe of a network; what is None stays as published.

    Another game than the published one takes the critic's rounds that are usual with it: five with ``wasserstein``.
    """
    own = NETWORKS[network]
    if game is not None and game != own.game:
        own = replace(own, game=game, critic_rounds=_WASSERSTEIN_ROUNDS if game == "wasserstein" else 1)
    return replace(
        own,
        noise=noise or own.noise,
        learning_rate=learning_rate or own.learning_rate,
        critic_learning_rate=critic_learning_rate or own.critic_learning_rate,
        batch_size=batch_size or own.batch_size,
        average_decay=average_decay,
        seed=seed,
    )
