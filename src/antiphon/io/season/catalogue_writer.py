"""Writing the catalogue of a season, deployment by deployment; what did not change keeps its file untouched."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from itertools import islice, pairwise
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from antiphon.io.season.catalogue import RecordingRow
from antiphon.io.season.clock import standard_offset_min
from antiphon.io.season.deployments import Deployment
from antiphon.io.season.placing import RECORDINGS
from antiphon.io.whole import sweep, whole_file

__all__ = ["CatalogueWriter", "Counts", "write_catalogue"]

_ROW_FIELDS = tuple(one.name for one in fields(RecordingRow))
_CODED = ["deployment", "site", "unit", "batch", "format", "subtype", "channel", "time_source", "recorder"]
_CODED += ["serial", "gain", "status", "reason"]
_STATUSES = ("ok", "repaired", "quarantined", "excluded")
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
_LINES_AT_ONCE = 8192
_ROW_GROUP = 1_000_000


@dataclass
class Counts:
    """How many files were found, by what became of them.

    Attributes
    ----------
    listed
        Recordings found.
    companions
        Files and folders that recorders and computers leave beside recordings.
    others
        Other files that are no sound.
    statuses
        Number of recordings of each status.
    reasons
        Number of recordings of each status and reason, where there is a reason.
    """

    listed: int = 0
    companions: int = 0
    others: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, placed: pa.Table) -> None:
        """Count the recordings of one deployment."""
        self.listed += len(placed)
        for row in placed.group_by(["status", "reason"]).aggregate([([], "count_all")]).to_pylist():
            self.statuses[row["status"]] += row["count_all"]
            if row["reason"] is not None:
                self.reasons[row["status"], row["reason"]] += row["count_all"]

    def as_json(self) -> dict[str, int]:
        """Return the counts of ``batches.json``; every recording listed has one of four statuses."""
        known = {name: self.statuses[name] for name in _STATUSES}
        if self.listed != sum(known.values()) or self.listed != self.statuses.total():
            raise AssertionError(f"{self.listed} recordings listed, but statuses are {dict(self.statuses)}")
        return {"listed": self.listed, **known, "ignored": self.companions + self.others}

    def by_reason(self) -> dict[str, dict[str, int]]:
        """Return the number of recordings of each status and reason; the empty reason is none."""
        found: dict[str, dict[str, int]] = {}
        for name in _STATUSES:
            reasons = {reason: count for (status, reason), count in sorted(self.reasons.items()) if status == name}
            plain = self.statuses[name] - sum(reasons.values())
            found[name] = {"": plain, **reasons} if plain else reasons
        return found

    def in_words(self) -> str:
        """Return what became of the recordings as one line for people."""
        known = ", ".join(f"{self.statuses[name]} {name}" for name in _STATUSES)
        return f"{self.listed} recordings: {known}"


class CatalogueWriter:
    """Takes in one deployment after the other; made by :func:`write_catalogue`."""

    def __init__(self, folder: Path, recordings: pq.ParquetWriter) -> None:
        self.counts = Counts()
        self._folder = folder
        self._recordings = recordings
        self._batches: dict[str, dict[str, Any]] = {}
        self._deployments: list[str] = []

    def add(self, deployment: Deployment, name: str, placed: pa.Table) -> None:
        """Write the manifests and the list of set-aside recordings of one deployment.

        Parameters
        ----------
        deployment
            The deployment.
        name
            Name under which it is analysed (each channel may have its own).
        placed
            Table of the schema :data:`~antiphon.io.season.placing.RECORDINGS`.
        """
        self.counts.add(placed)
        self._deployments.append(name)
        if len(placed):
            self._recordings.write_table(placed, row_group_size=_ROW_GROUP)
        about = {
            "deployment": name,
            "site": deployment.site,
            "latitude": deployment.latitude,
            "longitude": deployment.longitude,
            "sensitivity_db": deployment.sensitivity_db,
            "medium": deployment.medium,
        }
        for batch, rows in _parts(placed, "batch"):
            units = dict(_parts(rows, "unit"))
            year = int(batch.removeprefix(f"{name}.")[:4])
            values = {**about, "batch": batch, "utc_offset_min": standard_offset_min(deployment.zone, year)}
            _write_if_new(self._folder / "manifests" / f"{batch}.json", _manifest_text(values, units))
            self._batches[batch] = {"deployment": name, "units": list(units), "hours": _hours(rows)}
        first = pc.min(placed["start"]).as_py()
        values = {**about, "utc_offset_min": standard_offset_min(deployment.zone, first.year if first else 2001)}
        aside = placed.filter(placed["batch"].is_null()).sort_by("path")
        _write_if_new(self._folder / "set_aside" / f"{name}.json", _set_aside_text(values, aside))

    def finish(self) -> None:
        """Write ``batches.json`` and remove the files of batches and deployments that are no more."""
        values = {"batches": self._batches, "deployments": sorted(self._deployments), "counts": self.counts.as_json()}
        text = json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
        for folder, names in (("manifests", set(self._batches)), ("set_aside", set(self._deployments))):
            sweep(self._folder / folder)
            for path in (self._folder / folder).glob("*.json"):
                if path.stem not in names:
                    path.unlink()
        _write_if_new(self._folder / "batches.json", [text, "\n"])


@contextmanager
def write_catalogue(folder: Path) -> Iterator[CatalogueWriter]:
    """Write a season's catalogue; ``batches.json`` is written last, when the block has succeeded.

    Parameters
    ----------
    folder
        Folder of the catalogue.
    """
    path = folder / "recordings.parquet"
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    with (
        whole_file(path, only_if_new=True) as scratch,
        pq.ParquetWriter(scratch, RECORDINGS, compression="zstd", use_dictionary=_CODED) as recordings,
    ):
        writer = CatalogueWriter(folder, recordings)
        yield writer
    writer.finish()


def _parts(table: pa.Table, column: str) -> Iterator[tuple[str, pa.Table]]:
    """Yield the rows of each value of a column, values in order, rows in theirs; rows without value are left out."""
    valued = table.filter(table[column].is_valid())
    coded = valued[column].combine_chunks().dictionary_encode()
    codes = coded.indices.to_numpy()
    edges = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), len(codes)]
    runs: dict[str, list[pa.Table]] = {}
    for start, end in pairwise(edges):
        if end > start:
            runs.setdefault(coded[start].as_py(), []).append(valued.slice(start, end - start))
    for value in sorted(runs):
        yield value, pa.concat_tables(runs[value])


def _hours(rows: pa.Table) -> float:
    """Return the hours of sound in recordings, to the millisecond or so."""
    seconds = rows["frames"].to_numpy() / rows["rate_hz"].to_numpy()
    return round(float(seconds.sum()) / 3600, 6)


def _manifest_text(values: Mapping[str, Any], units: Mapping[str, pa.Table]) -> Iterator[str]:
    """Yield a manifest as JSON, one recording a line."""
    yield _opening(values) + ' "units": {'
    # All units in one go: a day has few recordings, and Arrow takes longer to begin than to write them.
    lines = _row_lines(pa.concat_tables(units.values()))
    for number, (unit, rows) in enumerate(units.items()):
        yield f"{',' if number else ''}\n  {_json(unit)}: [\n   "
        yield ",\n   ".join(islice(lines, len(rows)))
        yield "\n  ]"
    yield "\n }\n}\n"


def _set_aside_text(values: Mapping[str, Any], rows: pa.Table) -> Iterator[str]:
    """Yield the list of set-aside recordings of a deployment as JSON, one recording a line."""
    yield _opening(values) + ' "rows": ['
    for number, line in enumerate(_row_lines(rows)):
        yield f"{',' if number else ''}\n  {line}"
    yield "\n ]\n}\n" if len(rows) else "]\n}\n"


def _opening(values: Mapping[str, Any]) -> str:
    return "{\n" + "".join(f" {_json(key)}: {_json(values[key])},\n" for key in sorted(values))


def _row_lines(rows: pa.Table) -> Iterator[str]:
    """Yield each row as a JSON object on one line; memory is that of some thousand rows."""
    plain = rows.set_column(rows.schema.get_field_index("start"), "start_us", rows["start"].cast(pa.int64()))
    for start in range(0, len(plain), _LINES_AT_ONCE):
        part = plain.slice(start, _LINES_AT_ONCE)
        pieces: list[Any] = []
        for number, name in enumerate(_ROW_FIELDS):
            pieces += [f'{", " if number else "{"}"{name}": ', _json_column(part[name].combine_chunks())]
        yield from pc.binary_join_element_wise(*pieces, "}", "").to_pylist()


def _json_column(column: pa.Array) -> pa.Array:
    """Return each value of a column as JSON text."""
    if pa.types.is_integer(column.type):
        return pc.fill_null(column.cast(pa.string()), "null")
    coded = column.dictionary_encode()
    texts = pa.array([encode_basestring(value) for value in coded.dictionary.to_pylist()], pa.string())
    return pc.fill_null(texts.take(coded.indices), "null")


def _json(value: Any) -> str:
    return _ENCODER.encode(value)


def _write_if_new(path: Path, pieces: Iterable[str]) -> None:
    """Write a text, unless the file holds just that already."""
    with whole_file(path, only_if_new=True) as scratch, scratch.open("w", encoding="utf-8") as file:
        file.writelines(pieces)
