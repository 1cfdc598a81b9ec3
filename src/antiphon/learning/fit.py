"""Training: a generator learns to separate, and a critic keeps it from drawing what no truth looks like.

One round is :meth:`Training.play`; everything that training owns is one :class:`Training`, which can be put away and
taken up again bit for bit.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import Any, TypedDict

import torch
from torch import Tensor, nn

from antiphon.learning.devices import placed
from antiphon.learning.features import excess, features
from antiphon.learning.losses import criticism, cross_entropy, dice, persuasion
from antiphon.learning.recipe import Recipe
from antiphon.learning.tiles import Batch, Examples, Tiles
from antiphon.learning.validation import Verdict, validate
from antiphon.networks.generator import Generator
from antiphon.networks.patch_critic import PatchCritic
from antiphon.signal.levels import NOT_HEARD

__all__ = ["LOSSES", "Best", "Look", "Training", "fit"]

LOSSES = ("cross_entropy", "dice", "critic", "adversarial")
"""Names of the losses; the last two are those of the two players."""
_PLAYERS = ("generator", "critic", "average", "optimizer", "critic_optimizer")
_PROGRESS = ("step", "best", "history", "_sums", "_rounds")
_LARGEST_GRADIENT = 1.0
_CRITIC_BETAS = (0.5, 0.999)


@dataclass(frozen=True)
class Look:
    """What a look at the validation examples found.

    Attributes
    ----------
    step
        Updates of the generator done.
    losses
        Mean of each loss since the look before; NaN while the critic does not play.
    verdict
        How good the average is.
    best
        Whether no look before was better.
    """

    step: int
    losses: dict[str, float]
    verdict: Verdict
    best: bool

    def row(self) -> dict[str, float]:
        """Return the look as one row of a history."""
        scores = {f"f1_{name}": f1 for name, f1 in self.verdict.f1.items()}
        return {"step": self.step, **self.losses, **scores, "f1_macro": self.verdict.macro}

    def __str__(self) -> str:
        numbers = [f"{name} {value:.3f}" for name, value in self.losses.items() if isfinite(value)]
        by_source = ", ".join(f"{name} {f1:.3f}" for name, f1 in self.verdict.f1.items())
        numbers.append(f"F1 {self.verdict.macro:.3f} ({by_source})")
        return f"step {self.step}: {', '.join(numbers)}{', the best so far' if self.best else ''}"


class Best(TypedDict):
    """The best average so far; its F1 and threshold codes by source are those of its verdict."""

    step: int
    macro: float
    f1: dict[str, float]
    codes: dict[str, int]
    weights: dict[str, Tensor]


@dataclass
class Training:
    """All that training owns; begin with :meth:`begin`.

    Attributes
    ----------
    recipe
        How the generator learns.
    generator, critic
        The players.
    average
        Running average of the generator, which is validated and kept.
    optimizer, critic_optimizer
        What moves the players.
    device, dtype
        Where and how exactly they compute.
    step
        Updates of the generator done.
    best
        The best average so far, copied; None before the first look.
    history
        One row for each look.
    """

    recipe: Recipe
    generator: Generator
    critic: PatchCritic
    average: Generator
    optimizer: torch.optim.Optimizer
    critic_optimizer: torch.optim.Optimizer
    device: torch.device
    dtype: torch.dtype
    step: int = 0
    best: Best | None = None
    history: list[dict[str, float]] = field(default_factory=list)
    _sums: dict[str, float] = field(default_factory=dict)
    _rounds: dict[str, int] = field(default_factory=dict)

    @classmethod
    def begin(
        cls, recipe: Recipe, generator: Generator, sources: int, device: torch.device, dtype: torch.dtype
    ) -> Training:
        """Return the state before the first step; ``generator`` is moved to ``device`` and trained in place."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            critic = PatchCritic(sources, recipe.critic.width)
        for player in (generator, critic):
            placed(player, device, torch.float32)
        decayed = [one for one in generator.parameters() if one.ndim == 4]
        others = [one for one in generator.parameters() if one.ndim != 4]
        groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}]
        return cls(
            recipe=recipe,
            generator=generator,
            critic=critic,
            average=copy.deepcopy(generator).eval().requires_grad_(False),
            optimizer=torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True),
            critic_optimizer=torch.optim.Adam(
                critic.parameters(), lr=recipe.critic.learning_rate, betas=_CRITIC_BETAS, fused=True
            ),
            device=device,
            dtype=dtype,
        )

    def play(self, batch: Batch) -> None:
        """Play one round: first the critic learns, then the generator (Isola et al. 2017, section 3.3).

        What the critic sees is the target of the translation: mask times mixture.

        Raises
        ------
        ArithmeticError
            If the loss is not finite.
        """
        recipe, weight = self.recipe, self.recipe.critic.weight_at(self.step / self.recipe.steps)
        mixture, truth, counted = self._tensors(batch)
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            logits = self.generator.train()(mixture)
        logits = logits.float()
        losses = {
            "cross_entropy": cross_entropy(logits, truth, counted, recipe.positive_weight),
            "dice": dice(logits, truth, counted),
        }
        total = losses["cross_entropy"] + recipe.dice_weight * losses["dice"]
        if weight:
            # Where the truth is not known the critic sees nothing of either, or it would learn which cells those are.
            seen = excess(mixture) * counted
            real, fake = (mask * seen for mask in (truth, logits.sigmoid()))
            losses["critic"] = criticism(self.critic(mixture, real), self.critic(mixture, fake.detach()))
            _improve(self.critic, self.critic_optimizer, losses["critic"])
            losses["adversarial"] = persuasion(self.critic.requires_grad_(False)(mixture, fake))
            self.critic.requires_grad_(True)
            total = total + weight * losses["adversarial"]
        self._note(losses)
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.learning_rate_at(self.step)
        _improve(self.generator, self.optimizer, total)
        self._follow()
        self.step += 1

    def look(self, verdict: Verdict) -> Look:
        """Note the verdict on the average, and keep a copy of the average if none before was better."""
        best = self.best is None or verdict.macro > self.best["macro"]
        if best:
            weights = {name: value.detach().cpu().clone() for name, value in self.average.state_dict().items()}
            self.best = Best(step=self.step, macro=verdict.macro, f1=verdict.f1, codes=verdict.codes, weights=weights)
        losses = {name: self._sums[name] / self._rounds[name] if name in self._sums else nan for name in LOSSES}
        self._sums, self._rounds = {}, {}
        seen = Look(self.step, losses, verdict, best)
        self.history.append(seen.row())
        return seen

    def state(self) -> dict[str, Any]:
        """Return everything that :meth:`resume` needs: tensors, numbers, text and containers of them."""
        owned = {name: getattr(self, name).state_dict() for name in _PLAYERS}
        return {**owned, **{name: getattr(self, name) for name in _PROGRESS}}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Take up a training where ``state`` was put away."""
        for name in _PLAYERS:
            getattr(self, name).load_state_dict(state[name])
        for name in _PROGRESS:
            setattr(self, name, state[name])

    def _tensors(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return what the generator sees, the truth, and which cells count, all float32 on the device."""
        level, bits, floor, background = (
            torch.from_numpy(one).to(self.device, non_blocking=True)
            for one in (batch.level, batch.mask_bits, batch.floor, batch.background)
        )
        sources = torch.arange(self.critic.sources, device=self.device, dtype=torch.uint8)
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

    @torch.no_grad()
    def _follow(self) -> None:
        """Let the average follow the generator, at first faster (Polyak & Juditsky 1992)."""
        decay = min(self.recipe.average_decay, (1 + self.step) / (10 + self.step))
        for mean, now in zip(self.average.state_dict().values(), self.generator.state_dict().values(), strict=True):
            if mean.is_floating_point():
                mean.lerp_(now, 1 - decay)
            else:
                mean.copy_(now)


def _improve(player: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """Move a player down the slope of its loss."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(player.parameters(), _LARGEST_GRADIENT)
    optimizer.step()


def fit(training: Training, tiles: Tiles, examples: Examples) -> Iterator[Look | None]:
    """Train to the last step.

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
        If a loss is not finite.
    """
    recipe = training.recipe
    while training.step < recipe.steps:
        training.play(tiles.batch(training.step))
        due = training.step % recipe.validate_every == 0 or training.step == recipe.steps
        yield training.look(validate(training.average, examples, training.device, training.dtype)) if due else None
