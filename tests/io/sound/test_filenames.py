"""File names: every pattern's examples, the names of real recorders, and whatever else a name may be."""

import csv
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.errors import AntiphonError
from antiphon.io.sound.filenames import NameTime, parse_name
from antiphon.io.sound.name_patterns import PATTERNS

EXAMPLES = [(pattern.name, name, meant) for pattern in PATTERNS for name, meant in pattern.examples.items()]


def written(found: NameTime | None) -> str:
    """Return a time as the table writes it."""
    if found is None:
        return ""
    return found.start.isoformat() + ("" if found.offset_min is None else offset_text(found.offset_min))


def offset_text(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


@pytest.mark.parametrize(("pattern", "name", "meant"), EXAMPLES)
def test_patterns__mean_what_their_examples_say(pattern: str, name: str, meant: str) -> None:
    found = parse_name(name)
    assert written(found) == meant
    assert found is None or found.pattern == pattern


def test_patterns__each_have_a_name_and_an_example() -> None:
    assert len({pattern.name for pattern in PATTERNS}) == len(PATTERNS)
    assert all(any(pattern.examples.values()) for pattern in PATTERNS)


@pytest.mark.data
def test_names_of_real_recorders__all_come_out_right(data_folder: Path) -> None:
    with (data_folder / "names" / "recorder_file_names.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == 38
    for row in rows:
        found = parse_name(row["Filename"])
        meant = row["ExpectedDateTime"]
        if "T24:00:00" in meant:  # midnight at the end of the day
            meant = (datetime.fromisoformat(meant.replace("T24:", "T00:")) + timedelta(days=1)).isoformat()
        assert written(found) == meant + row["ExpectedTzOffset"], row
        for axis in ("latitude", "longitude"):
            said = row[f"Expected{axis.title()}"]
            assert (getattr(found, axis) if found else None) == (float(said) if said else None), row


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("S20240815T091156.5+1000_E20240815T091251.25+1000_-12.3+78.9.wav", datetime(2024, 8, 15, 9, 12, 51, 250000)),
        ("S20230401T235000+1100_E20230402T000500+1000.flac", datetime(2023, 4, 2, 1, 5)),
        ("20240815_091156.wav", None),
    ],
)
def test_end__is_on_the_clock_of_the_start(name: str, end: datetime | None) -> None:
    found = parse_name(name)
    assert found and found.end == end


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("20191026T000000+1000_REC [-19.2144 152.8811].flac", (-19.2144, 152.8811)),
        ("20191026T000000+1000_-19.2144+152.8811.flac", (-19.2144, 152.8811)),
        ("20191026T000000_S19.2144E152.8811.flac", (-19.2144, 152.8811)),
        ("20191026T000000_N40.2W075.5_x.flac", (40.2, -75.5)),
        ("20191026T000000_+99.0+075.5.flac", (None, None)),
        ("N12E123_20191026_000000.wav", (None, None)),
        ("OLONG_0+1_20180221_031609.wav", (None, None)),
    ],
)
def test_place__is_read_beside_the_time(name: str, place: tuple[float | None, float | None]) -> None:
    found = parse_name(name)
    assert found and (found.latitude, found.longitude) == place


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".wav",
        "recording.wav",
        "86f5923d-ef1d-4159-b120-a8dec3f6334e.wav",
        "20180230_120000.wav",
        "20180201_250000.wav",
        "20180201_240001.wav",
        "20180201_126000.wav",
        "20180201_120060.wav",
        "20180201_120000+1500.wav",
        "120180201_1200001.wav",
        "00000000.WAV",
        "FFFFFFFF.WAV",
        "0001_2e1709263_Test0001.wav",
        "1000000000.wav",
    ],
)
def test_names_without_a_time_of_the_calendar__have_none(name: str) -> None:
    assert parse_name(name) is None


def test_own_patterns__come_first() -> None:
    pattern = r"^(?P<day>\d\d)(?P<month>\d\d)(?P<year>\d\d) (?P<hour>\d+)h(?P<minute>\d\d)(?P<meridiem>[ap]m)"
    assert written(parse_name("310124 9h05pm.wav", [pattern])) == "2024-01-31T21:05:00"
    swapped = r"(?P<year>\d{4})(?P<day>\d\d)(?P<month>\d\d)_(?P<hour>\d\d)(?P<minute>\d\d)"
    found = parse_name("20240102_030405.wav", [pattern, swapped])
    assert found and (found.start, found.pattern) == (datetime(2024, 2, 1, 3, 4), "own")
    assert written(parse_name("20240102_030405.wav", [pattern])) == "2024-01-02T03:04:05"


def test_own_patterns__may_catch_what_is_no_number() -> None:
    pattern = r"(?P<year>\w+)-(?P<month>\w+)-(?P<day>\w+)-(?P<hour>\w+)-(?P<minute>\w+)(?P<offset>\w*)"
    assert parse_name("a-b-c-d-e.wav", [pattern]) is None


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("(", "no regular expression"),
        (r"(?P<year>\d{4})(?P<month>\d\d)", "lacks day, hour, minute"),
        ("", "lacks year"),
    ],
)
def test_own_patterns__that_cannot_work_are_refused_with_the_cure(pattern: str, complaint: str) -> None:
    with pytest.raises(AntiphonError, match=f"ingest.filename_patterns: .*{complaint}"):
        parse_name("a.wav", [pattern])


_times = st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)).map(lambda t: t.replace(microsecond=0))
_offsets = st.integers(-14 * 4, 14 * 4).map(lambda quarters: 15 * quarters)
_prefixes = st.sampled_from(["", "A1_", "S4A03895_", "SITE-7_0+1_", "名前 ", "x."])


@given(_times, _prefixes, st.sampled_from(["%Y%m%d_%H%M%S", "%Y%m%dT%H%M%S", "%Y%m%d$%H%M%S", "%Y-%m-%d_%H-%M-%S"]))
def test_every_time__comes_back_from_its_name(time: datetime, prefix: str, form: str) -> None:
    found = parse_name(f"{prefix}{time.strftime(form)}.wav")
    assert found and (found.start, found.offset_min) == (time, None)


@given(_times, _prefixes, _offsets, st.booleans())
def test_every_offset__comes_back_from_its_name(time: datetime, prefix: str, minutes: int, colon: bool) -> None:
    offset = offset_text(minutes)
    found = parse_name(f"{prefix}{time:%Y%m%dT%H%M%S}{offset if colon else offset.replace(':', '')}_x.flac")
    assert found and (found.start, found.offset_min) == (time, minutes)


@given(st.datetimes(datetime(2017, 1, 1), datetime(2044, 12, 31)).map(lambda t: t.replace(microsecond=0)))
def test_every_hexadecimal_second__comes_back_in_utc(time: datetime) -> None:
    seconds = int((time - datetime(1970, 1, 1)).total_seconds())
    found = parse_name(f"{seconds:08X}.WAV")
    assert found and (found.start, found.offset_min) == (time, 0)


_digits = st.text("0123456789_-+TZ. []:$SEap", max_size=60)


@settings(max_examples=500)
@given(st.one_of(st.text(max_size=255), _digits, st.tuples(_digits, st.text(max_size=20)).map("".join)))
def test_any_name__is_a_time_or_none(name: str) -> None:
    found = parse_name(name)
    assert found is None or datetime(1900, 1, 1) <= found.start <= datetime(2100, 1, 1)
