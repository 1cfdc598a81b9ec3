"""A model, what it found in a deployment, and what of that is counted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from antiphon.config import Source
from antiphon.errors import AntiphonError
from antiphon.io.holdings import UnitStores
from antiphon.io.models.checkpoints import Card, load_card
from antiphon.signal.levels import PROBABILITY_SCALE, level_of_code
from antiphon.stats.bands import Bands, band_edges_hz
from antiphon.stats.correction import Errors
from antiphon.stats.counting import MOST_LAYERS, Counter
from antiphon.stats.events import EventRule
from antiphon.stats.power import PowerTable
from antiphon.tabulating.job import Job

__all__ = ["Found", "read_found"]

_ROWS_AT_A_TIME = 1 << 17


@dataclass(frozen=True)
class Found:
    """A model, what it found, and what of that is counted.

    Attributes
    ----------
    name
        Name of the model.
    card, card_sha256
        Its card and the hash of the card's file.
    thresholds, low_thresholds
        Probability from which a cell is active, and that every cell of an event reaches, by source.
    counter
        What is counted cell by cell.
    layers
        The sources, then the classes that unite several: what occupancy and frequency are of, by name.
    rule
        Which patches of cells are events.
    errors
        Error rates by source, where the card knows them at the thresholds that are used.
    edges_hz
        Edges of the bands of the table frequency, shape (bands + 1,).
    stores
        The stores of the deployment's units in order of time.
    """

    name: str
    card: Card
    card_sha256: str
    thresholds: dict[str, float]
    low_thresholds: dict[str, float]
    counter: Counter
    layers: dict[str, Source]
    rule: EventRule
    errors: dict[str, Errors]
    edges_hz: np.ndarray
    stores: tuple[UnitStores, ...]

    @property
    def intervals_at_a_time(self) -> int:
        """How many intervals are finished at a time: what bounds the memory."""
        return max(1, _ROWS_AT_A_TIME // (len(self.layers) * len(self.edges_hz)))

    @property
    def band(self) -> tuple[int, int]:
        """First bin and bin after the last of the band that occupancy and events are of."""
        bands = self.counter.bands
        return int(bands.first_bin[-1]), int(bands.stop_bin[-1])

    def made_by(self) -> dict[str, str]:
        """Return what a table says of its making."""
        return {
            "model": self.name,
            "card_sha256": self.card_sha256,
            "thresholds": json.dumps(self.thresholds, sort_keys=True),
            "low_thresholds": json.dumps(self.low_thresholds, sort_keys=True),
        }


def read_found(job: Job, name: str | None, card: Path, infer_records: list[Path]) -> Found:
    """Read a model's card and what it found, and say what is counted.

    Parameters
    ----------
    job
        What the tables are made from.
    name
        Name of the model; None: the card's.
    card
        The model's card.
    infer_records
        The model's records of the deployment's batches.

    Raises
    ------
    AntiphonError
        If settings, card and grid do not fit together.
    """
    known = load_card(card)
    thresholds, low = _thresholds(job, known)
    classes = _classes(job, known)
    frequencies_hz = job.grid.frequencies_hz()
    edges_hz = band_edges_hz(frequencies_hz, job.settings.frequency_step_hz)
    counter = Counter(
        _bands(job, frequencies_hz, edges_hz),
        PowerTable(np.nan_to_num(10.0 ** (level_of_code(np.arange(256)).astype(np.float64) / 10.0))),
        _codes(thresholds, known),
        _members(known, classes),
        PROBABILITY_SCALE,
        job.intervals,
        job.grid.hop_us,
        frequencies_hz,
    )
    return Found(
        name or known.model,
        known,
        hashlib.sha256(card.read_bytes()).hexdigest(),
        thresholds,
        low,
        counter,
        known.sources | classes,
        _rule(job, _codes(low, known), counter.least_codes),
        _errors(known, thresholds),
        edges_hz,
        job.holdings.stores(infer_records),
    )


def _thresholds(job: Job, card: Card) -> tuple[dict[str, float], dict[str, float]]:
    """Return the threshold of every source, and the low one."""
    given, hysteresis = job.settings.thresholds or {}, job.settings.hysteresis
    low = hysteresis if isinstance(hysteresis, dict) else {}
    for key, named in (("thresholds", given), ("hysteresis", low)):
        if foreign := [source for source in named if source not in card.sources]:
            raise AntiphonError(
                f"tabulate.{key}: {', '.join(foreign)} is no source of model {card.model} "
                f"({', '.join(card.sources)}); correct the name or leave it out"
            )
    thresholds = {**card.thresholds, **given}
    if isinstance(hysteresis, dict):
        low = {source: hysteresis.get(source, high) for source, high in thresholds.items()}
    else:
        low = {source: high * hysteresis for source, high in thresholds.items()}
    if above := [source for source, value in low.items() if value > thresholds[source]]:
        raise AntiphonError(
            f"tabulate.hysteresis: {low[above[0]]} is above the threshold {thresholds[above[0]]} of {above[0]}; "
            "give at most the threshold"
        )
    return thresholds, low


def _classes(job: Job, card: Card) -> dict[str, Source]:
    """Return the classes that unite several sources."""
    given = job.settings.classes or {}
    for name, sources in given.items():
        if name in card.sources:
            raise AntiphonError(f"tabulate.classes: {name} is a source of model {card.model}; choose another name")
        if foreign := [source for source in sources if source not in card.sources]:
            raise AntiphonError(
                f"tabulate.classes: {', '.join(foreign)} in {name} is no source of model {card.model} "
                f"({', '.join(card.sources)}); correct the name or leave it out"
            )
    if len(card.sources) + len(given) > MOST_LAYERS:
        raise AntiphonError(f"tabulate.classes: sources and classes are more than {MOST_LAYERS}; leave some out")
    return {
        name: Source(labels=list(sources), scientific_name=None, common_name=name) for name, sources in given.items()
    }


def _members(card: Card, classes: Mapping[str, Source]) -> np.ndarray:
    """Return as bits which sources each layer holds: each source itself, then each class its own; uint32."""
    own = [1 << number for number in range(len(card.sources))]
    united = [
        sum(bit for name, bit in zip(card.sources, own, strict=True) if name in c.labels) for c in classes.values()
    ]
    return np.array([*own, *united], dtype=np.uint32)


def _codes(thresholds: Mapping[str, float], card: Card) -> np.ndarray:
    """Return the least probability code of each source, shape (sources,), uint8."""
    # The threshold itself is active, whatever the last digit of a binary fraction says.
    least = [int(np.ceil(round(thresholds[source] * PROBABILITY_SCALE, 6))) for source in card.sources]
    return np.array(least, dtype=np.uint8)


def _errors(card: Card, thresholds: Mapping[str, float]) -> dict[str, Errors]:
    """Return the error rates that validation showed; at another threshold than the card's they are not known."""
    return {
        source: Errors.of_groups(np.array(groups, dtype=np.int64))
        for source, groups in card.validation_groups.items()
        if groups and thresholds[source] == card.thresholds[source]
    }


