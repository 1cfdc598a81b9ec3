"""The tables that a season ends in: Parquet, one file per table, model and deployment, in plain folders.

``tables/<table>/<model>/<deployment>.parquet``, without the model where a table has none. A file is written whole, has
the columns of ``io/schemas.py`` and nothing else, and says what made it. The same rows give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from antiphon import __version__
from antiphon.config import Source
from antiphon.errors import AntiphonError
from antiphon.io.schemas import SCHEMA_VERSION, SCHEMAS, data_dictionary
from antiphon.io.whole import read_json, sweep, whole_file, write_json

__all__ = [
    "about",
    "interval_columns",
    "local_times",
    "read_pieces",
    "read_table",
    "source_columns",
    "table_path",
    "write_data_dictionary",
    "write_table",
]

_ROW_GROUP = 1 << 18

Columns = Mapping[str, Any]
"""Columns by name: an array (NaN or None is null), or one value for all rows."""


def table_path(folder: Path, name: str, deployment: str, model: str | None = None) -> Path:
    """Return where a deployment's table lies below the folder of all tables."""
    return folder.joinpath(name, *([model] if model else []), f"{deployment}.parquet")


def write_table(path: Path, name: str, pieces: Iterable[Columns], made_by: Mapping[str, str]) -> None:
    """Write a table, whole or not at all.

    Parameters
    ----------
    path
        File to write.
    name
        Name of the table in :data:`~antiphon.io.schemas.SCHEMAS`.
    pieces
        The rows in order, some at a time, so that a long table needs no more memory than a piece.
    made_by
        What the file says of its making: the settings, the model.

    Raises
    ------
    ValueError
        If a piece has other columns than the schema, or a null where none may be.
    """
    own = {"table": name, "schema_version": str(SCHEMA_VERSION), "software": f"antiphon {__version__}"}
    schema = SCHEMAS[name].with_metadata({**own, **made_by})
    sweep(path.parent, stem=path.name)
    with whole_file(path) as scratch, pq.ParquetWriter(scratch, schema, compression="zstd") as writer:
        for group in _row_groups(_table(piece, schema) for piece in pieces):
            writer.write_table(group, row_group_size=_ROW_GROUP)


