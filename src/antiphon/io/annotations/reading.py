"""An annotation file in any format: which reader it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from antiphon.errors import AntiphonError
from antiphon.io.annotations.annotation import Annotations, Picture
from antiphon.io.annotations.audacity import read_audacity
from antiphon.io.annotations.avianz import read_avianz
from antiphon.io.annotations.cvat import read_cvat
from antiphon.io.annotations.kaleidoscope import read_kaleidoscope
from antiphon.io.annotations.label_studio import read_label_studio
from antiphon.io.annotations.plain import read_plain
from antiphon.io.annotations.raven import read_raven
from antiphon.io.annotations.sonic_visualiser import read_sonic_visualiser

__all__ = ["FORMATS", "Manner", "read_annotations"]

_MOST_BYTES = 1 << 28


@dataclass(frozen=True)
class Manner:
    """How annotation files are to be read, where they do not say themselves.

    Attributes
    ----------
    label_column
        Column of the labels in Raven tables; None: the likeliest.
    columns
        Column by key in plain tables.
    picture
        Axes of the pictures that boxes were drawn on in an image tool.
    """

    label_column: str | None = None
    columns: Mapping[str, str] | None = None
    picture: Picture | None = None


FORMATS: Mapping[str, Callable[[bytes, str, Manner], Annotations]] = {
    "raven": lambda content, origin, manner: read_raven(content, origin, manner.label_column),
    "audacity": lambda content, origin, manner: read_audacity(content, origin),
    "sonic_visualiser": lambda content, origin, manner: read_sonic_visualiser(content, origin),
    "avianz": lambda content, origin, manner: read_avianz(content, origin),
    "kaleidoscope": lambda content, origin, manner: read_kaleidoscope(content, origin),
    "label_studio": lambda content, origin, manner: read_label_studio(content, origin, manner.picture),
    "cvat": lambda content, origin, manner: read_cvat(content, origin, manner.picture),
    "csv": lambda content, origin, manner: read_plain(content, origin, manner.columns),
}
"""Reader by the name of its format."""


def read_annotations(path: Path, form: str, manner: Manner | None = None) -> Annotations:
    """Read an annotation file.

    Parameters
    ----------
    path
        The file.
    form
        One of :data:`FORMATS`.
    manner
        What the file does not say itself.

    Raises
    ------
    AntiphonError
        If it cannot be read, or is of another format.
    """
    if form not in FORMATS:
        raise AntiphonError(f"{path}: no format {form!r}; there are {', '.join(FORMATS)}")
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise AntiphonError(f"{path}: more than 256 MB; no annotation table is, so give the right file")
        content = path.read_bytes()
    except OSError as error:
        raise AntiphonError(f"{path}: {error.strerror or 'cannot be read'}; check pair.boxes.recordings") from None
    return FORMATS[form](content, str(path), manner or Manner())
