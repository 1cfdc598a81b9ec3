"""The long-term average: powers are weighted by their frames, however a season is cut into units."""

import numpy as np
import pytest

from antiphon.stats.long_term import hourly_columns

EDGES_HZ = np.array([0.0, 31.25, 93.75])


def unit(hours, frames, level_db):
    return np.array(hours, np.int64), np.array(frames, np.int32), np.array(level_db, float)


def test_hourly_columns__weights_an_hour_of_two_units_by_frames():
    one = unit([0], [[300, 0]], [[-40.0, np.nan]])
    two = unit([0, 1], [[100, 100], [50, 50]], [[-20.0, -30.0], [-50.0, -60.0]])
    found = hourly_columns([one, two], EDGES_HZ, 8000)
    assert found["start_us"].tolist() == [0, 0, 1, 1]
    assert found["freq_low_hz"].tolist() == [0.0, 31.25] * 2
    assert found["effort_s"].tolist() == pytest.approx([3.2, 0.8, 0.4, 0.4])
    mean_db = 10 * np.log10((300 * 1e-4 + 100 * 1e-2) / 400)
    assert found["level_db"].tolist() == pytest.approx([mean_db, -30.0, -50.0, -60.0])


def test_hourly_columns__has_no_level_where_nothing_was_heard():
    found = hourly_columns([unit([0], [[300, 0]], [[-40.0, np.nan]])], EDGES_HZ, 8000)
    assert np.isnan(found["level_db"][1]) and found["effort_s"][1] == 0
    assert all(len(values) == 0 for values in hourly_columns([], EDGES_HZ, 8000).values())
