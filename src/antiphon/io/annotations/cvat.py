"""CVAT for images 1.1: XML with boxes in pixels of pictures of spectrograms."""

from __future__ import annotations

from functools import partial
from xml.etree.ElementTree import Element

from antiphon.errors import AntiphonError
from antiphon.io.annotations.annotation import Annotation, Annotations, BadValue, Picture, number, read_rows
from antiphon.io.annotations.sonic_visualiser import parsed_xml

__all__ = ["read_cvat"]


def read_cvat(content: bytes, origin: str, picture: Picture | None = None) -> Annotations:
    """Read an export "CVAT for images 1.1"; shapes other than boxes are listed as bad.

    Parameters
    ----------
    content
        The file.
    origin
        Its name, for errors.
    picture
        Axes of the pictures; without them every box is listed as bad.

    Raises
    ------
    AntiphonError
        If it is not such an export.
    """
    root = parsed_xml(content, origin)
    if root.tag != "annotations":
        raise AntiphonError(f"{origin}: its root is <{root.tag[:40]}>; export it as 'CVAT for images 1.1'")
    shapes = [(image, shape) for image in root.iter("image") for shape in image if shape.tag != "tag"]
    shapes += [(track, shape) for track in root.iter("track") for shape in track]
    return read_rows(enumerate(shapes, start=1), partial(_annotation, picture=picture))


def _annotation(line: int, row: tuple[Element, Element], *, picture: Picture | None) -> Annotation:
    image, box = row
    if box.tag != "box" or image.tag != "image":
        raise BadValue(f"a {box.tag[:40]} of a {image.tag[:40]}, not a box on an image")
    if picture is None:
        raise BadValue("a box on a picture whose axes are not known; set pair.boxes.picture")
    width, height = number(image.get("width"), "width"), number(image.get("height"), "height")
    if width <= 0 or height <= 0:
        raise BadValue("an image without width or height")
    left, top, right, bottom = (number(box.get(key), key) for key in ("xtl", "ytl", "xbr", "ybr"))
    span_hz = picture.freq_high_hz - picture.freq_low_hz
    return Annotation(
        path=image.get("name"),
        label=box.get("label", "").strip(),
        start_s=left / width * picture.duration_s,
        end_s=right / width * picture.duration_s,
        freq_low_hz=picture.freq_high_hz - bottom / height * span_hz,
        freq_high_hz=picture.freq_high_hz - top / height * span_hz,
        channel=None,
        annotator=None,
        line=line,
    )
