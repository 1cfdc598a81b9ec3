"""From sound to tables, through the stages: what is known to be there is found; nothing is found where nothing is.

Nor does a model find anything that learned from labels of other sounds: it knows in which bands a source may sound, and
no cell is ever likelier than that.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml
import zarr

from antiphon.io.models.cards import CARD
from antiphon.io.models.checkpoints import WEIGHTS
from antiphon.io.models.places import SHIPPED
from antiphon.scenes.soundscape import make_scene
from antiphon.scenes.weather import recorder
from antiphon.signal.grid import Grid
from antiphon.signal.masking import source_masks
from antiphon.signal.spectrogram import power
from antiphon.stages import infer, ingest, pair, stft, tabulate, train
from conftest import ROOT

SETTINGS = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
GRID = Grid(SETTINGS["stft"]["window_s"], SETTINGS["stft"]["hop_s"], SETTINGS["stft"]["bins"])
RULE = SETTINGS["pair"]["mask_rule"]
SOURCES = list(SETTINGS["models"]["community"]["sources"])
RATE_HZ, SECONDS = 24_000, 10.0
BATCH = "A.2024-05-02"


def scenes(snr_db: float, count: int = 4, presence: dict[str, float] | None = None) -> list:
    """Return soundscapes in which every sound stands out by ``snr_db``."""
    given = {"duration_s": SECONDS, "rate_hz": RATE_HZ, "snr_low_db": snr_db, "snr_high_db": snr_db}
    rng = np.random.default_rng(3)
    given |= {"place": recorder(rng, RATE_HZ), "gain_db": -50.0, "empty_share": 0.0, "presence": presence}
    return [make_scene(own, **given) for own in rng.spawn(count)]


def true_occupancy(made: list) -> dict[str, float]:
    """Return the share of the cells that each source owns."""
    heard = GRID.heard_bins(RATE_HZ)
    masks = [
        source_masks(
            np.stack([power(stem, RATE_HZ, GRID) for stem in scene.stems]),
            power(scene.bed, RATE_HZ, GRID),
            heard_bins=heard,
            **RULE,
        )
        for scene in made
    ]
    cells = sum(mask[:, :, :heard].sum(axis=(1, 2)) for mask in masks)
    return dict(zip(made[0].labels, cells / sum(mask.shape[1] * heard for mask in masks), strict=True))


def recorded(folder: Path, hours: dict[int, list[np.ndarray]]) -> Path:
    """Write recordings by the hour of one day, and take that season to its level stores."""
    for hour, sounds in hours.items():
        for number, sound in enumerate(sounds):
            path = folder / "audio" / "A" / f"20240502_{hour:02d}{5 * number:02d}00.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, sound, RATE_HZ, subtype="PCM_16")
    header = "deployment,site,latitude,longitude,folder,recorder,utc_offset,filename_time,channel"
    (folder / "deployments.csv").write_text(f"{header}\nA,s,1,2,A,made,+00:00,local,first\n", encoding="utf-8")
    ingest.run(
        deployments=folder / "deployments.csv",
        audio_root=folder / "audio",
        settings=json.dumps(SETTINGS["ingest"] | {"batch_hours": 24}),
        season="known",
        catalogue=folder / "catalogue",
    )
    stft.run(
        manifest=folder / "catalogue" / "manifests" / f"{BATCH}.json",
        audio_root=folder / "audio",
        settings=json.dumps(SETTINGS["stft"]),
        record=folder / "stft" / f"{BATCH}.json",
    )
    return folder


def tabulated(folder: Path, model: Path = SHIPPED) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Let a model separate the season; return occupancy by hour and source, and events."""
    card = model / CARD
    infer.run(
        record=folder / "stft" / f"{BATCH}.json",
        card=card,
        weights=model / WEIGHTS,
        settings=json.dumps(SETTINGS["infer"]),
        output=folder / "infer" / f"{BATCH}.json",
        device="cpu",
        precision="float32",
    )
    tabulate.run(
        season="known",
        deployment="A",
        manifests=[folder / "catalogue" / "manifests" / f"{BATCH}.json"],
        set_aside=folder / "catalogue" / "set_aside" / "A.json",
        stft_records=[folder / "stft" / f"{BATCH}.json"],
        infer_records=[folder / "infer" / f"{BATCH}.json"],
        card=card,
        model="m",
        stft=json.dumps(SETTINGS["stft"]),
        settings=json.dumps(SETTINGS["tabulate"]),
        tables=folder / "tables",
        sums=folder / "sums",
    )
    occupancy, events = (
        pd.read_parquet(folder / "tables" / name / "m" / "A.parquet") for name in ("occupancy", "events")
    )
    occupancy = occupancy[occupancy["effort_s"] > 0]
    return occupancy.set_index([occupancy["interval_start"].dt.hour, "source"]), events


