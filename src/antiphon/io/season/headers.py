"""What ingest knows of each file, kept from run to run so that a later run reads only files that are new.

A file is the one that was read before if its path, size and time of change are. The kept table is private to ingest:
it is the only place that holds times of change, and nothing that others read depends on them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from antiphon.io.season.deployments import Deployment
from antiphon.io.season.patience import Beat, Hung, each_within
from antiphon.io.season.starts import Start, resolve_start
from antiphon.io.sound.filenames import NameTime, parse_name
from antiphon.io.sound.metadata import Candidate, recorder_facts
from antiphon.io.sound.reasons import MEANINGS, Reason
from antiphon.io.sound.recordings import Header, probe
from antiphon.io.whole import whole_file

__all__ = [
    "HEADERS",
    "IGNORED",
    "KEPT",
    "Clockwork",
    "Patience",
    "keep_headers",
    "kept_headers",
    "known_and_fresh",
    "probe_files",
    "timed_anew",
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
        pa.field("gain", pa.string()),
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
_READ_BY, _TIMED_BY = b"antiphon.read_by", b"antiphon.timed_by"
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


@dataclass(frozen=True)
class Clockwork:
    """What a recording's start time depends on, beside the recording.

    Attributes
    ----------
    deployment
        Its zone, clock of file names and bounds.
    patterns
        The user's patterns of file names.
    tolerance_s
        Difference of two sources above which it is reported, seconds.
    """

    deployment: Deployment
    patterns: tuple[str, ...]
    tolerance_s: float

    def identity(self) -> str:
        """Return a text that is equal where start times are."""
        one = self.deployment
        clock = [str(one.zone), one.filename_time, one.fold, one.first_us, one.last_us]
        return json.dumps([*clock, self.patterns, self.tolerance_s])


def kept_headers(path: Path, version: int, clockwork: Clockwork) -> tuple[pa.Table, bool]:
    """Read what an earlier run kept.

    Parameters
    ----------
    path
        The kept table; may be absent.
    version
        Version of the stage; headers that another one read are of no use.
    clockwork
        What start times depend on now.

    Returns
    -------
    Table of the schema :data:`KEPT`, empty where nothing of use was kept, and whether its start times stand.
    """
    try:
        kept = pq.read_table(path)
    except (FileNotFoundError, pa.ArrowInvalid):
        return KEPT.empty_table(), False
    made = kept.schema.metadata or {}
    if not kept.schema.equals(KEPT) or made.get(_READ_BY) != str(version).encode():
        return KEPT.empty_table(), False
    return kept.replace_schema_metadata(None), made.get(_TIMED_BY) == clockwork.identity().encode()


def keep_headers(path: Path, table: pa.Table, version: int, clockwork: Clockwork) -> None:
    """Write what the next run may use, whole or not at all; parameters as :func:`kept_headers`."""
    made = {_READ_BY: str(version).encode(), _TIMED_BY: clockwork.identity().encode()}
    coded = ["format", "subtype", "status", "reason", "recorder", "serial", "gain", "time_source", "time_reason"]
    with whole_file(path) as scratch:
        pq.write_table(table.replace_schema_metadata(made), scratch, compression="zstd", use_dictionary=coded)


def known_and_fresh(files: pa.Table, kept: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Part files into those that were read before and those that must be read.

    Parameters
    ----------
    files
        Table of the schema :data:`~antiphon.io.season.listing.FILES`.
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


def probe_files(audio_root: Path, files: pa.Table, clockwork: Clockwork, patience: Patience) -> Iterator[pa.Table]:
    """Read the headers of files.

    Parameters
    ----------
    audio_root
        Folder that paths are relative to.
    files
        Table of the schema :data:`~antiphon.io.season.listing.FILES`.
    clockwork
        What start times depend on.
    patience
        How files are read.

    Yields
    ------
    Tables of the schema :data:`KEPT`, some thousand files each, in order. Status :data:`IGNORED` marks files that
    neither extension nor content calls a recording.
    """

    def read(file: tuple[str, str | None], beat: Beat) -> _Seen:
        path, fault = file
        try:
            return _seen(_faulty(Reason(fault)) if fault else probe(audio_root / path), path, clockwork)
        except Exception as error:
            error.add_note(f"while reading {audio_root / path}")
            raise

    for start in range(0, len(files), _SLICE):
        part = files.slice(start, _SLICE)
        items = list(zip(part["path"].to_pylist(), part["fault"].to_pylist(), strict=True))
        results = each_within(patience.timeout_s, read, items, threads=patience.threads, most_hung=patience.most_hung)
        seen = [
            _seen(_hung(result, patience), path, clockwork) if isinstance(result, Hung) else result
            for result, (path, _) in zip(results, items, strict=True)
        ]
        yield _table(part, seen)


def timed_anew(kept: pa.Table, clockwork: Clockwork) -> pa.Table:
    """Return a table of the schema :data:`KEPT` with its start times found anew, without opening a file."""
    parts = [KEPT.empty_table()]
    for start in range(0, len(kept), _SLICE):
        part = kept.slice(start, _SLICE)
        starts = []
        for path, said in zip(part["path"].to_pylist(), part["said"].to_pylist(), strict=True):
            named = recorder_facts(Header(0), _name_time(path, clockwork)).candidates
            candidates = [*(Candidate(**one) for one in said or ()), *named]
            starts.append(resolve_start(candidates, clockwork.deployment, clockwork.tolerance_s))
        columns = _columns(starts, STARTS)
        parts.append(pa.table([*(part[name] for name in HEADERS.names), *columns], schema=KEPT))
    return pa.concat_tables(parts)


class _Seen(NamedTuple):
    """What was found out about one file: columns of :data:`HEADERS` beside the listing's, and its start."""

    header: tuple[Any, ...]
    start: Start


