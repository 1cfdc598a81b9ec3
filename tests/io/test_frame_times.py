"""Times of frames: worked out, never held, and the same as if they were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.io.stores.frame_times import FrameIndex, FrameTimes

HOP_US = 8000


@st.composite
def frame_times(draw):
    runs = draw(st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 40)), min_size=1, max_size=6))
    starts, at_us = [], 1_714_521_600_000_000
    for gap_us, frames in runs:
        starts.append(at_us + gap_us)
        at_us = starts[-1] + frames * HOP_US
    return FrameTimes(np.array(starts, np.int64), np.array([frames for _, frames in runs], np.int64), HOP_US)


def held(times):
    """Return all times, the slow and obvious way."""
    runs = zip(times.start_us.tolist(), times.frames.tolist(), strict=True)
    return [start_us + step * HOP_US for start_us, frames in runs for step in range(frames)]


@given(frame_times(), st.data())
def test_frame_times__are_those_that_would_be_held(times, data):
    every = held(times)
    assert times.at(np.arange(len(times))).astype(np.int64).tolist() == every
    begin = data.draw(st.integers(0, len(every)))
    end = data.draw(st.integers(begin, len(every)))
    assert held(times.part(begin, end)) == every[begin:end]
    instant_us = data.draw(st.integers(every[0] - 10**5, every[-1] + 10**5))
    assert times.first_at(instant_us) == sum(one < instant_us for one in every)


@given(frame_times(), st.data())
def test_frame_index__finds_the_nearest_frame(times, data):
    every = np.array(held(times))
    instant_us = data.draw(st.integers(int(every[0]) - 10**5, int(every[-1]) + 10**5))
    found = FrameIndex(times).sel({"time": np.datetime64(instant_us, "us")}, method="nearest").dim_indexers["time"]
    assert abs(every[found] - instant_us) == np.abs(every - instant_us).min()


def test_frame_index__finds_a_day_by_its_name_and_refuses_what_is_not_there():
    times = FrameTimes(np.array([1_714_521_599_992_000], np.int64), np.array([5], np.int64), HOP_US)
    index = FrameIndex(times)
    assert index.sel({"time": "2024-04-30"}).dim_indexers["time"] == slice(0, 1)
    assert index.sel({"time": slice("2024-05-01", None)}).dim_indexers["time"] == slice(1, 5)
    assert index.sel({"time": slice("2025", "2026")}).dim_indexers["time"] == slice(5, 5)
    with pytest.raises(KeyError, match="nearest"):
        index.sel({"time": np.datetime64("2024-05-01T00:00:00.003")})
    with pytest.raises(ValueError, match="takes no step"):
        index.sel({"time": slice("2024", "2025", 2)})
