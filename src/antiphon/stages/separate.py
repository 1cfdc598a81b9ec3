"""Stage separate: give sources back as sound.

Chosen events, and stretches of time that are given back whole, become one FLAC file for each source and one for the
residue; together they are what the recorder heard. It is off the road to the tables: nothing needs it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from antiphon.config import Separate, section
from antiphon.errors import AntiphonError
from antiphon.figures.listening import MIXTURE, MomentView, Part, listening_page
from antiphon.io.excerpts import Excerpt, read_excerpt, recording_of
from antiphon.io.models.checkpoints import Card, load_card
from antiphon.io.records import read_record
from antiphon.io.season.catalogue import read_batches
from antiphon.io.separated import (
    RESIDUE,
    SeparatedFile,
    local_start,
    sound_name,
    utc_start,
    write_list,
    write_sound,
)
from antiphon.io.sound.flac_writing import flac_bytes
from antiphon.io.stores.spectrograms import open_store
from antiphon.io.tables import read_table, table_path
from antiphon.io.whole import read_json, sweep, whole_folder, write_text
from antiphon.progress import log, track
from antiphon.signal.grid import Grid
from antiphon.signal.resynthesis import faded, resynthesised
from antiphon.signal.spectrogram import level_codes, resampled
from antiphon.stats.choosing import EVENT_COLUMNS, RECORDING_COLUMNS, Moment, best_events, stretches

__all__ = ["VERSION", "run"]

VERSION = 2

_LOUDEST = 0.999
_SHOWN_RATE_HZ = 48_000
_SHOWN_PEAK = 0.9
_MOST_GAIN = 1000.0


def run(
    *,
    season: str,
    model: str,
    card: Path,
    catalogue: Path,
    tables: Path,
    probabilities: Path,
    audio_root: Path,
    settings: str,
    output: Path,
) -> None:
    """Write the sounds of chosen moments, source by source, with their list and a page to listen to them.

    Parameters
    ----------
    season, model
        Names of the season and of the model.
    card
        The model's card.
    catalogue
        Folder of the season's catalogue.
    tables
        Folder of all tables of the season.
    probabilities
        Folder of the model's probability stores and their batch records, from stage infer.
    audio_root
        Folder that recordings' paths are relative to.
    settings
        Section ``separate`` of the settings as JSON.
    output
        Folder for ``index.html``, ``separated.csv`` and ``sound``.

    Raises
    ------
    AntiphonError
        If the settings name a site or a source that is not there, or a table, a store or a recording is missing.
    """
    rules, about = section(Separate, settings), load_card(card)
    deployments = read_json(catalogue / "batches.json")["deployments"]
    held = _recordings(tables, deployments, rules, about)
    events = [table_path(tables, "events", deployment, model) for deployment in deployments]
    asked = list(_chosen(rules, about, events, held))
    records = [read_record(probabilities / f"{batch}.json") for batch in read_batches(catalogue / "batches.json")]
    stores = {unit.unit: probabilities / unit.store for record in records for unit in record.units}
    by_path = {row["path"]: row for row in held.to_dict("records")}
    job = _Job(season, model, about, rules, by_path, stores, audio_root)
    files: list[SeparatedFile] = []
    views: list[MomentView] = []
    sweep(output)
    with whole_folder(output / "sound") as folder:
        for one in track(asked, "separate"):
            if (sounds := _separated(job, one)) is None:
                continue
            files += [_written(job, sounds, place, folder) for place in range(len(sounds.parts))]
            if len(views) < rules.shown:
                views.append(_view(job, sounds))
    write_list(output / "separated.csv", files)
    write_text(output / "index.html", _page(job, views, chosen=len(files) // len(job.names)))
    log(f"separate: {len(files)} files of {len(files) // len(job.names)} moments in {output}")


@dataclass(frozen=True)
class _Job:
    """What every moment needs."""

    season: str
    model: str
    card: Card
    rules: Separate
    recordings: dict[str, dict[Hashable, Any]]
    stores: dict[str, Path]
    audio_root: Path

    @property
    def grid(self) -> Grid:
        return self.card.grid

    @property
    def names(self) -> list[str]:
        return [*self.card.sources, RESIDUE]


@dataclass(frozen=True)
class _Sounds:
    """A moment, taken apart: sounds of the sources and, last, of the residue, shape (source + 1, n)."""

    asked: Moment
    excerpt: Excerpt
    parts: np.ndarray
    gain: float


def _recordings(tables: Path, deployments: Sequence[str], rules: Separate, about: Card) -> pd.DataFrame:
    """Read which recordings were analysed; stop if the settings ask for a site or a source that is not there."""
    paths = [table_path(tables, "recordings", deployment) for deployment in deployments]
    known: pd.DataFrame = pd.concat([read_table(path, "recordings", RECORDING_COLUMNS).to_pandas() for path in paths])
    sites = set(known.site)
    asked = {*(rules.sites or ()), *(one.site for one in rules.intervals if one.site)}
    if foreign := sorted(asked - sites):
        raise AntiphonError(f"separate: {', '.join(foreign)} is no site of this season ({', '.join(sorted(sites))})")
    if foreign := sorted({*(rules.sources or ())} - {*about.sources}):
        raise AntiphonError(
            f"separate.sources: {', '.join(foreign)} is no source of model {about.model} ({', '.join(about.sources)})"
        )
    return known[known.unit.notna()]


def _chosen(rules: Separate, about: Card, tables: Sequence[Path], held: pd.DataFrame) -> Iterator[Moment]:
    """Yield what is given back: events site by site and source by source, the first chosen first, then stretches."""
    yield from best_events(
        (_candidates(path, rules) for path in tables if rules.events),
        rules.sources or list(about.sources),
        rules.events,
        seed=rules.seed if rules.choose == "random" else None,
        margin_s=rules.margin_s,
        longest_s=rules.longest_s,
    )
    for stretch in rules.intervals:
        some = held if stretch.site is None else held[held.site == stretch.site]
        start, end = (None if one is None else pd.Timestamp(one) for one in (stretch.start, stretch.end))
        yield from stretches(some, start, end, rules.longest_s)


def _candidates(path: Path, rules: Separate) -> pd.DataFrame:
    """Read the events of a deployment that may be chosen."""
    events: pd.DataFrame = read_table(path, "events", EVENT_COLUMNS).to_pandas()
    events = events[~(events.score < rules.least_score)]  # where infer kept no probabilities there is no score
    return events if rules.sites is None else events[events.site.isin(rules.sites)]


def _separated(job: _Job, asked: Moment) -> _Sounds | None:
    """Take one moment apart; None where the recording has no sample there."""
    store = open_store(job.stores[job.recordings[asked.path]["unit"]])
    span = recording_of(store, asked.path)
    excerpt = read_excerpt(store, job.audio_root, span, asked.start_s, asked.end_s)
    if not len(excerpt.samples):
        return None
    parts = resynthesised(excerpt.samples, excerpt.rate_hz, excerpt.probabilities, job.grid, lead_s=excerpt.lead_s)
    rise_s, fall_s = (job.rules.fade_s * end for end in asked.ends)
    parts = faded(parts, excerpt.rate_hz, rise_s, fall_s)
    return _Sounds(asked, excerpt, parts, min(1.0, _LOUDEST / max(float(np.abs(parts).max()), 1e-9)))


def _written(job: _Job, sounds: _Sounds, place: int, folder: Path) -> SeparatedFile:
    """Write one sound of a moment and return its row of the list."""
    asked, excerpt, source = sounds.asked, sounds.excerpt, job.names[place]
    recording = job.recordings[asked.path]
    name = f"{asked.chosen_for}/{sound_name(recording['deployment'], excerpt.start_us, source)}"
    samples = sounds.parts[place] * np.float32(sounds.gain)
    row = SeparatedFile(
        file=f"sound/{name}",
        site=recording["site"],
        deployment=recording["deployment"],
        model=job.model,
        source=source,
        chosen_for=asked.chosen_for,
        score=asked.score,
        start_time=utc_start(excerpt.start_us),
        start_local=local_start(excerpt.start_us, int(recording["utc_offset_min"])),
        path=asked.path,
        start_s=round(excerpt.first / excerpt.rate_hz, 6),
        end_s=round(excerpt.first / excerpt.rate_hz + excerpt.duration_s, 6),
        freq_low_hz=asked.freq_low_hz,
        freq_high_hz=asked.freq_high_hz,
        rate_hz=excerpt.rate_hz,
        gain_db=round(20 * float(np.log10(sounds.gain)), 3),
        level_db=_level_db(samples),
    )
    write_sound(folder / name, samples, row)
    return row


def _level_db(samples: np.ndarray) -> float | None:
    """Return the mean power in dB re a full-scale sine; None of silence."""
    power = 2 * float(np.mean(samples.astype(np.float64) ** 2))
    return round(10 * float(np.log10(power)), 2) if power > 1e-16 else None


def _page(job: _Job, views: Sequence[MomentView], chosen: int) -> str:
    """Return the listening page."""
    return listening_page(
        season=job.season,
        model=job.model,
        sources={name: source.common_name for name, source in job.card.sources.items()},
        moments=views,
        chosen=chosen,
        hop_s=job.grid.hop_s,
        bin_hz=job.grid.bin_hz,
    )


def _view(job: _Job, sounds: _Sounds) -> MomentView:
    """Return what the page shows of a moment."""
    asked, excerpt = sounds.asked, sounds.excerpt
    recording = job.recordings[asked.path]
    mixture = sounds.parts.sum(axis=0)
    gain = min(_MOST_GAIN, _SHOWN_PEAK / max(float(np.abs(sounds.parts).max()), float(np.abs(mixture).max()), 1e-9))
    whole_db = _level_db(mixture)
    parts = []
    for name, samples in zip([MIXTURE, *job.names], [mixture, *sounds.parts], strict=True):
        level_db = _level_db(samples)
        below_db = None if level_db is None or whole_db is None else level_db - whole_db
        codes = level_codes(samples, excerpt.rate_hz, job.grid)
        parts.append(Part(name, codes, _shown_sound(samples * np.float32(gain), excerpt.rate_hz), below_db))
    facts = {"recording": asked.path, "from": f"{excerpt.first / excerpt.rate_hz:.2f} s"}
    if asked.score is not None:
        facts["score"] = f"{asked.score:.2f}"
        facts["band"] = f"{(asked.freq_low_hz or 0) / 1000:.1f}–{(asked.freq_high_hz or 0) / 1000:.1f} kHz"
    facts["amplified here by"] = f"{20 * np.log10(gain):.0f} dB"
    when = local_start(excerpt.start_us, int(recording["utc_offset_min"])).replace("T", " ")
    sources = job.card.sources
    what = sources[asked.chosen_for].common_name if asked.chosen_for in sources else asked.chosen_for
    return MomentView(f"{what} at {recording['site']}", when, facts, parts)


def _shown_sound(samples: np.ndarray, rate_hz: int) -> bytes:
    """Return a sound for the page, at a rate that every browser plays."""
    if rate_hz <= _SHOWN_RATE_HZ:
        return flac_bytes(samples, rate_hz, bits=16)
    slower = np.concatenate(list(resampled([samples], rate_hz, _SHOWN_RATE_HZ)))
    return flac_bytes(slower, _SHOWN_RATE_HZ, bits=16)
