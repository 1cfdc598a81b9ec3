"""Likeness: copies are called copies, noise is told from sound, and classes carry over."""

import numpy as np
import pytest

from antiphon.learning.likeness import described, likeness

RATE = 8000


def tones(count, seed, spread=0.05):
    rng = np.random.default_rng(seed)
    t = np.arange(2000) / RATE
    label = np.arange(count) % 2
    hz = np.array([800, 2400])[label] * (1 + spread * rng.normal(size=count))
    envelope = np.exp(-(((t - rng.uniform(0.08, 0.17, (count, 1))) / 0.04) ** 2))
    sound = 0.5 * envelope * np.sin(2 * np.pi * hz[:, None] * t) + rng.normal(0, 1e-3, (count, 2000))
    return sound.astype(np.float32), label


def measured(made, label, learned=None):
    real, real_label = tones(24, 0)
    real = real if learned is None else learned
    other, other_label = tones(12, 1)
    rows = likeness(
        described(real, real_label, tuple(f"a{i // 4}" for i in range(24)), RATE),
        described(other, other_label, tuple(f"b{i // 4}" for i in range(12)), RATE),
        described(made, label, ("",) * len(made), RATE),
        folds=3,
        seed=0,
    )
    return {(row["measure"], row["of"]): row["value"] for row in rows}


@pytest.fixture(scope="module")
def good():
    return measured(*tones(12, 2))


def test_sounds_of_the_same_kind__are_like_real_ones(good):
    assert good["frechet", "generated"] < 3 * good["frechet", "real"]
    assert good["diversity_cosine", "generated"] == pytest.approx(good["diversity_cosine", "real"], rel=0.3)
    for measure in ("trained_on_generated_tested_on_real", "cross_validated"):
        assert good[measure, "generated" if "generated" in measure else "real"] == 1
    assert good["trained_on_real_tested_on_generated", "generated"] == 1


def test_copies__are_called_copies():
    found = measured(*(one[:12] for one in tones(24, 0)))
    assert found["near_copies", "generated"] == 1
    assert found["nearest_cosine", "generated"] < 1e-6


def test_sounds_of_one_recording__are_near_each_other_without_any_copying(good):
    """Clips that share a background lie nearer to each other than to those of other recordings."""
    assert good["near_copies_among_learned", "real"] < 0.5
    real, label = tones(24, 0)
    hum = np.sin(2 * np.pi * 350 * np.arange(real.shape[1]) / RATE).astype(np.float32)
    found = measured(real[:12] + hum, label[:12], learned=real + hum)
    assert found["near_copies_among_learned", "real"] > 0.9
    assert found["near_copies", "real"] < 0.2


def test_noise__is_told_from_sound(good):
    found = measured(np.random.default_rng(3).normal(0, 0.2, (12, 2000)).astype(np.float32), np.arange(12) % 2)
    assert found["told_from_real", "generated"] == 1
    assert found["told_from_real", "real"] < 0.8
    assert found["frechet", "generated"] > 2 * good["frechet", "generated"]
    assert found["snr_db", "generated"] < 10 < found["snr_db", "real"]


def test_one_sound_again_and_again__has_no_diversity(good):
    found = measured(np.repeat(tones(2, 2)[0][:1], 12, axis=0), np.zeros(12, dtype=int))
    assert found["diversity_cosine", "generated"] < 1e-6 < good["diversity_cosine", "generated"]


def test_common_class__counts_no_more_than_a_rare_one():
    """Who learned only one class finds all of it and nothing of the other, however many there are of each."""
    rare = np.r_[[0] * 10, [1] * 2]
    sounds, _ = tones(24, 2)
    found = measured(np.concatenate([sounds[::2][:10], sounds[1::2][:2]]), np.zeros(12, dtype=int))
    assert found["trained_on_generated_tested_on_real", "generated"] == 0.5
    found = measured(np.concatenate([sounds[::2][:10], sounds[::2][:2]]), rare)
    assert found["trained_on_real_tested_on_generated", "generated"] == 0.5


def test_sounds_without_a_class__are_not_classified():
    found = measured(tones(12, 2)[0], np.full(12, -1))
    assert not [measure for measure, _ in found if measure.startswith("trained_on")]
