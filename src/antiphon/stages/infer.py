"""Stage infer: separate a season.

A generator is loaded once and applied to every unit of a batch. What it finds is the probability of every source in
every cell; thresholds belong to tabulate, so changing one costs minutes and not hours on a GPU.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from antiphon.config import Infer, section
from antiphon.errors import AntiphonError
from antiphon.io.checkpoints import Card, load_card, load_weights
from antiphon.io.records import BatchRecord, UnitRecord, drop_stale_stores, fingerprint, read_record, write_record
from antiphon.io.spectrogram_writers import write_probabilities
from antiphon.io.spectrograms import Store, open_store, read_fingerprint
from antiphon.learning.apply import Separator
from antiphon.learning.devices import choose_device, choose_dtype
from antiphon.learning.generators import make_generator
from antiphon.progress import log, track
from antiphon.signal.levels import PROBABILITY_NOT_HEARD, PROBABILITY_SCALE

__all__ = ["VERSION", "run"]

VERSION = 1


def run(
    *,
    record: Path,
    card: Path,
    weights: Path,
    settings: str,
    output: Path,
    device: str = "auto",
    precision: str = "auto",
    batch: int = 16,
    workers: int = 1,
) -> None:
    """Write the probability store of each unit of a batch; a unit whose store still stands is skipped.

    Parameters
    ----------
    record
        The batch's record of stage stft; the level stores lie beside it.
    card, weights
        The model: its card and its weights.
    settings
        Section ``infer`` of the settings as JSON.
    output
        The batch record to write; stores lie beside it.
    device
        ``auto``, ``cpu`` or ``cuda``.
    precision
        ``auto``, ``float32`` or ``bfloat16``.
    batch
        Strips that the generator sees at a time.
    workers
        Threads that the generator computes with.

    Raises
    ------
    AntiphonError
        If model and stores do not fit, or a GPU is asked for and absent.
    """
    torch.set_num_threads(workers)
    given = read_record(record)
    drop_stale_stores(output, keep=[unit.unit for unit in given.units])
    job = _job(load_card(card), weights, section(Infer, settings), device, precision, batch)
    log(f"infer {given.batch}: {len(given.units)} units with {job.card.model} on {job.separator.device}")
    units = [
        _write_unit(job, unit, record.parent / unit.store, output.parent / unit.store)
        for unit in track(given.units, f"infer {given.batch}")
    ]
    write_record(output, BatchRecord("infer", VERSION, given.batch, given.deployment, units))


@dataclass(frozen=True)
class _Job:
    """What every unit of a batch needs."""

    card: Card
    settings: Infer
    separator: Separator


def _job(card: Card, weights: Path, settings: Infer, device: str, precision: str, batch: int) -> _Job:
    """Load the model and make it ready."""
    sources, bins = len(card.sources), card.grid.bins
    generator = make_generator(card.network, widths=card.widths, sources=sources, bins=bins)
    generator.load_state_dict(load_weights(weights, card))
    try:
        place = choose_device(device)
        separator = Separator.ready(
            generator,
            strip_frames=settings.strip_frames,
            margin_frames=settings.margin_frames,
            batch=batch,
            device=place,
            dtype=choose_dtype(precision, place),
        )
    except ValueError as error:
        raise AntiphonError(f"infer: {error}") from None
    return _Job(card, settings, separator)


def _write_unit(job: _Job, unit: UnitRecord, levels: Path, path: Path) -> UnitRecord:
    """Write one unit's probabilities, unless a store made from the same input stands already."""
    settings = job.settings.model_dump(mode="json")
    made_from = fingerprint(unit.fingerprint, job.card.weights_sha256, settings, VERSION)
    if read_fingerprint(path) != made_from:
        _separate(job, open_store(levels), path, made_from)
    return UnitRecord(unit.unit, path.name, made_from, unit.frames, [])


def _separate(job: _Job, store: Store, path: Path, made_from: str) -> None:
    """Apply the generator to a unit's recordings."""
    if store.grid != job.card.grid:
        raise AntiphonError(
            f"{store.path}: its grid {store.grid} is not the model's {job.card.grid}; "
            "use a model trained on this grid, or the model's grid in the section stft"
        )
    attributes = {
        "title": f"Sources in {store.attributes['unit']}",
        "source": "antiphon infer",
        **{key: store.attributes[key] for key in ("site", "deployment", "unit")},
        "fingerprint": made_from,
        "stage_version": VERSION,
        "model": job.card.model,
        "weights_sha256": job.card.weights_sha256,
        "settings": job.settings.model_dump(mode="json"),
    }
    blocks = job.separator.stream(
        store.levels, [span.frame_slice for span in store.spans], store.floor(), store.background()
    )
    with write_probabilities(path, like=store, sources=list(job.card.sources), attributes=attributes) as found:
        for block in blocks:
            found.append(_kept(block, job.settings))


def _kept(codes: np.ndarray, settings: Infer) -> np.ndarray:
    """Return the probability codes that are worth storing; the rest become 0."""
    if settings.keep == "all":
        return codes
    least = np.ceil(settings.keep_above * PROBABILITY_SCALE)
    heard = codes != PROBABILITY_NOT_HEARD
    return np.where(heard & (codes < least), np.uint8(0), codes)
