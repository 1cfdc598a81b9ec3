"""Files and folders that are whole or absent, whatever happens to the process that writes them."""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from antiphon.errors import AntiphonError

__all__ = ["read_json", "sweep", "whole_file", "whole_folder", "write_json", "write_text"]

_SCRATCH_MARK = ".part-"


def _scratch_beside(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name}{_SCRATCH_MARK}{os.getpid()}-{uuid.uuid4().hex[:8]}")


@contextmanager
def whole_file(path: Path, *, only_if_new: bool = False) -> Iterator[Path]:
    """Yield a scratch path, unique to this process, that becomes ``path`` only if the block succeeds.

    With ``only_if_new`` a ``path`` that holds just the same bytes already is left untouched, with its time of change.
    """
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
    """Yield a scratch folder that becomes ``path`` only if the block succeeds; an older ``path`` is replaced."""
    scratch = _scratch_beside(path)
    scratch.mkdir()
    try:
        yield scratch
        if path.exists():
            outgoing = _scratch_beside(path)
            path.rename(outgoing)
            scratch.rename(path)
            shutil.rmtree(outgoing)
        else:
            scratch.rename(path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def sweep(folder: Path, stem: str = "") -> None:
    """Remove what killed writers left in ``folder``: scratch of the product ``stem`` (all products if empty).

    Only scratch whose process is gone is removed, so a live writer on this machine is never robbed.
    """
    for scratch in folder.glob(f".{stem}*{_SCRATCH_MARK}*"):
        pid = scratch.name.rsplit(_SCRATCH_MARK, 1)[1].split("-")[0]
        if pid.isdigit() and Path(f"/proc/{pid}").exists() and int(pid) != os.getpid():
            continue
        if scratch.is_dir():
            shutil.rmtree(scratch, ignore_errors=True)
        else:
            scratch.unlink(missing_ok=True)


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
