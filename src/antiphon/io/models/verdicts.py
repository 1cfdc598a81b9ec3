"""Tables of a model's evaluation: ``scores``, ``conditions`` and ``examples``, as Parquet.

Text columns say what a row is, all others are numbers: whole ones (``examples``) or float64 with null where a score has
no meaning. docs/accuracy.md says how each is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from antiphon import __version__
from antiphon.io.whole import whole_file

__all__ = ["write_verdicts"]

_TEXT = ("protocol", "method", "condition", "source", "group")
_WHOLE = ("examples", "example")
_VERSION = "1"


def write_verdicts(
    path: Path, rows: Iterable[Mapping[str, str | float]], columns: Sequence[str], made_by: Mapping[str, str]
) -> None:
    """Write one table, whole or not at all.

    Parameters
    ----------
    path
        File to write.
    rows
        Its rows.
    columns
        Its columns in order; what a row lacks is null.
    made_by
        What the file says of its origin.
    """
    about = {"schema_version": _VERSION, "software": f"antiphon {__version__}", **made_by}
    schema = pa.schema([pa.field(name, _type(name)) for name in columns], metadata=about)
    values: dict[str, list[str | float | None]] = {name: [] for name in columns}
    for row in rows:
        if unknown := set(row) - set(columns):
            raise ValueError(f"{path.name}: no such columns: {', '.join(sorted(unknown))}")
        for name, column in values.items():
            column.append(_known(row.get(name)))
    table = pa.table([pa.array(values[name], field.type) for name, field in zip(columns, schema, strict=True)], schema)
    with whole_file(path) as scratch:
        pq.write_table(table, scratch, compression="zstd")


def _type(name: str) -> pa.DataType:
    return pa.string() if name in _TEXT else pa.int64() if name in _WHOLE else pa.float64()


def _known(value: str | float | None) -> str | float | None:
    return None if isinstance(value, float) and isnan(value) else value
