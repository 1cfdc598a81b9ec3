"""Zones, local clocks and standard days, in microseconds."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from antiphon.io.season.clock import (
    DAY_US,
    LocalTimeError,
    bound_us,
    clock_is_set,
    local_time,
    offset_min,
    parse_zone,
    standard_offset_min,
    to_utc_us,
)

ZONES = [
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "Asia/Shanghai",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Istanbul",
    "Pacific/Apia",
    "Pacific/Chatham",
    "UTC",
    "+08:00",
    "-03:30",
]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
zones = st.sampled_from(ZONES).map(parse_zone)
instants_us = st.integers(978_307_200_000_000, 2_997_993_600_000_000 - 1)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("+08:00", 480),
        ("-0330", -210),
        ("+8", 480),
        ("UTC+5:30", 330),
        ("gmt-3", -180),
        ("Z", 0),
        ("utc", 0),
        ("−03:00", -180),
    ],
)
def test_parse_zone__reads_fixed_offsets(text: str, minutes: int) -> None:
    assert parse_zone(text).utcoffset(None) == timedelta(minutes=minutes)


def test_parse_zone__reads_iana_names() -> None:
    assert parse_zone(" Asia/Shanghai ") == ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    "text",
    ["", "AWST", "Mars/Olympus", "+25:00", "+08:75", "../etc/passwd", "Europe", "localtime", "/etc/localtime", "a\0b"],
)
def test_parse_zone__refuses_what_is_no_zone(text: str) -> None:
    with pytest.raises(ValueError, match=r"no time zone|no offset"):
        parse_zone(text)


def test_parse_zone__knows_what_a_spreadsheet_does_to_an_offset() -> None:
    with pytest.raises(ValueError, match=r"no sign .*UTC\+08:00"):
        parse_zone("8:00:00")


@settings(deadline=None)
@given(instants_us, zones)
def test_to_utc_us__undoes_local_time(time_us: int, zone: timezone) -> None:
    local = local_time(time_us, zone)
    naive = local.replace(tzinfo=None, fold=0)
    assert to_utc_us(naive, zone, fold=local.fold) == time_us
    try:
        assert to_utc_us(naive, zone) == time_us
    except LocalTimeError as error:
        assert error.reason == "local_time_twice"
        first, second = (to_utc_us(naive, zone, fold=fold) for fold in (0, 1))
        assert first < second
        assert time_us in (first, second)


@settings(deadline=None)
@given(st.datetimes(datetime(2001, 1, 1), datetime(2060, 1, 1)), zones, st.sampled_from([None, 0, 1]))
def test_to_utc_us__gives_only_times_that_the_clock_shows(naive: datetime, zone: timezone, fold: int | None) -> None:
    try:
        time_us = to_utc_us(naive, zone, fold=fold)
    except LocalTimeError as error:
        if error.reason == "local_time_missing":
            earlier, later = ((naive + delta).replace(tzinfo=zone) for delta in (-timedelta(days=2), timedelta(days=2)))
            shown = {
                local_time((minute - EPOCH) // MICROSECOND, zone).replace(tzinfo=None)
                for minute in _minutes(earlier, later)
            }
            assert naive.replace(second=0, microsecond=0) not in shown
        else:
            assert fold is None
    else:
        assert local_time(time_us, zone).replace(tzinfo=None, fold=0) == naive


def _minutes(earlier: datetime, later: datetime) -> list[datetime]:
    first, last = earlier.astimezone(UTC).replace(second=0, microsecond=0), later.astimezone(UTC)
    return [first + timedelta(minutes=minute) for minute in range(int((last - first) / timedelta(minutes=1)))]


@pytest.mark.parametrize(
    ("zone", "naive", "reason"),
    [
        ("Europe/Berlin", datetime(2024, 3, 31, 2, 30), "local_time_missing"),
        ("Europe/Berlin", datetime(2024, 10, 27, 2, 30), "local_time_twice"),
        ("Europe/Dublin", datetime(2024, 10, 27, 1, 30), "local_time_twice"),
        ("Australia/Lord_Howe", datetime(2024, 4, 7, 1, 45), "local_time_twice"),
        ("Pacific/Apia", datetime(2011, 12, 30, 12), "local_time_missing"),
        ("America/Sao_Paulo", datetime(2018, 11, 4, 0, 0), "local_time_missing"),
    ],
)
def test_to_utc_us__refuses_what_the_clock_skipped_or_repeated(zone: str, naive: datetime, reason: str) -> None:
    with pytest.raises(LocalTimeError) as refused:
        to_utc_us(naive, ZoneInfo(zone))
    assert refused.value.reason == reason


def test_to_utc_us__takes_the_one_that_the_deployment_says() -> None:
    twice, zone = datetime(2024, 10, 27, 2, 30), ZoneInfo("Europe/Berlin")
    assert to_utc_us(twice, zone, fold=1) - to_utc_us(twice, zone, fold=0) == 3_600_000_000


@settings(deadline=None)
@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)), st.integers(-840, 840))
def test_to_utc_us__is_plain_arithmetic_with_a_fixed_offset(naive: datetime, minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    expected = (naive - datetime(1970, 1, 1)) // MICROSECOND - minutes * 60_000_000
    assert to_utc_us(naive, zone) == expected


@settings(deadline=None)
@given(instants_us, zones)
def test_bound_us__agrees_with_a_time_that_says_its_offset(time_us: int, zone: timezone) -> None:
    text = local_time(time_us, zone).isoformat()
    assert bound_us(text, zone, last=False) == bound_us(text, UTC, last=True) == time_us


@settings(deadline=None)
@given(st.dates(datetime(2001, 1, 1).date(), datetime(2060, 1, 1).date()), zones)
def test_bound_us__covers_a_whole_day(day: datetime, zone: timezone) -> None:
    first, last = (bound_us(day.isoformat(), zone, last=is_last) for is_last in (False, True))
    assume(first < last)  # Samoa had no 30 December 2011
    assert local_time(first, zone).date() == local_time(last, zone).date() == day
    assert local_time(first - 1, zone).date() < day < local_time(last + 1, zone).date()


def test_bound_us__refuses_other_ways_to_write_a_date() -> None:
    with pytest.raises(ValueError, match="5/1/2024"):
        bound_us("5/1/2024", UTC, last=False)


@settings(deadline=None)
@given(zones, st.integers(2001, 2060))
def test_standard_offset_min__is_the_smallest_of_the_year(zone: timezone, year: int) -> None:
    standard = standard_offset_min(zone, year)
    hours = (datetime(year, 1, 2, tzinfo=UTC) + timedelta(hours=6 * step) for step in range(4 * 362))
    assert standard == min(offset_min(hour.astimezone(zone)) for hour in hours)


@pytest.mark.parametrize(
    ("zone", "minutes"),
    [("Europe/Berlin", 60), ("Europe/Dublin", 0), ("Australia/Adelaide", 570), ("Asia/Kathmandu", 345)],
)
def test_standard_offset_min__is_that_of_winter(zone: str, minutes: int) -> None:
    assert standard_offset_min(ZoneInfo(zone), 2024) == minutes


@pytest.mark.parametrize(
    ("text", "is_set"),
    [
        ("1970-01-01T00:00:10", False),
        ("1980-01-01T00:00:00", False),
        ("2000-01-03T04:00:00", False),
        ("2001-01-01T00:00:00", True),
        ("2026-05-01T04:00:00", True),
        ("2064-12-31T23:59:59", True),
        ("2065-01-24T05:20:00", False),
    ],
)
def test_clock_is_set__knows_dead_and_overflown_clocks(text: str, is_set: bool) -> None:
    assert clock_is_set(bound_us(text, UTC, last=False)) is is_set


def test_day_us__has_24_hours() -> None:
    assert np.timedelta64(1, "D") == np.timedelta64(DAY_US, "us")
