"""From a matplotlib figure to SVG text or PNG bytes: the same figure gives the same bytes."""

from __future__ import annotations

import base64
import io
import re
import warnings
from xml.etree import ElementTree

from matplotlib import rc_context
from matplotlib.figure import Figure

from antiphon.figures.style import RULES

__all__ = ["data_uri", "png_bytes", "svg_text"]

_SVG, _XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
_PAINT, _LINK = re.compile(r"(?<=url\(#)[^)]+"), re.compile(r"(?<=^#).+")


def svg_text(figure: Figure, *, name: str, description: str) -> str:
    """Return a figure as SVG that can stand inside an HTML page beside others.

    Parameters
    ----------
    figure
        The figure. Its letters stay text and take the font of the page.
    name
        Prefix of all ids, unique on the page.
    description
        What the picture shows, for those who hear the page instead of seeing it.

    Returns
    -------
    An ``svg`` element with its natural size in CSS pixels; without XML declaration, metadata, unused ids or date.
    """
    written = io.StringIO()
    with rc_context(RULES), warnings.catch_warnings():
        # The browser draws the letters; matplotlib's own font may lack those of a name and only measures them.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(written, format="svg", metadata={"Date": None})
    root = ElementTree.fromstring(written.getvalue())
    _drop_wrapping(root)
    _prefix_ids(root, name)
    for element in root.iter():
        _plain(element)
    width, height = (round(inches * 96) for inches in figure.get_size_inches())
    root.attrib.update(width=str(width), height=str(height), xmlns=_SVG.strip("{}"))
    root.attrib.pop("version", None)
    root.attrib.update({"role": "img", "aria-label": description, "stroke-linejoin": "round"})
    return ElementTree.tostring(root, encoding="unicode").strip()


def _drop_wrapping(root: ElementTree.Element) -> None:
    """Drop metadata (versions, dates) and the style element, whose ``*`` would reach the whole page."""
    for wrapping in (_SVG + "metadata", f"{_SVG}defs[{_SVG}style]"):
        for element in root.findall(wrapping):
            root.remove(element)


def _prefix_ids(root: ElementTree.Element, name: str) -> None:
    """Prefix the ids that something in the figure refers to and drop all others."""
    used: set[str] = set()
    for element in root.iter():
        for key, value in element.attrib.items():
            # `#c3c8cc` is a colour, except in a link.
            pattern = _LINK if key.endswith("href") else _PAINT
            used.update(pattern.findall(value))
            element.set(key, pattern.sub(lambda found: f"{name}-{found[0]}", value))
    for element in root.iter():
        own = element.attrib.pop("id", None)
        if own in used:
            element.set("id", f"{name}-{own}")


def _plain(element: ElementTree.Element) -> None:
    """Make an SVG element one of an HTML page: no name spaces, no indentation, no font of its own."""
    element.tag = element.tag.removeprefix(_SVG)
    if element.tag != "text":
        element.text = None
    element.tail = None
    if _XLINK + "href" in element.attrib:
        element.set("href", element.attrib.pop(_XLINK + "href"))
    if "font-family" in element.get("style", ""):
        element.set("style", re.sub(r"font-family: [^;]*; ", "", element.attrib["style"]))
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    if element.tag == "image":
        element.set("style", "image-rendering:pixelated")


def png_bytes(figure: Figure, dpi: float = 144) -> bytes:
    """Return a figure as PNG on white, without date or software version, at ``dpi`` dots per inch."""
    written = io.BytesIO()
    with rc_context(RULES):
        figure.savefig(written, format="png", dpi=dpi, facecolor="white", metadata={"Software": None})
    return written.getvalue()


def data_uri(png: bytes) -> str:
    """Return a PNG as an address that carries the picture itself."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
