"""What ingest knows of each file, kept from run to run so that a later run reads only files that are new.

A file is the one that was read before if its path, size and time of change are. The kept table is private to ingest:
it is the only place that holds times of change, and nothing that others read depends on them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from antiphon.io.deployments import Deployment
from antiphon.io.filenames import parse_name
from antiphon.io.metadata import Candidate, recorder_facts
from antiphon.io.patience import Beat, Hung, each_within
from antiphon.io.reasons import MEANINGS, Reason
from antiphon.io.recordings import Header, probe
from antiphon.io.starts import resolve_start
from antiphon.io.whole import whole_file

__all__ = [
    "HEADERS",
    "IGNORED",
    "Patience",
    "keep_headers",
    "kept_headers",
    "known_and_fresh",
    "probe_files",
    "with_starts",
]

IGNORED = "ignored"
_CANDIDATE = pa.struct([("local", pa.timestamp("us")), ("offset_min", pa.int32()), ("source", pa.string())])
HEADERS = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("mtime_ns", pa.int64(), nullable=False),
        pa.field("format", pa.string()),
        pa.field("subtype", pa.string()),
        pa.field("rate_hz", pa.int64()),
        pa.field("channels", pa.int32()),
        pa.field("frames", pa.int64()),
        pa.field("status", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
        pa.field("detail", pa.string()),
        pa.field("recorder", pa.string()),
        pa.field("serial", pa.string()),
        pa.field("said", pa.list_(_CANDIDATE)),
    ]
)
STARTS = pa.schema(
    [
        pa.field("start_us", pa.int64()),
        pa.field("utc_offset_min", pa.int32()),
        pa.field("start_local", pa.string()),
        pa.field("time_source", pa.string()),
        pa.field("time_reason", pa.string()),
        pa.field("time_detail", pa.string()),
    ]
)
KEPT = pa.schema([*HEADERS, *STARTS])
_MADE_BY = b"antiphon.made_by"
_SLICE = 20_000
# What may be mended without a change of the file: it is read again by the next run.
_PASSING = pa.array([Reason.READ_TIMEOUT, Reason.UNREADABLE], pa.string())


@dataclass(frozen=True)
class Patience:
    """How files are read.

    Attributes
    ----------
    threads
        Files read at a time.
    timeout_s
        Seconds after which a read is given up.
    most_hung
        Reads given up after which the rest of some thousand files is not tried.
    """

    threads: int
    timeout_s: float
    most_hung: int


def kept_headers(path: Path, made_by: str) -> tuple[pa.Table, bool]:
    """Read what an earlier run kept.

    Parameters
    ----------
    path
        The kept table; may be absent.
    made_by
        What start times depend on: version, deployment and settings.

    Returns
    -------
    Table of the schema :data:`KEPT`, empty where nothing of use was kept, and whether its start times stand.
    """
    try:
        kept = pq.read_table(path, memory_map=False)
    except (FileNotFoundError, pa.ArrowInvalid):
        return KEPT.empty_table(), False
    if not kept.schema.equals(KEPT):
        return KEPT.empty_table(), False
    stands = (kept.schema.metadata or {}).get(_MADE_BY) == made_by.encode()
    return kept.replace_schema_metadata(None), stands


def keep_headers(path: Path, table: pa.Table, made_by: str) -> None:
    """Write what the next run may use, whole or not at all."""
    with whole_file(path) as scratch:
        coded = ["format", "subtype", "status", "reason", "recorder", "serial", "time_source", "time_reason"]
        marked = table.replace_schema_metadata({_MADE_BY: made_by.encode()})
        pq.write_table(marked, scratch, compression="zstd", use_dictionary=coded)


def known_and_fresh(files: pa.Table, kept: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Part files into those that were read before and those that must be read.

    Parameters
    ----------
    files
        Table of the schema :data:`~antiphon.io.listing.FILES`.
    kept
        Table of the schema :data:`KEPT`.

    Returns
    -------
    Rows of ``kept`` that are still true, and rows of ``files`` that are new or have changed.
    """
    lasting = kept.filter(pc.invert(pc.fill_null(pc.is_in(kept["reason"], _PASSING), False)))
    found = pc.index_in(files["path"], lasting["path"].combine_chunks())
    at = pc.fill_null(found, 0).to_numpy()
    same = found.is_valid().to_numpy() & files["fault"].is_null().to_numpy()
    if len(lasting):
        for column in ("bytes", "mtime_ns"):
            same &= files[column].to_numpy() == lasting[column].to_numpy()[at]
    return lasting.take(pa.array(at[same])), files.filter(pa.array(~same))


