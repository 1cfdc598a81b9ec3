"""The table of deployments: which recorder stood where, in which zone, and how its files are read.

One row is one recorder at one place. ``config/README.md`` describes the columns. All mistakes are reported at once.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path, PurePosixPath
from typing import Literal, TypeVar

from antiphon.errors import AntiphonError
from antiphon.io.season.clock import bound_us, parse_zone

__all__ = ["COLUMNS", "OPTIONAL_COLUMNS", "Deployment", "read_deployments"]

COLUMNS = ("deployment", "site", "folder", "utc_offset", "filename_time")
OPTIONAL_COLUMNS = (
    "latitude",
    "longitude",
    "recorder",
    "channel",
    "sensitivity_db",
    "medium",
    "first_time",
    "last_time",
    "ambiguous",
    "notes",
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_UNKNOWN_ZONE: tzinfo = UTC
_FOLDS: Mapping[str, Literal[0, 1] | None] = {"": None, "first": 0, "second": 1}
_CLOCKS: Mapping[str, Literal["local", "utc"]] = {"local": "local", "utc": "utc"}
_MEDIA: Mapping[str, Literal["air", "water"]] = {"": "air", "air": "air", "water": "water"}
Value = TypeVar("Value")


@dataclass(frozen=True)
class Deployment:
    """One recorder at one place.

    Attributes
    ----------
    deployment
        Its name, unique in the season.
    site
        Name of the place; several deployments may share one.
    latitude, longitude
        WGS 84, degrees north and east; None: not said.
    folder
        Its folder relative to the audio root, with forward slashes; ``.`` is the audio root itself.
    recorder
        Make or model as the user wrote it; None: not said.
    zone
        Zone that its clock follows.
    filename_time
        Whether times in file names without offset are local times of ``zone`` or UTC.
    channel
        ``first``, ``mix``, ``each``, or a channel's number counted from 1.
    sensitivity_db
        Level that a tone of 1 Pa rms (94 dB re 20 µPa, 120 dB re 1 µPa) reads in the recording, dB re full scale, gain
        included; a sine that just reaches full scale reads 0 dB (not -3 dB). None: not calibrated.
    medium
        What it listens to: levels that are calibrated are dB re 20 µPa in air, dB re 1 µPa in water.
    first_us, last_us
        Recordings that start before or after are excluded, microseconds UTC; None: no bound.
    fold
        Which of two instants a local time that exists twice means: 0 the first, 1 the second, None neither.
    """

    deployment: str
    site: str
    latitude: float | None
    longitude: float | None
    folder: str
    recorder: str | None
    zone: tzinfo
    filename_time: Literal["local", "utc"]
    channel: str
    sensitivity_db: float | None
    medium: Literal["air", "water"]
    first_us: int | None
    last_us: int | None
    fold: Literal[0, 1] | None


def read_deployments(path: Path, audio_root: Path) -> list[Deployment]:
    """Read and check the table of deployments.

    Parameters
    ----------
    path
        CSV file, UTF-8 with or without byte order mark, separated by commas.
    audio_root
        Folder that the column ``folder`` is relative to.

    Returns
    -------
    The deployments in the order of their names.

    Raises
    ------
    AntiphonError
        If the table or a folder is wrong: one line that names every mistake with its row (the header is row 1).
    """
    mistakes: list[str] = []
    records = dict(_records(path, mistakes))
    found = [_deployment(row, cells, audio_root, mistakes) for row, cells in records.items()]
    mistakes += _name_clashes(records)
    mistakes += _folder_clashes(records, audio_root)
    if not records and not mistakes:
        mistakes.append("no deployment in it; add one row per recorder and place")
    if mistakes:
        count = f"{len(mistakes)} mistakes: " if len(mistakes) > 1 else ""
        raise AntiphonError(f"{path}: {count}{'; '.join(mistakes)}")
    return sorted((one for one in found if one), key=lambda one: one.deployment)


def _records(path: Path, mistakes: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row that is not blank with its number and its cells by column, if the header is right."""
    lines = csv.reader(io.StringIO(_text(path), newline=""))
    header = [name.strip() for name in next(lines, [])]
    while header and not header[-1]:
        header.pop()
    if wrong := list(_header_mistakes(header)):
        mistakes += wrong
        return
    for row, cells in enumerate(lines, start=2):
        stripped = [cell.strip() for cell in cells]
        if any(stripped[len(header) :]):
            mistakes.append(f"row {row}: more cells than the header has columns (a comma inside a cell needs quotes)")
        elif any(stripped):
            padded = stripped + [""] * (len(header) - len(stripped))
            yield row, dict.fromkeys(OPTIONAL_COLUMNS, "") | dict(zip(header, padded, strict=False))


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise AntiphonError(f"{path}: no such file; `antiphon draft` makes one to correct") from None
    except UnicodeDecodeError:
        raise AntiphonError(f"{path}: not UTF-8; save it as 'CSV UTF-8 (comma delimited)'") from None
    header = text.split("\n", 1)[0]
    for separator, name in ((";", "semicolons"), ("\t", "tabs")):
        if separator in header and "," not in header:
            raise AntiphonError(f"{path}: columns are separated by {name}; save it with commas")
    return text


def _header_mistakes(header: list[str]) -> Iterator[str]:
    known = (*COLUMNS, *OPTIONAL_COLUMNS)
    if missing := [name for name in COLUMNS if name not in header]:
        yield f"missing column {', '.join(missing)}"
    if unknown := [name for name in header if name not in known]:
        yield f"unknown column {', '.join(map(repr, unknown))} (known: {', '.join(known)})"
    if twice := sorted({name for name in header if header.count(name) > 1}):
        yield f"column {', '.join(twice)} stands twice"


