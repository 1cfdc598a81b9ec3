"""Shares with intervals: what the textbooks say, and that they hold what they promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.stats.ratio import ratio_interval, wilson_interval, windowed


def test_ratio__is_a_ratio_of_sums_with_cochrans_interval():
    ratio, low, high = ratio_interval(np.array([1.0, 2, 3]), np.array([10.0, 10, 10]))
    half = 4.3027 * np.sqrt((1 + 0 + 1) * 3 / 2) / 30  # t of 2 degrees of freedom
    assert (ratio, low, high) == pytest.approx((0.2, max(0.2 - half, 0), 0.2 + half), rel=1e-4)


def test_ratio__needs_two_clusters_for_an_interval_and_one_for_a_value():
    found = ratio_interval(np.array([[1.0, 0], [0, 0]]), np.array([[4.0, 0], [0, 0]]))
    assert found[0, 0] == 0.25 and np.isnan(found[0, 1:]).all() and np.isnan(found[1]).all()


def test_ratio__covers_the_truth_about_nineteen_times_in_twenty():
    rng = np.random.default_rng(5)
    whole = rng.integers(500, 2000, (2000, 40)).astype(float)
    shares = rng.beta(4, 16, (2000, 40))
    found = ratio_interval(shares * whole, whole)
    covered = ((found[:, 1] <= 0.2) & (found[:, 2] >= 0.2)).mean()
    assert 0.93 < covered < 0.965


@settings(max_examples=40, deadline=None)
@given(cells=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 10**6)), min_size=1, max_size=30))
def test_ratio__lies_within_its_interval_and_within_0_and_1(cells):
    share, whole = np.array([one for one, _ in cells]), np.array([one for _, one in cells], dtype=float)
    ratio, low, high = ratio_interval(share * whole, whole)
    assert np.isnan(ratio) == (whole.sum() == 0)
    assert np.isnan(low) or (0 <= low <= ratio + 1e-12 and ratio - 1e-12 <= high <= 1) or ratio > 1


def test_windows__hold_the_days_around_each_day():
    found = windowed(np.array([[1, 2, 3], [10, 20, 30]]), 3)
    assert sorted(found[0]) == [0, 0, 1, 2, 10, 20] and sorted(found[1]) == [1, 2, 3, 10, 20, 30]


@pytest.mark.parametrize(
    ("right", "looked_at", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_wilson__agrees_with_published_tables(right, looked_at, low, high):
    """The last row: Newcombe 1998, Statistics in Medicine 17, 857-872, table I, method 3."""
    found = wilson_interval(np.array([right, 0]), np.array([looked_at, 0]))
    assert [one[0] for one in found] == pytest.approx([right / looked_at, low, high], abs=2e-4)
    assert 0 <= found[1][0] <= found[2][0] <= 1


def test_wilson__says_nothing_of_nothing():
    assert np.isnan(wilson_interval(np.array(0), np.array(0))).all()
