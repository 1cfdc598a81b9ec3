"""Times and places in the names of recordings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from antiphon.errors import AntiphonError
from antiphon.io.sound.name_patterns import PATTERNS

__all__ = ["NameTime", "own_patterns", "parse_name"]

OWN = "own"
_WIDEST_OFFSET_MIN = 14 * 60
_EPOCH = datetime(1970, 1, 1)
# AudioMoth was first sold in 2017; earlier or far later numbers are serial numbers and counters.
_FIRST_EPOCH, _LAST_EPOCH = datetime(2017, 1, 1), datetime(2045, 1, 1)


@dataclass(frozen=True, slots=True)
class NameTime:
    """What a file's name says.

    Attributes
    ----------
    start
        First sample as the name's own clock has it, without a zone, to the microsecond.
    offset_min
        Minutes that this clock is ahead of UTC, where the name itself says (0 for UTC), else None.
    pattern
        Name of the pattern that matched; ``own`` for one of the user's.
    end
        Last sample on the same clock as ``start``, where the name has it.
    latitude, longitude
        Decimal degrees, where the name has them.
    """

    start: datetime
    offset_min: int | None
    pattern: str
    end: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None


_DEGREES = r"(?P<latitude>-?\d{1,2}\.\d+) (?P<longitude>-?\d{1,3}\.\d+)"
_PLACES = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"\[{_DEGREES}\]",
        rf"_{_DEGREES}_",
        # ISO 6709, as Frontier Labs and exports write it.
        r"(?<![\d.])(?P<latitude>[+-]\d{2}(?:\.\d+)?)(?P<longitude>[+-](?:\d{3}(?:\.\d+)?|\d{2}\.\d+))(?!\d)",
        r"(?<![A-Za-z\d])(?P<latitude>[NS]\d{2}\.\d+)(?P<longitude>[EW]\d{2,3}\.\d+)(?!\d)",
    )
)
_COMPILED = tuple((pattern.name, re.compile(pattern.regex, re.ASCII)) for pattern in PATTERNS)
_NEEDED_GROUPS = ("year", "month", "day", "hour", "minute")


@lru_cache(maxsize=64)
def own_patterns(patterns: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Compile the user's patterns (``ingest.filename_patterns``).

    Raises
    ------
    AntiphonError
        If one is no regular expression or lacks a group that a time needs.
    """
    compiled = []
    for pattern in patterns:
        try:
            regex = re.compile(pattern, re.ASCII)
        except re.error as error:
            raise AntiphonError(
                f"ingest.filename_patterns: {pattern!r} is no regular expression ({error}); mend it or remove it"
            ) from None
        missing = [name for name in _NEEDED_GROUPS if name not in regex.groupindex]
        if missing and not {"hex", "epoch"} & set(regex.groupindex):
            raise AntiphonError(
                f"ingest.filename_patterns: {pattern!r} lacks {', '.join(missing)}; name them as (?P<{missing[0]}>...)"
            )
        compiled.append((OWN, regex))
    return tuple(compiled)


def parse_name(name: str, extra_patterns: Sequence[str] = ()) -> NameTime | None:
    """Return the time that a file's name holds, or None.

    Parameters
    ----------
    name
        File name, without folders.
    extra_patterns
        The user's regular expressions, tried first; groups as in :class:`~antiphon.io.sound.name_patterns.NamePattern`.

    Raises
    ------
    AntiphonError
        If one of ``extra_patterns`` cannot be used; never for a name.
    """
    for pattern, regex in own_patterns(tuple(extra_patterns)) + _COMPILED:
        for match in regex.finditer(name):
            found = _name_time(pattern, match)
            if found:
                return found
    return None


def _name_time(pattern: str, match: re.Match[str]) -> NameTime | None:
    """Return what a match says, None if it is no time of the calendar."""
    fields = {name: value for name, value in match.groupdict().items() if value is not None}
    try:
        start, offset_min = _moment(fields, "")
        end, end_offset_min = _moment(fields, "end_") if "end_year" in fields else (None, None)
        if end and offset_min is not None and end_offset_min is not None:
            end += timedelta(minutes=offset_min - end_offset_min)
    except (ValueError, OverflowError):
        return None
    latitude, longitude = _place(match.string[: match.start()] + "|" + match.string[match.end() :])
    return NameTime(start, offset_min, pattern, end, latitude, longitude)


def _moment(fields: Mapping[str, str], prefix: str) -> tuple[datetime, int | None]:
    """Return the time and offset of one set of fields; ValueError if there is no such time."""
    if seconds := fields.get("hex") or fields.get("epoch"):
        moment = _EPOCH + timedelta(seconds=int(seconds, 16 if "hex" in fields else 10))
        if not _FIRST_EPOCH <= moment < _LAST_EPOCH:
            raise ValueError(f"{seconds} is no credible clock")
        return moment, 0
    year, month, day, hour, minute = (int(fields[prefix + name]) for name in _NEEDED_GROUPS)
    second = int(fields.get(prefix + "second", 0))
    microsecond = int(fields.get(prefix + "fraction", "0")[:6].ljust(6, "0"))
    hour = _hour_of_24(hour, fields.get(prefix + "meridiem", ""))
    # 24:00:00 is midnight at the end of the day (ISO 8601).
    ends_day = (hour, minute, second, microsecond) == (24, 0, 0, 0)
    year += 2000 if year < 100 else 0
    moment = datetime(year, month, day, 0 if ends_day else hour, minute, second, microsecond)
    return moment + timedelta(days=ends_day), _offset_min(fields.get(prefix + "offset"))


def _hour_of_24(hour: int, meridiem: str) -> int:
    """Return the hour of the day; ``13 pm`` is 13."""
    if not meridiem or not 1 <= hour <= 12:
        return hour
    return hour % 12 + 12 * (meridiem.lower() == "pm")


def _offset_min(text: str | None) -> int | None:
    if text is None or text == "":
        return None
    if text.upper() == "Z":
        return 0
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    total = 60 * hours + minutes
    if minutes > 59 or total > _WIDEST_OFFSET_MIN or text[0] not in "+-":
        raise ValueError(f"{text} is no offset of this earth")
    return -total if text[0] == "-" else total


def _place(rest: str) -> tuple[float | None, float | None]:
    """Return latitude and longitude in what a name has beside its time."""
    for regex in _PLACES:
        for match in regex.finditer(rest):
            latitude, longitude = _degrees(match["latitude"]), _degrees(match["longitude"])
            if abs(latitude) <= 90 and abs(longitude) <= 180:
                return latitude, longitude
    return None, None


def _degrees(text: str) -> float:
    if text[0] in "NSEW":
        return float(text[1:]) * (-1 if text[0] in "SW" else 1)
    return float(text)
