"""Training: a generator learns to separate, and a critic keeps it from drawing what no truth looks like.

One round is :meth:`Training.play`; everything that training owns is one :class:`Training`, which can be put away and
taken up again bit for bit.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite, nan
from typing import Any

import torch
from torch import Tensor, nn

from antiphon.learning.crew import Crew
from antiphon.learning.devices import placed
from antiphon.learning.features import HIGHEST_DB, UNIT_DB, excess, features, separated_excess
from antiphon.learning.games import Game, gradient_penalty, make_game
from antiphon.learning.looks import LOSSES, Best, Look
from antiphon.learning.losses import cross_entropy, dice, distance
from antiphon.learning.recipe import Recipe
from antiphon.learning.tiles import Batch, Examples, Tiles
from antiphon.learning.updates import follow, improve, put_away, seeded, taken_up
from antiphon.learning.validation import Verdict, validate
from antiphon.networks.generator import Generator
from antiphon.signal.levels import NOT_HEARD

__all__ = ["Training", "fit"]

_PLAYERS = ("generator", "critic", "average", "optimizer", "critic_optimizer")
_PROGRESS = ("step", "best", "history", "_sums", "_rounds")
_CRITIC_BETAS = (0.5, 0.999)
_SECOND_MOMENTUM = 0.999
_PICTURE_SCALE = 2 * UNIT_DB / HIGHEST_DB


@dataclass
class Training:
    """All that training owns; begin with :meth:`begin`.

    Attributes
    ----------
    recipe
        How the generator learns.
    generator
        The one player.
    game
        The other player and the rules.
    average
        Running average of the generator, which is validated and kept.
    optimizer, critic_optimizer
        What moves the players.
    device, dtype
        Where and how exactly they compute.
    sources
        Number of sources.
    crew
        The processes that train together.
    step
        Updates of the generator done.
    best
        The best average so far, copied; None before the first look.
    history
        One row for each look.
    waited_s
        Seconds that this process spent on making tiles.
    """

    recipe: Recipe
    generator: Generator
    game: Game
    average: Generator
    optimizer: torch.optim.Optimizer
    critic_optimizer: torch.optim.Optimizer
    device: torch.device
    dtype: torch.dtype
    sources: int
    crew: Crew = field(default_factory=Crew)
    step: int = 0
    best: Best | None = None
    history: list[dict[str, float]] = field(default_factory=list)
    waited_s: float = 0.0
    _sums: dict[str, float] = field(default_factory=dict)
    _rounds: dict[str, int] = field(default_factory=dict)

    @classmethod
    def begin(
        cls,
        recipe: Recipe,
        generator: Generator,
        sources: int,
        device: torch.device,
        dtype: torch.dtype,
        crew: Crew | None = None,
    ) -> Training:
        """Return the state before the first step; ``generator`` is moved to ``device`` and trained in place.

        Raises
        ------
        ValueError
            If its encoder is to be frozen and it has none.
        """
        if recipe.freeze == "encoder" and not generator.freeze_encoder():
            raise ValueError("train.freeze: this network has no encoder of its own; set it to nothing")
        adversary = recipe.critic
        game = make_game(
            adversary.game, sources=sources, width=adversary.width, seed=recipe.seed, augment=adversary.augment
        )
        for player in (generator, game.critic):
            placed(player, device, torch.float32)
        decayed = [one for one in generator.parameters() if one.ndim == 4]
        others = [one for one in generator.parameters() if one.ndim != 4]
        groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}]
        return cls(
            recipe=recipe,
            generator=generator,
            game=game,
            average=copy.deepcopy(generator).eval().requires_grad_(False),
            optimizer=torch.optim.AdamW(
                groups, lr=recipe.learning_rate, betas=(recipe.momentum, _SECOND_MOMENTUM), fused=True
            ),
            critic_optimizer=torch.optim.Adam(
                game.critic.parameters(), lr=adversary.learning_rate, betas=_CRITIC_BETAS, fused=True
            ),
            device=device,
            dtype=dtype,
            sources=sources,
            crew=crew or Crew(),
        )

    @cached_property
    def _called(self) -> nn.Module:
        """What is called in the generator's place."""
        return self.crew.together(self.generator)

    @property
    def critic(self) -> nn.Module:
        """The critic."""
        return self.game.critic

    def play(self, batch: Batch) -> None:
        """Play one round: first the critic learns, then the generator (Isola et al. 2017, section 3.3).

        What the critic sees is the target of the translation: mask times mixture.

        Raises
        ------
        ArithmeticError
            If the loss is not finite.
        """
        with seeded(self.recipe.seed, self.step, self.device):
            mixture, truth, counted = self._tensors(self.crew.share(batch))
            with self._mixed():
                logits = self._called.train()(mixture)
            losses, total = self._losses(logits.float(), mixture, truth, counted)
            self._note(losses)
            for group in self.optimizer.param_groups:
                group["lr"] = self.recipe.learning_rate_at(self.step)
            improve(self.generator, self.optimizer, total)  # the mean over the crew is in the gradients already
        follow(self.average, self.generator, self.step, self.recipe.average_decay)
        self.step += 1

    def _mixed(self) -> torch.autocast:
        """Let networks compute in the training's arithmetic; losses and penalties stay in float32."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32)

    def _losses(
        self, logits: Tensor, mixture: Tensor, truth: Tensor, counted: Tensor
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Return all losses and their weighted sum, once the critic has learned its part."""
        recipe, weight = self.recipe, self.recipe.critic.weight_at(self.step / self.recipe.steps)
        # Where the truth is not known the critic sees nothing of either, or it would learn which cells those are.
        real = truth * excess(mixture) * counted
        fake = separated_excess(logits.sigmoid(), mixture, drawn=self.generator.draws) * counted
        losses: dict[str, Tensor] = {}
        if recipe.cross_entropy_weight:
            losses["cross_entropy"] = cross_entropy(logits, truth, counted, recipe.positive_weight)
        if recipe.dice_weight:
            losses["dice"] = dice(logits, truth, counted)
        if recipe.image_weight:
            losses["image"] = distance(fake, real, counted) * _PICTURE_SCALE
        total = torch.stack([getattr(recipe, f"{name}_weight") * loss for name, loss in losses.items()]).sum()
        if weight:
            with self._mixed():
                losses["critic"] = self.game.criticism(self.critic, mixture, real, fake.detach())
            penalty = self._penalty(mixture, real, fake)
            improve(self.critic, self.critic_optimizer, losses["critic"] + penalty, crew=self.crew)
            self.critic.requires_grad_(False)
            with self._mixed():
                losses["adversarial"] = self.game.persuasion(self.critic, mixture, real, fake)
            self.critic.requires_grad_(True)
            total = total + weight * losses["adversarial"]
        return losses, total

    def _penalty(self, mixture: Tensor, real: Tensor, fake: Tensor) -> Tensor | float:
        """Return the penalty on the critic's gradients, in the rounds that have one."""
        rules = self.recipe.critic
        if not rules.penalty_weight or self.step % rules.penalty_every:
            return 0.0
        both = torch.stack([gradient_penalty(self.critic, mixture, one) for one in (real, fake)]).sum()
        return rules.penalty_weight * rules.penalty_every / 2 * both

    def look(self, verdict: Verdict) -> Look:
        """Note the verdict on the average, and keep a copy of the average if none before was better."""
        merit = verdict.macro if self.recipe.keep == "f1" else verdict.macro_iou
        best = self.best is None or merit > self.best["merit"]
        if best:
            weights = {name: value.detach().cpu().clone() for name, value in self.average.state_dict().items()}
            self.best = Best(step=self.step, merit=merit, f1=verdict.f1, codes=verdict.codes, weights=weights)
        losses = {name: self._sums[name] / self._rounds[name] if name in self._sums else nan for name in LOSSES}
        self._sums, self._rounds = {}, {}
        seen = Look(self.step, losses, verdict, best)
        self.history.append(seen.row())
        return seen

    @property
    def tired(self) -> bool:
        """Whether so many looks in a row found nothing better that it is time to end."""
        since = sum(row["step"] > self.best["step"] for row in self.history) if self.best else 0
        return 0 < self.recipe.patience <= since

    def state(self) -> dict[str, Any]:
        """Return everything that :meth:`resume` needs: tensors, numbers, text and containers of them."""
        return put_away(self, _PLAYERS, _PROGRESS)

    def resume(self, state: Mapping[str, Any]) -> None:
        """Take up a training where ``state`` was put away."""
        taken_up(self, state, _PLAYERS, _PROGRESS)

    def _tensors(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return what the generator sees, the truth, and which cells count, all float32 on the device."""
        level, bits, floor, background = (
            torch.from_numpy(one).to(self.device, non_blocking=True)
            for one in (batch.level, batch.mask_bits, batch.floor, batch.background)
        )
        sources = torch.arange(self.sources, device=self.device, dtype=torch.uint8)
        truth = ((bits[:, None] >> sources[:, None, None]) & 1).float()
        counted = (level != NOT_HEARD).float()[:, None]
        if batch.known_bits is not None:
            known = torch.from_numpy(batch.known_bits).to(self.device, non_blocking=True)
            counted = counted * ((known[:, None] >> sources[:, None, None]) & 1)
        return features(level, floor, background), truth, counted

    def _note(self, losses: Mapping[str, Tensor]) -> None:
        """Add losses to the sums since the last look."""
        values = dict(zip(losses, torch.stack(list(losses.values())).tolist(), strict=True))
        if not all(map(isfinite, values.values())):
            raise ArithmeticError(f"step {self.step + 1}: a loss is not finite ({values})")
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._rounds[name] = self._rounds.get(name, 0) + 1


def fit(training: Training, tiles: Tiles, examples: Examples) -> Iterator[Look | None]:
    """Train to the last step, or until nothing better is found.

    Parameters
    ----------
    training
        What is trained, from the step that it has reached.
    tiles
        What it learns from.
    examples
        What it is validated on.

    Yields
    ------
    After each step the look that followed it, or None if it was not yet time for one.

    Raises
    ------
    ArithmeticError
        If a loss is not finite: which, and from which examples its tiles were taken.
    """
    recipe = training.recipe
    while training.step < recipe.steps and not training.tired:
        try:
            begun_s = time.perf_counter()
            batch = tiles.batch(training.step)
            training.waited_s += time.perf_counter() - begun_s
            training.play(batch)
        except ArithmeticError as error:
            shown = ", ".join(map(str, sorted(set(tiles.chosen(training.step).tolist()))))
            raise ArithmeticError(f"{error} in tiles of the training examples {shown}") from None
        due = training.step % recipe.validate_every == 0 or training.step == recipe.steps
        if due:
            training.crew.agree(training.average)
        yield training.look(validate(training.average, examples, training.device, training.dtype)) if due else None
