"""Classes of clips: cepstral coefficients tell tones apart, networks learn in the same folds, figures add up."""

import numpy as np
import pytest
import torch

from antiphon.figures.model.confusion import confusion_figure
from antiphon.figures.pictures import png_bytes
from antiphon.learning.clip_classes import Classified, classified
from antiphon.stats.judging.folds import grouped_folds

RATE, CPU = 4000, torch.device("cpu")
CLASSES = ("high", "low", "noise")


@pytest.fixture(scope="module")
def clips():
    rng = np.random.default_rng(0)
    t = np.arange(1600) / RATE
    label = np.arange(24) % 3
    sounds = rng.normal(0, 0.01, (24, 1600))
    for number, kind in enumerate(label):
        if kind < 2:
            sounds[number] += 0.3 * np.sin(2 * np.pi * (1500, 400)[kind] * rng.uniform(0.95, 1.05) * t)
        else:
            sounds[number] *= 20
    groups = tuple(f"g{number // 3}" for number in range(24))
    return sounds.astype(np.float32), label, groups, grouped_folds(groups, label[:, None] == np.arange(3), 4)


def test_mfcc__tells_tones_and_noise_apart(clips):
    sounds, label, groups, fold = clips
    found = classified("mfcc", sounds, label, fold, rate_hz=RATE, steps=1, seed=0, device=CPU)
    np.testing.assert_array_equal(found.counts(CLASSES), np.diag([8, 8, 8]))
    whole, *each = found.rows(CLASSES, groups, bootstrap=100, seed=0)
    assert (whole["accuracy"], whole["accuracy_low"], whole["f1"], whole["clips"], whole["groups"]) == (1, 1, 1, 24, 8)
    assert [row["class"] for row in each] == list(CLASSES)


def test_network__answers_for_every_clip(clips):
    sounds, label, _, fold = clips
    found = classified("resnet50", sounds[:6], label[:6], fold[:6] % 2, rate_hz=RATE, steps=1, seed=0, device=CPU)
    assert found.found.shape == (6,)
    assert set(found.found) <= {0, 1, 2}


def test_rows__are_those_of_a_confusion_matrix_worked_by_hand():
    found = Classified("mfcc", np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 0]))
    np.testing.assert_array_equal(found.counts(CLASSES), [[2, 1, 0], [0, 2, 0], [1, 0, 0]])
    whole, high, low, noise = found.rows(CLASSES, list("aabbcc"), bootstrap=200, seed=0)
    assert whole["accuracy"] == pytest.approx(4 / 6)
    assert whole["accuracy_low"] < 4 / 6 < whole["accuracy_high"]
    assert (high["recall"], high["precision"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert (low["recall"], low["precision"], low["f1"]) == (1, pytest.approx(2 / 3), pytest.approx(0.8))
    assert (noise["recall"], noise["f1"], noise["groups"]) == (0, 0, 1)


def test_confusion_figure__is_the_same_bytes():
    counts = {"mfcc": np.array([[5, 1], [0, 7]]), "resnet50": np.array([[3, 3], [2, 5]])}
    one, other = (png_bytes(confusion_figure(counts, ["rain", "wind"])) for _ in range(2))
    assert one == other
    assert len(one) > 5000