def _rule(job: Job, low: np.ndarray, high: np.ndarray) -> EventRule:
    settings, grid = job.settings, job.grid
    return EventRule(
        np.minimum(np.maximum(low, 1), high),  # code 0 is what was not found at all
        high,
        settings.least_cells,
        int(np.ceil(round(settings.least_event_s / grid.hop_s, 6))),
        int(np.ceil(round(settings.least_event_hz / grid.bin_hz, 6))),
        grid.hop_us,
        round(settings.join_s * 1e6),
    )


def _bands(job: Job, frequencies_hz: np.ndarray, edges_hz: np.ndarray) -> Bands:
    """Return the bands of the table frequency and, last, the band of the table occupancy."""
    settings = job.settings
    bands = Bands.between(
        frequencies_hz, [*edges_hz[:-1], settings.band_low_hz], [*edges_hz[1:], settings.band_high_hz]
    )
    if not bands.widths[-1]:
        raise AntiphonError(
            f"tabulate.band_low_hz to band_high_hz: no bin is centred in {settings.band_low_hz} to "
            f"{settings.band_high_hz} Hz; bins lie {job.grid.bin_hz} Hz apart up to {frequencies_hz[-1]} Hz"
        )
    if not bands.widths.all():
        raise AntiphonError(
            f"tabulate.frequency_step_hz: {settings.frequency_step_hz} Hz is narrower than a bin of the grid; "
            f"give at least {job.grid.bin_hz} Hz"
        )
    return bands
