"""Calibration: what was bent is straightened, order is kept, and the tables say what was predicted and observed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.stats.judging.calibration import Calibration, calibration_error, fitted, reliability
from antiphon.stats.judging.scores import Histogram

CELLS = 400_000


def bent(slope, shift, seed=0):
    """Return the cells of one source whose log-odds were multiplied and shifted away from the truth."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-1.0, 1.5, CELLS)
    truth = rng.random(CELLS) < 1 / (1 + np.exp(-log_odds))
    codes = np.round(254 / (1 + np.exp(-(log_odds - shift) / slope))).astype(np.uint8)
    return codes, truth


def counted(codes, truth):
    return Histogram.of(codes.reshape(1, 1, -1), truth.reshape(1, 1, -1))


@pytest.mark.parametrize(("slope", "shift"), [(1.0, 0.0), (0.5, -1.0), (1.6, 0.7)])
def test_fitted__finds_what_bent_the_probabilities(slope, shift):
    found = fitted(counted(*bent(slope, shift)))[0]
    assert found.slope == pytest.approx(slope, abs=0.08)
    assert found.shift == pytest.approx(shift, abs=0.12)
    assert found.temperature == pytest.approx(1 / found.slope)


def test_fitted__makes_the_error_small():
    codes, truth = bent(0.5, -1.0)
    before = counted(codes, truth)
    line = fitted(before)[0]
    probability = np.clip(codes / 254, 1e-3, 1 - 1e-3)
    moved = line.slope * np.log(probability / (1 - probability)) + line.shift
    after = counted(np.round(254 / (1 + np.exp(-moved))).astype(np.uint8), truth)
    assert calibration_error(before)[0] > 0.15
    assert calibration_error(after)[0] < 0.02


def test_fitted__leaves_a_source_alone_that_is_never_or_always_true():
    codes, truth = bent(1.0, 0.0)
    assert fitted(counted(codes, np.zeros_like(truth))) == [Calibration()]
    assert fitted(counted(codes, np.ones_like(truth))) == [Calibration()]


def test_reliability__counts_every_cell_once():
    histogram = counted(np.array([0, 25, 127, 254, 254], np.uint8), np.array([0, 0, 1, 1, 0], bool))
    table = reliability(histogram)[0]
    assert table[:, 2].tolist() == [2, 0, 0, 0, 0, 1, 0, 0, 0, 2]
    assert table[9].tolist() == [1.0, 0.5, 2.0]
    assert np.isnan(table[2, :2]).all()


@given(st.lists(st.tuples(st.integers(0, 254), st.booleans()), min_size=1, max_size=60))
def test_fitted__gives_a_rising_line_for_any_cells(cells):
    codes, truth = (np.array(one) for one in zip(*cells, strict=True))
    line = fitted(counted(codes.astype(np.uint8), truth.astype(bool)))[0]
    assert 0.1 <= line.slope <= 10
    assert np.isfinite(line.shift)