def read_table(path: Path, name: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Read one file of a table.

    Parameters
    ----------
    path
        File to read.
    name
        Name of the table.
    columns
        Columns to read, in this order; None: all. A few are read many times faster than all.

    Raises
    ------
    AntiphonError
        If the file is missing, no Parquet, or not this version of this table.
    """
    with _opened(path, name) as file:
        table = file.read(columns if columns is None else list(columns))
    return table if columns is None else table.select(list(columns))


def read_pieces(path: Path, name: str, columns: Sequence[str]) -> Iterator[pa.Table]:
    """Read a long table some hundred thousand rows at a time; each text is a number and a dictionary.

    A piece stays in the processor's cache: pieces are read several times faster than the whole, and need no memory.
    Arguments and errors as :func:`read_table`.
    """
    texts = [column for column in columns if SCHEMAS[name].field(column).type == pa.string()]
    with _opened(path, name, texts) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group, columns=list(columns)).select(list(columns))


@contextmanager
def _opened(path: Path, name: str, texts: Sequence[str] = ()) -> Iterator[pq.ParquetFile]:
    """Open a file of a table that is of this version; ``texts`` are read as dictionaries."""
    try:
        with pq.ParquetFile(path, read_dictionary=list(texts)) as file:
            schema = file.schema_arrow
            for text in texts:
                schema = schema.set(schema.get_field_index(text), SCHEMAS[name].field(text))
            if not schema.equals(SCHEMAS[name], check_metadata=False):
                version = (file.schema_arrow.metadata or {}).get(b"schema_version", b"none").decode()
                raise AntiphonError(
                    f"{path}: schema version {version}, not {SCHEMA_VERSION} of the table {name}; run tabulate again"
                )
            yield file
    except FileNotFoundError:
        raise AntiphonError(f"{path}: no such table; run stage tabulate") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise AntiphonError(f"{path}: not readable as Parquet ({error}); delete it and run tabulate again") from None


def about(table: pa.Table) -> dict[str, str]:
    """Return what a table says of itself: table, schema_version, software, settings, model."""
    return {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}


def interval_columns(start_us: np.ndarray, length_us: int, utc_offset_min: int) -> dict[str, Any]:
    """Return the columns that say when an interval is.

    Parameters
    ----------
    start_us
        UTC start of each row's interval, microseconds, shape (rows,), int64.
    length_us
        Length of an interval, microseconds.
    utc_offset_min
        Standard time of the deployment minus UTC, minutes.
    """
    return {
        "interval_start": start_us,
        "interval_end": start_us + length_us,
        "start_local": local_times(start_us, utc_offset_min),
        "utc_offset_min": utc_offset_min,
    }


def local_times(times_us: np.ndarray, utc_offset_min: int, unit: Literal["s", "ms"] = "s") -> np.ndarray:
    """Return UTC times in a deployment's standard time, ISO 8601 with offset; same shape, text.

    Parameters
    ----------
    times_us
        UTC times, microseconds, shape (rows,), int64.
    utc_offset_min
        Standard time of the deployment minus UTC, minutes.
    unit
        What the text is cut to: whole seconds or milliseconds.
    """
    sign, minutes = "-" if utc_offset_min < 0 else "+", abs(utc_offset_min)
    each, row = np.unique(times_us, return_inverse=True)
    local = np.datetime_as_string(
        (each + utc_offset_min * 60_000_000).astype("datetime64[us]"), unit=unit, casting="unsafe"
    )
    offset = f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"
    return np.array([f"{text}{offset}" for text in local], dtype=object)[row]


def source_columns(sources: Mapping[str, Source], intervals: int, bands: int = 1) -> dict[str, np.ndarray]:
    """Return the columns that name the source of each row: all bands of a source, all sources, all intervals.

    Parameters
    ----------
    sources
        The sources by name, in order.
    intervals, bands
        Number of intervals, and of rows that each source has in an interval.
    """

    def rows(values: list[str | None]) -> np.ndarray:
        return np.tile(np.repeat(np.array(values, dtype=object), bands), intervals)

    return {
        "source": rows([*sources]),
        "scientific_name": rows([source.scientific_name for source in sources.values()]),
        "common_name": rows([source.common_name for source in sources.values()]),
    }


def write_data_dictionary(folder: Path) -> None:
    """Write ``datapackage.json``, the meaning of every column, beside the tables, unless it stands there already."""
    path, dictionary = folder / "datapackage.json", data_dictionary()
    if not path.exists() or read_json(path) != dictionary:
        write_json(path, dictionary)


def _table(piece: Columns, schema: pa.Schema) -> pa.Table:
    """Return a piece as a table of exactly this schema."""
    if set(piece) != set(schema.names):
        raise ValueError(f"columns differ from the schema: {sorted(set(piece) ^ set(schema.names))}")
    rows = max((len(values) for values in piece.values() if not _is_single(values)), default=1)
    table = pa.table([_column(piece[field.name], field, rows) for field in schema], schema=schema)
    empty = [field.name for field in schema if not field.nullable and table[field.name].null_count]
    if empty:
        raise ValueError(f"null in columns that allow none: {', '.join(empty)}")
    return table


def _column(values: Any, field: pa.Field, rows: int) -> pa.Array:
    if _is_single(values):
        return pa.repeat(pa.scalar(values, field.type), rows)
    # From floats, NaN becomes null on the way to any type.
    return pa.array(values, from_pandas=True).cast(field.type)


def _is_single(values: Any) -> bool:
    return values is None or isinstance(values, str | int | float)


def _row_groups(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Join small tables, so that a file has few row groups."""
    held: list[pa.Table] = []
    for table in tables:
        held.append(table)
        if sum(map(len, held)) >= _ROW_GROUP:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)
