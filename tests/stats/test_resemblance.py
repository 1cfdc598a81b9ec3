"""Distances with known answers."""

import numpy as np
import pytest

from antiphon.stats.judging.resemblance import (
    cosine_distances,
    diversity,
    frechet_distance,
    level_distances_db,
    nearest,
    snr_db,
)


def test_level_distances__are_root_mean_squares():
    ours = np.array([[0.0, 0.0], [3.0, 4.0]])
    np.testing.assert_allclose(level_distances_db(ours, ours), [[0, 5 / np.sqrt(2)], [5 / np.sqrt(2), 0]], atol=1e-9)


def test_cosine_distances__know_no_gain():
    ours = np.array([[1.0, 0.0], [0.0, 2.0], [5.0, 0.0]])
    np.testing.assert_allclose(cosine_distances(ours, ours[:1])[:, 0], [0, 1, 0])


def test_nearest_and_diversity():
    distances = np.array([[0.0, 2.0, 4.0], [2.0, 0.0, 6.0], [4.0, 6.0, 0.0]])
    assert diversity(distances) == 4
    assert np.isnan(diversity(np.zeros((1, 1))))
    np.testing.assert_array_equal(nearest(distances[:, 1:]), [2, 0, 0])


def test_frechet_distance__of_gaussians_is_that_of_the_formula():
    rng = np.random.default_rng(0)
    ours, theirs = rng.normal(0, 1, (200_000, 2)), rng.normal([3, 0], [1, 2], (200_000, 2))
    assert frechet_distance(ours, theirs) == pytest.approx(9 + (1 - 2) ** 2, rel=0.02)
    assert frechet_distance(ours[:100], ours[:100]) == pytest.approx(0, abs=1e-6)


def test_frechet_distance__stands_fewer_sounds_than_features():
    rng = np.random.default_rng(0)
    value = frechet_distance(rng.normal(size=(5, 16)), rng.normal(size=(6, 16)))
    assert np.isfinite(value)
    assert value > 0


def test_snr__is_the_loudest_over_the_quietest_tenth():
    frames = np.concatenate([np.full(10, 1.0), np.full(80, 0.1), np.full(10, 0.001), np.zeros(50)])
    assert snr_db(np.stack([frames, np.zeros(150)])) == pytest.approx([30, np.nan], nan_ok=True)
