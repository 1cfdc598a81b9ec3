"""AviaNZ ``.data`` files: JSON, first what the whole recording has in common, then one segment a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePath
from typing import Any

from antiphon.errors import AntiphonError
from antiphon.io.annotations.annotation import Annotation, Annotations, BadRow, BadValue, checked, number
from antiphon.io.annotations.documents import parsed_json

__all__ = ["read_avianz"]

_DO_NOT_KNOW = "Don't Know"


def read_avianz(content: bytes, origin: str) -> Annotations:
    """Read a ``.data`` file; a segment with several species gives one annotation each, of certainty above 0.

    The recording is the file's own name without ``.data``. A band from 0 to 0 Hz means that none was drawn.

    Raises
    ------
    AntiphonError
        If it is not such a file.
    """
    segments = parsed_json(content, origin)
    if not isinstance(segments, list):
        raise AntiphonError(f"{origin}: no list of segments; is it an AviaNZ .data file?")
    about = segments[0] if segments else None
    operator = about.get("Operator") if isinstance(about, dict) else None
    path = PurePath(origin).name.removesuffix(".data")
    read = partial(_annotations, path=path, annotator=str(operator) if operator else None)
    found = Annotations()
    for line, segment in enumerate(segments, start=1):
        if line == 1 and (isinstance(segment, dict) or _is_old_header(segment)):
            continue
        try:
            found.good.extend(read(line, segment))
        except BadValue as error:
            found.bad.append(BadRow(line, str(error)))
    return found


def _is_old_header(segment: Any) -> bool:
    return isinstance(segment, list) and bool(segment) and segment[0] == -1


def _annotations(line: int, segment: Any, *, path: str, annotator: str | None) -> list[Annotation]:
    if not isinstance(segment, list) or len(segment) < 5:
        raise BadValue("not start, end, low, high, species")
    start_s, end_s, low_hz, high_hz = (
        number(value, name) for value, name in zip(segment, ("start", "end", "low", "high"), strict=False)
    )
    unbounded = high_hz <= 0
    one = Annotation(
        path=path,
        label="",
        start_s=start_s,
        end_s=end_s,
        freq_low_hz=None if unbounded else low_hz,
        freq_high_hz=None if unbounded else high_hz,
        channel=None,
        annotator=annotator,
        line=line,
    )
    labels = _labels(segment[4])
    if not labels:
        raise BadValue("no species of a certainty above 0")
    return [checked(replace(one, label=label)) for label in labels]


def _labels(species: Any) -> list[str]:
    """Return the species of a segment: objects since 2019, before that names with a question mark for a doubt."""
    entries: Sequence[Any] = species if isinstance(species, list) else [species]
    labels = []
    for entry in entries:
        if isinstance(entry, dict):
            certainty = entry.get("certainty", 100)
            sure = not isinstance(certainty, int | float) or certainty > 0
            label = str(entry.get("species", "")).strip() if sure else ""
        else:
            label = str(entry).strip().rstrip("?")
        if label and label != _DO_NOT_KNOW:
            labels.append(label)
    return labels
