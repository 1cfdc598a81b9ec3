"""Occupancy without known errors: exact where errors are, and intervals that hold the truth as often as they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.stats.correction import Errors, corrected


@given(st.floats(0, 1), st.floats(0.05, 1), st.floats(0, 0.04))
def test_corrected__gives_the_true_share_back(true, sensitivity, false_share):
    errors = Errors(sensitivity, false_share)
    apparent = np.array([true * sensitivity + (1 - true) * false_share])
    estimate, low, high = corrected(apparent, errors)
    assert estimate[0] == pytest.approx(true, abs=1e-9) and (low[0], high[0]) == (0, 1)


def test_errors__are_pooled_over_groups():
    errors = Errors.of_groups(np.array([[8, 1, 2, 99], [1, 3, 9, 97]]))
    assert errors.sensitivity == pytest.approx(9 / 20) and errors.false_share == pytest.approx(4 / 200)
    assert np.isinf([errors.log_low, errors.log_high]).all()  # two groups say nothing of a third


def drawn_groups(rng, groups):
    """Return cells and true shares of groups of one kind, whose prevalence, sensitivity and false share vary."""
    own = rng.binomial(100_000, rng.beta(1, 9, groups) * (rng.random(groups) < 0.6))
    hits = rng.binomial(own, rng.beta(7, 3, groups))
    false = rng.binomial(100_000 - own, rng.beta(1, 199, groups))
    return np.stack([hits, false, own - hits, 100_000 - own - false], axis=1), own / 100_000


def test_interval__holds_the_truth_of_a_new_group():
    """Nineteen in twenty, or nearly, of groups that validation did not see; of mean rates it were far fewer."""
    rng = np.random.default_rng(5)
    held = []
    for _ in range(100):
        cells, _ = drawn_groups(rng, 80)
        new, true = drawn_groups(rng, 20)
        estimate, low, high = corrected(new[:, :2].sum(axis=1) / 100_000, Errors.of_groups(cells))
        assert (low <= estimate).all() and (estimate <= high).all()
        held.append(np.mean((low <= true) & (true <= high)))
    assert 0.93 <= np.mean(held) <= 0.98


def test_interval__says_everything_may_be_of_few_groups():
    rng = np.random.default_rng(6)
    cells, _ = drawn_groups(rng, 39)
    few, enough = (corrected(np.array([0.05]), Errors.of_groups(cells[:groups])) for groups in (38, 39))
    assert (few[1][0], few[2][0]) == (0, 1) and few[0][0] > 0
    assert enough[2][0] < 1


def test_corrected__knows_nothing_where_the_model_finds_nothing():
    errors = Errors.of_groups(np.array([[0, 10, 100, 900], [0, 20, 100, 900]]))
    assert np.isnan(corrected(np.array([0.1, np.nan]), errors)).all()
    half = Errors.of_groups(np.array([[0, 10, 100, 900], [90, 0, 10, 900]]))
    estimate, low, high = corrected(np.array([0.1, np.nan]), half)
    assert low[0] == 0 and high[0] == 1 and 0 < estimate[0] < 1
    assert np.isnan([estimate[1], low[1], high[1]]).all()