def _seen(header: Header, path: str, clockwork: Clockwork) -> _Seen:
    facts = recorder_facts(header, _name_time(path, clockwork))
    said = [
        {"local": one.local, "offset_min": one.offset_min, "source": one.source}
        for one in facts.candidates
        if not one.source.startswith("filename")
    ]
    numbers = (header.rate_hz or None, header.channels or None, header.frames if header.rate_hz else None)
    verdict = (header.status, header.reason, header.detail)
    columns = (header.format, header.subtype, *numbers, *verdict, facts.recorder, facts.serial, facts.gain, said)
    return _Seen(columns, resolve_start(facts.candidates, clockwork.deployment, clockwork.tolerance_s))


def _name_time(path: str, clockwork: Clockwork) -> NameTime | None:
    return parse_name(path.rpartition("/")[2], clockwork.patterns)


def _faulty(reason: Reason, detail: str | None = None) -> Header:
    return Header(0, status="quarantined", reason=reason, detail=detail or MEANINGS[reason])


def _hung(hung: Hung, patience: Patience) -> Header:
    if hung.tried:
        return _faulty(Reason.READ_TIMEOUT, f"no answer within {patience.timeout_s:g} s")
    return _faulty(Reason.READ_TIMEOUT, f"not tried after {patience.most_hung} files that did not answer")


def _table(files: pa.Table, seen: Sequence[_Seen]) -> pa.Table:
    listed = [files[name] for name in ("path", "bytes", "mtime_ns")]
    headers = _columns([one.header for one in seen], HEADERS)
    starts = _columns([one.start for one in seen], STARTS)
    table = pa.table([*listed, *headers, *starts], schema=KEPT)
    no_sound = pc.and_(table["format"].is_null(), pc.invert(pc.is_in(table["reason"], _PASSING)))
    status = pc.if_else(pc.and_(files["by_content"], no_sound), IGNORED, table["status"])
    return table.set_column(table.schema.get_field_index("status"), KEPT.field("status"), status)


def _columns(rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> list[pa.Array]:
    """Return rows as columns of the last fields of ``schema``."""
    kinds = schema.types[-len(rows[0]) :]
    return [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
