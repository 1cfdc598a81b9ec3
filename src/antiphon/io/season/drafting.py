"""A first draft of the table of deployments, made from a folder tree."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path, PurePosixPath

import pyarrow.compute as pc

from antiphon.errors import AntiphonError
from antiphon.io.season.deployments import COLUMNS, OPTIONAL_COLUMNS
from antiphon.io.season.listing import list_folder
from antiphon.io.sound.filenames import parse_name
from antiphon.io.sound.metadata import Candidate, recorder_facts
from antiphon.io.sound.recordings import probe

__all__ = ["draft_deployments"]

# Folders that recorders and people make below that of a recorder: days, cards, `Data`.
_INNER = re.compile(
    r"(data|audio|wav|wavs|wave|flac|sound|sounds|recordings?|raw|dcim|\d{3}\w{5}|card ?\w?|sd ?\w?|"
    r"(19|20)\d{2}([-_.]?\d{2}){0,2}|\d{1,2}|week ?\d+|day ?\d+|month ?\d+)",
    re.IGNORECASE,
)
_TIMEOUT_S = 60.0


def draft_deployments(audio_root: Path) -> str:
    """Return a draft of the table of deployments for the recordings below a folder.

    A deployment is the deepest folder above recordings that is neither named like a day, a card or ``Data`` nor lies in
    another one. Place and recorder are taken from headers and names where they say so. ``utc_offset`` and
    ``filename_time`` are left empty: only the user knows them, and stage ingest asks for them.

    Parameters
    ----------
    audio_root
        Folder that the draft's folders are relative to.

    Returns
    -------
    CSV text, one row for each deployment; the column ``notes`` says what was found.

    Raises
    ------
    AntiphonError
        If the folder is missing or holds no recording.
    """
    if not audio_root.is_dir():
        raise AntiphonError(f"{audio_root}: no such folder; name the one that holds your recordings")
    files = list_folder(audio_root, ".", threads=2, timeout_s=_TIMEOUT_S).files
    sounds = files.filter(pc.and_(files["fault"].is_null(), pc.invert(files["by_content"])))
    folders = _by_recorder(sounds["path"].to_pylist())
    if not folders:
        raise AntiphonError(f"{audio_root}: no recording in it or below; name the folder that holds your recordings")
    text = io.StringIO()
    writer = csv.DictWriter(text, [*COLUMNS, *OPTIONAL_COLUMNS], restval="", lineterminator="\n")
    writer.writeheader()
    names: set[str] = set()
    for folder, found in sorted(folders.items()):
        writer.writerow(_row(audio_root, folder, found, names))
    return text.getvalue()


def _by_recorder(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return the recordings of each recorder's folder; stray ones beside the folders are left out."""
    folders: dict[PurePosixPath, list[str]] = defaultdict(list)
    for path in paths:
        folders[_recorder_folder(PurePosixPath(path).parent)].append(path)
    if len(folders) > 1:
        folders.pop(PurePosixPath("."), None)
    # Deployments must not overlap: what lies below another recorder's folder belongs to that one.
    together: dict[str, list[str]] = defaultdict(list)
    for folder, found in sorted(folders.items()):
        outer = [parent for parent in folder.parents if parent in folders]
        together[str(outer[-1] if outer else folder)] += found
    return dict(together)


def _recorder_folder(folder: PurePosixPath) -> PurePosixPath:
    """Return the folder of the recorder whose files lie in ``folder``."""
    while _INNER.fullmatch(folder.name) and folder.parent.name:
        folder = folder.parent
    return folder


def _row(audio_root: Path, folder: str, paths: list[str], names: set[str]) -> dict[str, object]:
    """Return the row of one deployment, with a name that no other one has; ``names`` learns it."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", audio_root.resolve().name if folder == "." else folder).strip("-") or "A"
    name = next(one for one in _numbered(stem) if one.casefold() not in names)
    names.add(name.casefold())
    first = sorted(paths)[0]
    file_name = PurePosixPath(first).name
    facts = recorder_facts(probe(audio_root / first), parse_name(file_name))
    notes = [f"{len(paths)} recordings", f"first {file_name}"]
    notes += [f"{one.source} says {one.local.isoformat(' ')}{_offset(one)}" for one in facts.candidates]
    return {
        "deployment": name,
        "site": PurePosixPath(folder).name or name,
        "folder": folder,
        "latitude": "" if facts.latitude is None else facts.latitude,
        "longitude": "" if facts.longitude is None else facts.longitude,
        "recorder": facts.recorder or "",
        "channel": "first",
        "notes": "; ".join(notes),
    }


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    yield from (f"{stem}-{number}" for number in count(2))


def _offset(candidate: Candidate) -> str:
    return "" if candidate.offset_min is None else f" at UTC{candidate.offset_min / 60:+g} h"
