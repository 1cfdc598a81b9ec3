"""The end of a training: the best weights, calibrated, with thresholds, and what eight bits would cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
import torch
from torch import Tensor

from antiphon.learning.fit import Training
from antiphon.learning.quantised import input_ranges, quantised
from antiphon.learning.tiles import Examples
from antiphon.learning.validation import Verdict, bands_alone, tallied, validate, verdict_at
from antiphon.networks.generator import Generator
from antiphon.signal.levels import PROBABILITY_SCALE
from antiphon.stats.judging.calibration import Calibration, fitted
from antiphon.stats.judging.scores import Histogram

__all__ = ["Finished", "finished"]


@dataclass(frozen=True)
class Finished:
    """What is kept of a training.

    Attributes
    ----------
    weights
        The best average, rounded and calibrated.
    verdict
        How good it is on the validation examples at its thresholds.
    unheard
        Sources of whose cells it finds no more there than who only knows in which bands they sound: their threshold is
        certainty, for what it finds of them says nothing.
    int8
        The same in eight bits.
    input_ranges
        Least and greatest input of every convolution.
    lines
        What its log-odds were bent by, source by source; empty if its network cannot be.
    before, after
        Validation cells by probability, before and after that.
    """

    weights: dict[str, Tensor]
    verdict: Verdict
    unheard: tuple[str, ...]
    int8: Verdict
    input_ranges: dict[str, tuple[float, float]]
    lines: Sequence[Calibration]
    before: Histogram
    after: Histogram


def finished(training: Training, examples: Examples, validation: Examples) -> Finished:
    """Take the best weights, calibrate them on ``validation``, and choose thresholds there.

    Parameters
    ----------
    training
        A training with at least one look.
    examples
        What it learned from: their first ones tell the ranges that eight bits must span.
    validation
        What it was validated on.
    """
    best, generator, kernels = training.best, training.average, training.recipe.kernels
    assert best is not None
    generator.load_state_dict(best["weights"])
    _round_kernels(generator, kernels)
    each = tallied(generator, validation, training.device, training.dtype)
    before = after = reduce(add, each)
    lines = fitted(before)
    if generator.recalibrate([line.slope for line in lines], [line.shift for line in lines]):
        _round_kernels(generator, kernels)
        each = tallied(generator, validation, training.device, training.dtype)
        after = reduce(add, each)
    else:
        lines = []
    verdict = verdict_at(each, validation.sources, after.best_codes())
    chance = dict(zip(validation.sources, bands_alone(validation).tolist(), strict=True))
    unheard = tuple(source for source, f1 in verdict.f1.items() if chance[source] > 0 and f1 <= chance[source])
    if unheard:
        codes = verdict.codes | dict.fromkeys(unheard, PROBABILITY_SCALE)
        verdict = verdict_at(each, validation.sources, np.array([codes[source] for source in validation.sources]))
    ranges = input_ranges(generator, examples)
    int8 = validate(quantised(generator, ranges), validation, training.device, torch.float32, verdict.codes)
    return Finished(_stored(generator, kernels), verdict, unheard, int8, ranges, lines, before, after)


def _stored(generator: Generator, kernels: str) -> dict[str, Tensor]:
    """Return the weights as they are stored; convolutions alone are large, and normalisations want their range."""
    state = generator.state_dict()
    return {name: value.half() if value.ndim == 4 and kernels == "float16" else value for name, value in state.items()}


@torch.no_grad()
def _round_kernels(generator: Generator, kernels: str) -> None:
    """Round weights to what is stored, so that what is measured is what is kept."""
    state = generator.state_dict()
    for name, value in _stored(generator, kernels).items():
        state[name].copy_(value)
