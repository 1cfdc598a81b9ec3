"""Occupancy without known errors: exact where errors are, and intervals that hold the truth as often as they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.stats.correction import Errors, corrected


@given(st.floats(0, 1), st.floats(0.05, 1), st.floats(0, 0.04))
def test_corrected__gives_the_true_share_back(true, sensitivity, false_share):
    errors = Errors(sensitivity, false_share, np.empty((2, 0)))
    apparent = np.array([true * sensitivity + (1 - true) * false_share])
    estimate, low, high = corrected(apparent, errors)
    assert estimate[0] == pytest.approx(true, abs=1e-9) and np.isnan([low[0], high[0]]).all()


def test_errors__are_pooled_over_groups():
    errors = Errors.of_groups(np.array([[8, 1, 2, 99], [1, 3, 9, 97]]))
    assert errors.sensitivity == pytest.approx(9 / 20) and errors.false_share == pytest.approx(4 / 200)
    assert errors.resampled.shape == (2, 400)
    assert Errors.of_groups(np.array([[8, 1, 2, 99]])).resampled.shape == (2, 0)


def test_interval__holds_the_truth():
    """Groups whose sensitivity varies: nineteen in twenty intervals, or nearly, hold the share that is true."""
    rng = np.random.default_rng(5)
    held = []
    for _ in range(200):
        rates = rng.beta(14, 6, 30), rng.beta(2, 198, 30)
        found, false = rng.binomial(5000, rates[0]), rng.binomial(50_000, rates[1])
        errors = Errors.of_groups(np.stack([found, false, 5000 - found, 50_000 - false], axis=1))
        apparent = np.array([0.1 * 0.7 + 0.9 * 0.01])
        _, low, high = corrected(apparent, errors)
        held.append(low[0] <= 0.1 <= high[0])
    assert 0.88 <= np.mean(held) <= 0.99


def test_corrected__knows_nothing_where_the_model_finds_nothing():
    errors = Errors.of_groups(np.array([[0, 10, 100, 900], [0, 20, 100, 900]]))
    assert np.isnan(corrected(np.array([0.1, np.nan]), errors)).all()
    half = Errors.of_groups(np.array([[0, 10, 100, 900], [90, 0, 10, 900]]))
    estimate, low, high = corrected(np.array([0.1, np.nan]), half)
    assert low[0] == 0 and high[0] == 1 and 0 < estimate[0] < 1
    assert np.isnan([estimate[1], low[1], high[1]]).all()
