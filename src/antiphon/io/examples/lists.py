"""The lists that say what examples are made from: clips, backgrounds, boxed recordings, and the map of labels.

CSV files with a header, written by people; :mod:`antiphon.io.annotations.tables` is for files of other programs.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TypeVar

from antiphon.config import Pair
from antiphon.errors import AntiphonError, mendable

__all__ = [
    "BACKGROUND_COLUMNS",
    "CLIP_COLUMNS",
    "RECORDING_COLUMNS",
    "BackgroundRow",
    "BoxedRow",
    "ClipRow",
    "annotation_file",
    "expanded",
    "listed_files",
    "read_backgrounds",
    "read_boxed_recordings",
    "read_clips",
    "read_label_map",
]

_SPLITS = ("train", "validation", "test_in_domain", "test_transfer")
CLIP_COLUMNS: Mapping[str, str] = {
    "path": "sound file, relative to `audio_root`",
    "label": "what it is, a class or a name that the label map knows",
    "recording": "the recording that it was cut from; empty: the file itself",
    "group": "recordist, site or individual: what the transfer test must not share with training",
    "licence": "licence of the sound, e.g. `CC0`, `CC BY 4.0`",
    "start_s": "where the clip lies in the file, seconds; empty: from its start",
    "end_s": "empty: to its end",
    "freq_low_hz": "lower edge of the clip's band; empty: 0 Hz",
    "freq_high_hz": "upper edge of the clip's band; empty: no limit",
    "keep": "`yes` or `no`",
    "why": "why it is not kept",
    "split": "`train`, `validation`, `test_in_domain` or `test_transfer`; empty: drawn by group",
}
BACKGROUND_COLUMNS: Mapping[str, str] = {
    **{key: CLIP_COLUMNS[key] for key in ("path", "recording", "group", "licence", "keep", "why", "split")},
    "kind": "sort of background (`quiet`, `rain`, `water` …): every sort is drawn equally often",
}
RECORDING_COLUMNS: Mapping[str, str] = {
    "path": "sound file, relative to `audio_root`",
    "annotations": "annotation file, relative to `audio_root` or to this list; one file may serve several recordings",
    "format": "`raven`, `audacity`, `sonic_visualiser`, `avianz`, `kaleidoscope`, `label_studio`, `cvat` or `csv`",
    "group": CLIP_COLUMNS["group"],
    "exhaustive": "classes of which every sound is boxed, joined by `;`, or `all`; empty: none",
    "channel": "channel from 1; empty: the first",
    "from_s": "second from which it was annotated; empty: the start",
    "to_s": "second up to which it was annotated; empty: the end",
    "split": CLIP_COLUMNS["split"],
}


@dataclass(frozen=True)
class ClipRow:
    """A clip of one source; fields as :data:`CLIP_COLUMNS`, seconds and hertz infinite where there is no limit."""

    path: str
    label: str
    recording: str
    group: str
    licence: str
    split: str
    start_s: float = 0.0
    end_s: float = inf
    freq_low_hz: float = 0.0
    freq_high_hz: float = inf


@dataclass(frozen=True)
class BackgroundRow:
    """A background; fields as :data:`BACKGROUND_COLUMNS`."""

    path: str
    kind: str
    recording: str
    group: str
    licence: str
    split: str


@dataclass(frozen=True)
class BoxedRow:
    """A recording in which people drew boxes; fields as :data:`RECORDING_COLUMNS`, seconds None where empty."""

    path: str
    annotations: str
    format: str
    group: str
    exhaustive: frozenset[str]
    channel: int
    from_s: float
    to_s: float | None
    split: str


Row = TypeVar("Row")


def expanded(folder: str, key: str) -> Path:
    """Return a folder of the settings with ``${VARIABLES}`` and ``~`` filled in.

    Raises
    ------
    AntiphonError
        If a variable is not set.
    """
    path = os.path.expandvars(folder)
    if missing := re.search(r"\$\{?(\w+)\}?", path):
        raise AntiphonError(f"{key}: the environment variable {missing[1]} is not set; set it, or write the folder")
    return Path(path).expanduser()


def listed_files(pair: Pair) -> list[str]:
    """Return the lists, label map and annotation files that the examples depend on; no sound, which is never watched.

    Raises
    ------
    AntiphonError
        If a list of recordings cannot be read.
    """
    files = [("pair.label_map", pair.label_map)] if pair.label_map else []
    if pair.mixtures:
        files += [
            ("pair.mixtures.clips", pair.mixtures.clips),
            ("pair.mixtures.backgrounds", pair.mixtures.backgrounds),
        ]
    if pair.generated:
        files.append(("pair.generated.voices", f"{pair.generated.voices}/card.json"))
    if pair.boxes:
        files.append(("pair.boxes.recordings", pair.boxes.recordings))
    found = [expanded(name, key) for key, name in files]
    if pair.boxes:
        folder = expanded(pair.boxes.audio_root, "pair.boxes.audio_root")
        found += [annotation_file(folder, found[-1], row) for row in read_boxed_recordings(found[-1])]
    return list(dict.fromkeys(map(str, found)))


def annotation_file(audio_root: Path, listed: Path, row: BoxedRow) -> Path:
    """Return where the annotations of a recording lie: below ``audio_root``, or beside the list that names them."""
    below, beside = audio_root / row.annotations, listed.parent / row.annotations
    return beside if beside.exists() and not below.exists() else below


def read_clips(path: Path) -> list[ClipRow]:
    """Read a list of clips; rows with ``keep`` no are left out. Errors as :func:`read_label_map`."""
    return _read(path, CLIP_COLUMNS, ("path", "label", "group"), _clip)


def read_backgrounds(path: Path) -> list[BackgroundRow]:
    """Read a list of backgrounds; rows with ``keep`` no are left out. Errors as :func:`read_label_map`."""
    return _read(path, BACKGROUND_COLUMNS, ("path", "group"), _background)


def read_boxed_recordings(path: Path) -> list[BoxedRow]:
    """Read a list of recordings with annotations. Errors as :func:`read_label_map`."""
    return _read(path, RECORDING_COLUMNS, ("path", "annotations", "format", "group"), _boxed)


def read_label_map(path: Path) -> dict[str, tuple[str, ...]]:
    """Read which classes a label belongs to: columns ``label`` and ``class``, several rows for several classes.

    Returns
    -------
    Classes by label, the label in lower case; ``*`` stands for every label that has no row.

    Raises
    ------
    AntiphonError
        If the file cannot be read, lacks a column, or a row is wrong; the text names the line.
    """
    pairs = _read(path, {"label": "", "class": ""}, ("label", "class"), lambda row: (row["label"], row["class"]))
    labels: dict[str, tuple[str, ...]] = {}
    for label, class_ in pairs:
        labels[label.casefold()] = (*labels.get(label.casefold(), ()), class_)
    return labels


def _read(
    path: Path, columns: Mapping[str, str], needed: tuple[str, ...], make: Callable[[Mapping[str, str]], Row]
) -> list[Row]:
    """Return one object a row that is kept."""
    found = []
    for line, row in _rows(path, columns, needed):
        if row.get("keep", "yes") == "no":
            continue
        if empty := [name for name in needed if not row[name]]:
            raise AntiphonError(f"{path}, line {line}: {', '.join(empty)} is empty; fill it in or take the row out")
        if row.get("keep", "yes") not in ("yes", ""):
            raise AntiphonError(f"{path}, line {line}: keep is {row['keep']!r}; write yes or no")
        if row.get("split", "") not in ("", *_SPLITS):
            raise AntiphonError(f"{path}, line {line}: no split {row['split']!r}; write one of {', '.join(_SPLITS)}")
        with mendable(f"{path}, line {line}", "a number is wanted"):
            found.append(make(row))
    return found


def _rows(path: Path, columns: Mapping[str, str], needed: tuple[str, ...]) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise AntiphonError(f"{path}: cannot be read ({error}); check the settings") from None
    reader = csv.reader(text.splitlines())
    header = [name.strip() for name in next(reader, [])]
    if missing := [name for name in needed if name not in header]:
        raise AntiphonError(f"{path}: no column {', '.join(missing)}; it may have {', '.join(columns)}")
    if unknown := [name for name in header if name not in columns]:
        raise AntiphonError(f"{path}: column {', '.join(unknown)} means nothing here; it may have {', '.join(columns)}")
    for values in reader:
        if any(value.strip() for value in values):
            given = dict(zip(header, [value.strip() for value in values], strict=False))
            yield reader.line_num, dict.fromkeys(header, "") | given


def _clip(row: Mapping[str, str]) -> ClipRow:
    limits = (("start_s", 0.0), ("end_s", inf), ("freq_low_hz", 0.0), ("freq_high_hz", inf))
    return ClipRow(
        row["path"], row["label"], *_provenance(row), *(float(row.get(key) or limit) for key, limit in limits)
    )


def _background(row: Mapping[str, str]) -> BackgroundRow:
    return BackgroundRow(row["path"], row.get("kind") or "background", *_provenance(row))


def _provenance(row: Mapping[str, str]) -> tuple[str, str, str, str]:
    return row.get("recording") or row["path"], row["group"], row.get("licence", ""), row.get("split", "")


def _boxed(row: Mapping[str, str]) -> BoxedRow:
    classes = {name.strip() for name in row.get("exhaustive", "").split(";") if name.strip()} - {"none"}
    to_s = row.get("to_s")
    return BoxedRow(
        path=row["path"],
        annotations=row["annotations"],
        format=row["format"],
        group=row["group"],
        exhaustive=frozenset(classes),
        channel=int(row.get("channel") or 1),
        from_s=float(row.get("from_s") or 0.0),
        to_s=float(to_s) if to_s else None,
        split=row.get("split", ""),
    )
