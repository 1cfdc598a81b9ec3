"""Stage infer: separate a season.

A generator is loaded once and applied to every unit of a batch. What it finds is the probability of every source in
every cell; thresholds belong to tabulate, so changing one costs minutes and not hours on a GPU.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from antiphon.config import Infer, section
from antiphon.errors import AntiphonError, mendable
from antiphon.io.locks import only_writer
from antiphon.io.models.checkpoints import Card, load_card, load_weights
from antiphon.io.records import BatchRecord, UnitRecord, drop_stale_stores, fingerprint, read_record, write_record
from antiphon.io.stores.attributes import is_place, unit_attributes
from antiphon.io.stores.metadata import describe_store
from antiphon.io.stores.spectrograms import Store, open_store, read_fingerprint
from antiphon.io.stores.writers import ProbabilityWriter, write_probabilities
from antiphon.learning.apply import Separator, folded
from antiphon.learning.bytewise import Bytewise, Kept
from antiphon.learning.devices import choose_device, choose_dtype, choose_int8, placed
from antiphon.learning.engines import Engine, TorchEngine, fitting_batch
from antiphon.learning.generators import trained_generator
from antiphon.learning.quantised import quantised
from antiphon.networks.generator import Generator
from antiphon.progress import log, track
from antiphon.signal.levels import PROBABILITY_SCALE
from antiphon.stats.judging.scores import codes_of_thresholds

__all__ = ["VERSION", "run"]

VERSION = 3

_BLOCKS_BEHIND = 64

_SUMMARY = (
    "Probability that each sound source is active in each cell of time and frequency of one recorder's day, as a "
    "trained generator found it; frames are those of the store of levels that it was made from."
)


def run(
    *,
    record: Path,
    card: Path,
    weights: Path,
    settings: str,
    output: Path,
    device: str = "auto",
    precision: str = "auto",
    batch: int = 0,
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
        ``auto``, ``float32``, ``bfloat16`` or ``int8``.
    batch
        Strips that a GPU sees at a time; 0: as many as its memory holds.
    workers
        Threads that the generator computes with on a processor.

    Raises
    ------
    AntiphonError
        If model and stores do not fit, or a GPU is asked for and absent.
    """
    torch.set_num_threads(workers)
    given = read_record(record)
    job = _job(load_card(card), weights, section(Infer, settings), _Machine(device, precision, batch, workers))
    log(f"infer {given.batch}: {len(given.units)} units with {job.card.model} in {' '.join(job.computed.values())}")
    with only_writer(output):
        drop_stale_stores(output, keep=[unit.unit for unit in given.units])
        units = [
            _write_unit(job, unit, record.parent / unit.store, output.parent / unit.store)
            for unit in track(given.units, f"infer {given.batch}")
        ]
        write_record(output, BatchRecord("infer", VERSION, given.batch, given.deployment, units))


@dataclass(frozen=True)
class _Machine:
    """What the machine is asked for."""

    device: str
    precision: str
    batch: int
    workers: int


@dataclass(frozen=True)
class _Job:
    """What every unit of a batch needs."""

    card: Card
    settings: Infer
    separator: Separator
    computed: dict[str, str]

    @property
    def thresholds(self) -> dict[str, float] | None:
        """What the stores are cut at, if they hold no probabilities."""
        return self.card.thresholds if self.settings.keep == "none" else None


def _job(card: Card, weights: Path, settings: Infer, machine: _Machine) -> _Job:
    """Load the model and make it ready."""
    generator = trained_generator(card, load_weights(weights, card))
    with mendable("infer"):
        engine, computed = _engine(generator, card, settings, machine)
        separator = Separator(engine, settings.strip_frames, settings.margin_frames)
        separator.check()
    return _Job(card, settings, separator, computed)


