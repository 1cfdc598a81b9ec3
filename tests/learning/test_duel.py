"""The duel: losses on log-odds, a few real steps, and a state that is taken up bit for bit."""

import math

import pytest
import torch
from torch.nn import functional as F

from antiphon.learning.duel import HISTORY, Duel
from antiphon.learning.losses import slope_penalty, wasserstein_criticism
from antiphon.learning.voice_games import make_voice_game
from antiphon.learning.voice_recipe import NETWORKS, voice_recipe
from antiphon.learning.voices import make_voices

CPU = torch.device("cpu")
SAMPLES, RATE = 1000, 8000


def tones(count=8):
    t = torch.arange(SAMPLES) / RATE
    hz = torch.tensor([1000.0, 2000.0]).repeat(count // 2)[:, None]
    phase = torch.linspace(0, 6, count)[:, None]
    return 0.8 * torch.sin(2 * torch.pi * hz * t + phase), [0, 1] * (count // 2)


def begun(network="specgan", game=None, **changes):
    given = {"average_decay": 0.5, "seed": 3, "batch_size": 4, "noise": 5, "game": game, **changes}
    recipe = voice_recipe(network, **given)
    voices = make_voices(network, samples=SAMPLES, rate_hz=RATE, noise=recipe.noise, classes=2, width=4, seed=1)
    return Duel.begin(recipe, voices, CPU)


def test_vanilla__takes_log_odds_and_can_become_certain():
    game = make_voice_game("vanilla")
    sure = torch.full((4,), 30.0)
    assert float(game.criticism(sure, -sure)) < 1e-6
    assert float(game.persuasion(sure)) < 1e-6
    assert float(game.criticism(torch.zeros(4), torch.zeros(4))) == pytest.approx(math.log(2))


def test_sigmoid_laid_twice__can_never_become_certain():
    """The well-known slip: the critic ends in a sigmoid and the loss lays one over it again."""
    sure = torch.full((4,), 30.0)
    of_real, of_fake = sure.sigmoid(), (-sure).sigmoid()  # a perfect critic that ends in a sigmoid
    real_loss = F.binary_cross_entropy_with_logits(of_real, torch.ones(4))
    fake_loss = F.binary_cross_entropy_with_logits(of_fake, torch.zeros(4))
    assert float(real_loss) == pytest.approx(0.313, abs=5e-4)
    assert float(real_loss + fake_loss) == pytest.approx(1.006, abs=5e-4)
    # Our critics never end in one: their verdicts leave 0 to 1 behind.
    ours = make_voice_game("vanilla")
    assert 2 * float(ours.criticism(sure, -sure)) < 0.01 < float(real_loss + fake_loss)


@pytest.mark.parametrize("network", NETWORKS)
def test_critics__are_not_bounded(network):
    voices = make_voices(network, samples=SAMPLES, rate_hz=RATE, noise=5, classes=0, width=4, seed=1)
    last = [one for one in voices.critic.modules() if isinstance(one, torch.nn.Linear)][-1]
    torch.nn.init.constant_(last.bias, -7.0)
    verdicts = voices.critic(voices.seen(tones()[0]), voices.label([0] * 8))
    assert float(verdicts.detach().mean()) == pytest.approx(-7, abs=2)


def test_wasserstein__loss_and_penalty():
    assert float(wasserstein_criticism(torch.tensor([3.0, 5.0]), torch.tensor([1.0]))) == -3
    assert float(slope_penalty(torch.tensor([[0.6, 0.8], [3.0, 4.0]]))) == pytest.approx((0 + 16) / 2)


@pytest.mark.parametrize("network", NETWORKS)
def test_duel__moves_both_players(network):
    duel = begun(network)
    before = [next(player.parameters()).clone() for player in (duel.generator, duel.critic, duel.average)]
    sounds, classes = tones()
    row = duel.play_epoch(duel.voices.seen(sounds), classes)
    assert list(row) == ["epoch", *HISTORY]
    assert 0 < row["real_probability"] < 1
    after = [next(player.parameters()) for player in (duel.generator, duel.critic, duel.average)]
    assert not any(torch.equal(one, other) for one, other in zip(before, after, strict=True))


@pytest.mark.parametrize("game", ["vanilla", "wasserstein", "hinge"])
def test_games__play_with_every_network_that_was_published_with_another(game):
    duel = begun("dense", game)
    sounds, classes = tones()
    assert all(math.isfinite(value) for value in duel.play_epoch(sounds, classes).values())
    assert duel.recipe.critic_rounds == (5 if game == "wasserstein" else 1)


@pytest.mark.parametrize("network", ["dense_dropout", "wavegan", "specgan"])
def test_duel__taken_up_again_ends_as_if_nothing_had_happened(network):
    sounds, classes = tones()
    whole = begun(network)
    seen = whole.voices.seen(sounds)
    for _ in range(4):
        whole.play_epoch(seen, classes)
    first = begun(network)
    for _ in range(2):
        first.play_epoch(seen, classes)
    second = begun(network)
    second.resume(first.state())
    for _ in range(2):
        second.play_epoch(seen, classes)
    assert second.history == whole.history
    for one, other in zip(whole.average.state_dict().values(), second.average.state_dict().values(), strict=True):
        assert torch.equal(one, other)


def test_specgan__learns_where_two_classes_sound():
    """Trained for real, if briefly: each class gets its energy where its tone is."""
    sounds, classes = tones(16)
    duel = begun(batch_size=8, learning_rate=2e-3, critic_learning_rate=2e-3)
    seen = duel.voices.seen(sounds)
    for _ in range(40):
        duel.play_epoch(seen, classes)
    with torch.no_grad():
        drawn = duel.average(torch.randn(6, 5), duel.voices.label([0, 1] * 3)).mean(1)  # (sound, bin)
    low, high = round(1000 / 62.5), round(2000 / 62.5)
    assert (drawn[::2, low] > drawn[::2, high]).all()
    assert (drawn[1::2, high] > drawn[1::2, low]).all()


def test_duel__sees_a_rare_class_as_often_as_a_common_one(monkeypatch):
    duel, seen = begun("dense", batch_size=4), []
    monkeypatch.setattr(
        duel, "play", lambda real, label: seen.extend(label[:, 1].tolist()) or dict.fromkeys(HISTORY, 0.0)
    )
    sounds, _ = tones(200)
    for _ in range(4):
        duel.play_epoch(sounds, [1] * 20 + [0] * 180)
    assert len(seen) == 800
    assert sum(seen) / 800 == pytest.approx(0.5, abs=0.06)


def test_loss_that_is_not_finite__ends_the_duel():
    duel = begun("dense")
    sounds, classes = tones()
    with pytest.raises(ArithmeticError, match="epoch 1: a loss is not finite"):
        duel.play_epoch(sounds * float("nan"), classes)
