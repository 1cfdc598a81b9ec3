"""Rows of a table in text: columns found by any of the names that people give them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from antiphon.errors import AntiphonError
from antiphon.io.annotations.annotation import decoded, lines_of

__all__ = ["Table", "read_table"]

_WIDEST_FIELD = 1 << 20


@dataclass(frozen=True)
class Table:
    """A table of text.

    Attributes
    ----------
    columns
        Its header, as it is written.
    rows
        Line of the file, and value by column; short rows lack columns.
    """

    columns: tuple[str, ...]
    rows: Sequence[tuple[int, Mapping[str, str]]]

    def column(self, names: Iterable[str]) -> str | None:
        """Return the first of ``names`` that the table has, as the table writes it; case and spaces do not matter."""
        written = {_plain(column): column for column in reversed(self.columns)}
        return next((written[_plain(name)] for name in names if _plain(name) in written), None)

    def all_columns(self, names: Sequence[str]) -> list[str]:
        """Return all of ``names`` that the table has, in the order of ``names``."""
        return [found for name in names if (found := self.column([name])) is not None]


def _plain(name: str) -> str:
    return re.sub(r"[\s_]+", " ", name).strip().casefold()


def read_table(content: bytes, origin: str, delimiter: str | None = None) -> Table:
    """Read a table with a header; blank lines and lines of comment (``#``) before the header are passed over.

    Parameters
    ----------
    content
        The file.
    origin
        Its name, for errors.
    delimiter
        What parts the columns; None: tab, semicolon or comma, whichever the header has most of.

    Raises
    ------
    AntiphonError
        If there is no header, or a field is longer than a megabyte.
    """
    text = decoded(content).replace("\0", "").lstrip("\ufeff")
    lines = lines_of(text)
    top = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), None)
    if top is None:
        raise AntiphonError(f"{origin}: no table in it; give a file with a header line")
    mark = delimiter or max("\t;,", key=lines[top].count)
    csv.field_size_limit(_WIDEST_FIELD)
    # Each line is a reader's own: a quotation mark that is never closed must not swallow the rest of the file.
    fields = (next(csv.reader([line], delimiter=mark, skipinitialspace=True), []) for line in lines[top:])
    try:
        header = tuple(name.strip() for name in next(fields))
        rows = [
            (number, {name: value.strip() for name, value in zip(header, values, strict=False)})
            for number, values in enumerate(fields, start=top + 2)
            if any(value.strip() for value in values)
        ]
    except csv.Error as error:
        raise AntiphonError(f"{origin}: not a table of text ({error}); export it again") from None
    return Table(header, rows)
