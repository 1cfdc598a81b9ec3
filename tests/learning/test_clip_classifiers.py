"""Clip classifiers: they learn, twice the same, and look at every part of a clip."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import nn

from antiphon.learning.clips import _present, clip_scores, learn_clips, make_classifier
from antiphon.learning.tiles import Tiles

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Examples:
    level: np.ndarray
    mask_bits: np.ndarray
    floor: np.ndarray
    background: np.ndarray
    sources: tuple[str, ...] = ("low", "high")
    known_bits: np.ndarray | None = None


def clips(seed, count=12, frames=64, bins=32):
    rng = np.random.default_rng(seed)
    level = rng.integers(80, 95, (count, frames, bins), dtype=np.uint8)
    bits = np.zeros_like(level)
    for example in range(count):
        for source in range(2):
            if (example >> source) & 1:
                level[example, :, 16 * source : 16 * source + 12] += 40
                bits[example, :, 16 * source : 16 * source + 12] |= 1 << source
    reference = np.full((count, bins), 87, dtype=np.uint8)
    return Examples(level, bits, reference, reference)


class _Small(nn.Module):
    """A classifier that is quick: the mean level of each bin."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(32, 2)

    def forward(self, features):
        return self.layer(features[:, 0].mean(1))


def test_classifier__learns():
    network = _Small()
    losses = list(learn_clips(network, Tiles(clips(0), 32, 8, 1), 60, 0.05, CPU))
    assert losses[-1] < 0.3 * losses[0]
    scores = clip_scores(network, clips(1), 32, CPU)
    there = np.array([[(example >> source) & 1 for source in range(2)] for example in range(12)]) > 0
    assert scores.shape == (12, 2)
    assert scores[there].min() > scores[~there].max()


def test_classifier__looks_at_the_last_frames_too():
    network = _Small()
    with torch.no_grad():
        network.layer.weight.copy_(torch.eye(32)[:2])
        network.layer.bias.zero_()
    examples = clips(0, count=1, frames=80)
    examples.level[0, 70:, 0] = 250
    high = clip_scores(network, examples, 32, CPU)[0]
    assert high[0] > high[1] + 0.1


def test_tiles__that_are_partly_unknown_do_not_say_absent():
    examples = clips(0, count=4)
    known = np.full_like(examples.mask_bits, 3)
    known[:, :, 0] = 2
    batch = Tiles(replace(examples, known_bits=known), 32, 8, 0).batch(0)
    true, counted = _present(batch, 2)
    assert (counted[:, 1] == 1).all()
    assert np.array_equal(counted[:, 0], true[:, 0])


def test_make_classifier__is_seeded_and_refuses_others():
    with torch.device("meta"):
        assert sum(one.numel() for one in make_classifier("resnet50", sources=1000, seed=1).parameters()) == 25_557_032
    with pytest.raises(ValueError, match="no classifier 'alexnet'"):
        make_classifier("alexnet", sources=2, seed=0)
