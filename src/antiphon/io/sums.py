"""Additive sums of one unit: what tabulate keeps so that a season is merged without opening its stores again.

``sums/<kind>/<model>/<unit>.parquet``: whole numbers by name, and in the file what they were made from.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from antiphon.errors import AntiphonError
from antiphon.io.whole import sweep, whole_file

__all__ = ["drop_stale_sums", "read_sums", "read_words", "sums_fingerprint", "sums_path", "write_sums"]


def sums_path(folder: Path, kind: str, model: str, unit: str) -> Path:
    """Return where a unit's sums of one kind lie below the folder of all sums."""
    return folder / kind / model / f"{unit}.parquet"


def write_sums(
    path: Path, sums: Mapping[str, np.ndarray], fingerprint: str, words: Mapping[str, Any] | None = None
) -> None:
    """Write sums, whole or not at all.

    Parameters
    ----------
    path
        File to write.
    sums
        Whole numbers by name, each of shape (rows, ...), int64.
    fingerprint
        What they were made from.
    words
        What else is to be known of them, as JSON holds it.
    """
    columns, shapes = {}, {}
    for name, values in sums.items():
        size = int(np.prod(values.shape[1:]))
        columns[name] = pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), size)
        shapes[f"shape.{name}"] = ",".join(map(str, values.shape[1:]))
    table = pa.table(columns).replace_schema_metadata(
        {"fingerprint": fingerprint, "words": json.dumps(words or {}), **shapes}
    )
    with whole_file(path) as scratch:
        pq.write_table(table, scratch, compression="zstd")


def read_sums(path: Path) -> dict[str, np.ndarray]:
    """Read sums by name, as they were written.

    Raises
    ------
    AntiphonError
        If the file is damaged.
    """
    try:
        table = pq.ParquetFile(path).read()
        about = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
        return {name: _array(table[name], about[f"shape.{name}"]) for name in table.column_names}
    except (pa.ArrowInvalid, OSError, KeyError, ValueError) as error:
        raise AntiphonError(f"{path}: damaged ({error}); delete it and run tabulate again") from None


def read_words(path: Path) -> dict[str, Any]:
    """Return what else is known of the sums that a file holds, as it was written."""
    metadata = pq.read_metadata(path).metadata
    return dict(json.loads(metadata[b"words"]))


def _array(column: pa.ChunkedArray, shape: str) -> np.ndarray:
    values = column.combine_chunks().flatten().to_numpy()
    sizes = [int(size) for size in shape.split(",") if size]
    return np.asarray(values, dtype=np.int64).reshape(len(column), *sizes)


def sums_fingerprint(path: Path) -> str | None:
    """Return what sums were made from, or None where there are none that can be read."""
    try:
        metadata = pq.read_metadata(path).metadata or {}
    except (FileNotFoundError, pa.ArrowInvalid):
        return None
    found = metadata.get(b"fingerprint")
    return None if found is None else str(found.decode())


def drop_stale_sums(folder: Path, kinds: Collection[str], model: str, deployment: str, keep: Collection[str]) -> None:
    """Remove a deployment's sums of units that are no longer listed, and what killed writers left.

    Parameters
    ----------
    folder
        Folder of all sums.
    kinds
        The kinds of sums.
    model
        Name of the model.
    deployment
        Name of the deployment; a unit is called ``<deployment>.<day>``.
    keep
        Names of the units that the deployment has now.
    """
    for kind in kinds:
        sweep(folder / kind / model, stem=f"{deployment}.")
        for path in (folder / kind / model).glob(f"{deployment}.*.parquet"):
            if path.stem not in keep:
                path.unlink()
