r"""Audacity label tracks: ``start<TAB>end<TAB>label``, and with spectral selection a line ``\<TAB>low<TAB>high``."""

from __future__ import annotations

from antiphon.errors import AntiphonError
from antiphon.io.annotations.annotation import (
    Annotation,
    Annotations,
    BadRow,
    BadValue,
    checked,
    decoded,
    lines_of,
    number,
)

__all__ = ["read_audacity"]


def read_audacity(content: bytes, origin: str) -> Annotations:
    """Read a label track.

    Raises
    ------
    AntiphonError
        If no line of it looks like a label.
    """
    found = Annotations()
    lines = lines_of(decoded(content))
    for index, line in enumerate(lines):
        if not line.strip() or line.startswith("\\"):
            continue
        behind = lines[index + 1] if index + 1 < len(lines) and lines[index + 1].startswith("\\") else None
        try:
            found.good.append(_annotation(index + 1, line, behind))
        except BadValue as error:
            found.bad.append(BadRow(index + 1, str(error)))
    for index, line in enumerate(lines):
        if line.startswith("\\") and (index == 0 or lines[index - 1].startswith("\\") or not lines[index - 1].strip()):
            found.bad.append(BadRow(index + 1, "frequencies without a label before them"))
    if found.bad and not found.good and "\t" not in decoded(content):
        raise AntiphonError(f"{origin}: no Audacity labels in it (start, tab, end, tab, label)")
    return Annotations(found.good, sorted(found.bad, key=lambda row: row.line))


def _annotation(line: int, text: str, behind: str | None) -> Annotation:
    parts = text.split("\t")
    if len(parts) < 2:
        raise BadValue("not start, tab, end, tab, label")
    low_hz, high_hz = _band(behind)
    return checked(
        Annotation(
            path=None,
            label="\t".join(parts[2:]).strip(),
            start_s=number(parts[0], "start"),
            end_s=number(parts[1], "end"),
            freq_low_hz=low_hz,
            freq_high_hz=high_hz,
            channel=None,
            annotator=None,
            line=line,
        )
    )


def _band(behind: str | None) -> tuple[float | None, float | None]:
    """Return the band of a line of frequencies; Audacity writes -1 for an edge that was not drawn."""
    if behind is None:
        return None, None
    parts = behind.split("\t")
    if len(parts) != 3:
        raise BadValue("its line of frequencies is not \\, tab, low, tab, high")
    low_hz, high_hz = number(parts[1], "low frequency"), number(parts[2], "high frequency")
    return (None, None) if low_hz < 0 or high_hz < 0 else (low_hz, high_hz)
