"""Files and folders that are whole or absent, whatever happens to the process that writes them.

Everything is written under a scratch name, unique to the process, and renamed when it is whole. What killed writers
leave is removed by :func:`sweep`. A disk that is full, over quota or read-only is an error that a user can mend.
"""

from __future__ import annotations

import errno
import filecmp
import json
import os
import platform
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from antiphon.errors import AntiphonError

__all__ = ["read_json", "sweep", "told_in_one_line", "whole_file", "whole_folder", "write_json", "write_text"]

_SCRATCH_MARK = ".part-"
# A name without the sign that separates the parts of a scratch name.
_HOST = re.sub(r"[^A-Za-z0-9]", "_", platform.node())
# No writer takes as long: a job on another machine, whose processes cannot be seen from here, is dead by then.
_LONGEST_WRITE_S = 2 * 86_400
_NO_SPACE = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "the quota is used up; free some space or raise it",
    errno.EFBIG: "a file grew beyond what this disk or account allows; raise the limit",
}
_NO_ACCESS = {
    errno.EROFS: "the disk is read-only; set `results` to a folder that can be written",
    errno.EACCES: "it may not be written; change its permissions or set `results` to another folder",
    errno.EPERM: "it may not be written; change its permissions or set `results` to another folder",
}


def _scratch_beside(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name}{_SCRATCH_MARK}{_HOST}-{os.getpid()}-{uuid.uuid4().hex[:8]}")


@contextmanager
def told_in_one_line(path: Path) -> Iterator[None]:
    """Turn what a user can mend about the disk that ``path`` is written to into an AntiphonError."""
    try:
        yield
    except OSError as error:
        # Only what lies beside the product was to be written; what could not be *read* elsewhere is another matter.
        beside = error.filename is not None and path.parent.as_posix() in os.fsdecode(error.filename)
        cure = _NO_SPACE.get(error.errno or 0) or (_NO_ACCESS.get(error.errno or 0) if beside else None)
        if cure is None:
            raise
        raise AntiphonError(f"{path}: not written, nothing half is left: {cure} and run again") from error


@contextmanager
def whole_file(path: Path, *, only_if_new: bool = False) -> Iterator[Path]:
    """Yield a scratch path, unique to this process, that becomes ``path`` only if the block succeeds.

    With ``only_if_new`` a ``path`` that holds just the same bytes already is left untouched, with its time of change.

    Raises
    ------
    AntiphonError
        If the disk is full, over quota or read-only; ``path`` is then as it was.
    """
    with told_in_one_line(path):
        scratch = _scratch_beside(path)
        try:
            yield scratch
            if only_if_new and path.exists() and filecmp.cmp(scratch, path, shallow=False):
                return
            with scratch.open("rb") as written:
                os.fsync(written.fileno())
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield a scratch folder that becomes ``path`` only if the block succeeds; an older ``path`` is replaced.

    Raises
    ------
    AntiphonError
        If the disk is full, over quota or read-only; ``path`` is then as it was.
    """
    with told_in_one_line(path):
        scratch = _scratch_beside(path)
        try:
            scratch.mkdir()
            yield scratch
            _put_in_place(scratch, path)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _put_in_place(scratch: Path, path: Path) -> None:
    """Rename a folder to ``path``, even while other processes do the same: each is there whole, the last one stays."""
    outgoing: list[Path] = []
    while True:
        try:
            scratch.rename(path)
            break
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise
        aside = _scratch_beside(path)
        with suppress(FileNotFoundError):  # another writer moved it first
            path.rename(aside)
            outgoing.append(aside)
    for aside in outgoing:
        shutil.rmtree(aside, ignore_errors=True)


def sweep(folder: Path, stem: str = "") -> None:
    """Remove what killed writers left in ``folder``: scratch of the product ``stem`` (all products if empty).

    A living writer is never robbed: scratch of this machine goes if its process is gone, that of another machine,
    whose processes cannot be seen from here, if it is older than any writer.
    """
    for scratch in folder.glob(f".{stem}*{_SCRATCH_MARK}*"):
        host, _, pid = scratch.name.rsplit(_SCRATCH_MARK, 1)[1].rpartition("-")[0].rpartition("-")
        try:
            dead = _is_gone(pid) if host == _HOST else time.time() - scratch.stat().st_mtime > _LONGEST_WRITE_S
        except FileNotFoundError:
            continue
        if dead and scratch.is_dir():
            shutil.rmtree(scratch, ignore_errors=True)
        elif dead:
            scratch.unlink(missing_ok=True)


def _is_gone(pid: str) -> bool:
    """Return whether no other process of this machine has this number; this process knows what it writes itself."""
    if not pid.isdigit() or int(pid) == os.getpid():
        return True
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        return False
    return False


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path``, whole or not at all."""
    with whole_file(path) as scratch:
        scratch.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as JSON with sorted keys, so that the same value gives the same bytes."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    AntiphonError
        If the file is missing or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AntiphonError(f"{path}: no such file; the stage before it has not run") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise AntiphonError(f"{path}: not valid JSON ({error}); delete it and run again") from None
