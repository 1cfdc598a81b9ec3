"""Time: zones, local clocks and days, in whole microseconds since 1970-01-01 UTC.

A recorder's clock shows naive local time; only its deployment says in which zone. Local times that a zone never shows
(a clock put forward) or shows twice (a clock put back) are refused, never guessed. A *standard day* is a day of the
zone's standard time: the smallest UTC offset of that year, so it has 24 hours the whole year round.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = [
    "DAY_US",
    "LocalTimeError",
    "bound_us",
    "clock_is_set",
    "local_time",
    "offset_min",
    "parse_zone",
    "standard_offset_min",
    "to_utc_us",
]

DAY_US = 86_400_000_000
_MINUTE = timedelta(minutes=1)
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)
_FIXED = re.compile(r"(?:UTC|GMT)?(?P<sign>[+\-−])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?", re.IGNORECASE)
_WIDEST_OFFSET = timedelta(hours=14)
# Clocks that lost their battery restart in 1970, 1980 (FAT) or 2000; overflown or misread ones show 2065 and later.
_FIRST_CREDIBLE_US = 978_307_200_000_000  # 2001-01-01T00:00:00Z
_LAST_CREDIBLE_US = 2_997_993_600_000_000  # 2065-01-01T00:00:00Z


class LocalTimeError(ValueError):
    """A local time that its zone never shows or shows twice.

    Attributes
    ----------
    reason
        ``local_time_missing`` or ``local_time_twice``.
    """

    def __init__(self, reason: Literal["local_time_missing", "local_time_twice"], message: str) -> None:
        super().__init__(message)
        self.reason = reason


def parse_zone(text: str) -> tzinfo:
    """Return the zone that ``text`` names.

    Parameters
    ----------
    text
        A fixed offset (``+08:00``, ``-0330``, ``UTC+8``, ``Z``) or the name of an IANA zone (``Asia/Shanghai``).

    Raises
    ------
    ValueError
        If it is neither; the message says what is wrong and the cure.
    """
    stripped = text.strip()
    if stripped.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    if fixed := _FIXED.fullmatch(stripped):
        return _fixed_zone(stripped, fixed)
    if re.fullmatch(r"\d{1,2}(:\d{2}){0,2}", stripped):
        raise ValueError(f"{text!r} has no sign (spreadsheets drop it); write it with one, as +08:00, or as UTC+08:00")
    try:
        # `localtime` would be the zone of the machine, not of the recorder.
        if "/" not in stripped and stripped.lower() in {"localtime", "factory", ""}:
            raise ZoneInfoNotFoundError(stripped)
        return ZoneInfo(stripped)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{text!r} is no time zone; write +08:00 or an IANA name like Asia/Shanghai") from None


def _fixed_zone(text: str, match: re.Match[str]) -> tzinfo:
    minutes = int(match["minutes"] or 0)
    offset = timedelta(hours=int(match["hours"]), minutes=minutes)
    if minutes > 59 or offset > _WIDEST_OFFSET:
        raise ValueError(f"{text!r} is no offset of this earth; offsets lie between -14:00 and +14:00")
    return timezone(offset if match["sign"] == "+" else -offset)


def to_utc_us(naive: datetime, zone: tzinfo, fold: Literal[0, 1] | None = None) -> int:
    """Return the instant at which a clock in ``zone`` shows ``naive``.

    Parameters
    ----------
    naive
        What the clock shows, without zone and fold.
    zone
        Zone that the clock follows.
    fold
        Which of two instants is meant where a time is shown twice: 0 the first, 1 the second, None refuses.

    Returns
    -------
    Microseconds since 1970-01-01 UTC.

    Raises
    ------
    LocalTimeError
        If the zone never shows the time, or shows it twice and ``fold`` is None.
    """
    before = zone.utcoffset(naive)
    after = before if isinstance(zone, timezone) else zone.utcoffset(naive.replace(fold=1))
    if before is None or after is None:
        raise TypeError(f"{zone!r} has no offset for {naive}")
    if before < after:
        raise LocalTimeError(
            "local_time_missing", f"{naive} does not exist in {zone}: clocks were put forward; give a fixed utc_offset"
        )
    if before > after and fold is None:
        raise LocalTimeError(
            "local_time_twice",
            f"{naive} exists twice in {zone}: clocks were put back; give a fixed utc_offset or fill `ambiguous`",
        )
    # Arithmetic on naive values: years at the edge of the calendar have no UTC counterpart but do have a number.
    return (naive - _NAIVE_EPOCH - (after if fold else before)) // _MICROSECOND


def bound_us(text: str, zone: tzinfo, *, last: bool) -> int:
    """Return the instant of a bound that a person wrote as an ISO 8601 date or time.

    A bound needs no refusal: where clocks are put forward it lies at the jump, and where they are put back a first
    bound means the first of the two instants, a last bound the second.

    Parameters
    ----------
    text
        ISO 8601; without offset it is local time of ``zone``. A date alone means the whole day.
    zone
        Zone of the local time.
    last
        Whether it is the end of a span: then a date alone stands for the last microsecond of that day.

    Returns
    -------
    Microseconds since 1970-01-01 UTC.

    Raises
    ------
    ValueError
        If the text is no ISO 8601 date or time.
    """
    stripped = text.strip()
    moment = datetime.fromisoformat(stripped)
    whole_day = last and not re.search(r"[T :]", stripped, re.IGNORECASE)
    if whole_day:
        moment += timedelta(days=1)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone, fold=int(last and not whole_day))
    return (moment - _EPOCH) // _MICROSECOND - whole_day


def local_time(time_us: int, zone: tzinfo) -> datetime:
    """Return the aware local time of an instant; its ``isoformat()`` carries the offset."""
    return (_EPOCH + time_us * _MICROSECOND).astimezone(zone)


def offset_min(moment: datetime) -> int:
    """Return the offset of an aware time from UTC in whole minutes."""
    offset = moment.utcoffset()
    if offset is None:
        raise TypeError(f"{moment} has no offset")
    return offset // _MINUTE


@lru_cache(maxsize=4096)
def standard_offset_min(zone: tzinfo, year: int) -> int:
    """Return the offset of a zone's standard time in ``year``, minutes: the smallest of that year's days."""
    noon = datetime(year, 1, 1, 12, tzinfo=zone)
    return min(offset_min(noon + timedelta(days=day)) for day in range(365))


def clock_is_set(time_us: int) -> bool:
    """Return whether an instant is credible for a recorder: from 2001 to 2064."""
    return _FIRST_CREDIBLE_US <= time_us < _LAST_CREDIBLE_US
