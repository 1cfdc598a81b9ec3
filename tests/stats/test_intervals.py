"""Intervals: half-open, aligned to the local day, exact at any offset."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.stats.calendar.intervals import DAY_US, Intervals, summed

LENGTHS_S = st.sampled_from([1, 60, 600, 900, 3600, 86_400])
OFFSETS_MIN = st.integers(-12 * 60, 14 * 60)


def intervals(length_s: int, offset_min: int) -> Intervals:
    return Intervals(length_s * 1_000_000, offset_min * 60_000_000)


@settings(deadline=None)
@given(LENGTHS_S, OFFSETS_MIN, st.integers(-(10**15), 4 * 10**15))
def test_index__names_the_interval_that_holds_a_time(length_s, offset_min, time_us):
    cut = intervals(length_s, offset_min)
    start_us = int(cut.start_us(cut.index(time_us)))
    assert start_us <= time_us < start_us + cut.length_us
    assert (start_us + cut.offset_us) % DAY_US % cut.length_us == 0
    assert cut.indices(np.array([time_us]))[0] == cut.index(time_us)


@pytest.mark.parametrize("offset_min", [0, 345, -210, 840])
def test_index__puts_an_edge_into_the_interval_that_starts_there(offset_min):
    cut = intervals(3600, offset_min)
    midnight_us = 19_000 * DAY_US - offset_min * 60_000_000
    assert cut.index(midnight_us) == cut.index(midnight_us - 1) + 1
    assert cut.index(midnight_us) % 24 == 0
    assert cut.index(midnight_us + 3_600_000_000 - 1) == cut.index(midnight_us)


@settings(deadline=None)
@given(LENGTHS_S, OFFSETS_MIN, st.integers(0, 10**15), st.integers(1, 10**9), st.integers(0, 300))
def test_cuts__put_every_time_into_its_interval(length_s, offset_min, first_us, step_us, count):
    cut = intervals(length_s, offset_min)
    times_us = first_us + np.arange(count) * step_us
    found = np.concatenate(
        [np.full(part.stop - part.start, index) for index, part in cut.cuts(first_us, step_us, count)] or [[]]
    )
    np.testing.assert_array_equal(found, cut.indices(times_us))


@settings(deadline=None)
@given(LENGTHS_S, OFFSETS_MIN, st.integers(0, 10**15), st.integers(0, 10**9))
def test_shares__add_up_to_the_whole(length_s, offset_min, start_us, duration_us):
    shares = intervals(length_s, offset_min).shares(start_us, duration_us)
    assert sum(part for _, part in shares) == duration_us
    assert all(0 < part <= length_s * 1_000_000 for _, part in shares)
    indices = [index for index, _ in shares]
    assert indices == list(range(indices[0], indices[0] + len(indices))) if shares else duration_us == 0


def test_intervals__divide_the_day():
    with pytest.raises(ValueError, match="does not divide a day"):
        intervals(7000, 0)


def test_summed__adds_rows_of_one_key():
    keys, once, twice = summed(np.array([3, 1, 3, 3]), np.array([1, 2, 3, 4]), np.ones((4, 2)))
    assert keys.tolist() == [1, 3] and once.tolist() == [2, 8]
    np.testing.assert_array_equal(twice, [[1, 1], [3, 3]])
