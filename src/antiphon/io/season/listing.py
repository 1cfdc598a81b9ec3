"""What lies in a folder: recordings to read, and files that are none and only counted."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pyarrow as pa

from antiphon.errors import AntiphonError
from antiphon.io.season.patience import Beat, Hung, each_within
from antiphon.io.sound.reasons import Reason

__all__ = ["FILES", "SOUND_EXTENSIONS", "Listing", "list_folder"]

FILES = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("mtime_ns", pa.int64(), nullable=False),
        pa.field("fault", pa.string()),
        pa.field("by_content", pa.bool_(), nullable=False),
    ]
)
_SOUND = """
    wav wave bwf rf64 w64 flac ogg oga opus mp3 mp2 aif aiff aifc au snd caf sd2 voc nist sph m4a aac wma wac wv ape sud
"""
_OTHER = """
    txt csv tsv json xml yaml yml log md html htm pdf doc docx xls xlsx ods zip gz tar 7z jpg jpeg png gif tif tiff bmp
    svg mp4 mov avi mkv py r rdata rds ipynb sh bat exe dll bin hex set pgm dump sm3 sm4 dwv bcl db sqlite parquet npy
    npz mat pkl gpx kml kmz shp dbf prj shx ini cfg conf lnk url md5 sha1 sha256 par2
"""
SOUND_EXTENSIONS = frozenset(_SOUND.split())
# What else lies on recorders' cards and archive disks; files of any other name are recognised by their content.
_OTHER_EXTENSIONS = frozenset(_OTHER.split())
_COMPANION = re.compile(
    r"\..*|.*_summary\.txt|config\d*\.txt|thumbs\.db|desktop\.ini|.*\.sidecar|.*\.log\.xml|"
    r"system volume information|\$recycle\.bin|found\.\d+|lost\+found|__macosx|@eadir",
    re.IGNORECASE,
)
_BEAT_EVERY = 256
_HUNG_FOLDERS = 1


@dataclass(frozen=True)
class Listing:
    """What was found in a folder.

    Attributes
    ----------
    files
        Table of the schema :data:`FILES`, sorted by path: recordings and files that may be recordings. ``path`` is
        relative to the audio root with forward slashes; ``fault`` is a reason that forbids to open the file;
        ``by_content`` says that only its content can tell whether it is a recording.
    companions
        Number of files and folders that recorders and computers leave beside recordings.
    others
        Number of files whose extension says that they are no sound.
    """

    files: pa.Table
    companions: int
    others: int


@dataclass
class _Scanned:
    """What lies in one folder itself; the first five are columns of :data:`FILES`."""

    paths: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    mtimes_ns: list[int] = field(default_factory=list)
    faults: list[str | None] = field(default_factory=list)
    by_content: list[bool] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    companions: int = 0
    others: int = 0
    identity: tuple[int, int] = (0, 0)

    def table(self) -> pa.Table:
        columns = [self.paths, self.sizes, self.mtimes_ns, self.faults, self.by_content]
        return pa.table(columns, schema=FILES)


def list_folder(audio_root: Path, folder: str, *, threads: int, timeout_s: float) -> Listing:
    """List a folder and all below it; symbolic links are followed, and no folder is entered twice.

    Parameters
    ----------
    audio_root
        Folder that paths are relative to.
    folder
        Folder to list, relative to it.
    threads
        Folders listed at a time.
    timeout_s
        Seconds without any progress after which a folder is given up.

    Raises
    ------
    AntiphonError
        If a folder cannot be listed or does not answer: what lies in it would be missing without a word.
    """
    tables, companions, others = [FILES.empty_table()], 0, 0
    level, seen = [folder], set[tuple[int, int]]()
    scan = partial(_scan, audio_root)
    while level:
        deeper: list[str] = []
        results = each_within(timeout_s, scan, level, threads=threads, most_hung=_HUNG_FOLDERS)
        for name, scanned in zip(level, results, strict=True):
            if isinstance(scanned, Hung):
                raise AntiphonError(f"{audio_root / name}: no answer within {timeout_s:g} s; check that disk or mount")
            if scanned.identity not in seen:
                seen.add(scanned.identity)
                tables.append(scanned.table())
                companions += scanned.companions
                others += scanned.others
                deeper += scanned.folders
        level = sorted(deeper)
    return Listing(pa.concat_tables(tables).sort_by("path"), companions, others)


def _scan(audio_root: Path, folder: str, beat: Beat) -> _Scanned:
    """List one folder."""
    scanned = _Scanned()
    prefix = "" if folder == "." else f"{folder}/"
    try:
        status = (audio_root / folder).stat()
        scanned.identity = (status.st_dev, status.st_ino)
        with os.scandir(audio_root / folder) as entries:
            for number, entry in enumerate(entries):
                if number % _BEAT_EVERY == 0:
                    beat()
                _sort_in(scanned, prefix, entry)
    except OSError as error:
        raise AntiphonError(f"{audio_root / folder}: cannot be listed ({error.strerror}); check its rights") from None
    return scanned


def _sort_in(scanned: _Scanned, prefix: str, entry: os.DirEntry[str]) -> None:
    """Put one entry of a folder where it belongs."""
    name = entry.name
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if _COMPANION.fullmatch(name):
        scanned.companions += 1
    elif _is_folder(entry):
        scanned.folders.append(prefix + name)
    elif extension in _OTHER_EXTENSIONS:
        scanned.others += 1
    else:
        _add_file(scanned, prefix + name, entry)
        scanned.by_content.append(extension not in SOUND_EXTENSIONS)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _add_file(scanned: _Scanned, path: str, entry: os.DirEntry[str]) -> None:
    fault, size, mtime_ns = None, 0, 0
    if not path.isascii() and (shown := os.fsencode(path).decode("utf-8", "backslashreplace")) != path:
        path, fault = shown, Reason.NAME_NOT_UTF8
    else:
        try:
            status = entry.stat()
        except OSError:
            fault = Reason.MISSING
        else:
            size, mtime_ns = status.st_size, status.st_mtime_ns
            fault = None if stat.S_ISREG(status.st_mode) else Reason.NOT_A_FILE
    scanned.paths.append(path)
    scanned.sizes.append(size)
    scanned.mtimes_ns.append(mtime_ns)
    scanned.faults.append(fault)
