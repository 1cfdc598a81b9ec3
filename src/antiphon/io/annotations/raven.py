"""Raven selection tables, those of Raven Pro and Lite, of BirdNET, of warbleR and of people who edit them by hand.

Raven writes a row for every view, so a selection stands there as ``Waveform 1`` and as ``Spectrogram 1``: one is kept.
In tables over several files ``Begin Time (s)`` counts from the first file, ``File Offset (s)`` from the row's own file.
"""

from __future__ import annotations

from collections.abc import Mapping

from antiphon.errors import AntiphonError
from antiphon.io.annotations.annotation import Annotation, Annotations, BadValue, number, read_rows
from antiphon.io.annotations.tables import Table, read_table

__all__ = ["LABEL_COLUMNS", "read_raven"]

LABEL_COLUMNS = (
    "Species",
    "Label",
    "Annotation",
    "Scientific Name",
    "Common Name",
    "Species Code",
    "Class",
    "Call Type",
    "Sound Type",
    "Type",
    "Call",
    "Song",
    "Name",
    "Tags",
    "ID",
    "Code",
    "Signal",
    "sound.type",
)
"""Columns that people keep labels in, the likeliest first; the first that is not empty in a row is its label."""
_START = ("Begin Time (s)", "Begin Time", "Start Time (s)", "Start (s)", "start")
_END = ("End Time (s)", "End Time", "Stop Time (s)", "End (s)", "end")
_LENGTH = ("Delta Time (s)", "Duration (s)", "Length (s)")
_LOW = ("Low Freq (Hz)", "Low Frequency (Hz)", "Low Freq", "Min Freq (Hz)", "Bottom Freq (Hz)")
_HIGH = ("High Freq (Hz)", "High Frequency (Hz)", "High Freq", "Max Freq (Hz)", "Top Freq (Hz)")
_LOW_KHZ, _HIGH_KHZ = ("Low Freq (kHz)", "bottom.freq"), ("High Freq (kHz)", "top.freq")
_RAVEN_PATH = ("Begin Path", "Begin File")
_PATH = (*_RAVEN_PATH, "Sound File", "sound.files", "Filename")
_OFFSET = ("File Offset (s)", "File Offset")
_ANNOTATOR = ("Annotator", "Observer", "Analyst", "Reviewer")
_VERDICT = ("Verdict", "Verified", "Valid")
_REJECTED = frozenset({"rejected", "reject", "no", "n", "false", "0", "absent", "wrong", "incorrect"})


def read_raven(content: bytes, origin: str, label_column: str | None = None) -> Annotations:
    """Read a selection table.

    Parameters
    ----------
    content
        The file.
    origin
        Its name, for errors.
    label_column
        Column of the labels; None: see :data:`LABEL_COLUMNS`.

    Raises
    ------
    AntiphonError
        If it has no column of begin and end times, or of labels.
    """
    table = read_table(content, origin)
    columns = _Columns(table, origin, label_column)
    found = read_rows(table.rows, columns.annotation)
    return _without_second_views(found, table, columns)


class _Columns:
    """Which column of a table holds what."""

    def __init__(self, table: Table, origin: str, label_column: str | None) -> None:
        self.start, self.end, self.length = (table.column(names) for names in (_START, _END, _LENGTH))
        if self.start is None or (self.end is None and self.length is None):
            raise AntiphonError(f"{origin}: no columns 'Begin Time (s)' and 'End Time (s)'; is it a selection table?")
        self.labels = table.all_columns([label_column] if label_column else LABEL_COLUMNS)
        if not self.labels:
            wanted = label_column or "Species, Label, Annotation or the like"
            raise AntiphonError(f"{origin}: no column of labels ({wanted}); name it with pair.boxes.label_column")
        self.low, self.high = table.column(_LOW), table.column(_HIGH)
        self.hertz = 1.0
        if self.low is None and self.high is None:
            self.low, self.high, self.hertz = table.column(_LOW_KHZ), table.column(_HIGH_KHZ), 1000.0
        self.path, self.offset = table.column(_PATH), table.column(_OFFSET)
        self.channel, self.annotator = table.column(["Channel"]), table.column(_ANNOTATOR)
        self.selection, self.view = table.column(["Selection", "selec"]), table.column(["View"])
        self.verdict = table.column(_VERDICT)
        files = {row[self.path] for _, row in table.rows if self.path and row.get(self.path)}
        self.joined = len(files) > 1 and self.path == table.column(_RAVEN_PATH)

    def annotation(self, line: int, row: Mapping[str, str]) -> Annotation:
        start_s, length_s = self._time(row)
        channel = self._given(row, self.channel)
        return Annotation(
            path=self._given(row, self.path),
            label=next((row[name] for name in self.labels if row.get(name)), ""),
            start_s=start_s,
            end_s=start_s + length_s,
            freq_low_hz=self._frequency(row, self.low, "low frequency"),
            freq_high_hz=self._frequency(row, self.high, "high frequency"),
            channel=round(number(channel, "channel")) if channel else None,
            annotator=self._given(row, self.annotator),
            line=line,
            present=(self._given(row, self.verdict) or "").casefold() not in _REJECTED,
        )

    def view_of(self, row: Mapping[str, str]) -> str:
        return self._given(row, self.view) or ""

    def identity(self, row: Mapping[str, str]) -> tuple[str | None, ...]:
        """Return what the rows of one selection have in common, whatever the view."""
        names = (self.selection, self.path, self.start, self.end, self.length, self.channel)
        return tuple(self._given(row, name) for name in names)

    @staticmethod
    def _given(row: Mapping[str, str], name: str | None) -> str | None:
        return (row.get(name) or None) if name else None

    def _time(self, row: Mapping[str, str]) -> tuple[float, float]:
        """Return start in the row's own file, and length, in seconds."""
        assert self.start is not None
        start_s = number(row.get(self.start), "begin time")
        if end := self._given(row, self.end):
            length_s = number(end, "end time") - start_s
        else:
            length_s = number(self._given(row, self.length), "duration")
        if offset := self._given(row, self.offset):
            start_s = number(offset, "file offset")
        elif self.joined:
            raise BadValue("a table of several files without 'File Offset (s)': its times count from the first file")
        return start_s, length_s

    def _frequency(self, row: Mapping[str, str], name: str | None, what: str) -> float | None:
        text = self._given(row, name)
        return number(text, what) * self.hertz if text else None


def _without_second_views(found: Annotations, table: Table, columns: _Columns) -> Annotations:
    """Return one annotation a selection, that of the spectrogram where there is one."""
    if columns.view is None or columns.selection is None:
        return found
    rows = dict(table.rows)
    kept: dict[tuple[str | None, ...], Annotation] = {}
    for one in found.good:
        key = columns.identity(rows[one.line])
        if key not in kept or "spectrogram" in columns.view_of(rows[one.line]).casefold():
            kept[key] = one
    of_good = {columns.identity(rows[one.line]) for one in kept.values()}
    bad = [row for row in found.bad if columns.identity(rows[row.line]) not in of_good]
    return Annotations(sorted(kept.values(), key=lambda one: one.line), bad)
