"""A generator in eight bits: convolutions of bytes, which processors with VNNI add up four at a time.

Quantisation after training (Jacob et al. 2018, arXiv:1712.05877): weights symmetric for each output channel, inputs of
a convolution from the least to the greatest value that they took on examples. torch computes here what the bytes would
give; OpenVINO turns the same graph into convolutions of bytes.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from itertools import islice

import torch
from torch import Tensor, nn

from antiphon.learning.apply import folded
from antiphon.learning.features import features
from antiphon.learning.tiles import Examples
from antiphon.networks.generator import Generator

__all__ = ["input_ranges", "quantised"]

Ranges = Mapping[str, tuple[float, float]]
_STEPS = 255
_WEIGHT_STEPS = 127
_EXAMPLES = 16


def input_ranges(generator: Generator, examples: Examples, count: int = _EXAMPLES) -> dict[str, tuple[float, float]]:
    """Return the least and the greatest input of every convolution, by the convolution's name.

    Parameters
    ----------
    generator
        The generator, trained.
    examples
        What it is shown; examples that are nowhere judged on.
    count
        How many of them, at most.
    """
    own = folded(generator).cpu()
    found: dict[str, tuple[float, float]] = {}

    def note(name: str, seen: Tensor) -> None:
        low, high = (float(one) for one in seen.aminmax())
        before = found.get(name, (0.0, 0.0))
        found[name] = (min(before[0], low), max(before[1], high))

    for name, layer in own.named_modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_pre_hook(lambda _, given, name=name: note(name, given[0]))
    frames = examples.level.shape[1] // own.multiple * own.multiple
    for level, floor, background in islice(
        zip(examples.level, examples.floor, examples.background, strict=True), count
    ):
        given = (torch.from_numpy(one)[None] for one in (level[:frames], floor, background))
        with torch.inference_mode():
            own(features(*given))
    return found


def quantised(generator: Generator, ranges: Ranges) -> Generator:
    """Return a folded copy whose convolutions compute in eight bits; those without a range are left as they are."""
    own = copy.deepcopy(folded(generator))
    for name, layer in list(own.named_modules()):
        if isinstance(layer, nn.Conv2d) and name in ranges:
            above, _, last = name.rpartition(".")
            setattr(own.get_submodule(above), last, _Quantised(layer, *ranges[name]))
    return own


class _Quantised(nn.Module):
    """A convolution whose weights and inputs are rounded to 255 steps."""

    weight_steps: Tensor
    weight_zeros: Tensor

    def __init__(self, layer: nn.Conv2d, low: float, high: float) -> None:
        super().__init__()
        self.layer = layer
        self.step = max(high - low, 1e-6) / _STEPS
        self.zero = round(-low / self.step)
        widest = layer.weight.detach().abs().amax(dim=(1, 2, 3)).clamp(min=1e-8)
        self.register_buffer("weight_steps", widest / _WEIGHT_STEPS)
        self.register_buffer("weight_zeros", torch.zeros(len(widest), dtype=torch.int32))

    def forward(self, x: Tensor) -> Tensor:
        x = torch.fake_quantize_per_tensor_affine(x, self.step, self.zero, 0, _STEPS)
        weight = torch.fake_quantize_per_channel_affine(
            self.layer.weight, self.weight_steps, self.weight_zeros, 0, -_WEIGHT_STEPS, _WEIGHT_STEPS
        )
        rounded: Tensor = self.layer._conv_forward(x, weight, self.layer.bias)
        return rounded
