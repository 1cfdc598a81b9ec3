"""``antiphon demo-write``: a season by formula, two recorders and two days, with its truth."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

from antiphon.config import Formula, MaskRule, Stft
from antiphon.demo.recorders import DEPLOYMENTS, Site, wave_bytes
from antiphon.demo.truth import Truth, truth_path, write_truth
from antiphon.errors import AntiphonError
from antiphon.io.season.deployments import COLUMNS, OPTIONAL_COLUMNS
from antiphon.io.settings import read_settings
from antiphon.io.whole import whole_file, write_text
from antiphon.io.workers import in_order
from antiphon.progress import log, track
from antiphon.scenes.soundscape import LABELS, make_scene
from antiphon.signal.grid import Grid
from antiphon.signal.masking import pack_masks, source_masks
from antiphon.signal.spectrogram import power

__all__ = ["presence", "write"]

_FIRST_DAY = datetime(2024, 5, 1)
_SEED = 20240501
_EVERY = timedelta(minutes=30)
_BROKEN_AT = timedelta(hours=36, minutes=15)


@dataclass(frozen=True)
class _Recording:
    """One recording to make: where, when (local time), with which seed."""

    site: Site
    local: datetime
    seed: np.random.SeedSequence

    @property
    def path(self) -> str:
        """Its path relative to the audio root."""
        return f"{self.site.deployment}/{self.site.file_name(self.local)}"


def write(*, folder: Path, config: list[Path], days: int = 2, duration_s: float = 20.0, workers: int = 1) -> None:
    """Make the small season of `make demo`: sound, table of deployments and the truth of every cell.

    Parameters
    ----------
    folder
        Gets ``season/`` (the audio root, with ``deployments.csv``) and ``truth/``.
    config
        Settings files, each laid over the one before: grid, mask rule and signal-to-noise ratios are theirs.
    days
        Local days of each recorder.
    duration_s
        Length of each recording, seconds; one starts every half hour.
    workers
        Processes that make recordings; their number changes no byte.

    Raises
    ------
    AntiphonError
        If the settings are wrong.
    """
    settings = read_settings(config)
    rows = _recordings(days)
    if settings.pair.formula is None:
        raise AntiphonError(
            "pair.formula: null, and the demo is made by formula; lay config/demo.yaml over the settings"
        )
    make = partial(
        _write_recording,
        folder=folder,
        duration_s=duration_s,
        stft=settings.stft,
        formula=settings.pair.formula,
        rule=settings.pair.mask_rule,
    )
    made = sum(1 for _ in track(in_order(make, rows, workers), "recordings", len(rows)))
    write_text(folder / "season" / "deployments.csv", _deployments_csv())
    _write_oddities(folder, duration_s)
    log(f"demo: {made} recordings of {duration_s:g} s in {folder / 'season'}, their truth in {folder / 'truth'}")


def presence(hour: float) -> dict[str, float]:
    """Return each label's chance to sound at a local hour: birds at dawn and dusk, insects at night, people by day."""
    dawn, dusk = np.exp(-(((hour - 6.2) / 1.6) ** 2)), np.exp(-(((hour - 18.0) / 1.2) ** 2))
    day = 1 / (1 + np.exp(-2 * (hour - 7))) / (1 + np.exp(2 * (hour - 17.5)))
    bird = max(0.04, 0.95 * dawn, 0.6 * dusk, 0.35 * day)
    return {
        "bird": float(bird),
        "insect": float(0.12 + 0.78 * (1 - day) * (1 - dawn)),
        "anthropogenic": 0.04 + 0.5 * day,
    }


def _recordings(days: int) -> list[_Recording]:
    starts = [_FIRST_DAY + step * _EVERY for step in range(round(days * timedelta(days=1) / _EVERY))]
    wanted = list(product(DEPLOYMENTS, starts))
    seeds = np.random.SeedSequence(_SEED).spawn(len(wanted))
    return [_Recording(site, start, seed) for (site, start), seed in zip(wanted, seeds, strict=True)]


def _write_recording(
    recording: _Recording, *, folder: Path, duration_s: float, stft: Stft, formula: Formula, rule: MaskRule
) -> None:
    """Write one recording and its truth."""
    site, grid = recording.site, Grid(stft.window_s, stft.hop_s, stft.bins)
    rate_hz = site.place.rate_hz
    scene = make_scene(
        np.random.default_rng(recording.seed),
        duration_s=duration_s,
        rate_hz=rate_hz,
        snr_low_db=formula.snr_low_db,
        snr_high_db=formula.snr_high_db,
        presence=presence(recording.local.hour + recording.local.minute / 60),
        empty_share=0.0,
        place=site.place,
        gain_db=site.gain_db,
    )
    bed = power(scene.bed, rate_hz, grid)
    stems = np.stack([power(stem, rate_hz, grid) if stem.any() else np.zeros_like(bed) for stem in scene.stems])
    heard = grid.heard_bins(rate_hz)
    masks = source_masks(stems, bed, heard_bins=heard, **rule.model_dump())
    write_truth(truth_path(folder / "truth", recording.path), Truth(pack_masks(masks), heard, LABELS))
    with whole_file(folder / "season" / recording.path) as scratch:
        scratch.write_bytes(wave_bytes(scene.mixture, rate_hz, site.comment(recording.local)))


def _deployments_csv() -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [*COLUMNS, *OPTIONAL_COLUMNS], restval="", lineterminator="\n")
    writer.writeheader()
    for site in DEPLOYMENTS:
        writer.writerow(
            {
                "deployment": site.deployment,
                "site": site.site,
                "latitude": site.latitude,
                "longitude": site.longitude,
                "folder": site.deployment,
                "recorder": site.recorder,
                "utc_offset": site.utc_offset,
                "filename_time": site.filename_time,
                "channel": "first",
            }
        )
    return text.getvalue()


def _write_oddities(folder: Path, duration_s: float) -> None:
    """Add what every card has: a companion file, a recording that the battery cut off, one that is no sound."""
    audiomoth, song_meter = DEPLOYMENTS
    root = folder / "season"
    write_text(root / audiomoth.deployment / "CONFIG.TXT", "Sample rate (Hz) : 48000\nGain : Medium\n")
    cut_off = _FIRST_DAY + _BROKEN_AT
    noise = np.random.default_rng(_SEED).normal(0, 0.003, round(duration_s * audiomoth.place.rate_hz))
    whole = wave_bytes(noise, audiomoth.place.rate_hz, audiomoth.comment(cut_off))
    with whole_file(root / audiomoth.deployment / audiomoth.file_name(cut_off)) as scratch:
        scratch.write_bytes(whole[: len(whole) // 3])
    write_text(
        root / song_meter.deployment / song_meter.file_name(cut_off), "This is no sound: somebody renamed a note.\n"
    )
