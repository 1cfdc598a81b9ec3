"""What every training does at each step: a player moves, an average follows, chance depends on seed and step alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from antiphon.learning.crew import Crew

__all__ = ["follow", "improve", "put_away", "seeded", "taken_up"]

_LARGEST_GRADIENT = 1.0


def improve(
    player: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss: Tensor,
    largest: float | None = _LARGEST_GRADIENT,
    crew: Crew | None = None,
) -> None:
    """Move a player down the slope of its loss.

    Parameters
    ----------
    player
        A network.
    optimizer
        What moves it.
    loss
        One number.
    largest
        Norm that its gradient is cut to; None: it is not cut.
    crew
        Processes whose mean gradient it is; None: that of this one.
    """
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    if crew:
        crew.average_gradients(player)
    if largest is not None:
        nn.utils.clip_grad_norm_(player.parameters(), largest)
    optimizer.step()


@torch.no_grad()
def follow(average: nn.Module, player: nn.Module, step: int, decay: float) -> None:
    """Let an average follow a player, at first faster (Polyak & Juditsky 1992).

    Parameters
    ----------
    average, player
        Networks of the same kind.
    step
        Steps done before this one.
    decay
        Share of the average that stays.
    """
    stays = min(decay, (1 + step) / (10 + step))
    for mean, now in zip(average.state_dict().values(), player.state_dict().values(), strict=True):
        if mean.is_floating_point():
            mean.lerp_(now, 1 - stays)
        else:
            mean.copy_(now)


@contextmanager
def seeded(seed: int, step: int, device: torch.device) -> Iterator[None]:
    """Make what is left to chance within a step (dropout, noise) depend on seed and step alone."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed((seed << 32) + step)
        yield


def put_away(training: object, players: Sequence[str], progress: Sequence[str]) -> dict[str, Any]:
    """Return the state of a training: tensors, numbers, text and containers of them.

    Parameters
    ----------
    training
        What owns it all.
    players
        Attributes that have a state of their own: networks and optimizers.
    progress
        Attributes that are kept as they are.
    """
    owned = {name: getattr(training, name).state_dict() for name in players}
    return {**owned, **{name: getattr(training, name) for name in progress}}


def taken_up(training: object, state: Mapping[str, Any], players: Sequence[str], progress: Sequence[str]) -> None:
    """Set a training to where :func:`put_away` left it."""
    for name in players:
        getattr(training, name).load_state_dict(state[name])
    for name in progress:
        setattr(training, name, state[name])
