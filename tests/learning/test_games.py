"""Games: what the critics' losses strive for, and that what is penalised and changed is what the papers say."""

import pytest
import torch
from torch import nn

from antiphon.learning import losses
from antiphon.learning.augmentation import Change
from antiphon.learning.games import changed_alike, gradient_penalty, make_game

GAMES = ("patch_hinge", "pix2pix", "relativistic", "multi_scale")


class Linear(nn.Module):
    """A critic whose verdict is a known multiple of what it sees."""

    def __init__(self, slope):
        super().__init__()
        self.slope = slope

    def forward(self, mixture, separated):
        return self.slope * separated.sum((1, 2, 3), keepdim=True)


def shown(batch=2, sources=2, frames=96, bins=64, seed=0):
    torch.manual_seed(seed)
    return torch.randn(batch, 3, frames, bins), torch.rand(batch, sources, frames, bins)


def test_gradient_penalty__is_the_squared_slope():
    mixture, separated = shown()
    assert gradient_penalty(Linear(0.5), mixture, separated) == pytest.approx(0.25 * separated[0].numel(), rel=1e-4)


@pytest.mark.parametrize("name", GAMES)
def test_game__gives_both_players_a_way_down(name):
    game = make_game(name, sources=2, width=4, seed=1)
    mixture, real = shown()
    fake = torch.zeros_like(real).requires_grad_(True)
    criticism = game.criticism(game.critic, mixture, real, fake.detach())
    criticism.backward()
    assert all(one.grad is not None for one in game.critic.parameters())
    game.persuasion(game.critic, mixture, real, fake).backward()
    assert fake.grad.abs().sum() > 0
    assert torch.isfinite(gradient_penalty(game.critic, mixture, real))


@pytest.mark.parametrize("name", GAMES)
def test_critic__learns_to_tell_truth_from_silence(name):
    game = make_game(name, sources=2, width=4, seed=1)
    mixture, real = shown()
    optimizer, seen = torch.optim.Adam(game.critic.parameters(), lr=0.005), []
    for _ in range(12):
        loss = game.criticism(game.critic, mixture, real, torch.zeros_like(real))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen.append(float(loss.detach()))
    assert seen[-1] < 0.9 * seen[0]


@pytest.mark.parametrize("name", GAMES)
def test_verdicts__stay_float32_in_mixed_arithmetic(name):
    game = make_game(name, sources=2, width=4, seed=1)
    mixture, real = shown()
    exact = game.criticism(game.critic, mixture, real, torch.zeros_like(real))
    with torch.autocast("cpu", torch.bfloat16):
        mixed = game.criticism(game.critic, mixture, real, torch.zeros_like(real))
    assert mixed.dtype == torch.float32
    assert float(mixed.detach()) == pytest.approx(float(exact.detach()), rel=0.05)


def test_relativistic__weighs_the_difference_only():
    real, fake = torch.tensor([1.0, 2.0]), torch.tensor([0.5, -1.0])
    assert losses.relativistic_criticism(real + 7, fake + 7) == pytest.approx(
        float(losses.relativistic_criticism(real, fake)), abs=1e-6
    )
    assert losses.relativistic_criticism(real, fake) < losses.relativistic_persuasion(real, fake)


def test_feature_distance__is_zero_for_the_same_and_leaves_the_truth_alone():
    layers = [torch.ones(1, 2, 4, 4, requires_grad=True), torch.zeros(1, 4, 2, 2, requires_grad=True)]
    others = [(one.detach() + 2).requires_grad_(True) for one in layers]
    assert losses.feature_distance(layers, layers) == 0
    distance = losses.feature_distance(layers, others)
    distance.backward()
    assert distance == 2
    assert layers[0].grad is None
    assert others[0].grad is not None


def test_change__is_alike_for_all_that_belongs_together_and_keeps_frequency():
    mixture, separated = shown()
    torch.manual_seed(3)
    change = Change(mixture)
    again = change(torch.cat([mixture, separated], dim=1))
    assert torch.equal(again[:, :3], change(mixture))
    assert torch.equal(again[:, 3:], change(separated))
    ramp = torch.arange(64.0).expand(2, 1, 96, 64) + 1
    changed = change(ramp)
    held = changed > 0
    assert 0.9 < float(held.float().mean()) + 0.1 <= 1.1
    order = torch.where(held, changed / changed.amax((2, 3), keepdim=True) * 64, ramp)
    assert torch.allclose(order, ramp, atol=1e-3)


def test_changed__loss_gives_the_generator_a_way_back():
    game = make_game("relativistic", sources=2, width=4, seed=1, augment=True)
    mixture, real = shown()
    fake = torch.zeros_like(real).requires_grad_(True)
    game.persuasion(game.critic, mixture, real, fake).backward()
    assert fake.grad.abs().sum() > 0
    plain = changed_alike(lambda critic, mixture, real, fake: (real - fake).abs().sum())
    assert plain(game.critic, mixture, real, real) == 0