def probe_files(audio_root: Path, files: pa.Table, patterns: Sequence[str], patience: Patience) -> Iterator[pa.Table]:
    """Read the headers of files.

    Parameters
    ----------
    audio_root
        Folder that paths are relative to.
    files
        Table of the schema :data:`~antiphon.io.listing.FILES`.
    patterns
        The user's patterns of file names.
    patience
        How files are read.

    Yields
    ------
    Tables of the schema :data:`HEADERS`, some thousand files each, in order. Status :data:`IGNORED` marks files that
    neither extension nor content calls a recording.
    """

    def read(file: tuple[str, str | None], beat: Beat) -> tuple[Any, ...]:
        path, fault = file
        header = _faulty(Reason(fault)) if fault else probe(audio_root / path)
        return _columns(header, path, patterns)

    for start in range(0, len(files), _SLICE):
        part = files.slice(start, _SLICE)
        items = list(zip(part["path"].to_pylist(), part["fault"].to_pylist(), strict=True))
        results = each_within(patience.timeout_s, read, items, threads=patience.threads, most_hung=patience.most_hung)
        rows = [
            _columns(_hung(result, patience), path, patterns) if isinstance(result, Hung) else result
            for result, (path, _) in zip(results, items, strict=True)
        ]
        yield _table(part, rows)


def _columns(header: Header, path: str, patterns: Sequence[str]) -> tuple[Any, ...]:
    """Return what :data:`HEADERS` holds of a file beside path, size and time of change."""
    facts = recorder_facts(header, parse_name(path.rpartition("/")[2], patterns))
    said = [
        {"local": one.local, "offset_min": one.offset_min, "source": one.source}
        for one in facts.candidates
        if not one.source.startswith("filename")
    ]
    numbers = (header.rate_hz or None, header.channels or None, header.frames if header.rate_hz else None)
    verdict = (header.status, header.reason, header.detail)
    return (header.format, header.subtype, *numbers, *verdict, facts.recorder, facts.serial, said)


def _faulty(reason: Reason, detail: str | None = None) -> Header:
    return Header(0, status="quarantined", reason=reason, detail=detail or MEANINGS[reason])


def _hung(hung: Hung, patience: Patience) -> Header:
    if hung.tried:
        return _faulty(Reason.READ_TIMEOUT, f"no answer within {patience.timeout_s:g} s")
    return _faulty(Reason.READ_TIMEOUT, f"not tried after {patience.most_hung} files that did not answer")


def _table(files: pa.Table, rows: list[tuple[Any, ...]]) -> pa.Table:
    fields = list(HEADERS)[3:]
    columns = [pa.array(values, one.type) for values, one in zip(zip(*rows, strict=True), fields, strict=True)]
    table = pa.table([files["path"], files["bytes"], files["mtime_ns"], *columns], schema=HEADERS)
    unheard = pc.and_(table["format"].is_null(), pc.invert(pc.is_in(table["reason"], _PASSING)))
    status = pc.if_else(pc.and_(files["by_content"], unheard), IGNORED, table["status"])
    return table.set_column(table.schema.get_field_index("status"), HEADERS.field("status"), status)


def with_starts(headers: pa.Table, deployment: Deployment, patterns: Sequence[str], tolerance_s: float) -> pa.Table:
    """Add the columns of :data:`STARTS` to a table of headers (parameters as :func:`resolve_start`)."""
    starts = []
    for path, said in zip(headers["path"].to_pylist(), headers["said"].to_pylist(), strict=True):
        named = recorder_facts(Header(0), parse_name(path.rpartition("/")[2], patterns)).candidates
        candidates = [*(Candidate(**one) for one in said or ()), *named]
        starts.append(resolve_start(candidates, deployment, tolerance_s))
    columns = [
        pa.array([getattr(one, name) for one in starts], kind)
        for name, kind in zip(_START_FIELDS, (one.type for one in STARTS), strict=True)
    ]
    return pa.table([*(headers[name] for name in HEADERS.names), *columns], schema=KEPT)


_START_FIELDS = ("start_us", "utc_offset_min", "start_local", "source", "reason", "detail")
