"""The files of a store: how large each was written, so that a cut or missing one is noticed before it is read.

To Zarr a missing shard is a shard of fill values: silence that nobody recorded. So a store lists its files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fsspec.core import url_to_fs

from antiphon.errors import AntiphonError

__all__ = ["check_files", "chunk_files", "file_system"]


def chunk_files(folder: Path) -> dict[str, int]:
    """Return the bytes of each file of cells below ``folder`` by its relative path; metadata are left out."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "zarr.json")
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in paths}


def file_system(location: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    """Return the fsspec file system of a path or URL and the path in it.

    Raises
    ------
    AntiphonError
        If the package for this kind of URL is not installed.
    """
    try:
        system, root = url_to_fs(location, **options)
    except (ImportError, ValueError) as error:
        raise AntiphonError(f"{location}: {error}") from None
    return system, str(root)


def check_files(location: str, written: Mapping[str, int], names: Iterable[str], options: Mapping[str, Any]) -> None:
    """Check that files of a store are there as they were written.

    Parameters
    ----------
    location
        Path or URL of the store.
    written
        Bytes of each file, as the store lists them.
    names
        Those that are about to be read.
    options
        What fsspec needs to open ``location``.

    Raises
    ------
    AntiphonError
        If one is missing or has another size.
    """
    system, root = file_system(location, options)
    for name in names:
        try:
            size = int(system.info(f"{root}/{name}")["size"])
        except FileNotFoundError:
            raise AntiphonError(f"{location}: {name} is missing; delete the store and run its stage again") from None
        if size != written[name]:
            raise AntiphonError(
                f"{location}: {name} has {size} bytes and was written with {written[name]}; delete the store and run "
                "its stage again"
            )
