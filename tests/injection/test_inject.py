"""Known sounds in a season's own recordings: loud ones are found, drowned ones are not, and nothing else counts."""

import json

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from antiphon.config import Source
from antiphon.errors import AntiphonError
from antiphon.injection import command
from antiphon.io.models.checkpoints import Card, save_model
from antiphon.io.records import BatchRecord, UnitRecord, write_record
from antiphon.io.stores.spectrograms import Span
from antiphon.io.stores.writers import write_levels
from antiphon.io.whole import write_json
from antiphon.learning.generators import make_generator
from antiphon.signal.calibration import FULL_SCALE
from antiphon.signal.spectrogram import level_codes

RULES = {"sounds": 16, "snr_low_db": -20.0, "snr_high_db": 30.0, "step_db": 25.0, "duration_s": 4.0, "seed": 1}
MASK_RULE = {"above_background_db": 6.0, "below_peak_db": 50.0, "other_margin_db": 6.0, "least_cells": 12}
UNIT = "A1.2024-05-02"


def write_season(folder, grid, recordings):
    """Write one unit of noise recordings, its record and the catalogue; return the arguments of the command."""
    for name, sound in recordings.items():
        (folder / "audio").mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / "audio" / name, sound, 24_000, subtype="PCM_16")
    heard = grid.heard_bins(24_000)
    codes = {name: level_codes(np.float32(sound), 24_000, grid) for name, sound in recordings.items()}
    frames = sum(map(len, codes.values()))
    sizes = {"grid": grid, "frames": frames, "chunk_frames": 256, "shard_frames": 1024}
    about = {"reference": FULL_SCALE, "utc_offset_min": 0, "attributes": {"fingerprint": "l"}}
    with write_levels(folder / "stft" / f"{UNIT}.zarr", **sizes, **about) as out:
        for number, (name, one) in enumerate(codes.items()):
            out.append(Span(name, number * 10**8, 0, 0, 24_000, heard, "first"), [one])
    unit = UnitRecord(UNIT, f"{UNIT}.zarr", "l", frames, [])
    write_record(folder / "stft" / f"{UNIT}.json", BatchRecord("stft", 1, UNIT, "A1", [unit]))
    batches = {UNIT: {"deployment": "A1", "units": [UNIT], "hours": 0.1}}
    write_json(folder / "catalogue" / "batches.json", {"deployments": ["A1"], "batches": batches})


def write_model(folder, grid, labels):
    card = Card(
        model="energy", network="energy", widths=(4, 4), grid=grid, parameters=1, scores={}, training={},
        sources={"sound": Source(labels=labels, scientific_name=None, common_name="any sound")},
        thresholds={"sound": 0.5}, mask_rule=MASK_RULE, versions={"antiphon": "0"},
    )  # fmt: skip
    generator = make_generator("energy", widths=[4, 4], sources=1, bins=grid.bins)
    save_model(folder, card, {**generator.state_dict(), "threshold_db": torch.tensor(8.0)})


@pytest.fixture(scope="module")
def season(tmp_path_factory, grid):
    """Two recordings of noise; in the second, a loud tone sounds all the time."""
    folder = tmp_path_factory.mktemp("season")
    rng = np.random.default_rng(0)
    noise = [rng.normal(0, 0.003, 10 * 24_000) for _ in range(2)]
    write_season(folder, grid, {"quiet.wav": noise[0], "other.wav": noise[1]})
    write_model(folder / "model", grid, ["bird"])
    return folder


def run(season, output, model="model", **changed):
    command.run(
        catalogue=season / "catalogue",
        levels=season / "stft",
        audio_root=season / "audio",
        card=season / model / "card.json",
        weights=season / model / "generator.safetensors",
        settings=json.dumps({**RULES, **changed}),
        output=output,
        device="cpu",
        precision="float32",
    )
    return pd.read_csv(output / "injected.csv"), pd.read_csv(output / "recall.csv")


def test_inject__finds_the_loud_and_not_the_drowned(season, tmp_path):
    sounds, curve = run(season, tmp_path)
    assert len(sounds) == 16
    assert curve.events.sum() == 16
    low, high = curve.recall
    assert low < 0.35 and high > 0.8
    assert ((curve.low <= curve.recall) & (curve.recall <= curve.high)).all()
    assert sounds[sounds.snr_db < -12].found_share.max() == 0
    assert set(sounds.path) <= {"quiet.wav", "other.wav"}
    assert (sounds.start_s >= 0).all() and (sounds.end_s <= 10.01).all()
    assert (tmp_path / "recall.png").stat().st_size > 5_000


def test_inject__twice_gives_the_same_bytes(season, tmp_path):
    for name in "ab":
        run(season, tmp_path / name, sounds=3)
    for name in ("injected.csv", "recall.csv", "recall.png"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_inject__of_sources_that_no_formula_makes_is_an_empty_curve(season, tmp_path, grid):
    write_model(season / "frogs", grid, ["frog"])
    sounds, curve = run(season, tmp_path, model="frogs")
    assert sounds.empty and curve.empty
    assert (tmp_path / "recall.png").exists()


def test_inject__of_a_season_without_recordings_says_so(season, tmp_path):
    write_json(tmp_path / "catalogue" / "batches.json", {"deployments": [], "batches": {}})
    with pytest.raises(AntiphonError, match="no recording"):
        command.run(
            catalogue=tmp_path / "catalogue", levels=season / "stft", audio_root=season, output=tmp_path / "out",
            card=season / "model" / "card.json", weights=season / "model" / "generator.safetensors",
            settings=json.dumps(RULES),
        )  # fmt: skip
