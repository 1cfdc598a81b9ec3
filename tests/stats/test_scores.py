"""Scores: what arithmetic and scikit-learn say they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.signal.levels import PROBABILITY_NOT_HEARD, PROBABILITY_SCALE
from antiphon.stats.judging import judgement, measures, scores
from antiphon.stats.judging.scores import (
    Counts,
    Histogram,
    code_of_threshold,
    mean_known,
    threshold_of_code,
    unpacked,
)

EVERYWHERE = np.ones((20, 16), dtype=bool)


def masks(seed, share=0.3, shape=(2, 20, 16)):
    return np.random.default_rng(seed).random(shape) < share


def test_codes__mean_the_same_as_in_the_stores():
    assert scores._SCALE == judgement._SCALE == PROBABILITY_SCALE
    assert scores._NOT_HEARD == judgement._NOT_HEARD == measures._NOT_HEARD == PROBABILITY_NOT_HEARD
    assert scores._EVEN_ODDS == PROBABILITY_SCALE // 2


@pytest.mark.parametrize("seed", range(5))
def test_counts__agree_with_scikit_learn(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    found, truth = masks(seed, 0.4), masks(seed + 100)
    ours = Counts.of(found, truth, EVERYWHERE)
    for source in range(2):
        flat = truth[source].ravel(), found[source].ravel()
        assert ours.precision[source] == pytest.approx(metrics.precision_score(*flat))
        assert ours.recall[source] == pytest.approx(metrics.recall_score(*flat))
        assert ours.f1[source] == pytest.approx(metrics.f1_score(*flat))
        assert ours.iou[source] == pytest.approx(metrics.jaccard_score(*flat))


def test_counts__of_perfect_inverted_and_empty_predictions():
    truth = masks(1)
    perfect, inverted, empty = (Counts.of(found, truth, EVERYWHERE) for found in (truth, ~truth, truth & False))
    assert (perfect.precision == 1).all()
    assert (perfect.f1 == 1).all()
    assert (perfect.iou == 1).all()
    assert (inverted.f1 == 0).all()
    assert (inverted.iou == 0).all()
    assert (empty.recall == 0).all()
    assert (empty.f1 == 0).all()
    assert np.isnan(empty.precision).all()


def test_counts__of_nothing_in_nothing_have_no_score():
    nothing = np.zeros((1, 20, 16), dtype=bool)
    assert np.isnan(Counts.of(nothing, nothing, EVERYWHERE).f1).all()


def test_counts__leave_out_what_was_not_heard():
    found, truth, heard = masks(1), masks(2), masks(3, 0.5)[0]
    one = Counts.of(found, truth, heard)
    other = Counts.of(found ^ ~heard, truth, heard)
    assert np.array_equal(one.hits, other.hits)
    assert np.array_equal(one.false_alarms, other.false_alarms)
    assert np.array_equal(one.misses, other.misses)


@given(cut=st.integers(1, 19), seed=st.integers(0, 99))
def test_counts__add_up_however_cut(cut, seed):
    found, truth = masks(seed), masks(seed + 1)
    whole = Counts.of(found, truth, EVERYWHERE)
    parts = [Counts.of(found[:, s], truth[:, s], EVERYWHERE[s]) for s in (slice(cut), slice(cut, None))]
    both = parts[0] + parts[1]
    assert np.array_equal(whole.hits, both.hits)
    assert np.array_equal(whole.misses, both.misses)
    assert np.array_equal(Counts.stacked(parts).total().false_alarms, whole.false_alarms)


def test_histogram__gives_the_f1_of_every_threshold():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 256, (2, 20, 16), dtype=np.uint8)
    codes[1] = np.where(codes[0] == 255, 255, codes[1])
    truth = rng.random((2, 20, 16)) < codes / 400
    swept = Histogram.of(codes, truth).counts().f1
    for code in (1, 50, 127, 200, 254):
        alone = Counts.of((codes >= code) & (codes != 255), truth, np.ones((20, 16), dtype=bool)).f1
        heard = [Counts.of(codes[k : k + 1] >= code, truth[k : k + 1], codes[k] != 255).f1[0] for k in range(2)]
        np.testing.assert_allclose(swept[code], heard)
        assert alone.shape == (2,)


def test_histogram__finds_the_best_threshold_and_adds_up():
    codes = np.tile(np.arange(256, dtype=np.uint8), (2, 1, 1))
    truth = np.stack([codes[0] >= 100, codes[1] >= 30])
    one = Histogram.of(codes, truth)
    assert (one + one).best_codes().tolist() == one.best_codes().tolist() == [100, 30]
    np.testing.assert_allclose(one.f1_at(np.array([100, 30])), 1)
    assert 30 <= one.best_common_code() <= 100


def test_histogram__of_a_source_that_never_sounds_gives_even_odds():
    codes = np.full((1, 4, 4), 3, dtype=np.uint8)
    assert Histogram.of(codes, np.zeros((1, 4, 4), dtype=bool)).best_codes() == [127]


def test_threshold__leads_back_to_its_code():
    for code in range(1, 255):
        threshold = threshold_of_code(code)
        assert code_of_threshold(threshold) == code
        assert (np.arange(255) / 254 >= threshold).sum() == 255 - code


def test_unpacked__reads_bits():
    bits = np.array([[0, 1, 2, 7]], dtype=np.uint8)
    assert unpacked(bits, 3)[:, 0].tolist() == [
        [False, True, False, True],
        [False, False, True, True],
        [False, False, False, True],
    ]


def test_mean_known__leaves_out_what_has_no_meaning():
    np.testing.assert_array_equal(mean_known(np.array([[1.0, np.nan], [np.nan, np.nan]])), [1.0, np.nan])
