"""Label Studio: JSON exports of audio regions, and of rectangles on pictures of spectrograms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from antiphon.errors import AntiphonError
from antiphon.io.annotations.annotation import Annotation, Annotations, BadRow, BadValue, Picture, checked, number
from antiphon.io.annotations.documents import parsed_json

__all__ = ["read_label_studio"]

_MEDIA_KEYS = ("audio", "image", "url", "file", "spectrogram")
_TIME_LABELS = ("labels", "timeserieslabels")


def read_label_studio(content: bytes, origin: str, picture: Picture | None = None) -> Annotations:
    """Read an export in the forms ``JSON`` and ``JSON-MIN``.

    Parameters
    ----------
    content
        The file.
    origin
        Its name, for errors.
    picture
        Axes of the pictures that rectangles were drawn on; without them rectangles are listed as bad.

    Raises
    ------
    AntiphonError
        If it is no list of tasks.
    """
    tasks = parsed_json(content, origin)
    if not isinstance(tasks, list):
        raise AntiphonError(f"{origin}: no list of tasks; export it from Label Studio as JSON")
    found, line = Annotations(), 0
    for task in tasks:
        for line, (path, annotator, region) in enumerate(_regions(task), start=line + 1):  # noqa: B020 - goes on
            try:
                found.good.extend(_annotations(line, path, annotator, region, picture))
            except BadValue as error:
                found.bad.append(BadRow(line, str(error)))
    return found


def _regions(task: Any) -> Iterator[tuple[str | None, str | None, Any]]:
    """Yield recording, annotator and region of everything that a task holds."""
    if not isinstance(task, dict):
        yield None, None, task
        return
    data = task.get("data", task)
    path = _path(data) if isinstance(data, dict) else None
    if "annotations" not in task and "completions" not in task:
        for key in ("label", "labels", "tricks", "rectangle"):
            regions = task.get(key)
            yield from ((path, _name(task.get("annotator")), region) for region in _listed(regions))
        return
    for completion in _listed(task.get("annotations", task.get("completions"))):
        if not isinstance(completion, dict):
            yield path, None, completion
        elif not completion.get("was_cancelled"):
            annotator = _name(completion.get("completed_by"))
            yield from ((path, annotator, region) for region in _listed(completion.get("result")))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _name(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("email") or value.get("id")
    return None if value is None else str(value)


def _path(data: Mapping[str, Any]) -> str | None:
    """Return the recording of a task; uploads get eight signs and a hyphen before their name."""
    path = next((str(data[key]) for key in _MEDIA_KEYS if isinstance(data.get(key), str)), None)
    if path and "/upload/" in path:
        name = path.rsplit("/", 1)[-1]
        return name[9:] if name[8:9] == "-" else name
    return path.split("?d=")[-1] if path else None


def _annotations(
    line: int, path: str | None, annotator: str | None, region: Any, picture: Picture | None
) -> list[Annotation]:
    value = region.get("value", region) if isinstance(region, dict) else None
    if not isinstance(value, dict):
        raise BadValue("no region")
    place = partial(Annotation, path=path, annotator=annotator, line=line)
    band: list[float | None] = [None, None]
    if "rectanglelabels" in value:
        start_s, end_s, *band = _rectangle(value, picture)
        labels, channel = value["rectanglelabels"], None
    else:
        start_s, end_s = number(value.get("start"), "start"), number(value.get("end"), "end")
        labels = next((value[key] for key in _TIME_LABELS if key in value), None)
        channel = round(number(value["channel"], "channel")) + 1 if value.get("channel") is not None else None
    if not _listed(labels):
        raise BadValue("no label")
    return [
        checked(
            place(
                label=str(label).strip(),
                start_s=start_s,
                end_s=end_s,
                freq_low_hz=band[0],
                freq_high_hz=band[1],
                channel=channel,
            )
        )
        for label in _listed(labels)
    ]


def _rectangle(value: Mapping[str, Any], picture: Picture | None) -> tuple[float, float, float, float]:
    """Return start, end, low and high of a rectangle in per cent of a picture, y from its upper edge."""
    if picture is None:
        raise BadValue("a rectangle on a picture whose axes are not known; set pair.boxes.picture")
    x, y, width, height = (number(value.get(key), key) / 100 for key in ("x", "y", "width", "height"))
    span_hz = picture.freq_high_hz - picture.freq_low_hz
    high_hz = picture.freq_high_hz - y * span_hz
    start_s = max(x, 0.0) * picture.duration_s
    return start_s, (x + width) * picture.duration_s, max(high_hz - height * span_hz, 0.0), high_hz
