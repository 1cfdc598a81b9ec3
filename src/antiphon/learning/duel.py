"""The duel: a generator of voices and a critic learn from each other, epoch by epoch.

Everything that a duel owns is one :class:`Duel`, which can be put away and taken up again bit for bit. One round is
:meth:`Duel.play`: the critic learns from real and generated sounds, is then held still, and the generator learns from
fresh noise.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np
import torch
from torch import Tensor

from antiphon.learning.updates import follow, improve, put_away, seeded, taken_up
from antiphon.learning.voice_games import VoiceGame, make_voice_game
from antiphon.learning.voice_recipe import VoiceRecipe
from antiphon.learning.voices import Voices
from antiphon.networks.voice import VoiceGenerator

__all__ = ["HISTORY", "Duel"]

HISTORY = ("generator_loss", "critic_loss", "real_probability", "generated_probability")
"""What is noted of every epoch: mean losses, and the mean of the sigmoid of the critic's verdicts."""
_PLAYERS = ("generator", "critic", "average", "optimizer", "critic_optimizer")
_PROGRESS = ("epoch", "step", "history", "samples")


@dataclass
class Duel:
    """All that a duel owns; begin with :meth:`begin`.

    Attributes
    ----------
    recipe
        How they learn.
    voices
        The players.
    average
        Running average of the generator, which is kept.
    optimizer, critic_optimizer
        What moves the players.
    game
        What they strive for.
    device
        Where they compute.
    epoch, step
        Epochs and updates of the generator done.
    history
        One row for each epoch: ``epoch`` and :data:`HISTORY`.
    samples
        Sounds made after some epochs, shape (sound, samples), by epoch.
    """

    recipe: VoiceRecipe
    voices: Voices
    average: VoiceGenerator
    optimizer: torch.optim.Optimizer
    critic_optimizer: torch.optim.Optimizer
    game: VoiceGame
    device: torch.device
    epoch: int = 0
    step: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    samples: dict[int, Tensor] = field(default_factory=dict)

    @classmethod
    def begin(cls, recipe: VoiceRecipe, voices: Voices, device: torch.device) -> Duel:
        """Return the state before the first step; the players are moved to ``device`` and trained in place."""
        generator, critic = voices.generator.to(device), voices.critic.to(device)
        betas = (recipe.momentum, recipe.second_momentum)
        return cls(
            recipe=recipe,
            voices=voices,
            average=copy.deepcopy(generator).eval().requires_grad_(False),
            optimizer=torch.optim.Adam(generator.parameters(), lr=recipe.learning_rate, betas=betas),
            critic_optimizer=torch.optim.Adam(critic.parameters(), lr=recipe.critic_learning_rate, betas=betas),
            game=make_voice_game(recipe.game),
            device=device,
        )

    @property
    def generator(self) -> VoiceGenerator:
        """The generator."""
        return self.voices.generator

    @property
    def critic(self) -> torch.nn.Module:
        """The critic."""
        return self.voices.critic

    def play_epoch(self, seen: Tensor, classes: Sequence[int]) -> dict[str, float]:
        """Let as many chunks be seen as there are, and return the epoch's row of the history.

        Without classes each is seen once. Players who are told classes see all classes equally often: sounds of each
        are asked for in the end, and a class of few clips would hardly be learned.

        Parameters
        ----------
        seen
            What :meth:`Voices.seen` gives of all chunks.
        classes
            Class of each chunk, by number.

        Raises
        ------
        ArithmeticError
            If a loss is not finite.
        """
        self.generator.train()
        self.critic.train()
        label = self.voices.label(classes)
        sums = dict.fromkeys(HISTORY, 0.0)
        # A batch of one chunk has no spread to normalise by; the few chunks left over wait for the next epoch.
        size = min(self.recipe.batch_size, len(seen))
        order = self._order(classes)
        batches = [order[first : first + size] for first in range(0, len(order) - size + 1, size)]
        for chosen in batches:
            noted = self.play(seen[chosen].to(self.device), label[chosen].to(self.device))
            for name, value in noted.items():
                sums[name] += value / len(batches)
        self.epoch += 1
        row = {"epoch": float(self.epoch), **sums}
        self.history.append(row)
        return row

    def _order(self, classes: Sequence[int]) -> np.ndarray:
        """Return the numbers of the chunks that the next epoch shows."""
        rng = np.random.default_rng((self.recipe.seed, self.epoch))
        if not self.generator.classes:
            return rng.permutation(len(classes))
        of_class = np.asarray(classes)
        share = 1 / np.bincount(of_class)[of_class]
        return rng.choice(len(of_class), len(of_class), p=share / share.sum())

    def play(self, real: Tensor, label: Tensor) -> dict[str, float]:
        """Play one round with a batch, and return what the history notes of it."""
        recipe, game, critic = self.recipe, self.game, self.voices.critic
        with seeded(recipe.seed, self.step, self.device):
            for _ in range(recipe.critic_rounds):
                fake = self._fake(label).detach()
                of_real, of_fake = critic(real, label), critic(fake, label)
                criticism = game.criticism(of_real, of_fake)
                if game.penalty_weight:
                    criticism = criticism + game.penalty(critic, real, fake, label)
                improve(critic, self.critic_optimizer, criticism, largest=None)
            critic.requires_grad_(False)
            persuasion = game.persuasion(critic(self._fake(label), label))
            improve(self.generator, self.optimizer, persuasion, largest=None)
            critic.requires_grad_(True)
        follow(self.average, self.generator, self.step, recipe.average_decay)
        self.step += 1
        values = (persuasion, criticism, of_real.sigmoid().mean(), of_fake.sigmoid().mean())
        noted = dict(zip(HISTORY, torch.stack([one.detach() for one in values]).tolist(), strict=True))
        if not all(map(isfinite, noted.values())):
            raise ArithmeticError(f"epoch {self.epoch + 1}: a loss is not finite ({noted})")
        return noted

    def _fake(self, label: Tensor) -> Tensor:
        """Return what the generator makes of fresh noise."""
        made: Tensor = self.generator(torch.randn(len(label), self.recipe.noise, device=self.device), label)
        return made

    def state(self) -> dict[str, Any]:
        """Return everything that :meth:`resume` needs: tensors, numbers, text and containers of them."""
        return put_away(self, _PLAYERS, _PROGRESS)

    def resume(self, state: Mapping[str, Any]) -> None:
        """Take up a duel where ``state`` was put away."""
        taken_up(self, state, _PLAYERS, _PROGRESS)
