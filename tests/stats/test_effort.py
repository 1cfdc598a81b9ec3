"""Effort: everything that was recorded is analysed or lost to something."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.stats.calendar.effort import Recorded, effort, effort_by_schedule, effort_columns
from antiphon.stats.calendar.intervals import Intervals

WINDOW_US, HOP_US = 16_000, 8_000
MINUTE = Intervals(60_000_000, 345 * 60_000_000)
EDGES_HZ = np.arange(257) * 62.5


def frames_of(duration_us: int) -> int:
    return max(0, (duration_us - WINDOW_US) // HOP_US + 1)


@st.composite
def recordings(draw):
    start_us = draw(st.integers(0, 10**9))
    duration_us = draw(st.one_of(st.just(0), st.integers(0, 200_000_000)))
    return Recorded(
        start_us, duration_us, draw(st.integers(0, 10**8)), frames_of(duration_us), draw(st.integers(1, 256))
    )


@settings(deadline=None)
@given(st.lists(recordings(), max_size=6))
def test_effort__adds_up_to_what_was_recorded(given_recordings):
    sums = effort(given_recordings, MINUTE, WINDOW_US, HOP_US)
    analysed, edge, quarantine, gap = sums.time_us.sum(axis=0)
    assert analysed == sum(one.frames for one in given_recordings) * HOP_US
    assert analysed + edge == sum(one.duration_us for one in given_recordings)
    assert quarantine == sum(one.unread_us for one in given_recordings)
    assert gap == 0 and np.all(sums.time_us >= 0)


@settings(deadline=None)
@given(st.lists(recordings(), max_size=6), st.integers(0, 6))
def test_effort__is_the_same_however_it_is_cut(given_recordings, cut):
    whole = effort(given_recordings, MINUTE, WINDOW_US, HOP_US)
    parts = [effort(part, MINUTE, WINDOW_US, HOP_US) for part in (given_recordings[:cut], given_recordings[cut:])]
    joined = parts[0] + parts[1]
    np.testing.assert_array_equal(joined.interval, whole.interval)
    np.testing.assert_array_equal(joined.time_us, whole.time_us)
    np.testing.assert_array_equal(joined.heard_bins, whole.heard_bins)


def test_effort__cuts_at_the_frames_centres():
    """A recording of one second that starts 0.5 s before an edge: the frame centred on the edge is beyond it."""
    edge_us = int(MINUTE.start_us(1000))
    one = Recorded(edge_us - 504_000, 1_000_000, 0, frames_of(1_000_000), 128)
    columns = effort_columns(effort([one], MINUTE, WINDOW_US, HOP_US), EDGES_HZ, schedule_known=True)
    assert columns["interval"].tolist() == [999, 1000]
    np.testing.assert_allclose(columns["analysed_s"], [62 * 0.008, 62 * 0.008], rtol=1e-12)
    np.testing.assert_allclose(columns["lost_edge_s"], [0.004, 0.004], rtol=1e-9)
    np.testing.assert_allclose(columns["scheduled_s"], [0.5, 0.5], rtol=1e-12)
    np.testing.assert_array_equal(columns["heard_high_hz"], [8000, 8000])


def test_effort_columns__have_a_row_for_every_interval_between():
    far = [Recorded(int(MINUTE.start_us(index)), 1_000_000, 0, 124, 64) for index in (5, 9)]
    columns = effort_columns(effort(far, MINUTE, WINDOW_US, HOP_US), EDGES_HZ, schedule_known=True)
    assert columns["interval"].tolist() == [5, 6, 7, 8, 9]
    assert columns["analysed_s"].tolist() == [0.992, 0, 0, 0, 0.992]
    assert np.isnan(columns["heard_low_hz"]).tolist() == [False, True, True, True, False]


def test_effort_columns__say_the_range_that_all_recordings_hear():
    start_us = int(MINUTE.start_us(5))
    both = [Recorded(start_us + at, 1_000_000, 0, 124, bins) for at, bins in ((0, 64), (2_000_000, 128))]
    columns = effort_columns(effort(both, MINUTE, WINDOW_US, HOP_US), EDGES_HZ, schedule_known=True)
    assert columns["heard_high_hz"].tolist() == [4000.0]


def test_effort__of_nothing_has_no_rows():
    sums = effort([], MINUTE, WINDOW_US, HOP_US)
    assert sums.span == (0, 0) and len(effort_columns(sums, EDGES_HZ, schedule_known=False)["analysed_s"]) == 0


@settings(deadline=None)
@given(
    st.lists(recordings(), max_size=4), st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 10**8)), max_size=4)
)
def test_effort__scheduled_is_analysed_and_all_losses_in_every_interval(given_recordings, spans):
    gaps = [(start_us, start_us + length_us) for start_us, length_us in spans]
    sums = effort(given_recordings, MINUTE, WINDOW_US, HOP_US, gaps)
    assert sums.time_us[:, 3].sum() == sum(length_us for _, length_us in spans)
    columns = effort_columns(sums, EDGES_HZ, schedule_known=True)
    lost = sum(columns[f"lost_{reason}_s"] for reason in ("gap", "quarantine", "clipping", "edge"))
    np.testing.assert_allclose(columns["scheduled_s"], columns["analysed_s"] + lost, rtol=1e-12, atol=1e-9)
    for row, start_us in enumerate(MINUTE.start_us(columns["interval"]).tolist()):
        inside = sum(max(0, min(start_us + MINUTE.length_us, stop) - max(start_us, first)) for first, stop in gaps)
        assert columns["lost_gap_s"][row] * 1e6 == pytest.approx(inside)


def test_effort_by_schedule__has_no_gap_where_no_schedule_is_seen():
    one = Recorded(0, 60_000_000, 0, frames_of(60_000_000), 128)
    sums, schedule = effort_by_schedule([one], [10**9], MINUTE, WINDOW_US, HOP_US)
    assert schedule is None and sums.time_us[:, 3].sum() == 0
    columns = effort_columns(sums, EDGES_HZ, schedule_known=False)
    assert np.isnan(columns["lost_gap_s"]).all()
    np.testing.assert_allclose(columns["scheduled_s"].sum(), 60.0)


def test_effort_by_schedule__lays_what_cannot_be_read_to_quarantine():
    """Four files a day for three days; of the second day one is absent and one is a text file."""
    hour_us, day_us, length_us = 3_600_000_000, 86_400_000_000, 50_000_000
    starts = [day * day_us + hour * hour_us for day in range(3) for hour in range(4)]
    absent, text = starts[5], starts[6]
    there = [Recorded(at, length_us, 0, frames_of(length_us), 9) for at in starts if at not in (absent, text)]
    sums, schedule = effort_by_schedule(there, [text], MINUTE, WINDOW_US, HOP_US)
    assert schedule is not None and schedule.gaps_us.tolist() == [[absent, absent + length_us]]
    assert sums.time_us[:, 2].sum() == length_us == sums.time_us[:, 3].sum()
    assert sums.time_us.sum() == len(starts) * length_us
