"""Stage tabulate: turn sources into numbers.

Without a model: what was recorded, what was analysed and how loud it was (tables recordings, effort and ltsa). With
one: what was heard (tables occupancy and frequency), from sums that each unit keeps, so that a new recording costs its
own unit only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from antiphon.config import Stft, Tabulate, section
from antiphon.errors import AntiphonError
from antiphon.io.blocks import blocks_of, refuse_misfits
from antiphon.io.checkpoints import Card, load_card
from antiphon.io.holdings import Holdings, UnitStores, read_holdings
from antiphon.io.records import fingerprint
from antiphon.io.spectrograms import open_store
from antiphon.io.sums import drop_stale_sums, read_sums, sums_fingerprint, sums_path, write_sums
from antiphon.io.tables import interval_columns, source_columns, table_path, write_data_dictionary, write_table
from antiphon.progress import log, track
from antiphon.signal.grid import Grid
from antiphon.signal.levels import PROBABILITY_SCALE, level_of_code
from antiphon.stats.activity import Activity, complete, in_turn
from antiphon.stats.bands import Bands, band_edges_hz
from antiphon.stats.counting import Counter
from antiphon.stats.effort import Effort, Recorded, effort_by_schedule, effort_columns
from antiphon.stats.frequency import frequency_columns
from antiphon.stats.intervals import Intervals
from antiphon.stats.long_term import hourly_columns
from antiphon.stats.occupancy import occupancy_columns
from antiphon.stats.power import PowerTable
from antiphon.stats.schedule import Schedule

__all__ = ["VERSION", "run"]

VERSION = 3

_ROWS_AT_A_TIME = 1 << 17


def run(
    *,
    season: str,
    deployment: str,
    manifests: list[Path],
    set_aside: Path,
    stft_records: list[Path],
    stft: str,
    settings: str,
    tables: Path,
    sums: Path,
    infer_records: list[Path] | None = None,
    card: Path | None = None,
    model: str | None = None,
) -> None:
    """Write a deployment's tables: recordings, effort and ltsa, or with a card the model's occupancy and frequency.

    Parameters
    ----------
    season, deployment
        Names of the season and of the deployment.
    manifests
        Manifests of the deployment's batches.
    set_aside
        What of the deployment is not analysed, as stage ingest listed it.
    stft_records
        Records of the batches from stage stft; the level stores lie beside them.
    stft, settings
        Sections ``stft`` and ``tabulate`` of the settings as JSON, in this order.
    tables, sums
        Folders of the season's tables and of the sums that its units keep, in this order.
    infer_records
        Records of the batches from stage infer; the probability stores lie beside them.
    card
        The model's card.
    model
        Name of the model; by default the card's.

    Raises
    ------
    AntiphonError
        If records, stores and settings do not fit together.
    """
    holdings = read_holdings(manifests, set_aside, stft_records)
    job = _Job(season, deployment, holdings, section(Stft, stft), section(Tabulate, settings), tables)
    effort_sums, schedule = _effort(job)
    if card is None:
        _write_effort(job, effort_sums, schedule_known=schedule is not None)
    else:
        found = _model(job, model, card, infer_records or [])
        units = _sum_units(job, found, sums)
        for table in ("occupancy", "frequency"):
            merged = in_turn(Activity(**read_sums(path)) for path in units)
            pieces = complete(merged, found.counter.nothing(), *effort_sums.span, found.intervals_at_a_time)
            _write(job, table, (job.timed(_finished(table, job, found, piece)) for piece in pieces), found)
    write_data_dictionary(tables)


@dataclass(frozen=True)
class _Job:
    """What a deployment's tables are made from."""

    season: str
    deployment: str
    holdings: Holdings
    stft: Stft
    settings: Tabulate
    tables: Path

    @property
    def grid(self) -> Grid:
        return Grid(self.stft.window_s, self.stft.hop_s, self.stft.bins)

    @property
    def intervals(self) -> Intervals:
        return Intervals(self.settings.interval_s * 1_000_000, self.holdings.utc_offset_min * 60_000_000)

    def timed(self, columns: dict[str, Any]) -> dict[str, Any]:
        """Return columns with the times of their intervals in place of the intervals' numbers."""
        start_us = self.intervals.start_us(columns.pop("interval"))
        return interval_columns(start_us, self.intervals.length_us, self.holdings.utc_offset_min) | columns


