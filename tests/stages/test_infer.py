"""Stage infer: a store per unit, resumed at the unit, the same bytes after a kill and with any batch."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from test_stft import digest

from antiphon.config import Source
from antiphon.errors import AntiphonError
from antiphon.io.models.checkpoints import Card, save_model
from antiphon.io.records import BatchRecord, UnitRecord, read_record, write_record
from antiphon.io.stores.spectrograms import Span, open_store
from antiphon.io.stores.writers import write_levels
from antiphon.learning.generators import make_generator
from antiphon.signal.calibration import FULL_SCALE
from antiphon.signal.grid import Grid
from antiphon.stages import infer
from conftest import identity

GRID = Grid(0.016, 0.008, 64)
SETTINGS = {"strip_frames": 256, "margin_frames": 32, "keep": "all", "keep_above": 0.05}
BATCH = "A1.2024-05-02"


def save(folder: Path, grid: Grid = GRID) -> tuple[Path, Path]:
    """Save a model with fresh weights; return its card and weights."""
    sources = {name: Source(labels=[name], scientific_name=None, common_name=name) for name in ("bird", "insect")}
    generator = make_generator("resunet", widths=[8, 12], sources=2, bins=grid.bins, seed=3)
    card = Card(
        model="tiny",
        network="resunet",
        widths=(8, 12),
        sources=sources,
        grid=grid,
        thresholds={"bird": 0.5, "insect": 0.5},
        scores={"validation": {"bird": 0.5, "insect": 0.5, "macro": 0.5}},
        parameters=1,
        training={},
        mask_rule={},
        versions={"antiphon": "0", "train": 1},
    )
    save_model(folder, card, generator.state_dict())
    return folder / "card.json", folder / "generator.safetensors"


@pytest.fixture(scope="module")
def season(tmp_path_factory) -> Path:
    """Six units of two recordings, their batch record, and a model."""
    folder = tmp_path_factory.mktemp("season")
    save(folder / "model")
    rng = np.random.default_rng(0)
    units = []
    for day in range(2, 8):
        unit = f"A1.2024-05-{day:02d}"
        attributes = {"fingerprint": f"stft-{day}", "unit": unit, "site": "s", "deployment": "A1"}
        sizes = {"chunk_frames": 256, "shard_frames": 1024}
        with write_levels(
            folder / "stft" / f"{unit}.zarr",
            grid=GRID,
            frames=1500,
            **sizes,
            reference=FULL_SCALE,
            utc_offset_min=0,
            attributes=attributes,
        ) as out:
            for index, frames in enumerate((1100, 400)):
                codes = rng.integers(80, 140, (frames, GRID.bins), dtype=np.uint8)
                codes[:, 50:] = 0
                out.append(Span(f"{index}.wav", index * 10**8, 0, 0, 48000, 50, "first"), [codes])
        units.append(UnitRecord(unit, f"{unit}.zarr", f"stft-{day}", 1500, []))
    write_record(folder / "stft" / f"{BATCH}.json", BatchRecord("stft", 1, BATCH, "A1", units))
    return folder


def arguments(season: Path, output: Path, **changes) -> dict:
    given = {
        "record": season / "stft" / f"{BATCH}.json",
        "card": season / "model" / "card.json",
        "weights": season / "model" / "generator.safetensors",
        "settings": json.dumps(SETTINGS),
        "output": output / f"{BATCH}.json",
        "device": "cpu",
    }
    return {**given, **changes}


def test_infer__gives_a_probability_to_every_cell_that_was_heard(season, tmp_path):
    infer.run(**arguments(season, tmp_path))
    store = open_store(tmp_path / "A1.2024-05-02.zarr")
    codes = store.probabilities(slice(0, store.frames))
    assert codes.shape == (2, 1500, 64)
    assert (codes[:, :, 50:] == 255).all()
    assert (codes[:, :, :50] <= 254).all()
    assert store.sources == ("bird", "insect")
    assert store.attributes["model"] == "tiny"


@pytest.mark.parametrize("change", [{"batch": 7}, {"workers": 3}])
def test_infer__gives_the_same_bytes_whatever_the_machine_is_asked_for(season, tmp_path, change):
    infer.run(**arguments(season, tmp_path / "a"))
    infer.run(**arguments(season, tmp_path / "b", **change))
    assert digest(tmp_path / "a") == digest(tmp_path / "b")


def test_infer__says_what_computed(season, tmp_path):
    infer.run(**arguments(season, tmp_path, precision="float32"))
    attributes = open_store(tmp_path / "A1.2024-05-02.zarr").attributes
    card = json.loads((season / "model" / "card.json").read_text())
    assert attributes["computed"] == {"device": "cpu", "runtime": "openvino", "precision": "float32"}
    assert attributes["weights_sha256"] == card["weights_sha256"]
    assert attributes["grid"] == card["grid"]


def test_infer__in_another_precision_is_another_store(season, tmp_path):
    infer.run(**arguments(season, tmp_path, precision="float32"))
    before = {identity(path) for path in tmp_path.glob("*.zarr")}
    infer.run(**arguments(season, tmp_path, precision="bfloat16"))
    assert not before & {identity(path) for path in tmp_path.glob("*.zarr")}


def test_infer__without_ranges_in_the_card_refuses_eight_bits(season, tmp_path):
    with pytest.raises(AntiphonError, match="no input_ranges"):
        infer.run(**arguments(season, tmp_path, precision="int8"))


def test_infer__with_strips_that_do_not_fit_the_network_says_so(season, tmp_path):
    settings = json.dumps({**SETTINGS, "strip_frames": 96, "margin_frames": 47})
    with pytest.raises(AntiphonError, match="infer"):
        infer.run(**arguments(season, tmp_path, settings=settings))


def test_infer__killed_in_the_middle_ends_with_the_same_bytes(season, tmp_path):
    infer.run(**arguments(season, tmp_path / "whole"))
    broken = tmp_path / "broken"
    given = {key: str(value) for key, value in arguments(season, broken).items()}
    options = [part for key, value in given.items() for part in (f"--{key}", value)]
    process = subprocess.Popen([sys.executable, "-m", "antiphon", "infer", *options], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None and not list(broken.glob("*.zarr")):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    infer.run(**arguments(season, broken))
    assert digest(tmp_path / "whole") == digest(broken)


def test_batches__side_by_side_give_the_bytes_of_one_after_the_other(season, tmp_path):
    """Two jobs at a time of one deployment, into one folder, each in a process of its own: they share nothing."""
    units = read_record(season / "stft" / f"{BATCH}.json").units
    jobs = {}
    for name, some in (("A1.2024-06-01", units[:3]), ("A1.2024-06-02", units[3:])):
        record = season / "stft" / f"{name}.json"
        write_record(record, BatchRecord("stft", 1, name, "A1", some))
        jobs[name] = {"record": record, "output": tmp_path / "apart" / f"{name}.json"}
        infer.run(**arguments(season, tmp_path) | jobs[name])
    running = []
    for name, changes in jobs.items():
        given = arguments(season, tmp_path) | changes | {"output": tmp_path / "beside" / f"{name}.json"}
        options = [part for key, value in given.items() for part in (f"--{key}", str(value))]
        running.append(subprocess.Popen([sys.executable, "-m", "antiphon", "infer", *options]))
    assert [process.wait(timeout=300) for process in running] == [0, 0]
    assert digest(tmp_path / "beside") == digest(tmp_path / "apart")
    assert len(list((tmp_path / "beside").glob("*.zarr"))) == len(units)


def test_infer__skips_what_stands_and_follows_new_weights(season, tmp_path):
    infer.run(**arguments(season, tmp_path))
    before = {path: identity(path) for path in tmp_path.glob("*.zarr")}
    infer.run(**arguments(season, tmp_path))
    assert before == {path: identity(path) for path in tmp_path.glob("*.zarr")}
    infer.run(**arguments(season, tmp_path, settings=json.dumps({**SETTINGS, "margin_frames": 16})))
    assert not set(before.values()) & {identity(path) for path in tmp_path.glob("*.zarr")}


def test_infer__keeps_only_what_is_active_when_asked(season, tmp_path):
    settings = json.dumps({**SETTINGS, "keep": "active", "keep_above": 0.1})
    infer.run(**arguments(season, tmp_path / "all"))
    infer.run(**arguments(season, tmp_path / "active", settings=settings))
    every, active = (
        open_store(tmp_path / folder / "A1.2024-05-02.zarr").probabilities(slice(0, 1500))
        for folder in ("all", "active")
    )
    np.testing.assert_array_equal(active, np.where(every < np.ceil(0.1 * 254), 0, every))


def test_infer__keeps_no_probability_when_asked(season, tmp_path):
    infer.run(**arguments(season, tmp_path / "all"))
    infer.run(**arguments(season, tmp_path / "none", settings=json.dumps({**SETTINGS, "keep": "none"})))
    stores = [open_store(tmp_path / folder / "A1.2024-05-02.zarr") for folder in ("all", "none")]
    every, flat = (store.probabilities(slice(0, 1500)) for store in stores)
    assert np.array_equal(flat, np.where(every == 255, 255, np.where(every >= 127, 254, 0)))
    assert stores[1].attributes["thresholds"] == {"bird": 0.5, "insect": 0.5}


def test_infer__refuses_a_model_of_another_grid(season, tmp_path):
    card, weights = save(tmp_path / "other", Grid(0.016, 0.008, 128))
    with pytest.raises(AntiphonError, match="grid"):
        infer.run(**arguments(season, tmp_path, card=card, weights=weights))


def test_infer__stops_when_a_gpu_is_asked_for_and_absent(season, tmp_path):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(AntiphonError, match="cuda"):
        infer.run(**arguments(season, tmp_path, device="cuda"))
