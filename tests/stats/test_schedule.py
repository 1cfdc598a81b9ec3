"""Schedules made by formula, files taken away: exactly their seconds are gaps."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from antiphon.stats.calendar.schedule import Schedule, infer_schedule
from antiphon.stats.calendar.timetable import JITTER_US

S, MINUTE, HOUR, DAY = 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000
FIRST_US = 19_845 * DAY


@dataclass
class Season:
    """Recordings by formula."""

    start_us: np.ndarray
    length_us: np.ndarray

    @classmethod
    def of(cls, days: range, length_s: float, every_s: float, first_h: float = 0, last_h: float = 24) -> "Season":
        """Return recordings of ``length_s`` every ``every_s`` from ``first_h`` to ``last_h`` of each day."""
        times = np.arange(round(first_h * HOUR), round(last_h * HOUR), round(every_s * S))
        start = (FIRST_US + np.array(days)[:, None] * DAY + times).ravel()
        return cls(start, np.full(len(start), round(length_s * S)))

    def __add__(self, other: "Season") -> "Season":
        start = np.concatenate([self.start_us, other.start_us])
        order = np.argsort(start)
        return Season(start[order], np.concatenate([self.length_us, other.length_us])[order])

    def without(self, lost: np.ndarray) -> "Season":
        return Season(np.delete(self.start_us, lost), np.delete(self.length_us, lost))

    def between(self, first_us: int, last_us: int) -> np.ndarray:
        return np.flatnonzero((self.start_us >= FIRST_US + first_us) & (self.start_us < FIRST_US + last_us))

    def lost_s(self, lost: np.ndarray) -> float:
        return float(self.length_us[lost].sum()) / S

    def gap_s(self) -> float | None:
        found = infer_schedule(self.start_us, self.length_us)
        return None if found is None else float(np.diff(found.gaps_us, axis=1).sum()) / S


PROGRAMMES = {
    "continuous, an hour a file": Season.of(range(12), 3600, 3600),
    "continuous, a minute a file": Season.of(range(9), 60, 60, 3.3, 5),
    "continuous, 55 s and a pause of 5 s": Season.of(range(8), 55, 60, 0, 2),
    "10 s every 15 min": Season.of(range(20), 10, 900),
    "5 min every 30 min, a night over midnight": Season.of(range(10), 300, 1800, 18, 30),
    "dawn and dusk, another cycle each": Season.of(range(14), 600, 600, 4, 7) + Season.of(range(14), 60, 1800, 17, 21),
    "one long recording a day": Season.of(range(10), 4 * 3600, 86_400, 20, 21)
    + Season.of(range(10), 60, 86_400, 9, 10),
}


@pytest.mark.parametrize("name", PROGRAMMES)
def test_whole_programmes__have_no_gap(name):
    assert PROGRAMMES[name].gap_s() == 0.0


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(PROGRAMMES)), st.integers(0, 2**32 - 1), st.floats(0.0, 0.3), st.booleans())
def test_lost_files__are_exactly_the_gap(name, seed, share, jitter):
    """Any files but those of the first and the last day; each time of day at least once a week."""
    season, rng = PROGRAMMES[name], np.random.default_rng(seed)
    days = (season.start_us - season.start_us[0]) // DAY
    inner = (days > days.min()) & (days < days.max())
    lost = np.flatnonzero(inner & (rng.random(len(days)) < share))
    for time in np.unique(season.start_us[lost] % DAY):
        kept = np.setdiff1d(days[season.start_us % DAY == time], days[lost][season.start_us[lost] % DAY == time])
        assume(np.diff(kept).max() <= 7)
    made = season.without(lost)
    if not jitter:
        assert made.gap_s() == pytest.approx(season.lost_s(lost), abs=1e-9)
        return
    made.start_us = made.start_us + rng.integers(-JITTER_US // 2, JITTER_US // 2, len(made.start_us))
    assert made.gap_s() == pytest.approx(season.lost_s(lost), abs=2 * len(lost) + 1e-9)


def test_recordings_outside_the_programme__ask_for_nothing():
    season = Season.of(range(10), 600, 1800, 4, 8)
    odd = Season(FIRST_US + np.array([2 * DAY + 12 * HOUR, 6 * DAY + 13 * HOUR + 7 * S]), np.array([90 * S, 400 * S]))
    assert (season + odd).gap_s() == 0.0


def test_change_of_programme__leaves_no_gap_and_keeps_those_on_both_sides():
    before, after = Season.of(range(10), 60, 600), Season.of(range(10, 20), 300, 1200, 4, 9)
    assert (before + after).gap_s() == 0.0
    lost = np.array([200, 201, 350])
    assert (before.without(lost) + after.without(lost[:1] // 10)).gap_s() == 3 * 60 + 300
    # On an idle day between them counts what both have: the first minute of every twentieth from 4 to 9 h.
    assert (before.without(before.between(9 * DAY, 10 * DAY)) + after).gap_s() == 15 * 60


def test_outage__is_a_gap_however_long_within_one_programme():
    season = Season.of(range(60), 60, 600)
    down = season.between(20 * DAY + 7 * HOUR, 45 * DAY + 9 * HOUR)
    assert season.without(down).gap_s() == season.lost_s(down)


def test_outage_between_programmes_that_share_no_time__is_nobodys():
    assert (Season.of(range(10), 60, 600, 0, 5) + Season.of(range(25, 40), 60, 600, 6, 10)).gap_s() == 0.0


def test_same_hours_missing_for_more_than_six_days__are_no_schedule():
    season = Season.of(range(30), 60, 600)
    for days, known in ((6, True), (7, False)):
        nights = np.concatenate([season.between(day * DAY, day * DAY + 4 * HOUR) for day in range(10, 10 + days)])
        assert season.without(nights).gap_s() == (season.lost_s(nights) if known else 0.0)


@pytest.mark.parametrize("on_off", [(2, 5), (1, 2), (3, 1)])
def test_days_of_rest__are_planned_if_they_come_regularly(on_off):
    on, off = on_off
    days = [day for day in range(60) if day % (on + off) < on]
    season = Season.of(days, 60, 600)
    assert season.gap_s() == 0.0
    lost = season.between(days[3 * on + 1] * DAY + HOUR, days[3 * on + 1] * DAY + 2 * HOUR)
    assert season.without(lost).gap_s() == 6 * 60


@pytest.mark.parametrize("pause_s", [0.013, 0.9, 4.0])
def test_continuous_files_of_odd_length__have_the_hole_as_gap(pause_s):
    """As SoundTrap writes: the starts wander through the day."""
    start = FIRST_US + np.arange(2000) * round((307.2 + pause_s) * S)
    season = Season(start, np.full(2000, round(307.2 * S)))
    assert season.gap_s() == 0.0
    assert season.without(np.arange(900, 910)).gap_s() == pytest.approx(10 * 307.2, abs=11 * pause_s + 1e-6)


def test_one_day__has_the_holes_that_its_own_cycles_show():
    season = Season.of(range(1), 10, 900)
    assert season.gap_s() == 0.0
    assert season.without(np.array([10, 30, 31, 32, 70])).gap_s() == 50.0
    continuous = Season.of(range(1), 60, 60, 0, 3)
    assert continuous.without(np.arange(40, 60)).gap_s() == 20 * 60
    # Dawn and dusk of one day: nobody knows whether the day between was to be recorded.
    twice = Season.of(range(1), 60, 600, 4, 6) + Season.of(range(1), 60, 600, 17, 19)
    assert twice.gap_s() == 0.0


def test_first_day__is_compared_with_the_second():
    season = Season.of(range(5), 10, 900)
    assert season.without(np.array([20])).gap_s() == 10.0
    pause = np.concatenate([season.between(day * DAY + 10 * HOUR, day * DAY + 11 * HOUR) for day in range(5)])
    assert season.without(pause).gap_s() == 0.0


def test_programme_that_follows_the_sun__has_hardly_a_gap():
    days = np.arange(40)
    sunrise = FIRST_US + days * DAY + 5 * HOUR - days * 95 * S
    season = Season((sunrise[:, None] + np.arange(12) * 10 * MINUTE).ravel(), np.full(480, 300 * S))
    assert season.gap_s() == 0.0
    gap_s = season.without(np.array([244])).gap_s()
    assert gap_s is not None and 0 < gap_s <= 300


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_triggered_recordings__have_no_schedule(seed):
    rng = np.random.default_rng(seed)
    nights = FIRST_US + np.arange(30)[:, None] * DAY + rng.integers(20 * HOUR, 29 * HOUR, (30, 120))
    start = np.sort(nights.ravel())
    assert infer_schedule(start, rng.integers(2 * S, 15 * S, len(start))) is None


def test_too_few_recordings__have_no_schedule():
    for count in range(3):
        start = FIRST_US + np.arange(count) * HOUR
        assert infer_schedule(start, np.full(count, MINUTE)) is None
    assert infer_schedule(np.array([FIRST_US] * 3), np.zeros(3, dtype=np.int64)) is None


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 30 * 1440), st.integers(0, 4000)), max_size=40), st.sampled_from([S, MINUTE]))
def test_any_recordings__have_gaps_that_nothing_covers(recordings, unit):
    start = FIRST_US + np.array([start for start, _ in recordings], dtype=np.int64) * MINUTE
    length = np.array([length for _, length in recordings], dtype=np.int64) * unit
    found = infer_schedule(start, length)
    if found is not None:
        gaps = found.gaps_us
        assert np.all(gaps[:, 1] - gaps[:, 0] > JITTER_US) and np.all(gaps[1:, 0] > gaps[:-1, 1])
        shared = np.minimum(gaps[:, 1:], start + length) - np.maximum(gaps[:, :1], start)
        assert shared.size == 0 or shared.max() <= 2 * JITTER_US
        assert not len(gaps) or (gaps[0, 0] > start.min() and gaps[-1, 1] <= (start + length).max() + 2 * JITTER_US)


def test_infer_schedule__does_not_depend_on_the_order():
    season = Season.of(range(10), 60, 600).without(np.array([300, 301, 700]))
    mixed = np.random.default_rng(1).permutation(len(season.start_us))
    one = infer_schedule(season.start_us, season.length_us)
    two = infer_schedule(season.start_us[mixed], season.length_us[mixed])
    assert one is not None and two is not None
    np.testing.assert_array_equal(one.gaps_us, two.gaps_us)


def test_split__takes_unreadable_recordings_out_of_their_gaps():
    schedule = Schedule(np.array([[0, 60], [600, 720], [900, 930]]) * S, 60 * S)
    rest, taken = schedule.split(np.array([3000, 900, 660, 660, 690, 100]) * S)
    assert taken == [(660 * S, 720 * S), (900 * S, 930 * S)]
    assert rest.gaps_us.tolist() == [[0, 60 * S], [600 * S, 660 * S]]
