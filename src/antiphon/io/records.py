"""Batch records: what a batch wrote, and from what.

A record lists each store of a batch with its fingerprint. Stores are not declared to Snakemake; the record is, and
the fingerprint inside each store says whether it still stands.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from antiphon.errors import AntiphonError
from antiphon.io.whole import read_json, sweep, write_json

__all__ = ["BatchRecord", "UnitRecord", "drop_stale_stores", "fingerprint", "read_record", "write_record"]


@dataclass(frozen=True)
class UnitRecord:
    """One store of a batch.

    Attributes
    ----------
    unit
        Name of the unit.
    store
        Name of its store, beside the record.
    fingerprint
        What the store was made from.
    frames
        Number of frames in the store.
    recordings
        Stage stft only: what decoding found out about each recording, good or bad (see ``stages/stft.py``).
    """

    unit: str
    store: str
    fingerprint: str
    frames: int
    recordings: list[dict[str, Any]]


@dataclass(frozen=True)
class BatchRecord:
    """What one batch of a stage wrote.

    Attributes
    ----------
    stage, version
        The stage and its version.
    batch, deployment
        Names of the batch and of its deployment.
    units
        Its stores in order of the units' names.
    """

    stage: str
    version: int
    batch: str
    deployment: str
    units: list[UnitRecord]


def fingerprint(*parts: Any) -> str:
    """Return a hash of JSON-like ``parts``: equal parts, equal hash."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def write_record(path: Path, record: BatchRecord) -> None:
    """Write a record, whole or not at all."""
    write_json(path, asdict(record))


def read_record(path: Path) -> BatchRecord:
    """Read a record.

    Raises
    ------
    AntiphonError
        If the file is missing or no record.
    """
    values = read_json(path)
    try:
        units = [UnitRecord(**unit) for unit in values.pop("units")]
        return BatchRecord(**values, units=units)
    except (AttributeError, KeyError, TypeError) as error:
        raise AntiphonError(f"{path}: not a batch record ({error}); delete it and run the stage again") from None


def drop_stale_stores(previous: Path, keep: Iterable[str]) -> None:
    """Remove stores that the ``previous`` record lists and that the batch no longer has.

    Parameters
    ----------
    previous
        Path of the batch's record as an earlier run left it; may be absent.
    keep
        Names of the units that the batch has now.
    """
    sweep(previous.parent)
    if previous.exists():
        kept = set(keep)
        for unit in read_record(previous).units:
            if unit.unit not in kept:
                shutil.rmtree(previous.parent / unit.store, ignore_errors=True)
