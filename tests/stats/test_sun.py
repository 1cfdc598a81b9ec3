"""Sun times against Astral 3.2, an independent implementation; polar days and nights have none."""

from datetime import date

import numpy as np
import pytest

from antiphon.stats.calendar.sun import CIVIL_ZENITH_DEG, RISE_ZENITH_DEG, sun_times


@pytest.mark.parametrize(
    ("day", "place", "rise", "set_"),
    [
        (date(2026, 6, 21), (47.5, 8.5, 60), "04:28:58", "20:26:39"),
        (date(2026, 12, 21), (47.5, 8.5, 60), "08:11:10", "16:36:56"),
        (date(2026, 3, 20), (4.6, -74.1, -300), "06:00:41", "18:06:54"),
        (date(2026, 1, 15), (-33.9, 151.2, 600), "04:59:41", "19:08:52"),
        (date(2026, 7, 1), (21.3, -157.8, -600), "05:53:09", "19:17:08"),
        (date(2026, 10, 9), (-36.8, 174.8, 720), "05:45:59", "18:31:01"),
    ],
)
def test_sun__rises_and_sets_as_astral_says(day, place, rise, set_):
    latitude, longitude, offset_min = place
    found = sun_times(day, 1, latitude, longitude, offset_min, RISE_ZENITH_DEG)[0]
    expected = [np.dot([int(part) for part in text.split(":")], [1, 1 / 60, 1 / 3600]) for text in (rise, set_)]
    np.testing.assert_allclose(found, expected, atol=0.6 / 60)


def test_sun__of_the_far_north_neither_rises_nor_sets():
    year = sun_times(date(2026, 1, 1), 365, 69.6, 18.9, 60, RISE_ZENITH_DEG)
    without = np.flatnonzero(np.isnan(year).all(axis=1))
    assert 110 < len(without) < 125
    assert 171 in without and 354 in without  # midsummer and midwinter


def test_twilight__surrounds_the_day():
    days = {
        zenith: sun_times(date(2026, 1, 1), 365, -33.9, 151.2, 600, zenith)
        for zenith in (RISE_ZENITH_DEG, CIVIL_ZENITH_DEG)
    }
    longer = days[CIVIL_ZENITH_DEG] - days[RISE_ZENITH_DEG]
    assert (longer[:, 0] < -0.3).all() and (longer[:, 1] > 0.3).all()
