"""Stage stft: a store per unit, resumed at the unit, the same bytes after a kill."""

import hashlib
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from antiphon.errors import AntiphonError
from antiphon.io.records import read_record
from antiphon.io.stores.spectrograms import Span, open_store
from antiphon.io.stores.writers import write_levels
from antiphon.signal.calibration import FULL_SCALE
from antiphon.signal.grid import Grid
from antiphon.signal.spectrogram import level_codes
from antiphon.stages import stft
from conftest import chirps, identity

SETTINGS = json.dumps(
    {
        "window_s": 0.016,
        "hop_s": 0.008,
        "bins": 256,
        "chunk_frames": 1024,
        "shard_frames": 8192,
        "clipping_level": 0.999,
        "keep_before_fault": True,
    }
)
START_US = 1_714_608_000_000_000


def row(path: Path, root: Path, index: int, **changes) -> dict:
    info = soundfile.info(path)
    return {
        "path": path.relative_to(root).as_posix(),
        "bytes": path.stat().st_size,
        "format": info.format,
        "subtype": info.subtype,
        "rate_hz": info.samplerate,
        "channels": info.channels,
        "frames": info.frames,
        "channel": "first",
        "start_us": START_US + index * 600_000_000,
        "utc_offset_min": 120,
        "start_local": "2024-05-02T02:00:00+02:00",
        "time_source": "filename",
        "recorder": None,
        "serial": None,
        "status": "ok",
        "reason": None,
        "detail": None,
        **changes,
    }


def write_batch(folder: Path, units: dict[str, list[dict]]) -> Path:
    manifest = folder / "A1.2024-05-02.json"
    header = {"batch": "A1.2024-05-02", "deployment": "A1", "site": "s", "latitude": None, "longitude": None}
    header |= {"utc_offset_min": 120, "sensitivity_db": None, "medium": "air"}
    manifest.write_text(json.dumps({**header, "units": units}), encoding="utf-8")
    return manifest


