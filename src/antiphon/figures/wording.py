"""Numbers as people read them."""

from __future__ import annotations

import math
from datetime import date

__all__ = ["clock", "count", "duration", "percent", "plural", "score", "span"]

_NBSP, _JOINER = "\N{NO-BREAK SPACE}", "\N{WORD JOINER}"


def percent(share: float | None) -> str:
    """Return a share of 1 in per cent with two significant digits, or a dash where there is none."""
    if share is None or math.isnan(share):
        return "–"
    value = 100 * share
    if 0 < value < 0.01:
        return f"<{_NBSP}0.01{_NBSP}%"
    if 95 <= value < 99.95:
        return f"{value:.1f}{_NBSP}%"
    rounded = float(f"{value:.2g}")
    digits = 0 if rounded >= 10 or rounded == 0 else 1 if rounded >= 1 else 2
    return f"{value:.{digits}f}{_NBSP}%"


def duration(seconds: float) -> str:
    """Return a duration in the unit that suits it: seconds, minutes or hours; words where it is NaN."""
    if math.isnan(seconds):
        return f"not{_NBSP}known"
    if seconds < 90:
        return f"{seconds:.{0 if seconds >= 10 or seconds == 0 else 1}f}{_NBSP}s"
    if seconds < 5400:
        return f"{seconds / 60:.0f}{_NBSP}min"
    hours = seconds / 3600
    return f"{hours:,.0f}{_NBSP}h" if hours >= 100 else f"{hours:.1f}{_NBSP}h"


def count(number: float) -> str:
    """Return a whole number with commas between thousands."""
    return f"{round(number):,}"


def plural(number: int, noun: str) -> str:
    """Return ``number`` and ``noun``, in the plural unless it is one."""
    return f"{number:,}{_NBSP}{noun}" if number == 1 else f"{number:,}{_NBSP}{noun}s"


def score(text: str) -> str:
    """Return a number in three digits, a dash for a number that is missing, and any other text as it is."""
    try:
        number = float(text or "nan")
    except ValueError:
        return text
    if math.isnan(number):
        return "–"
    if number == 0 or (number.is_integer() and abs(number) > 1):
        return f"{number:,.0f}"
    return f"{number:.3g}" if 0 < abs(number) < 0.01 else f"{number:.3f}"


def clock(hour: int, hours: int) -> str:
    """Return the interval of cell ``hour`` of a day of ``hours`` cells, e.g. 05–06 h."""
    first, last = (round(part * 24 / hours) for part in (hour, hour + 1))
    return f"{first:02d}–{_JOINER}{last:02d}{_NBSP}h"


def span(first: date, last: date) -> str:
    """Return two local days as one span, nothing said twice, e.g. 12–13 May 2026."""
    if first == last:
        return _day(first, "month year")
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{_day(last, 'month year')}"
    return f"{_day(first, 'month' if first.year == last.year else 'month year')} – {_day(last, 'month year')}"


def _day(day: date, parts: str) -> str:
    text = f"{day.day}{_NBSP}{day:%B}"
    return f"{text}{_NBSP}{day.year}" if "year" in parts else text
