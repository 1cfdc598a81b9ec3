"""Stage stft: turn sound into spectrograms.

Each recording is decoded once: its samples are hashed, checked and transformed in the same pass. A unit becomes one
Zarr store, and the store carries what decoding found out about each of its recordings.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from antiphon.config import Stft, section
from antiphon.errors import AntiphonError
from antiphon.io.locks import only_writer
from antiphon.io.records import BatchRecord, UnitRecord, drop_stale_stores, fingerprint, write_record
from antiphon.io.samples import SampleFacts, checked_blocks
from antiphon.io.season.catalogue import Manifest, RecordingRow, read_manifest
from antiphon.io.stores.attributes import place_attributes, unit_attributes
from antiphon.io.stores.metadata import describe_store
from antiphon.io.stores.spectrograms import Span, open_store, read_fingerprint
from antiphon.io.stores.writers import write_levels
from antiphon.io.workers import in_order
from antiphon.progress import log, track
from antiphon.signal.calibration import LevelReference, level_reference
from antiphon.signal.grid import Grid
from antiphon.signal.spectrogram import stream_level_codes

__all__ = ["VERSION", "run"]

VERSION = 5

_SUMMARY = (
    "Sound level of every cell of time and frequency of one recorder's day, by short-time Fourier transform; frames of "
    "one recording follow one another, recordings follow in order of time, and there may be gaps between them."
)


def run(
    *,
    manifest: Path,
    audio_root: Path,
    settings: str,
    record: Path,
    device: str = "cpu",
    workers: int = 1,
) -> None:
    """Write the level store of each unit of a batch; a unit whose store still stands is skipped.

    Parameters
    ----------
    manifest
        The batch's recordings, as stage ingest listed them.
    audio_root
        Folder that the recordings' paths are relative to.
    settings
        Section ``stft`` of the settings as JSON.
    record
        The batch record to write; stores lie beside it.
    device
        Where the transform runs: cpu or cuda.
    workers
        Number of processes; each takes whole units.

    Raises
    ------
    AntiphonError
        If the manifest or the settings are wrong, or there is no such device. A bad recording is a row of the record,
        never an error.
    """
    if device != "cpu" and not (device == "cuda" and torch.cuda.is_available()):
        raise AntiphonError(f"device '{device}': torch finds none such here; set machine.stft_device to cpu")
    batch = read_manifest(manifest)
    job = _Job(batch, audio_root, section(Stft, settings), record.parent, device)
    units = sorted(batch.units)
    with only_writer(record):
        drop_stale_stores(record, keep=batch.units)
        done = in_order(partial(_write_unit, job), units, workers)
        records = list(track(done, f"stft {batch.batch}", total=len(units)))
        write_record(record, BatchRecord("stft", VERSION, batch.batch, batch.deployment, records))
    bad = sum(row["status"] == "quarantined" for unit in records for row in unit.recordings)
    log(
        f"stft {batch.batch}: {len(records)} units, {sum(unit.frames for unit in records)} frames, {bad} bad recordings"
    )


@dataclass(frozen=True)
class _Job:
    """What every unit of a batch needs."""

    batch: Manifest
    audio_root: Path
    settings: Stft
    folder: Path
    device: str

    @property
    def grid(self) -> Grid:
        return Grid(self.settings.window_s, self.settings.hop_s, self.settings.bins)

    @property
    def reference(self) -> LevelReference:
        return level_reference(self.batch.sensitivity_db, self.batch.medium)


def _write_unit(job: _Job, unit: str) -> UnitRecord:
    """Write one unit's store, unless one made from the same input stands already."""
    rows = job.batch.units[unit]
    settings, offset_min = job.settings.model_dump(mode="json"), job.batch.utc_offset_min
    made_from = fingerprint([row.identity() for row in rows], settings, offset_min, VERSION)
    path = job.folder / f"{unit}.zarr"
    if read_fingerprint(path) != made_from:
        _transform(job, unit, path, made_from)
    store = describe_store(open_store(path), place_attributes(job.batch), job.reference)
    return UnitRecord(unit, path.name, made_from, store.frames, store.attributes["decoded"])


def _transform(job: _Job, unit: str, path: Path, made_from: str) -> None:
    """Decode and transform a unit's recordings into its store."""
    torch.set_num_threads(1)
    rows, grid = job.batch.units[unit], job.grid
    promised = sum(grid.frames(_analysed_samples(row, grid), grid.analysis_rate_hz(row.rate_hz)) for row in rows)
    decoded: list[dict[str, Any]] = []
    attributes = {
        **unit_attributes("stft", VERSION, job.batch.deployment, unit, _SUMMARY),
        **place_attributes(job.batch),
        "fingerprint": made_from,
        "settings": job.settings.model_dump(mode="json"),
        "decoded": decoded,
    }
    writing = write_levels(
        path,
        grid=grid,
        frames=promised,
        chunk_frames=job.settings.chunk_frames,
        shard_frames=job.settings.shard_frames,
        reference=job.reference,
        utc_offset_min=job.batch.utc_offset_min,
        attributes=attributes,
    )
    with writing as store:
        for row in rows:
            facts = SampleFacts()
            blocks = checked_blocks(job.audio_root / row.path, row, facts, job.settings.clipping_level)
            span = Span(row.path, row.start_us, 0, 0, row.rate_hz, grid.heard_bins(row.rate_hz), row.channel)
            keep = partial(_is_kept, facts, job.settings)
            placed = store.append(span, stream_level_codes(blocks, row.rate_hz, grid, job.device), keep)
            facts = facts if keep() else facts.discarded()
            decoded.append({"path": row.path, "channel": row.channel, "frames": placed.frames, **facts.as_row(row)})


def _is_kept(facts: SampleFacts, settings: Stft) -> bool:
    """Return whether what was decoded of a recording stays."""
    return settings.keep_before_fault or facts.failed_at_s is None


def _analysed_samples(row: RecordingRow, grid: Grid) -> int:
    """Return how many samples a recording has at the rate it is analysed at."""
    return row.frames * grid.analysis_rate_hz(row.rate_hz) // row.rate_hz
