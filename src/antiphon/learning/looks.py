"""Looks at the validation examples while a training goes on."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TypedDict

from torch import Tensor

from antiphon.learning.validation import Verdict

__all__ = ["LOSSES", "Best", "Look"]

LOSSES = ("cross_entropy", "dice", "image", "critic", "adversarial")
"""Names of the losses; the last two are those of the two players."""


@dataclass(frozen=True)
class Look:
    """What a look at the validation examples found.

    Attributes
    ----------
    step
        Updates of the generator done.
    losses
        Mean of each loss since the look before; NaN of one that does not count, or while the critic does not play.
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
    """The best average so far and what it is best in; its F1 and threshold codes by source are those of its verdict."""

    step: int
    merit: float
    f1: dict[str, float]
    codes: dict[str, int]
    weights: dict[str, Tensor]
