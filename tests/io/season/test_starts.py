"""When a recording starts: whose word counts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.io.season.clock import parse_zone
from antiphon.io.season.deployments import Deployment
from antiphon.io.season.starts import resolve_start
from antiphon.io.sound.metadata import Candidate

NOON = datetime(2024, 5, 6, 12)
NOON_US = (NOON - datetime(1970, 1, 1)) // timedelta(microseconds=1)
HOUR_US = 3_600_000_000


def deployment(zone: str = "+02:00", filename_time: str = "local", fold: int | None = None) -> Deployment:
    return Deployment(
        "A1", "s", None, None, "A1", None, parse_zone(zone), filename_time, "first", None, "air", None, None, fold
    )


def said(source: str, hours: float = 0.0, offset_min: int | None = None) -> Candidate:
    return Candidate(NOON + timedelta(hours=hours), offset_min, source)


@pytest.mark.parametrize(
    ("candidate", "filename_time", "start_us"),
    [
        (said("guano", offset_min=-300), "local", NOON_US + 5 * HOUR_US),
        (said("guano"), "utc", NOON_US - 2 * HOUR_US),
        (said("audiomoth", offset_min=0), "local", NOON_US),
        (said("filename_offset", offset_min=60), "utc", NOON_US - HOUR_US),
        (said("filename"), "local", NOON_US - 2 * HOUR_US),
        (said("filename"), "utc", NOON_US),
    ],
)
def test_resolve_start__takes_the_offset_of_the_source_or_of_the_deployment(
    candidate: Candidate, filename_time: str, start_us: int
) -> None:
    start = resolve_start([candidate], deployment(filename_time=filename_time), 2.0)
    assert (start.start_us, start.source, start.reason) == (start_us, candidate.source, None)
    assert start.utc_offset_min == 120
    assert start.start_local is not None
    assert datetime.fromisoformat(start.start_local) == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        microseconds=start_us
    )


def test_resolve_start__trusts_the_first_and_reports_the_others() -> None:
    start = resolve_start([said("guano", offset_min=120), said("filename", hours=1)], deployment(), 2.0)
    assert (start.start_us, start.source, start.reason) == (NOON_US - 2 * HOUR_US, "guano", "times_disagree")
    assert start.detail == "filename is +3600 s from guano"


@settings(deadline=None)
@given(st.floats(-10, 10))
def test_resolve_start__reports_only_beyond_the_tolerance(seconds: float) -> None:
    other = said("filename", hours=seconds / 3600)
    apart_s = abs((other.local - NOON).total_seconds())
    start = resolve_start([said("guano"), other], deployment(), 2.0)
    assert (start.reason is None) == (apart_s <= 2.0)


def test_resolve_start__passes_over_a_clock_that_was_not_set() -> None:
    dead = Candidate(datetime(1970, 1, 1, 0, 3), 0, "audiomoth")
    start = resolve_start([dead, said("filename")], deployment(), 2.0)
    assert (start.start_us, start.source, start.reason) == (NOON_US - 2 * HOUR_US, "filename", "times_disagree")
    assert start.detail == "audiomoth says 1970-01-01T00:03:00"
    assert resolve_start([dead], deployment(), 2.0).reason == "clock_not_set"


def test_resolve_start__knows_when_nobody_says() -> None:
    start = resolve_start([], deployment(), 2.0)
    assert (start.start_us, start.reason) == (None, "no_time")
    assert start.detail


@pytest.mark.parametrize(
    ("local", "fold", "reason"),
    [
        (datetime(2024, 10, 27, 2, 30), None, "local_time_twice"),
        (datetime(2024, 10, 27, 2, 30), 1, None),
        (datetime(2024, 3, 31, 2, 30), 1, "local_time_missing"),
    ],
)
def test_resolve_start__refuses_to_guess(local: datetime, fold: int | None, reason: str | None) -> None:
    start = resolve_start([Candidate(local, None, "filename")], deployment("Europe/Berlin", fold=fold), 2.0)
    assert start.reason == reason
    assert (start.start_us is None) == (reason is not None)