def digest(folder: Path) -> dict[str, str]:
    """Return a hash of every file below ``folder``."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def batch(tmp_path_factory) -> tuple[Path, Path]:
    """A manifest of five units with two recordings each, and its audio root."""
    root = tmp_path_factory.mktemp("audio")
    units = {}
    for day in range(2, 7):
        rows = []
        for index, rate_hz in enumerate((48000, 22050)):
            path = root / f"{day}-{index}.wav"
            soundfile.write(path, chirps(20.0, rate_hz, seed=10 * day + index), rate_hz, subtype="PCM_16")
            rows.append(row(path, root, index))
        units[f"A1.2024-05-{day:02d}"] = rows
    return write_batch(root, units), root


def run(batch, record: Path, **changes) -> None:
    manifest, root = batch
    stft.run(manifest=manifest, audio_root=root, settings=changes.get("settings", SETTINGS), record=record)


def test_stft__writes_what_the_transform_says(batch, tmp_path):
    run(batch, tmp_path / "r.json")
    record = read_record(tmp_path / "r.json")
    assert [unit.unit for unit in record.units] == [f"A1.2024-05-{day:02d}" for day in range(2, 7)]
    grid = Grid(0.016, 0.008, 256)
    store = open_store(tmp_path / record.units[0].store)
    for index, rate_hz in enumerate((48000, 22050)):
        sound, _ = soundfile.read(batch[1] / f"2-{index}.wav", dtype="float32")
        span = store.spans[index]
        np.testing.assert_array_equal(store.levels(span.frame_slice), level_codes(sound, rate_hz, grid))
        assert store.frame_centres_us(span)[0] == span.start_us + 8000
    facts = record.units[0].recordings[0]
    assert facts["samples"] == 20 * 48000
    assert facts["status"] == "ok"
    assert 0.1 < facts["peak"] < 0.4


def test_stft__gives_the_same_bytes_with_two_workers(batch, tmp_path):
    manifest, root = batch
    run(batch, tmp_path / "one" / "r.json")
    stft.run(manifest=manifest, audio_root=root, settings=SETTINGS, record=tmp_path / "two" / "r.json", workers=2)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")


def test_stft__skips_units_that_stand_and_drops_units_that_went(batch, tmp_path):
    manifest, root = batch
    run(batch, tmp_path / "r.json")
    before = {path.name: identity(path) for path in tmp_path.glob("*.zarr")}
    units = json.loads(manifest.read_text())["units"]
    gone = units.pop("A1.2024-05-03")
    units["A1.2024-05-04"] = units["A1.2024-05-04"][:1]
    (tmp_path / "m").mkdir()
    run((write_batch(tmp_path / "m", units), root), tmp_path / "r.json")
    after = {path.name: identity(path) for path in tmp_path.glob("*.zarr")}
    assert gone
    assert "A1.2024-05-03.zarr" not in after
    assert {name for name in after if after[name] != before[name]} == {"A1.2024-05-04.zarr"}


@pytest.mark.parametrize("after_stores", [0, 1, 3])
def test_stft__killed_anywhere_ends_with_the_same_bytes(batch, tmp_path, after_stores):
    manifest, root = batch
    run(batch, tmp_path / "whole" / "r.json")
    broken = tmp_path / "broken"
    command = [sys.executable, "-m", "antiphon", "stft", "--manifest", str(manifest), "--audio-root", str(root)]
    command += ["--settings", SETTINGS, "--record", str(broken / "r.json")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        stores = list(broken.glob("*.zarr")) if broken.exists() else []
        if len(stores) >= after_stores and (stores or list(broken.glob(".*part*"))):
            break
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    run(batch, broken / "r.json")
    assert digest(tmp_path / "whole") == digest(broken)


def test_stft__turns_a_bad_recording_into_a_row(tmp_path):
    good, changed, silent = (tmp_path / f"{name}.wav" for name in ("good", "changed", "silent"))
    soundfile.write(good, chirps(2.0, 48000, 1), 48000, subtype="PCM_16")
    soundfile.write(changed, chirps(2.0, 48000, 2), 48000, subtype="PCM_16")
    soundfile.write(silent, np.zeros(48000), 48000, subtype="PCM_16")
    rows = [row(path, tmp_path, index) for index, path in enumerate((good, changed, silent))]
    missing = {**row(good, tmp_path, 4), "path": "missing.wav"}
    soundfile.write(changed, chirps(1.0, 48000, 2), 48000, subtype="PCM_16")
    manifest = write_batch(tmp_path, {"A1.2024-05-02": [*rows, missing]})
    run((manifest, tmp_path), tmp_path / "out" / "r.json")
    facts = read_record(tmp_path / "out" / "r.json").units[0].recordings
    assert [one["status"] for one in facts] == ["ok", "quarantined", "ok", "quarantined"]
    assert [one["frames"] for one in facts] == [249, 0, 124, 0]
    assert facts[2]["reason"] == "digital_silence"
    assert "ingest" in facts[1]["detail"]


def test_stft__counts_clipping(tmp_path):
    path = tmp_path / "loud.wav"
    sound = np.zeros(48000, dtype=np.float32)
    sound[:4800] = 1.0
    soundfile.write(path, sound, 48000, subtype="FLOAT")
    manifest = write_batch(tmp_path, {"A1.2024-05-02": [row(path, tmp_path, 0)]})
    run((manifest, tmp_path), tmp_path / "out" / "r.json")
    facts = read_record(tmp_path / "out" / "r.json").units[0].recordings[0]
    assert facts["clipped_share"] == pytest.approx(0.1)
    assert facts["dc"] == pytest.approx(0.1)
    assert facts["peak"] == 1.0


def test_stft__takes_a_recording_shorter_than_a_window(tmp_path):
    path = tmp_path / "short.wav"
    soundfile.write(path, np.zeros(5), 48000, subtype="PCM_16")
    manifest = write_batch(tmp_path, {"A1.2024-05-02": [row(path, tmp_path, 0)]})
    run((manifest, tmp_path), tmp_path / "out" / "r.json")
    assert open_store(tmp_path / "out" / "A1.2024-05-02.zarr").frames == 0


def test_stft__keeps_time_to_the_microsecond_over_gaps_and_daylight_saving(tmp_path):
    """Recordings on both sides of a change of clocks: UTC goes on, and no frame lies in a gap."""
    path = tmp_path / "a.wav"
    soundfile.write(path, chirps(2.0, 48000, 1), 48000, subtype="PCM_16")
    change_us = 1_711_846_800_000_000  # 2024-03-31 01:00 UTC, when Central Europe goes from +01:00 to +02:00
    starts_us = [change_us - 3_600_000_000, change_us - 1_000_001, change_us + 7_200_000_000]
    offsets_min = [60, 60, 120]
    rows = [
        row(path, tmp_path, 0, start_us=start_us, utc_offset_min=offset_min)
        for start_us, offset_min in zip(starts_us, offsets_min, strict=True)
    ]
    run((write_batch(tmp_path, {"A1.2024-03-31": rows}), tmp_path), tmp_path / "out" / "r.json")
    store = open_store(tmp_path / "out" / "A1.2024-03-31.zarr")
    expected = [start_us + 8000 + 8000 * frame for start_us in starts_us for frame in range(249)]
    assert store.group["time"][:].tolist() == expected
    assert [centre for span in store.spans for centre in store.frame_centres_us(span).tolist()] == expected


def test_frame_times__do_not_drift_over_a_day(tmp_path, grid):
    frames = 24 * 3600 * 125 - 1
    attributes = {"fingerprint": "f"}
    path = tmp_path / "u.zarr"
    sizes = {"frames": 0, "chunk_frames": 256, "shard_frames": 256}
    clock = {"reference": FULL_SCALE, "utc_offset_min": 0}
    with write_levels(path, grid=grid, **sizes, **clock, attributes=attributes) as store:
        store.append(Span("a.wav", START_US, 0, 0, 48000, 256, "first"), [])
    span = replace(open_store(path).spans[0], frames=frames)
    centres = open_store(path).frame_centres_us(span)
    assert centres.dtype == np.int64
    assert centres[-1] == START_US + 24 * 3600 * 1_000_000 - 8000
    assert (np.diff(centres) == 8000).all()


def test_stft__gives_the_same_bytes_on_the_device_that_is_named(batch, tmp_path):
    manifest, root = batch
    run(batch, tmp_path / "default" / "r.json")
    stft.run(manifest=manifest, audio_root=root, settings=SETTINGS, record=tmp_path / "cpu" / "r.json", device="cpu")
    assert digest(tmp_path / "default") == digest(tmp_path / "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_stft__refuses_a_device_that_is_not_there(batch, tmp_path):
    manifest, root = batch
    with pytest.raises(AntiphonError, match="stft_device"):
        stft.run(manifest=manifest, audio_root=root, settings=SETTINGS, record=tmp_path / "r.json", device="cuda")
