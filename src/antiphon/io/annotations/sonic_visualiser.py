"""Sonic Visualiser: a layer of boxes or regions, exported as CSV or saved as ``.svl`` (XML, perhaps bzip2)."""

from __future__ import annotations

import bz2
import csv
from collections.abc import Mapping
from xml.etree import ElementTree

from antiphon.errors import AntiphonError
from antiphon.io.annotations.annotation import Annotation, Annotations, BadValue, decoded, lines_of, number, read_rows

__all__ = ["parsed_xml", "read_sonic_visualiser"]

_MOST_BYTES = 1 << 26
_BOX, _REGION = 5, 4


def read_sonic_visualiser(content: bytes, origin: str) -> Annotations:
    """Read a layer.

    In CSV a box is ``time, low frequency, duration, extent, label`` in seconds and hertz, with or without a header; a
    region has no extent, and so no band. In ``.svl`` times are frames at the rate of the layer's own model.

    Raises
    ------
    AntiphonError
        If it is not XML where it should be, or has no layer of boxes or regions.
    """
    if content.startswith(b"BZh"):
        content = _unpacked(content, origin)
    if content.lstrip().startswith(b"<"):
        return _layer(parsed_xml(content, origin), origin)
    return _table(content)


def parsed_xml(content: bytes, origin: str) -> ElementTree.Element:
    """Return the root of an XML document.

    Raises
    ------
    AntiphonError
        If it is none.
    """
    # Sonic Visualiser declares a document type of its own, without a definition; entities have no place in a layer.
    if b"<!ENTITY" in content:
        raise AntiphonError(f"{origin}: defines XML entities, which no annotation program does; export it again")
    try:
        return ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise AntiphonError(f"{origin}: not valid XML ({error}); export it again") from None


def _unpacked(content: bytes, origin: str) -> bytes:
    try:
        unpacked = bz2.BZ2Decompressor().decompress(content, _MOST_BYTES)
    except (OSError, ValueError) as error:
        raise AntiphonError(f"{origin}: looks packed by bzip2 and is not ({error}); save the layer again") from None
    if len(unpacked) >= _MOST_BYTES:
        raise AntiphonError(f"{origin}: more than 64 MB when unpacked; export the layer as CSV")
    return unpacked


def _layer(root: ElementTree.Element, origin: str) -> Annotations:
    """Return the points of a document's models; each points to its model by the number of its dataset."""
    rates = {
        model.get("dataset", ""): model.get("sampleRate", "")
        for model in root.iter("model")
        if model.get("type") == "sparse"
    }
    points = [
        (rates[dataset.get("id", "")], dict(point.attrib))
        for dataset in root.iter("dataset")
        if dataset.get("id", "") in rates
        for point in dataset.iter("point")
    ]
    if not rates:
        raise AntiphonError(f"{origin}: no layer of boxes or regions in it; save the annotation layer")
    return read_rows(enumerate(points, start=1), _point)


def _point(line: int, row: tuple[str, Mapping[str, str]]) -> Annotation:
    rate_hz, point = number(row[0], "the model's sampleRate"), row[1]
    if rate_hz <= 0:
        raise BadValue("the model's sampleRate is not positive")
    start_s = number(point.get("frame"), "frame") / rate_hz
    low_hz = number(point.get("value"), "value") if "extent" in point else None
    return Annotation(
        path=None,
        label=point.get("label", "").strip(),
        start_s=start_s,
        end_s=start_s + number(point.get("duration"), "duration") / rate_hz,
        freq_low_hz=low_hz,
        freq_high_hz=None if low_hz is None else low_hz + number(point["extent"], "extent"),
        channel=None,
        annotator=None,
        line=line,
    )


def _table(content: bytes) -> Annotations:
    lines = lines_of(decoded(content).replace("\0", ""))
    mark = "\t" if "\t" in lines[0] else ","
    rows = [
        (index, next(csv.reader([line], delimiter=mark, skipinitialspace=True), []))
        for index, line in enumerate(lines, start=1)
        if line.strip() and len(line) < csv.field_size_limit()
    ]
    return read_rows((row for row in rows if not _is_header(*row)), _table_row)


def _is_header(line: int, row: list[str]) -> bool:
    return line == 1 and row[0].strip().upper() in ("TIME", "FRAME")


def _table_row(line: int, row: list[str]) -> Annotation:
    if len(row) < _REGION:
        raise BadValue("not time, value, duration, extent, label")
    is_box = len(row) >= _BOX
    start_s, low_hz, length_s = (number(row[i], name) for i, name in enumerate(("time", "value", "duration")))
    return Annotation(
        path=None,
        label=row[4 if is_box else 3].strip(),
        start_s=start_s,
        end_s=start_s + length_s,
        freq_low_hz=low_hz if is_box else None,
        freq_high_hz=low_hz + number(row[3], "extent") if is_box else None,
        channel=None,
        annotator=None,
        line=line,
    )
