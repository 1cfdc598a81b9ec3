"""Tolerance: one cell beside is near, two are not; an event is found by half of its cells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from antiphon.stats.judging.near import events_found, widened


def test_widened__reaches_one_cell_every_way():
    mask = np.zeros((1, 7, 7), dtype=bool)
    mask[0, 3, 3] = True
    wide = np.zeros_like(mask)
    wide[0, 2:5, 2:5] = True
    assert np.array_equal(widened(mask), wide)
    assert widened(mask, 2).sum() == 25


@given(seed=st.integers(0, 999), cells=st.integers(1, 3))
def test_widened__is_a_dilation_by_a_square(seed, cells):
    mask = np.random.default_rng(seed).random((2, 12, 9)) < 0.1
    square = np.ones((1, 2 * cells + 1, 2 * cells + 1))
    assert np.array_equal(widened(mask, cells), ndimage.binary_dilation(mask, square))


@pytest.mark.parametrize(("found_cells", "met"), [(0, 0), (5, 0), (6, 1), (12, 1)])
def test_event__is_found_by_half_of_its_cells(found_cells, met):
    truth = np.zeros((1, 10, 10), dtype=bool)
    truth[0, 2:5, 2:6] = True
    found = np.zeros_like(truth)
    found[truth] = np.arange(12) < found_cells
    events, events_met = events_found(found, truth)
    assert (events.tolist(), events_met.tolist()) == ([1], [met])


def test_events__touch_at_corners_and_are_counted_by_source():
    truth = np.zeros((2, 10, 10), dtype=bool)
    truth[0, 0:2, 0:2] = truth[0, 2:4, 2:4] = truth[0, 7:9, 7:9] = True
    events, met = events_found(truth, truth)
    assert (events.tolist(), met.tolist()) == ([2, 0], [2, 0])
