"""``antiphon inject``: put known sounds into a season's own recordings and see which of them a model finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from antiphon.config import Injection, MaskRule, section
from antiphon.errors import AntiphonError, mendable
from antiphon.figures.model.injection import recall_picture
from antiphon.figures.pictures import png_bytes
from antiphon.io.excerpts import read_samples
from antiphon.io.models.checkpoints import Card, load_card, load_weights
from antiphon.io.models.injections import RECALL_PICTURE, InjectedSound, write_injection
from antiphon.io.records import read_record
from antiphon.io.season.catalogue import read_batches
from antiphon.io.stores.spectrograms import Span, Store, open_store
from antiphon.learning.apply import Separator
from antiphon.learning.generators import trained_generator
from antiphon.progress import log, track
from antiphon.scenes.mixing import Clip, mixture
from antiphon.scenes.soundscape import LABELS, Scene, sound_of
from antiphon.signal.masking import source_masks
from antiphon.signal.spectrogram import level_codes, power
from antiphon.stats.injection import FOUND_SHARE, RecallCurve, found_share, recall_curve
from antiphon.stats.judging.scores import code_of_threshold

__all__ = ["VERSION", "run"]

VERSION = 2

_LONGEST_SHARE = 0.6
_DISTANT_SHARE = 0.3
_TRIES = 20


def run(
    *,
    catalogue: Path,
    levels: Path,
    audio_root: Path,
    card: Path,
    weights: Path,
    settings: str,
    output: Path,
    device: str = "auto",
    precision: str = "auto",
) -> None:
    """Put sounds made by formula into stretches of a season's recordings, and write which of them a model finds.

    Parameters
    ----------
    catalogue
        Folder of the season's catalogue.
    levels
        Folder of the season's level stores and their batch records, from stage stft.
    audio_root
        Folder that recordings' paths are relative to.
    card, weights
        The model: its card and its weights.
    settings
        Section ``injection`` of the settings as JSON.
    output
        Folder for ``injected.csv`` (a row a sound), ``recall.csv`` (a row a source and step) and ``recall.png``.
    device
        ``auto``, ``cpu`` or ``cuda``.
    precision
        ``auto``, ``float32`` or ``bfloat16``.

    Raises
    ------
    AntiphonError
        If the season has no recording, or one of them is gone.
    """
    rules, about = section(Injection, settings), load_card(card)
    records = [read_record(levels / f"{batch}.json") for batch in read_batches(catalogue / "batches.json")]
    units = {levels / unit.store: unit.frames for record in records for unit in record.units}
    if not sum(units.values()):
        raise AntiphonError(f"{levels}: no recording of this season was analysed; there is nothing to put sounds into")
    places = _Places(list(units), np.cumsum(list(units.values())), audio_root, rules.duration_s)
    with mendable("inject"):
        separator = Separator.chosen(trained_generator(about, load_weights(weights, about)), device, precision)
    known = {name: [one for one in source.labels if one in LABELS] for name, source in about.sources.items()}
    trials = [(name, labels, number) for name, labels in known.items() if labels for number in range(rules.sounds)]
    found = [
        one
        for name, labels, number in track(trials, "inject")
        if (one := _trial(about, separator, places, rules, name, labels, number))
    ]
    _write(output, about, rules, found)
    hits = sum(one.found_share >= FOUND_SHARE for one in found)
    log(f"inject: {len(found)} sounds, {hits} found; {output / RECALL_PICTURE}")


@dataclass(frozen=True)
class _Places:
    """Where in the season sounds can be put."""

    stores: Sequence[Path]
    stops: np.ndarray
    audio_root: Path
    duration_s: float

    def draw(self, rng: np.random.Generator) -> tuple[Store, int, Span, int, np.ndarray]:
        """Return a stretch, any analysed moment as likely as any other.

        Its store, the number of its recording there, that recording, the stretch's first sample and its samples.
        """
        at = int(rng.integers(self.stops[-1]))
        unit = int(np.searchsorted(self.stops, at, side="right"))
        store = open_store(self.stores[unit])
        frame = at - (int(self.stops[unit - 1]) if unit else 0)
        place = next(i for i, span in enumerate(store.spans) if frame < span.frame_slice.stop)
        span = store.spans[place]
        count = round(self.duration_s * span.rate_hz)
        last = round(span.frames * store.grid.hop_s * span.rate_hz) - count
        first = min(round((frame - span.first_frame) * store.grid.hop_s * span.rate_hz), max(0, last))
        return store, place, span, first, read_samples(self.audio_root / span.path, span, first, count)


def _trial(
    about: Card, separator: Separator, places: _Places, rules: Injection, name: str, labels: Sequence[str], number: int
) -> InjectedSound | None:
    """Put one sound into one stretch; None where no stretch of some sound was drawn."""
    source = list(about.sources).index(name)
    rng = np.random.default_rng([rules.seed, source, number])
    width_db = (rules.snr_high_db - rules.snr_low_db) / rules.sounds
    snr_db = rules.snr_low_db + width_db * (number + rng.random())
    label = labels[int(rng.integers(len(labels)))]
    for _ in range(_TRIES):
        store, place, span, first, bed = places.draw(rng)
        if len(bed) < 0.5 * rules.duration_s * span.rate_hz or not bed.any():
            continue
        sound = sound_of(rng, label, span.rate_hz, _LONGEST_SHARE * len(bed) / span.rate_hz)
        clip = Clip(0, sound, snr_db, bool(rng.random() < _DISTANT_SHARE))
        scene = mixture(rng, bed, [clip], (label,), span.rate_hz)
        if scene.soundings:
            own, share = _found(about, separator, store, place, scene, source)
            (sounding,) = scene.soundings
            at_s = first / span.rate_hz
            band = (sounding.freq_low_hz, sounding.freq_high_hz)
            times = (at_s + sounding.start_s, at_s + sounding.end_s)
            return InjectedSound(name, label, snr_db, span.path, *times, *band, own, share)
    return None


def _found(about: Card, separator: Separator, store: Store, place: int, scene: Scene, source: int) -> tuple[int, float]:
    """Return how many cells a sound owns, and the share of them that is found because of it."""
    grid, rate_hz = about.grid, scene.rate_hz
    rule = {key: about.mask_rule[key] for key in MaskRule.model_fields}
    heard = grid.heard_bins(rate_hz)
    powers = power(scene.stems[0], rate_hz, grid)[None], power(scene.bed, rate_hz, grid)
    (own,) = source_masks(*powers, heard_bins=heard, **rule)
    least = code_of_threshold(about.thresholds[list(about.sources)[source]])
    floor, background = store.floor(), store.background()[place]

    def cells(sound: np.ndarray) -> np.ndarray:
        codes = separator.separate(level_codes(sound, rate_hz, grid), floor, background)[source]
        return np.asarray((codes >= least) & (np.arange(grid.bins) < heard))

    return int(own.sum()), found_share(own, cells(scene.mixture), cells(scene.bed))


def _write(output: Path, about: Card, rules: Injection, found: Sequence[InjectedSound]) -> None:
    """Write the sounds, the curve of each source, and the picture."""
    edges_db = np.arange(rules.snr_low_db, rules.snr_high_db + rules.step_db / 2, rules.step_db)
    curves: dict[str, RecallCurve] = {}
    for name in about.sources:
        own = [one for one in found if one.source == name]
        if own:
            snr_db, share = (np.array([getattr(one, key) for one in own]) for key in ("snr_db", "found_share"))
            curves[name] = recall_curve(snr_db, share, edges_db)
    steps: list[dict[str, str | float]] = [
        {"source": name, **step} for name, curve in curves.items() for step in curve.steps()
    ]
    names = {name: source.common_name for name, source in about.sources.items()}
    write_injection(output, found, steps, png_bytes(recall_picture(curves, names)))
