"""Hollow stores: what is left of a store when its cells are dropped to save room.

A hollow store keeps its fingerprint, times, floor, background and long-term averages, so that it still stands for the
stages and no run makes it again; only who asks for its cells is refused. Without the array in it, no reader takes
missing cells for silence.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import zarr

from antiphon.io.stores.attributes import as_text
from antiphon.io.stores.metadata import consolidate
from antiphon.io.stores.spectrograms import open_store
from antiphon.io.whole import whole_folder

__all__ = ["cell_bytes", "drop_cells"]

_CELLS = ("level", "probability")


def cell_bytes(path: Path) -> int:
    """Return the bytes that the cells of a store take; 0 for a hollow one."""
    files = open_store(path).attributes["files"]
    return sum(size for name, size in files.items() if name.split("/")[0] in _CELLS)


def drop_cells(path: Path) -> None:
    """Make a store hollow; whatever happens meanwhile, it is there whole or hollow.

    Raises
    ------
    AntiphonError
        If there is no whole store.
    """
    store = open_store(path)
    files = {name: size for name, size in store.attributes["files"].items() if name.split("/")[0] not in _CELLS}
    with whole_folder(path) as scratch:
        shutil.copytree(
            path,
            scratch,
            dirs_exist_ok=True,
            ignore=lambda folder, names: set(_CELLS).intersection(names) if Path(folder) == path else set(),
        )
        group = zarr.open_group(scratch, mode="r+", use_consolidated=False)
        group.attrs.put(as_text({**store.attributes, "files": files, "is_hollow": 1}))
        consolidate(group)
