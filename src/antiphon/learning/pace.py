"""How fast a training goes, and whether it computes or waits."""

from __future__ import annotations

import time

import torch

from antiphon.learning.fit import Training

__all__ = ["Pace"]


class Pace:
    """The pace of a training since this was made.

    Parameters
    ----------
    training
        What is being trained; told of each step by :meth:`step`.
    """

    def __init__(self, training: Training) -> None:
        self._training = training
        self._begun, self._begun_s, self._waited_s = training.step, time.perf_counter(), training.waited_s
        self._busy: list[int] = []

    def step(self) -> None:
        """Note how busy the GPU is, if there is one, ten times between two looks."""
        every = max(1, self._training.recipe.validate_every // 10)
        if self._training.device.type == "cuda" and self._training.step % every == 0:
            self._busy.append(torch.cuda.utilization(self._training.device))

    def __str__(self) -> str:
        """Return tiles a second, looks included, and the share of the time in which tiles were waited for."""
        took_s = max(time.perf_counter() - self._begun_s, 1e-9)
        tiles = (self._training.step - self._begun) * self._training.recipe.batch_size
        waited = (self._training.waited_s - self._waited_s) / took_s
        busy = f", GPU busy {sum(self._busy) / len(self._busy):.0f} %" if self._busy else ""
        return f"{tiles / took_s:.1f} tiles/s with looks, {waited:.0%} of the time waiting for tiles{busy}"
