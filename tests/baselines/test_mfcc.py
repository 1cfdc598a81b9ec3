"""Cepstral coefficients: those of torchaudio; and a forest that tells sounds apart."""

import numpy as np
import pytest

from antiphon.baselines.mfcc import MfccForest, clip_vector, mel_weights, mfcc
from torchaudio_here import torchaudio


@pytest.fixture(scope="module")
def functional():
    return torchaudio().functional


def test_mel_weights__are_those_of_torchaudio(grid, functional):
    theirs = functional.melscale_fbanks(grid.bins + 1, 50.0, 16_000.0, 40, 32_000, norm=None, mel_scale="htk")
    np.testing.assert_allclose(mel_weights(grid), theirs[:-1].numpy(), atol=1e-4)


def test_mfcc__is_that_of_torchaudio(grid, functional):
    codes = np.random.default_rng(0).integers(60, 200, (30, grid.bins), dtype=np.uint8)
    power = 10 ** ((codes * 0.5 - 122.5) / 10)
    level_db = 10 * np.log10(power @ mel_weights(grid))
    theirs = level_db @ functional.create_dct(20, 40, "ortho").numpy()
    np.testing.assert_allclose(mfcc(codes, grid), theirs, atol=1e-3)


def test_mfcc__moves_only_its_first_coefficient_with_gain(grid):
    codes = np.random.default_rng(0).integers(60, 200, (30, grid.bins), dtype=np.uint8)
    change = mfcc(codes + 20, grid) - mfcc(codes, grid)
    np.testing.assert_allclose(change[:, 0], 10 * np.sqrt(40))
    np.testing.assert_allclose(change[:, 1:], 0, atol=1e-9)


def test_forest__tells_low_from_high(grid):
    rng = np.random.default_rng(0)
    codes = rng.integers(80, 100, (40, 60, grid.bins), dtype=np.uint8)
    present = rng.random((40, 2)) < 0.5
    codes[present[:, 0], 20:40, 20:40] += 60
    codes[present[:, 1], 20:40, 150:180] += 60
    vectors = np.array([clip_vector(one, grid) for one in codes])
    forest = MfccForest.learned(vectors[:30], present[:30].astype(float))
    assert ((forest.probability(vectors[30:]) > 0.5) == present[30:]).mean() > 0.9
    again = MfccForest.learned(vectors[:30], present[:30].astype(float))
    np.testing.assert_array_equal(again.probability(vectors), forest.probability(vectors))


def test_forest__of_clips_that_all_agree_says_what_they_say(grid):
    vectors = np.random.default_rng(0).random((10, 4))
    present = np.column_stack([np.ones(10), np.zeros(10), np.full(10, np.nan)])
    probability = MfccForest.learned(vectors, present).probability(vectors)
    np.testing.assert_array_equal(probability, np.tile([1.0, 0.0, 0.0], (10, 1)))
