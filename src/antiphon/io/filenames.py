"""Times in the names of recordings: one table of recorders' patterns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

__all__ = ["NameTime", "parse_name"]


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


def parse_name(name: str, extra_patterns: Sequence[str] = ()) -> NameTime | None:
    """Return the time that a file's name holds, or None.

    Parameters
    ----------
    name
        File name, without folders.
    extra_patterns
        The user's regular expressions, tried first, with the groups ``year``, ``month``, ``day``, ``hour``,
        ``minute``, ``second`` and optionally ``fraction`` and ``offset``.
    """
    return None
