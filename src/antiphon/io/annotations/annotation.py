"""An annotation: where in a recording a person heard what, whatever program it was drawn in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import isfinite
from typing import TypeVar

__all__ = [
    "Annotation",
    "Annotations",
    "BadRow",
    "BadValue",
    "Picture",
    "checked",
    "decoded",
    "lines_of",
    "number",
    "read_rows",
]

_LONGEST_LABEL = 200
_LATEST_S = 1e7


@dataclass(frozen=True, slots=True)
class Annotation:
    """One box, or one stretch of time, with a label.

    Attributes
    ----------
    path
        Recording as the annotation file names it; None where the file is about one recording and does not say which.
    label
        What was heard.
    start_s, end_s
        Seconds from the recording's first sample.
    freq_low_hz, freq_high_hz
        The box's band; None where only time was marked.
    channel
        Channel from 1; None where the file does not say.
    annotator
        Who drew it; None where the file does not say.
    line
        Line of a text file, or the position in the order of a structured one, from 1.
    present
        False where a person looked and says that it is *not* there (a rejected detection).
    """

    path: str | None
    label: str
    start_s: float
    end_s: float
    freq_low_hz: float | None
    freq_high_hz: float | None
    channel: int | None
    annotator: str | None
    line: int
    present: bool = True


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used, and why."""

    line: int
    reason: str


class BadValue(ValueError):  # noqa: N818 - a value, not a failure of the program
    """A row that cannot be used; the text says why."""


@dataclass(frozen=True)
class Annotations:
    """What an annotation file holds: nothing of it is dropped without a word.

    Attributes
    ----------
    good
        Annotations in the order of the file.
    bad
        Rows that cannot be used.
    """

    good: list[Annotation] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)


@dataclass(frozen=True)
class Picture:
    """The axes of the spectrogram pictures that boxes were drawn on in an image tool.

    Attributes
    ----------
    duration_s
        Seconds from the left edge to the right.
    freq_low_hz, freq_high_hz
        Frequency at the lower and at the upper edge.
    """

    duration_s: float
    freq_low_hz: float
    freq_high_hz: float


Row = TypeVar("Row")


def read_rows(rows: Iterable[tuple[int, Row]], read: Callable[[int, Row], Annotation]) -> Annotations:
    """Return what ``read`` makes of each numbered row; one that it refuses with :class:`BadValue` is listed as bad."""
    found = Annotations()
    for line, row in rows:
        try:
            found.good.append(checked(read(line, row)))
        except BadValue as error:
            found.bad.append(BadRow(line, str(error)))
    return found


def checked(annotation: Annotation) -> Annotation:
    """Return the annotation if it can be true.

    Raises
    ------
    BadValue
        If it has no label, no length, or a band that is upside down.
    """
    if not annotation.label:
        raise BadValue("no label")
    if len(annotation.label) > _LONGEST_LABEL:
        raise BadValue(f"a label of {len(annotation.label)} characters")
    start_s, end_s = annotation.start_s, annotation.end_s
    if not 0 <= start_s < _LATEST_S or not end_s < _LATEST_S:
        raise BadValue(f"from {start_s:g} to {end_s:g} s is no time in a recording")
    if end_s <= start_s:
        raise BadValue(f"ends at {end_s:g} s, not after its start at {start_s:g} s")
    low_hz, high_hz = annotation.freq_low_hz, annotation.freq_high_hz
    if (low_hz is None) != (high_hz is None):
        raise BadValue("has only one of its two frequencies")
    if low_hz is not None and high_hz is not None and not 0 <= low_hz < high_hz:
        raise BadValue(f"from {low_hz:g} to {high_hz:g} Hz is no band")
    return annotation


def number(text: object, what: str) -> float:
    """Return a number, with a point or a comma.

    Raises
    ------
    BadValue
        If ``text`` is none, or not finite.
    """
    try:
        value = float(str(text).strip().replace(",", "."))
    except ValueError:
        raise BadValue(f"{what} is no number ({str(text)[:40]!r})") from None
    if not isfinite(value):
        raise BadValue(f"{what} is not finite")
    return value


def decoded(content: bytes) -> str:
    """Return the text of a file: UTF-8 or UTF-16 with its mark, otherwise UTF-8, otherwise Windows' Latin letters."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def lines_of(text: str) -> list[str]:
    """Return the lines as an editor counts them."""
    return re.split(r"\r\n|\r|\n", text)