def _engine(generator: Generator, card: Card, settings: Infer, machine: _Machine) -> tuple[Engine, dict[str, str]]:
    """Return what computes, and the words that say so."""
    place = choose_device(machine.device)
    int8 = choose_int8(machine.precision, place, known=bool(card.input_ranges), harmless=card.stands_int8)
    dtype = torch.float32 if int8 else choose_dtype(machine.precision, place)
    own = quantised(generator, card.input_ranges) if int8 else folded(generator)
    exactness = "int8" if int8 else str(dtype).removeprefix("torch.")
    kept = _kept(card, settings)
    if place.type == "cpu":
        from antiphon.learning.openvino_engine import OpenVinoEngine

        bytewise = Bytewise(own, torch.float32, kept)
        engine = OpenVinoEngine(bytewise, dtype, workers=machine.workers, bins=card.grid.bins)
        return engine, {"device": "cpu", "runtime": "openvino", "precision": exactness}
    bytewise = Bytewise(placed(own, place, dtype), dtype, kept).to(place)
    batch = machine.batch or fitting_batch(bytewise, place, strip_frames=settings.strip_frames, bins=card.grid.bins)
    return TorchEngine(bytewise, place, batch), {"device": "cuda", "runtime": "torch", "precision": exactness}


def _kept(card: Card, settings: Infer) -> Kept | None:
    """Return what of the probabilities is worth storing; the rest become 0."""
    match settings.keep:
        case "active":
            return Kept((int(np.ceil(settings.keep_above * PROBABILITY_SCALE)),) * len(card.sources))
        case "none":
            return Kept(codes_of_thresholds(card.thresholds, card.sources), flat=True)
    return None


def _write_unit(job: _Job, unit: UnitRecord, levels: Path, path: Path) -> UnitRecord:
    """Write one unit's probabilities, unless a store made from the same input in the same way stands already."""
    store, made_from = open_store(levels, unit.fingerprint), _made_from(job, unit, job.computed)
    if store.is_hollow and read_fingerprint(path) is not None:
        # What cannot be separated anew stands, whatever runtime and precision computed it.
        made_from = _made_from(job, unit, open_store(path).attributes["computed"])
    if read_fingerprint(path) != made_from:
        _separate(job, store, path, made_from)
    describe_store(open_store(path), _place(store))
    return UnitRecord(unit.unit, path.name, made_from, unit.frames, [])


def _made_from(job: _Job, unit: UnitRecord, computed: dict[str, str]) -> str:
    """Return the fingerprint of a unit's probabilities."""
    settings = job.settings.model_dump(mode="json")
    return fingerprint(unit.fingerprint, job.card.weights_sha256, settings, job.thresholds, computed, VERSION)


def _place(store: Store) -> dict[str, Any]:
    """Return what a level store says of its place, for the store of its sources."""
    return {key: value for key, value in store.attributes.items() if is_place(key)}


def _separate(job: _Job, store: Store, path: Path, made_from: str) -> None:
    """Apply the generator to a unit's recordings."""
    if store.grid != job.card.grid:
        raise AntiphonError(
            f"{store.path}: its grid {store.grid} is not the model's {job.card.grid}; "
            "use a model trained on this grid, or the model's grid in the section stft"
        )
    attributes: dict[str, Any] = {
        **unit_attributes("infer", VERSION, store.attributes["deployment"], store.attributes["unit"], _SUMMARY),
        **_place(store),
        "fingerprint": made_from,
        "model": job.card.model,
        "weights_sha256": job.card.weights_sha256,
        "computed": job.computed,
        "settings": job.settings.model_dump(mode="json"),
    }
    if job.thresholds is not None:
        attributes["thresholds"] = job.thresholds
    blocks = job.separator.stream(
        store.levels, [span.frame_slice for span in store.spans], store.floor(), store.background()
    )
    with write_probabilities(path, like=store, sources=list(job.card.sources), attributes=attributes) as found:
        _append(found, blocks)


def _append(found: ProbabilityWriter, blocks: Iterable[np.ndarray]) -> None:
    """Append blocks in another thread, in order, while the next ones are computed."""
    behind: deque[Future[None]] = deque()
    with ThreadPoolExecutor(max_workers=1) as writer:
        for block in blocks:
            behind.append(writer.submit(found.append, block))
            if len(behind) > _BLOCKS_BEHIND:
                behind.popleft().result()
        for one in behind:
            one.result()