@pytest.fixture(scope="module")
def heard(tmp_path_factory):
    """A season that the shipped model went through: an hour at each ratio, and one in which nobody sounds."""
    made = {4: scenes(20.0), 5: scenes(10.0), 6: scenes(0.0), 7: scenes(0.0, 2, dict.fromkeys(SOURCES, 0.0))}
    sounds = {hour: [scene.mixture for scene in some] for hour, some in made.items()}
    return made, *tabulated(recorded(tmp_path_factory.mktemp("known"), sounds))


@pytest.mark.parametrize(("hour", "least", "most"), [(4, 0.5, 2.0), (5, 0.4, 2.0), (6, 0.03, 2.0)])
def test_occupancy__that_is_known_is_found(heard, hour, least, most):
    """Within these factors at 20, 10 and 0 dB, in less than a minute; `python -m benchmarks.occupancy` says more."""
    made, occupancy, _ = heard
    for source, true in true_occupancy(made[hour]).items():
        row = occupancy.loc[hour, source]
        assert true > 0.001
        assert least * true < row["tf_occupancy"] < most * true, source
        assert row["tf_occupancy_low"] <= row["tf_occupancy_corrected"] <= row["tf_occupancy_high"]
        assert row["n_events"] > 0


def test_nobody__is_found_where_nobody_is(heard):
    """In noise and weather at most 1 % of the cells are taken for a source's, and corrected to none."""
    made, occupancy, _ = heard
    row = occupancy.loc[7]
    assert list(row.index) == SOURCES
    assert (row["effort_s"] > 0.99 * SECONDS * len(made[7])).all()
    assert (row["tf_occupancy"] <= 0.01).all()
    assert (row["tf_occupancy_corrected"] == 0).all()


def test_silence__is_silent(tmp_path):
    occupancy, events = tabulated(recorded(tmp_path, {4: [np.zeros(round(SECONDS * RATE_HZ))] * 2}))
    assert (occupancy["effort_s"] > 0).all()
    assert not occupancy[["active_cells", "active_s", "n_events", "tf_occupancy_corrected"]].to_numpy().any()
    assert not len(events)


def learned(folder: Path, asked: dict, model: dict) -> Path:
    """Learn briefly from the examples in the folder."""
    steps = {"steps": 50, "batch_size": 4, "tile_frames": 64, "validate_every": 50}
    steps |= {"learning_rate": 0.01, "average_decay": 0.9, "critic": SETTINGS["train"]["critic"] | {"weight": 0.0}}
    train.run(
        pairs=folder / "pairs.zarr",
        settings=json.dumps(SETTINGS["train"] | steps),
        model="m",
        model_settings=json.dumps(model),
        stft=json.dumps(SETTINGS["stft"]),
        pair=json.dumps(asked),
        output=folder / "model",
        device="cpu",
        precision="float32",
    )
    return folder / "model"


def test_labels__of_other_sounds_teach_to_find_nothing(tmp_path):
    """A model that learned as long from the right labels finds all sources."""
    season = recorded(tmp_path / "season", {4: [scene.mixture for scene in scenes(20.0, 2)]})
    model = SETTINGS["models"]["community"] | {"weights": "train", "widths": [4, 6, 8]}
    formula = {"train": 20, "validation": 12, "test": 1, "snr_low_db": 20.0, "snr_high_db": 20.0}
    asked = SETTINGS["pair"] | {"duration_s": 2.0, "formula": formula | {"rates_hz": [RATE_HZ], "seed": 2}}
    stft = json.dumps(SETTINGS["stft"])
    pair.run(settings=json.dumps(asked), model_settings=json.dumps(model), stft=stft, output=tmp_path)
    occupancy, events = tabulated(season, learned(tmp_path, asked, model))
    assert (occupancy["tf_occupancy"] > 0).all()
    assert (occupancy["n_events"] > 0).all()
    for split in ("train", "validation"):
        masks = zarr.open_group(tmp_path / "pairs.zarr", mode="r+")[split]["mask_bits"]
        masks[:] = np.roll(masks[:], 5, axis=0)
    occupancy, events = tabulated(season, learned(tmp_path, asked, model))
    assert not occupancy[["active_cells", "n_events"]].to_numpy().any()
    assert not len(events)
