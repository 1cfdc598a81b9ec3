"""Recall against signal-to-noise ratio, by hand."""

import numpy as np

from antiphon.stats.injection import found_share, recall_curve


def test_found_share__gives_no_credit_for_what_was_found_before():
    own, found, before = (np.zeros((4, 5), dtype=bool) for _ in range(3))
    own[1:3, 1:5] = True
    found[1, 1:5] = found[2, 1] = True
    assert found_share(own, found, before) == 5 / 8
    before[1, 1:5] = True
    assert found_share(own, found, before) == 1 / 4
    assert found_share(own, found, own) == 0.0
    assert found_share(np.zeros_like(own), found, before) == 0.0


def test_recall_curve__counts_each_sound_in_its_step():
    edges_db = np.array([-10.0, 0.0, 10.0, 20.0])
    snr_db = np.array([-10.0, -0.1, 0.0, 5.0, 20.0, 20.1, -11.0])
    share = np.array([0.0, 0.5, 0.49, 1.0, 0.9, 1.0, 1.0])
    curve = recall_curve(snr_db, share, edges_db)
    assert curve.snr_db.tolist() == [-5.0, 5.0, 15.0]
    assert curve.events.tolist() == [2, 2, 1]
    assert curve.found.tolist() == [1, 1, 1]
    np.testing.assert_allclose(curve.recall, [0.5, 0.5, 1.0])


def test_recall_curve__of_a_step_without_sounds_has_no_value():
    curve = recall_curve(np.array([1.0]), np.array([1.0]), np.array([0.0, 2.0, 4.0]))
    assert np.isnan(curve.recall[1]) and np.isnan(curve.low[1]) and np.isnan(curve.high[1])
