"""What is found by bins alone: worked out by hand, and never less than all cells or the best single bin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.stats.bands_alone import bands_alone_f1


def test_f1__of_the_best_bins_by_hand():
    sounding, cells = np.array([[5, 1, 0], [0, 0, 0]]), np.full((2, 3), 10)
    # The first bin alone: 2 * 5 / (10 + 6); the first two: 2 * 6 / (20 + 6).
    assert bands_alone_f1(sounding, cells).tolist() == [pytest.approx(10 / 16), 0.0]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=8))
def test_f1__is_that_of_the_best_choice_of_bins(rows):
    sounding, silent = np.array(rows).T
    cells = sounding + silent
    choices = [[bin_ for bin_ in range(len(rows)) if number >> bin_ & 1] for number in range(1, 2 ** len(rows))]
    best = max(2 * sounding[one].sum() / max(1, cells[one].sum() + sounding.sum()) for one in choices)
    assert bands_alone_f1(sounding[None], cells[None])[0] == pytest.approx(best)
