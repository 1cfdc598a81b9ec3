"""How a generator learns: plain numbers and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi
from typing import Literal

__all__ = ["Adversary", "Recipe"]

_WARM_UP = 0.1


@dataclass(frozen=True)
class Adversary:
    """How the critic plays.

    Attributes
    ----------
    game
        Name of the critic and the losses; see :func:`antiphon.learning.games.make_game`.
    weight
        Weight of the adversarial loss when fully ramped in; 0: no critic.
    start, ramp
        Shares of the steps: before the critic begins, and over which its weight rises.
    width
        Channels of its first layer.
    learning_rate
        Step size of its optimizer.
    penalty_weight
        Weight of the penalty on its gradients at truth and translations; 0: none.
    penalty_every
        Rounds from one penalty to the next, which then weighs as much as those left out: it is slow to compute, and
        need not be computed each time (Karras et al. 2020, arXiv:1912.04958, appendix B).
    augment
        Whether what it sees is changed at random.
    """

    game: Literal["patch_hinge", "pix2pix", "relativistic", "multi_scale"]
    weight: float
    start: float
    ramp: float
    width: int
    learning_rate: float
    penalty_weight: float = 0.0
    penalty_every: int = 16
    augment: bool = False

    def weight_at(self, share: float) -> float:
        """Return the weight of the adversarial loss when ``share`` of the steps are done."""
        if share < self.start:
            return 0.0
        return self.weight * min(1.0, (share - self.start) / self.ramp) if self.ramp else self.weight


@dataclass(frozen=True)
class Recipe:
    """How a generator learns.

    Attributes
    ----------
    steps
        Updates of the generator.
    batch_size, tile_frames
        Tiles in one update, and their length.
    learning_rate, weight_decay
        Peak step size and weight decay of AdamW.
    momentum
        Its first decay of moments.
    schedule
        How the step size goes: up and down in ``one_cycle``, ``constant``, or ``constant_then_down`` in a line from the
        middle on.
    cross_entropy_weight
        Weight of the cross entropy.
    positive_weight
        Weight of a source's cells in the cross entropy.
    dice_weight
        Weight of the Dice loss beside the cross entropy.
    image_weight
        Weight of the mean distance between separated and true spectrograms, drawn from -1 to 1.
    average_decay
        Decay of the running average of the weights.
    validate_every
        Steps between two looks at the validation examples.
    patience
        Looks in a row without a better one after which training ends; 0: never.
    keep
        Mean score of the sources on validation by which the best weights are kept: ``f1`` or ``iou``.
    critic
        The adversary.
    freeze
        What does not learn: ``nothing``, or the ``encoder`` of a network that has one.
    kernels
        How the weights of convolutions are kept: ``float32`` or ``float16``.
    seed
        Seed of tiles and critic.
    """

    steps: int
    batch_size: int
    tile_frames: int
    learning_rate: float
    weight_decay: float
    momentum: float
    schedule: Literal["one_cycle", "constant", "constant_then_down"]
    cross_entropy_weight: float
    positive_weight: float
    dice_weight: float
    image_weight: float
    average_decay: float
    validate_every: int
    patience: int
    keep: Literal["f1", "iou"]
    critic: Adversary
    seed: int
    freeze: Literal["nothing", "encoder"] = "nothing"
    kernels: Literal["float32", "float16"] = "float32"

    def learning_rate_at(self, step: int) -> float:
        """Return the step size; one cycle is up in a line, then down along a cosine (Smith 2018, arXiv:1803.09820)."""
        share = step / self.steps
        if self.schedule != "one_cycle":
            falls = self.schedule == "constant_then_down"
            return self.learning_rate * (min(1.0, 2 * (1 - share)) if falls else 1.0)
        if share < _WARM_UP:
            return self.learning_rate * (step + 1) / (_WARM_UP * self.steps + 1)
        return self.learning_rate * (1 + cos(pi * (share - _WARM_UP) / (1 - _WARM_UP))) / 2