@dataclass(frozen=True)
class _Model:
    """A model and what it found."""

    name: str
    card: Card
    card_sha256: str
    thresholds: dict[str, float]
    counter: Counter
    edges_hz: np.ndarray
    stores: tuple[UnitStores, ...]

    @property
    def intervals_at_a_time(self) -> int:
        return max(1, _ROWS_AT_A_TIME // (len(self.card.sources) * len(self.edges_hz)))


def _effort(job: _Job) -> tuple[Effort, Schedule | None]:
    """Add up what was recorded, analysed and lost; return it with the schedule that the recordings show, if any."""
    grid, recordings = job.grid, []
    for row, decoded in job.holdings.analysed():
        read_us = round(decoded["samples"] * 1e6 / row.rate_hz)
        lost_us = max(0, round(row.frames * 1e6 / row.rate_hz) - read_us)
        recordings.append(Recorded(row.start_us, read_us, lost_us, decoded["frames"], grid.heard_bins(row.rate_hz)))
    bad = list(job.holdings.quarantined())
    recordings += [Recorded(start_us, 0, length_us, 0, 0) for start_us, length_us in bad if length_us]
    unread_us = [start_us for start_us, length_us in bad if not length_us]
    return effort_by_schedule(recordings, unread_us, job.intervals, 2 * grid.first_centre_us, grid.hop_us)


def _write_effort(job: _Job, sums: Effort, *, schedule_known: bool) -> None:
    """Write the tables that no model is needed for."""
    columns = effort_columns(sums, job.grid.bin_edges_hz(), schedule_known=schedule_known)
    lost = f"{columns['lost_gap_s'].sum() / 3600:.1f} h lost to gaps" if schedule_known else "no schedule to be seen"
    log(f"tabulate {job.deployment}: {columns['analysed_s'].sum() / 3600:.1f} h analysed; {lost}")
    _write(job, "recordings", job.holdings.pieces())
    _write(job, "effort", [job.timed(columns)])
    _write(job, "ltsa", [_long_term(job)])


def _long_term(job: _Job) -> dict[str, Any]:
    """Return the rows of the table ltsa."""
    hours = [(hour.start_us, hour.frames, hour.level_db) for hour in job.holdings.hours()]
    columns = hourly_columns(hours, job.grid.bin_edges_hz(), job.grid.hop_us)
    columns["level_db"] += job.holdings.reference.offset_db
    columns |= interval_columns(columns.pop("start_us"), 3_600_000_000, job.holdings.utc_offset_min)
    return {**columns, "level_reference": job.holdings.reference.name}


def _model(job: _Job, name: str | None, card: Path, infer_records: list[Path]) -> _Model:
    """Read a model's card and what it found, and say what is counted."""
    known = load_card(card)
    thresholds = job.settings.thresholds or {}
    if foreign := [source for source in thresholds if source not in known.sources]:
        raise AntiphonError(
            f"tabulate.thresholds: {', '.join(foreign)} is no source of model {known.model} "
            f"({', '.join(known.sources)}); correct the name or leave it out"
        )
    thresholds = {**known.thresholds, **thresholds}
    # The threshold itself is active, whatever the last digit of a binary fraction says.
    least = [int(np.ceil(round(thresholds[source] * PROBABILITY_SCALE, 6))) for source in known.sources]
    frequencies_hz = job.grid.frequencies_hz()
    edges_hz = band_edges_hz(frequencies_hz, job.settings.frequency_step_hz)
    counter = Counter(
        _bands(job, frequencies_hz, edges_hz),
        PowerTable(np.nan_to_num(10.0 ** (level_of_code(np.arange(256)).astype(np.float64) / 10.0))),
        np.array(least, dtype=np.uint8),
        PROBABILITY_SCALE,
        job.intervals,
        job.grid.hop_us,
        job.settings.least_cells,
    )
    sha256 = hashlib.sha256(card.read_bytes()).hexdigest()
    return _Model(name or known.model, known, sha256, thresholds, counter, edges_hz, job.holdings.stores(infer_records))


def _bands(job: _Job, frequencies_hz: np.ndarray, edges_hz: np.ndarray) -> Bands:
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


def _sum_units(job: _Job, found: _Model, sums: Path) -> list[Path]:
    """Count every unit whose sums do not stand already; return the paths of the sums in order of time."""
    drop_stale_sums(sums, found.name, job.deployment, keep={one.unit for one in found.stores})
    settings = job.settings.model_dump(mode="json", exclude={"thresholds"})
    same = (found.counter.least_codes.tolist(), settings, job.holdings.utc_offset_min, VERSION)
    paths, counted = [], 0
    for unit in track(found.stores, f"tabulate {job.deployment}"):
        path = sums_path(sums, found.name, unit.unit)
        made_from = fingerprint(unit.fingerprint, sorted(unit.copies), *same)
        if sums_fingerprint(path) != made_from:
            activity = _count(job, found, unit)
            write_sums(path, {field.name: getattr(activity, field.name) for field in fields(activity)}, made_from)
            counted += 1
        paths.append(path)
    log(f"tabulate {job.deployment}: {counted} of {len(paths)} units counted, the others' sums stand")
    return paths


def _count(job: _Job, found: _Model, unit: UnitStores) -> Activity:
    """Count one unit, but no copy in it."""
    levels, probabilities = open_store(unit.levels), open_store(unit.probabilities)
    refuse_misfits(levels, probabilities, job.grid, tuple(found.card.sources), found.name, found.thresholds)
    background, grid, parts = levels.background(), levels.grid, [found.counter.nothing()]
    for recording, blocks in groupby(blocks_of(levels, probabilities), key=lambda block: block.recording):
        span = levels.spans[recording]
        if span.path in unit.copies:
            continue
        parts.append(
            found.counter.recording(
                ((block.codes, block.probabilities) for block in blocks),
                span.start_us + grid.first_centre_us,
                span.heard_bins,
                background[recording],
            )
        )
    return Activity.total(parts)


def _finished(table: str, job: _Job, found: _Model, sums: Activity) -> dict[str, Any]:
    """Return the rows of the table occupancy or frequency: all bands of a source, all sources, all intervals."""
    hop_us, bands = job.grid.hop_us, len(found.edges_hz) - 1
    if table == "occupancy":
        columns, rows = occupancy_columns(sums, bands, hop_us), 1
        columns["level_db"] = columns["level_db"] + job.holdings.reference.offset_db
        named = {"level_reference": job.holdings.reference.name}
    else:
        columns, rows, named = frequency_columns(sums, found.edges_hz, hop_us), bands, {}
    return {
        "interval": np.repeat(sums.interval, len(found.card.sources) * rows),
        "model": found.name,
        **named,
        **source_columns(found.card.sources, len(sums.interval), rows),
        **{name: values.ravel() for name, values in columns.items()},
    }


def _write(job: _Job, table: str, pieces: Iterable[dict[str, Any]], found: _Model | None = None) -> None:
    """Write one table with the columns that every table has and what it was made from."""
    made_by = {
        "stage_version": str(VERSION),
        "settings": json.dumps(
            {"stft": job.stft.model_dump(mode="json"), "tabulate": job.settings.model_dump(mode="json")}, sort_keys=True
        ),
    }
    if found is not None:
        made_by |= {
            "model": found.name,
            "card_sha256": found.card_sha256,
            "thresholds": json.dumps(found.thresholds, sort_keys=True),
        }
    own = {"season": job.season, "site": job.holdings.site, "deployment": job.deployment}
    path = table_path(job.tables, table, job.deployment, found.name if found else None)
    write_table(path, table, ({**own, **piece} for piece in pieces), made_by)
