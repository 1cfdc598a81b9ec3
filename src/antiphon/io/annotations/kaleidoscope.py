"""Wildlife Acoustics Kaleidoscope: ``id.csv`` and ``cluster.csv``, one row a detection, labelled in ``MANUAL ID``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from antiphon.errors import AntiphonError
from antiphon.io.annotations.annotation import Annotation, Annotations, BadValue, number, read_rows
from antiphon.io.annotations.tables import Table, read_table

__all__ = ["read_kaleidoscope"]

_HIGHEST_KHZ = 500.0
"""Cluster analysis writes hertz, bat analysis kilohertz: no column of hertz stays below this."""


def read_kaleidoscope(content: bytes, origin: str) -> Annotations:
    """Read a table; a row without ``MANUAL ID`` was named by the program only and is listed as bad.

    ``Fmin`` and ``Fmax`` are kilohertz where no ``Fmax`` of the table exceeds 500, otherwise hertz. Both 0 or empty
    means that there is no band. ``CHANNEL`` counts from 0.

    Raises
    ------
    AntiphonError
        If it lacks the columns of such a table.
    """
    table = read_table(content, origin, ",")
    missing = [name for name in ("IN FILE", "OFFSET", "DURATION", "MANUAL ID") if table.column([name]) is None]
    if missing:
        raise AntiphonError(f"{origin}: no column {', '.join(missing)}; export Kaleidoscope's results as CSV")
    return read_rows(table.rows, partial(_annotation, table=table, hertz=_hertz(table)))


def _hertz(table: Table) -> float:
    """Return the hertz of one unit of the table's frequencies."""
    highest = 0.0
    name = table.column(["Fmax"])
    for _, row in table.rows:
        try:
            highest = max(highest, number(row.get(name or ""), "Fmax"))
        except BadValue:
            continue
    return 1000.0 if highest <= _HIGHEST_KHZ else 1.0


def _annotation(line: int, row: Mapping[str, str], *, table: Table, hertz: float) -> Annotation:
    def given(*names: str) -> str | None:
        column = table.column(names)
        return (row.get(column) or None) if column else None

    if not given("MANUAL ID"):
        raise BadValue("no MANUAL ID: only the program named it")
    start_s = number(given("OFFSET"), "OFFSET")
    low, high = (number(text, name) if (text := given(name)) else 0.0 for name in ("Fmin", "Fmax"))
    channel = given("CHANNEL")
    folder, file = given("FOLDER"), given("IN FILE")
    if not file:
        raise BadValue("no IN FILE")
    return Annotation(
        path=f"{folder}/{file}" if folder else file,
        label=given("MANUAL ID") or "",
        start_s=start_s,
        end_s=start_s + number(given("DURATION"), "DURATION"),
        freq_low_hz=low * hertz if high > 0 else None,
        freq_high_hz=high * hertz if high > 0 else None,
        channel=round(number(channel, "CHANNEL")) + 1 if channel else None,
        annotator=given("MANUAL ID AUTHOR", "USER", "ORGANIZATION"),
        line=line,
    )