def _deployment(row: int, cells: Mapping[str, str], audio_root: Path, mistakes: list[str]) -> Deployment | None:
    """Return the deployment of one row, or None after noting every mistake in it."""
    before = len(mistakes)

    def checked(column: str, read: Callable[[str], Value], instead: Value) -> Value:
        try:
            return read(cells[column])
        except ValueError as error:
            mistakes.append(f"row {row}: {column} {error}")
            return instead

    zone = checked("utc_offset", _zone, _UNKNOWN_ZONE)
    deployment = Deployment(
        deployment=checked("deployment", _name, ""),
        site=checked("site", _stated, ""),
        latitude=checked("latitude", lambda text: _number(text, -90, 90), None),
        longitude=checked("longitude", lambda text: _number(text, -180, 180), None),
        folder=checked("folder", lambda text: _folder(text, audio_root), ""),
        recorder=cells["recorder"] or None,
        zone=zone,
        filename_time=checked("filename_time", lambda text: _one_of(text, _CLOCKS, "local or utc"), "local"),
        channel=checked("channel", _channel, "first"),
        sensitivity_db=checked("sensitivity_db", lambda text: _number(text, -200, 100), None),
        medium=checked("medium", lambda text: _one_of(text, _MEDIA, "air, water or empty (air)"), "air"),
        first_us=checked("first_time", lambda text: _bound(text, zone, last=False), None),
        last_us=checked("last_time", lambda text: _bound(text, zone, last=True), None),
        fold=checked("ambiguous", lambda text: _one_of(text, _FOLDS, "first, second or empty"), None),
    )
    first_us, last_us = deployment.first_us, deployment.last_us
    if first_us is not None and last_us is not None and last_us < first_us:
        mistakes.append(f"row {row}: last_time {cells['last_time']} is before first_time {cells['first_time']}")
    if bool(cells["latitude"]) != bool(cells["longitude"]):
        mistakes.append(f"row {row}: latitude and longitude must both be given or both be empty")
    return deployment if len(mistakes) == before else None


def _stated(text: str) -> str:
    if not text:
        raise ValueError("is empty; it must be given")
    return text


def _name(text: str) -> str:
    if not _NAME.fullmatch(_stated(text)):
        raise ValueError(f"{text!r} is no name; use letters, digits, _ and -, first a letter or digit")
    return text


def _zone(text: str) -> tzinfo:
    if not text:
        raise ValueError("is empty; say the time zone of the recorder's clock, as +08:00 or Asia/Shanghai")
    return parse_zone(text)


def _number(text: str, low: float, high: float) -> float | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number (decimal point, no unit)") from None
    if not low <= number <= high:
        raise ValueError(f"{text} does not lie in {low:g} to {high:g}")
    return number


def _one_of(text: str, choices: Mapping[str, Value], names: str) -> Value:
    if text.lower() not in choices:
        raise ValueError(f"{text!r} must be {names}" if text else f"is empty; it must be {names}")
    return choices[text.lower()]


def _channel(text: str) -> str:
    if text.lower() in {"first", "mix", "each", ""}:
        return text.lower() or "first"
    if not re.fullmatch(r"[1-9]\d{0,2}", text):
        raise ValueError(f"{text!r} must be first, mix, each or a number counted from 1")
    return text


def _bound(text: str, zone: tzinfo, *, last: bool) -> int | None:
    if not text:
        return None
    try:
        return bound_us(text, zone, last=last)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no time; write it as 2024-05-01 or 2024-05-01T05:00:00") from None


def _folder(text: str, audio_root: Path) -> str:
    folder = PurePosixPath(_stated(text))
    if "\\" in text:
        raise ValueError(f"{text!r} has backslashes; write /")
    if folder.is_absolute() or ".." in folder.parts:
        raise ValueError(f"{text!r} must lie in the audio root {audio_root} and be written relative to it")
    if not (audio_root / folder).is_dir():
        raise ValueError(f"{text!r} is no folder in the audio root {audio_root}")
    return folder.as_posix()


def _name_clashes(records: Mapping[int, Mapping[str, str]]) -> Iterator[str]:
    """Yield names that two rows share, or would share on a disk that does not tell case apart."""
    rows: dict[str, int] = {}
    for row, cells in records.items():
        name = cells["deployment"]
        if name and (other := rows.setdefault(name.casefold(), row)) != row:
            yield f"row {row}: deployment {name!r} stands in row {other} already"
    for row, cells in records.items():
        if cells["channel"].lower() == "each":
            one_channel = re.compile(re.escape(cells["deployment"].casefold()) + r"-ch\d+")
            for name in filter(one_channel.fullmatch, rows):
                taken = records[rows[name]]["deployment"]
                yield f"row {rows[name]}: deployment {taken!r} is how a channel of row {row} is named; rename it"


def _folder_clashes(records: Mapping[int, Mapping[str, str]], audio_root: Path) -> Iterator[str]:
    """Yield rows whose folder is, or lies in, the folder of another row: its files would count twice."""
    folders = {row: (audio_root / cells["folder"]).resolve() for row, cells in records.items() if cells["folder"]}
    inside = {folder: row for row, folder in reversed(folders.items())}
    for row, folder in folders.items():
        if (other := inside[folder]) != row:
            yield f"row {row}: folder {records[row]['folder']!r} is that of row {other}"
        for outer in folder.parents:
            if outer in inside:
                yield f"row {row}: folder {records[row]['folder']!r} lies in that of row {inside[outer]}"
