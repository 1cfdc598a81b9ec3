"""Plain tables: CSV whose columns are named in the settings, or by their usual names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from antiphon.errors import AntiphonError
from antiphon.io.annotations.annotation import Annotation, Annotations, number, read_rows
from antiphon.io.annotations.tables import read_table

__all__ = ["USUAL_COLUMNS", "read_plain"]

USUAL_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "path": ("path", "file", "filename", "file_name", "recording", "audio", "wav"),
    "label": ("label", "species", "scientific_name", "class", "annotation", "source"),
    "start_s": ("start_s", "start", "start_time", "begin_s", "onset", "onset_s", "min_t", "t_min", "Begin Time (s)"),
    "end_s": ("end_s", "end", "end_time", "stop_s", "offset", "offset_s", "max_t", "t_max", "End Time (s)"),
    "freq_low_hz": ("freq_low_hz", "low_hz", "low_f", "min_f", "f_min", "freq_min", "low_freq", "Low Freq (Hz)"),
    "freq_high_hz": ("freq_high_hz", "high_hz", "high_f", "max_f", "f_max", "freq_max", "high_freq", "High Freq (Hz)"),
    "channel": ("channel",),
    "channel_from_0": ("channel_from_0",),
    "annotator": ("annotator", "observer", "reviewer"),
    "verdict": ("verdict", "verified"),
}
"""What each column may be called where the settings do not say; the first that is there is taken."""
_NEEDED = ("label", "start_s", "end_s")
_REJECTED = frozenset({"rejected", "reject", "no", "n", "false", "0", "absent", "wrong"})


def read_plain(content: bytes, origin: str, columns: Mapping[str, str] | None = None) -> Annotations:
    """Read a table.

    Parameters
    ----------
    content
        The file.
    origin
        Its name, for errors.
    columns
        Column of the file by key of :data:`USUAL_COLUMNS`; others are found by their usual names.

    Raises
    ------
    AntiphonError
        If a column that is named or needed is not there.
    """
    table = read_table(content, origin)
    given = columns or {}
    if unknown := sorted(set(given) - set(USUAL_COLUMNS)):
        raise AntiphonError(f"pair.boxes.columns: {', '.join(unknown)} is none of {', '.join(USUAL_COLUMNS)}")
    where = {key: table.column([given[key]] if key in given else usual) for key, usual in USUAL_COLUMNS.items()}
    missing = [given.get(key, key) for key in USUAL_COLUMNS if where[key] is None and (key in given or key in _NEEDED)]
    if missing:
        raise AntiphonError(f"{origin}: no column {', '.join(missing)}; name the file's own in pair.boxes.columns")
    return read_rows(table.rows, partial(_annotation, where=where))


def _annotation(line: int, row: Mapping[str, str], *, where: Mapping[str, str | None]) -> Annotation:
    given = {key: (row.get(name) or None) if name else None for key, name in where.items()}
    low_hz, high_hz = given["freq_low_hz"], given["freq_high_hz"]
    counted, first = (given["channel_from_0"], 0) if where["channel_from_0"] else (given["channel"], 1)
    return Annotation(
        path=given["path"],
        label=given["label"] or "",
        start_s=number(given["start_s"], "start"),
        end_s=number(given["end_s"], "end"),
        freq_low_hz=number(low_hz, "low frequency") if low_hz else None,
        freq_high_hz=number(high_hz, "high frequency") if high_hz else None,
        channel=round(number(counted, "channel")) + 1 - first if counted else None,
        annotator=given["annotator"],
        line=line,
        present=(given["verdict"] or "").casefold() not in _REJECTED,
    )
