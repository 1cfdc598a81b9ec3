"""A voice: one animal or machine of a scene, which sounds again and again in its own way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["Voice"]


@dataclass(frozen=True)
class Voice:
    """One animal or machine.

    Attributes
    ----------
    name
        What kind it is.
    sound
        Called with a random generator, the sample rate in hertz and the longest useful duration in seconds; gives the
        samples of one event, float32, of any amplitude. It may be longer or shorter than that duration.
    gap_s
        Shortest and longest silence between two of its events, seconds.
    lasting
        Whether its sound lasts longer than a scene, so that it is there from the beginning.
    """

    name: str
    sound: Callable[[np.random.Generator, int, float], np.ndarray]
    gap_s: tuple[float, float]
    lasting: bool = False
