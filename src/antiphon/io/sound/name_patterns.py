"""How recorders write times into file names: one table, each row with examples that are tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["PATTERNS", "NamePattern"]


@dataclass(frozen=True, slots=True)
class NamePattern:
    """One way to write a time into a name.

    Attributes
    ----------
    name
        Who writes so.
    regex
        Regular expression, searched in the name, with the groups ``year``, ``month``, ``day``, ``hour``, ``minute`` and
        optionally ``second``, ``fraction``, ``offset``, ``meridiem`` and the same with ``end_`` before; or the group
        ``hex`` or ``epoch``, seconds since 1970 in hexadecimal or decimal.
    examples
        Names and the starts they mean: ISO 8601, with offset if the name says so.
    """

    name: str
    regex: str
    examples: Mapping[str, str]


_YEAR = r"(?P<year>(?:19|20)\d\d)"
# Frontier Labs' firmware once wrote a space for the day's leading zero.
_DATE = _YEAR + r"(?P<month>\d\d)(?P<day>[ \d]\d)"
_SHORT_DATE = r"(?P<year>\d\d)(?P<month>\d\d)(?P<day>\d\d)"
_TIME = r"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)"
_DOT_FRACTION = r"(?:\.(?P<fraction>\d{1,9})(?![\da-zA-Z]))?"
_OFFSET = r"(?P<offset>Z(?![A-Za-z])|[+-]\d\d(?::?\d\d)?(?!\d))"
_ENDS = r"(?!\d|[+-]\d)"

PATTERNS: tuple[NamePattern, ...] = (
    NamePattern(
        "Frontier Labs, start and end",
        rf"S{_DATE}T{_TIME}{_DOT_FRACTION}{_OFFSET}_E(?P<end_year>\d{{4}})(?P<end_month>\d\d)(?P<end_day>[ \d]\d)"
        r"T(?P<end_hour>\d\d)(?P<end_minute>\d\d)(?P<end_second>\d\d)(?:\.(?P<end_fraction>\d{1,9}))?"
        r"(?P<end_offset>Z|[+-]\d\d(?::?\d\d)?)",
        {
            "S20240815T091156.982648+1000_E20240815T091251.967555+1000_-12.34567+78.98102.wav": (
                "2024-08-15T09:11:56.982648+10:00"
            ),
            "S20230401T235000+0930_E20230402T000500+0930.flac": "2023-04-01T23:50:00+09:30",
        },
    ),
    NamePattern(
        "ISO 8601 basic with offset: Frontier Labs, Swift, Chorus, exports",
        rf"(?<!\d){_DATE}[T_$-]{_TIME}{_DOT_FRACTION}{_OFFSET}",
        {
            "20191026T000000+1000_REC [19.2144 152.8811].flac": "2019-10-26T00:00:00+10:00",
            "SWIFT01_20230501_040002-0500.wav": "2023-05-01T04:00:02-05:00",
            "20151212_123456Z.mp3": "2015-12-12T12:34:56+00:00",
            "2019102 6T000000+1000.flac": "",
            "201910 6T000000+1000_REC.flac": "2019-10-06T00:00:00+10:00",
        },
    ),
    NamePattern(
        "ISO 8601 with separators: RESEA, JASCO, Anabat Swift, handhelds",
        rf"(?<!\d){_YEAR}(?P<date_mark>[-_.])(?P<month>\d\d)(?P=date_mark)(?P<day>\d\d)[T _-]"
        r"(?P<hour>\d\d)(?P<time_mark>[-_.:h])(?P<minute>\d\d)[-_.:m](?P<second>\d\d)s?"
        rf"{_DOT_FRACTION}(?:[ _]?(?P<meridiem>[AaPp][Mm])(?![A-Za-z\d]))?(?:{_OFFSET})?{_ENDS}",
        {
            "channelA_2020-01-31_23-59-58.wav": "2020-01-31T23:59:58",
            "Delaware.e1d282a3.Chan_1-24bps.1277236867.2010-06-22-20-01-07.wav": "2010-06-22T20:01:07",
            "2018-05-30 21-35-16.wav": "2018-05-30T21:35:16",
            "2021-05-01 04-30-00 PM.wav": "2021-05-01T16:30:00",
            "2021-05-01T04:30:00.250+02:00.wav": "2021-05-01T04:30:00.250000+02:00",
        },
    ),
    NamePattern(
        "BirdNET-Pi",
        rf"(?<!\d){_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)-birdnet-(?:[\w-]*-)?"
        r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?!\d)",
        {"2022-03-06-birdnet-07:05:31.wav": "2022-03-06T07:05:31"},
    ),
    NamePattern(
        "Song Meter, SMART, PAMGuard with fractions of a second",
        rf"(?<!\d){_DATE}[_$-]{_TIME}_(?P<fraction>\d{{3}}|\d{{6}})(?!\d)",
        {
            "FNQ-RBS_20190102_044802_010.wav": "2019-01-02T04:48:02.010000",
            "PAM_20171108_094819_000.wav": "2017-11-08T09:48:19",
            "MIC7_20250301_060000_123456.wav": "2025-03-01T06:00:00.123456",
        },
    ),
    NamePattern(
        "AudioMoth, Song Meter, Swift, Echo Meter and most others",
        rf"(?<!\d){_DATE}[T_$ -]{_TIME}{_DOT_FRACTION}{_ENDS}",
        {
            "20240903_202615.WAV": "2024-09-03T20:26:15",
            "20240903_202615T.WAV": "2024-09-03T20:26:15",
            "24E144055E080032_20240903_202615.WAV": "2024-09-03T20:26:15",
            "S4A03895_20190522_000000.wav": "2019-05-22T00:00:00",
            "CNRS_0+1_20130824_153000.wav": "2013-08-24T15:30:00",
            "PARIS_-0-_20150410$195550.wav": "2015-04-10T19:55:50",
            "2MM00123_20220131_235500.wav": "2022-01-31T23:55:00",
            "weird20180801_240000.aac": "2018-08-02T00:00:00",
            "20170701_213954-MYOMYS-LR_0_0.5.wav": "2017-07-01T21:39:54",
            "20180517_010348.5AFCD4F4.WAV": "2018-05-17T01:03:48",
            "123_20131012_123456-9_456.mpg": "",
            "20191301_000000.wav": "",
        },
    ),
    NamePattern(
        "fourteen digits",
        rf"(?<!\d){_YEAR}(?P<month>\d\d)(?P<day>\d\d){_TIME}{_ENDS}",
        {"20070513081940.trimmed_manually.wav": "2007-05-13T08:19:40"},
    ),
    NamePattern(
        "SoundTrap: serial number and twelve digits",
        rf"(?:^|[._-]){_SHORT_DATE}{_TIME}{_ENDS}",
        {
            "671629352.181204100002.wav": "2018-12-04T10:00:02",
            "6075.220210084905.wav": "2022-02-10T08:49:05",
            "SanctSound_SB01_01_1678032935_181112190000.wav": "2018-11-12T19:00:00",
        },
    ),
    NamePattern(
        "two-digit year: AMAR exports, Zoom, Olympus",
        rf"(?<!\d){_SHORT_DATE}[_-]{_TIME}{_ENDS}",
        {"NRS08-140523-001620.wav": "2014-05-23T00:16:20", "WAT_NC_03_170716_180000_df100.wav": "2017-07-16T18:00:00"},
    ),
    NamePattern(
        "time before date, day first",
        rf"(?<!\d)(?P<hour>\d\d)(?P<minute>\d\d)-(?P<day>\d\d)(?P<month>\d\d){_YEAR}(?!\d)",
        {"a_2359-01012015_blah.wav": "2015-01-01T23:59:00"},
    ),
    NamePattern(
        "to the minute",
        rf"(?<!\d){_YEAR}(?P<month>\d\d)(?P<day>\d\d)[T_-](?P<hour>\d\d)(?P<minute>\d\d){_ENDS}",
        {"plot7_20210501_0430.wav": "2021-05-01T04:30:00"},
    ),
    NamePattern(
        "two-digit year, to the minute",
        rf"(?<!\d){_SHORT_DATE}[_-](?P<hour>\d\d)(?P<minute>\d\d){_ENDS}",
        {"short_time_180801_1630_test.wav": "2018-08-01T16:30:00", "101604_3512.wav": ""},
    ),
    NamePattern(
        "AudioMoth before firmware 1.3: hexadecimal seconds, UTC",
        r"^(?P<hex>[0-9A-Fa-f]{8})T?(?:\.\w+)?$",
        {
            "5B07C752.WAV": "2018-05-25T08:20:34+00:00",
            "20180517.wav": "",
            "10160435.wav": "",
            "5AFCD4F45AFCD4F4.WAV": "",
        },
    ),
    NamePattern(
        "seconds since 1970, UTC",
        r"^(?P<epoch>1\d{9})(?:\.\w+)?$",
        {"1609459200.wav": "2021-01-01T00:00:00+00:00"},
    ),
)
"""The patterns, in the order in which they are tried; names that say their offset come first."""
