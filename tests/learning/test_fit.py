"""Training: seeded, resumable to the last bit, and it learns."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from antiphon.learning.fit import Training, fit
from antiphon.learning.generators import make_generator
from antiphon.learning.published import published
from antiphon.learning.recipe import Adversary, Recipe
from antiphon.learning.tiles import Tiles
from antiphon.learning.validation import tune, validate

CPU = torch.device("cpu")
RECIPE = Recipe(
    steps=4,
    batch_size=4,
    tile_frames=32,
    learning_rate=0.01,
    weight_decay=0.01,
    momentum=0.9,
    schedule="one_cycle",
    cross_entropy_weight=1.0,
    positive_weight=2.0,
    dice_weight=1.0,
    image_weight=0.0,
    average_decay=0.9,
    validate_every=2,
    patience=0,
    keep="f1",
    critic=Adversary(game="patch_hinge", weight=0.1, start=0.25, ramp=0.5, width=4, learning_rate=0.001),
    seed=5,
)


@dataclass(frozen=True)
class Examples:
    level: np.ndarray
    mask_bits: np.ndarray
    floor: np.ndarray
    background: np.ndarray
    sources: tuple[str, ...] = ("low", "high")
    known_bits: np.ndarray | None = None


def blobs(seed, count=6, frames=64, bins=32):
    """Noise with loud blobs: those in the lower half of the bins belong to one source, those above to the other."""
    rng = np.random.default_rng(seed)
    level = rng.integers(80, 95, (count, frames, bins), dtype=np.uint8)
    bits = np.zeros_like(level)
    for example in range(count):
        for source, bottom in ((0, 0), (1, bins // 2)):
            first, low = rng.integers(0, frames - 12), bottom + rng.integers(0, bins // 2 - 6)
            level[example, first : first + 12, low : low + 6] += 40
            bits[example, first : first + 12, low : low + 6] |= 1 << source
    reference = np.full((count, bins), 87, dtype=np.uint8)
    return Examples(level, bits, reference, reference)


def begin(recipe=RECIPE):
    generator = make_generator("resunet", widths=(6, 8), sources=2, bins=32, seed=recipe.seed)
    return Training.begin(recipe, generator, 2, CPU, torch.float32)


def tiles(recipe=RECIPE):
    return Tiles(blobs(0), frames=recipe.tile_frames, batch_size=recipe.batch_size, seed=recipe.seed)


def trained(recipe=RECIPE):
    training = begin(recipe)
    return training, [look for look in fit(training, tiles(recipe), blobs(1)) if look]


def assert_equal(one, other):
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_fit__twice_with_one_seed_agrees_to_the_last_bit():
    (one, looks), (other, again) = trained(), trained()
    assert str(looks) == str(again)
    for player in ("generator", "critic", "average"):
        assert_equal(getattr(one, player).state_dict(), getattr(other, player).state_dict())


def test_fit__with_another_seed_differs():
    one, other = trained()[0], trained(replace(RECIPE, seed=6))[0]
    assert not torch.equal(one.generator.head.weight, other.generator.head.weight)


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_fit__resumed_equals_undisturbed(tmp_path, stop):
    whole, looks = trained()
    first, seen = begin(), []
    for look in fit(first, tiles(), blobs(1)):
        seen += [look] if look else []
        if first.step == stop:
            break
    torch.save(first.state(), tmp_path / "state")
    second = begin()
    second.resume(torch.load(tmp_path / "state", weights_only=True))
    seen += [look for look in fit(second, tiles(), blobs(1)) if look]
    assert str(seen) == str(looks)
    for player in ("generator", "critic", "average"):
        assert_equal(getattr(whole, player).state_dict(), getattr(second, player).state_dict())
    assert_equal(whole.best["weights"], second.best["weights"])
    assert repr(whole.history) == repr(second.history)


def test_fit__keeps_a_copy_of_the_best():
    training, looks = trained()
    best = training.best
    assert best["merit"] == max(look.verdict.macro for look in looks)
    before = {name: value.clone() for name, value in best["weights"].items()}
    training.play(tiles().batch(99))
    assert_equal(best["weights"], before)
    assert not torch.equal(before["head.weight"], training.average.head.weight)


def test_fit__validates_what_it_keeps():
    training, _ = trained()
    kept = make_generator("resunet", widths=(6, 8), sources=2, bins=32)
    kept.load_state_dict(training.best["weights"])
    assert validate(kept, blobs(1), CPU, torch.float32).macro == training.best["merit"]


def test_fit__learns_blobs():
    recipe = replace(RECIPE, steps=80, batch_size=8, validate_every=80, critic=replace(RECIPE.critic, weight=0.0))
    _, looks = trained(recipe)
    assert looks[-1].verdict.macro > 0.8


def test_critic__plays_only_from_its_start():
    _, looks = trained(replace(RECIPE, validate_every=1))
    assert np.isnan(looks[0].losses["critic"])
    assert all(np.isfinite(look.losses["adversarial"]) for look in looks[2:])
    _, looks = trained(replace(RECIPE, critic=replace(RECIPE.critic, weight=0.0)))
    assert np.isnan(looks[-1].losses["critic"])


def test_critic__changes_what_is_learned():
    plain = trained(replace(RECIPE, critic=replace(RECIPE.critic, weight=0.0)))[0]
    assert not torch.equal(plain.generator.head.weight, trained()[0].generator.head.weight)


def test_critic_weight__rises_along_the_ramp():
    weight = Adversary(game="patch_hinge", weight=2.0, start=0.5, ramp=0.25, width=4, learning_rate=0.001).weight_at
    assert [weight(share) for share in (0.0, 0.49, 0.5, 0.625, 0.75, 1.0)] == [0, 0, 0, 1.0, 2.0, 2.0]
    assert Adversary("patch_hinge", 1.0, 0.0, 0.0, 4, 0.1).weight_at(0.0) == 1.0


def test_learning_rate__goes_up_once_and_down_once():
    rates = [replace(RECIPE, steps=1000).learning_rate_at(step) for step in range(1000)]
    assert max(rates) == pytest.approx(0.01, rel=1e-3)
    assert np.argmax(rates) == pytest.approx(100, abs=1)
    assert (np.diff(rates[:100]) > 0).all()
    assert (np.diff(rates[101:]) < 0).all()
    assert rates[-1] < 1e-6


def test_play__stops_at_a_loss_that_is_not_finite():
    training = begin()
    with torch.no_grad():
        training.generator.head.bias.fill_(float("nan"))
    with pytest.raises(ArithmeticError, match="step 1: a loss is not finite"):
        training.play(tiles().batch(0))


def test_fit__that_finds_nothing_better_ends(monkeypatch):
    recipe = replace(RECIPE, steps=40, patience=3)
    training = begin(recipe)
    scores = iter([0.2, 0.5, 0.4, 0.5, 0.3, 0.9])
    verdict = validate(training.average, blobs(1), CPU, torch.float32)
    monkeypatch.setattr(
        "antiphon.learning.fit.validate",
        lambda *given: replace(verdict, f1=dict.fromkeys(verdict.f1, next(scores))),
    )
    looks = [look for look in fit(training, tiles(recipe), blobs(1)) if look]
    assert [look.step for look in looks] == [2, 4, 6, 8, 10]
    assert training.best["step"] == 4
    assert list(fit(training, tiles(recipe), blobs(1))) == []


def test_fit__names_the_examples_of_a_batch_that_is_not_finite():
    training = begin()
    with torch.no_grad():
        training.generator.head.bias.fill_(float("nan"))
    chosen = sorted(set(tiles().chosen(0).tolist()))
    with pytest.raises(ArithmeticError, match=f"examples {', '.join(map(str, chosen))}$"):
        next(fit(training, tiles(), blobs(1)))


def test_tiles__say_which_examples_they_are_from():
    examples = blobs(0)
    marked = replace(examples, level=np.arange(1, 7, dtype=np.uint8)[:, None, None].repeat(64, 1).repeat(32, 2))
    plain = Tiles(marked, frames=32, batch_size=4, seed=5)
    seen = plain.batch(3).level
    # Most of what a tile still hears is neither cut off nor cut out.
    assert [np.median(one[one > 0]) - 1 for one in seen] == plain.chosen(3).tolist()


def test_look__reads_as_a_line():
    _, looks = trained()
    assert str(looks[0]).startswith("step 2: cross_entropy ")
    assert "low" in str(looks[0])
    assert set(looks[0].row()) == {
        "step", "cross_entropy", "dice", "image", "critic", "adversarial", "f1_low", "f1_high", "f1_macro"
    }  # fmt: skip


def test_tune__finds_the_level_that_stands_out():
    energy = make_generator("energy", widths=(), sources=2, bins=32)
    examples = blobs(3)
    verdict = tune(energy, examples)
    # blobs lie 40 codes, 20 dB, above noise that reaches 3.5 dB
    assert 3.5 < float(energy.threshold_db) < 17
    assert verdict.macro == pytest.approx(2 / 3, abs=0.02)
    found = validate(energy, examples, CPU, torch.float32)
    assert found.f1 == pytest.approx(verdict.f1)


@pytest.mark.parametrize("network", ["pix2pix", "atrous_segnet"])
def test_published__learns_twice_the_same_and_resumes(network, tmp_path):
    recipe = replace(published(network, RECIPE), steps=2, batch_size=2, validate_every=2)
    recipe = replace(recipe, critic=replace(recipe.critic, width=4))

    def fresh():
        return Training.begin(recipe, make_generator(network, widths=(), sources=2, bins=32), 2, CPU, torch.float32)

    whole = fresh()
    looks = list(fit(whole, tiles(recipe), blobs(1)))
    assert looks[-1].best
    first = fresh()
    next(iter(fit(first, tiles(recipe), blobs(1))))
    torch.save(first.state(), tmp_path / "state")
    second = fresh()
    second.resume(torch.load(tmp_path / "state", weights_only=True))
    list(fit(second, tiles(recipe), blobs(1)))
    assert_equal(whole.generator.state_dict(), second.generator.state_dict())
    assert repr(whole.history) == repr(second.history)


def test_published__is_what_the_papers_say():
    own = replace(RECIPE, critic=replace(RECIPE.critic, weight=0.3))
    assert published("resunet", own) == own
    ours = published("pix2pix", own)
    assert (ours.image_weight, ours.cross_entropy_weight, ours.dice_weight) == (100.0, 0.0, 0.0)
    assert (ours.learning_rate, ours.momentum, ours.batch_size, ours.critic.game) == (2e-4, 0.5, 1, "pix2pix")
    theirs = published("atrous_segnet", own)
    assert (theirs.learning_rate, theirs.batch_size, theirs.keep, theirs.critic.weight) == (1e-4, 16, "iou", 0.0)
    assert (theirs.cross_entropy_weight, theirs.positive_weight, theirs.dice_weight) == (1.0, 1.0, 0.0)
    assert published("deeplabv3", own).dice_weight == 1.0
    assert all(published(one, own).steps == own.steps for one in ("pix2pix", "atrous_segnet", "deeplabv3"))


@pytest.mark.parametrize(
    ("network", "game"),
    [("resunet", "pix2pix"), ("pix2pix", "patch_hinge"), ("atrous_segnet", "pix2pix"), ("deeplabv3", "patch_hinge")],
)
def test_network__plays_with_any_critic(network, game):
    critic = Adversary(game=game, weight=0.1, start=0.0, ramp=0.0, width=4, learning_rate=0.001)
    recipe = replace(RECIPE, steps=1, batch_size=2, validate_every=1, critic=critic)
    generator = make_generator(network, widths=(6, 8), sources=2, bins=32)
    training = Training.begin(recipe, generator, 2, CPU, torch.float32)
    training.play(tiles(recipe).batch(0))
    assert generator.draws == (network == "pix2pix")
    assert all(one.isfinite().all() for one in generator.parameters())


def test_schedule__of_pix2pix_falls_from_the_middle():
    rates = [replace(RECIPE, steps=100, schedule="constant_then_down").learning_rate_at(step) for step in range(100)]
    assert rates[0] == rates[50] == 0.01
    assert rates[75] == pytest.approx(0.005)
    assert rates[99] == pytest.approx(0.0002)
    assert replace(RECIPE, schedule="constant").learning_rate_at(3) == 0.01


@pytest.mark.parametrize("game", ["relativistic", "multi_scale"])
def test_fit__resumes_with_penalties_and_augmentation_too(game):
    critic = replace(RECIPE.critic, game=game, start=0.0, penalty_weight=1.0, penalty_every=2, augment=True)
    recipe = replace(RECIPE, critic=critic)
    whole, first = begin(recipe), begin(recipe)
    for step in range(3):
        whole.play(tiles(recipe).batch(step))
    first.play(tiles(recipe).batch(0))
    second = begin(recipe)
    second.resume(first.state())
    for step in (1, 2):
        second.play(tiles(recipe).batch(step))
    for player in ("generator", "critic"):
        assert_equal(getattr(whole, player).state_dict(), getattr(second, player).state_dict())
