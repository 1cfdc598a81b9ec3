"""Presence in clips: the threshold that is best, and clips whose truth is not known."""

import numpy as np

from antiphon.stats.judging.presence import best_least_share, clip_measures


def test_least_share__parts_present_from_absent():
    share = np.array([[0.0, 0.2], [0.01, 0.1], [0.05, 0.0], [0.2, 0.3]])
    present = np.array([[0, 1], [0, 0], [1, 0], [1, 1]], dtype=float)
    least = best_least_share(share, present)
    np.testing.assert_allclose(least, [0.03, 0.15])
    measures = clip_measures(share, present, least)
    assert measures["clip_hits"].sum(0).tolist() == [2, 2]
    assert measures["clip_false_alarms"].sum() == measures["clip_misses"].sum() == 0


def test_least_share__is_above_nothing_found():
    least = best_least_share(np.array([[0.0], [0.0], [0.4]]), np.array([[1.0], [1.0], [1.0]]))
    assert 0 < least[0] <= 0.4
    assert np.isinf(best_least_share(np.zeros((3, 1)), np.ones((3, 1))))
    assert np.isinf(best_least_share(np.ones((3, 1)), np.zeros((3, 1))))


def test_clips__whose_truth_is_not_known_count_nowhere():
    measures = clip_measures(np.array([[0.5], [0.5], [0.0]]), np.array([[np.nan], [0.0], [1.0]]), np.array([0.1]))
    assert [measures[name].sum() for name in ("clip_hits", "clip_false_alarms", "clip_misses")] == [0, 1, 1]
