"""What stage stft leaves behind: whole stores that say what they are, whatever happens to it and its files."""

import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import xarray as xr
from test_stft import SETTINGS, START_US, digest, row, run, write_batch

from antiphon.config import Settings, parse
from antiphon.errors import AntiphonError
from antiphon.io.records import read_record
from antiphon.io.stores.spectrograms import Span, open_store
from antiphon.io.stores.writers import write_levels
from antiphon.signal.calibration import FULL_SCALE
from antiphon.signal.grid import Grid
from antiphon.signal.levels import level_of_code
from conftest import chirps, identity

UNIT = "A1.2024-05-02"


def write_day(folder, seconds=(3.0, 3.0), **changes):
    """Write recordings and their manifest; return what :func:`run` takes."""
    rows = []
    for index, duration_s in enumerate(seconds):
        path = folder / f"{index}.wav"
        soundfile.write(path, chirps(duration_s, 48000, index), 48000, subtype="PCM_16")
        rows.append(row(path, folder, index))
    manifest = write_batch(folder, {UNIT: rows})
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | changes), encoding="utf-8")
    return manifest, folder


def write_faulty(folder):
    """Write a day whose second recording has a sample that is no number at 1.5 s."""
    manifest, _ = write_day(folder)
    path = folder / "1.wav"
    sound = chirps(3.0, 48000, 1)
    sound[72_000] = np.nan
    soundfile.write(path, sound, 48000, subtype="FLOAT")
    values = json.loads(manifest.read_text())
    values["units"][UNIT] = [values["units"][UNIT][0], row(path, folder, 1), *values["units"][UNIT][:1]]
    values["units"][UNIT][2] = {**values["units"][UNIT][2], "start_us": START_US + 2 * 600_000_000}
    manifest.write_text(json.dumps(values), encoding="utf-8")
    return manifest, folder


@pytest.mark.parametrize("shard_frames", [256, 8192])
@pytest.mark.parametrize("keep", [True, False])
def test_file_that_fails_while_it_is_decoded__costs_itself_alone(tmp_path, keep, shard_frames):
    sizes = {"keep_before_fault": keep, "chunk_frames": 256, "shard_frames": shard_frames}
    run(write_faulty(tmp_path), tmp_path / "out" / "r.json", settings=json.dumps(json.loads(SETTINGS) | sizes))
    before, failed, after = read_record(tmp_path / "out" / "r.json").units[0].recordings
    assert failed["failed_at_s"] == pytest.approx(1.5, abs=1e-4)
    assert failed["status"] == ("repaired" if keep else "quarantined")
    assert (failed["samples"] > 0) == (failed["frames"] > 0) == keep
    assert before["failed_at_s"] is None and after["failed_at_s"] is None
    store = open_store(tmp_path / "out" / f"{UNIT}.zarr")
    first, dropped, last = (store.levels(span.frame_slice) for span in store.spans)
    np.testing.assert_array_equal(first, last)
    assert len(dropped) == failed["frames"]
    assert store.frames == len(first) + len(dropped) + len(last) == store.group["level"].shape[0]
    assert store.hours().frames.max() == store.frames


def test_store__says_what_it_is_by_cf_and_acdd(tmp_path):
    run(write_day(tmp_path, latitude=47.5, longitude=8.5), tmp_path / "out" / "r.json")
    with xr.open_zarr(tmp_path / "out" / f"{UNIT}.zarr") as unit:
        for name in ("title", "summary", "keywords", "Conventions", "id", "source", "history", "program"):
            assert unit.attrs[name]
        assert unit.attrs["Conventions"] == "CF-1.11, ACDD-1.3"
        assert unit.attrs["time_coverage_start"] == "2024-05-02T00:00:00.000Z"
        assert unit.attrs["time_coverage_end"] == "2024-05-02T00:10:02.992Z"
        assert unit.attrs["geospatial_bounds"] == "POINT (47.5 8.5)"
        assert unit.time.attrs["standard_name"] == "time"
        assert unit.frequency.attrs == {
            "standard_name": "sound_frequency",
            "long_name": "centre of the frequency bin",
            "units": "Hz",
        }
        for name, variable in unit.data_vars.items():
            assert {"long_name", "units", "coverage_content_type"} <= variable.attrs.keys(), name
        assert all(isinstance(value, str | int | float) for value in unit.attrs.values()), "to_netcdf must work"
    assert str(tmp_path) not in (tmp_path / "out" / f"{UNIT}.zarr" / "zarr.json").read_text()


def test_calibration__changes_what_is_said_and_not_what_is_stored(tmp_path):
    """Calibrated later, a season is not decoded again, and ends with the bytes of one calibrated at once."""
    batch = write_day(tmp_path)
    run(batch, tmp_path / "out" / "r.json")
    shard = tmp_path / "out" / f"{UNIT}.zarr" / "level" / "c" / "0" / "0"
    before, plain = identity(shard), xr.open_zarr(tmp_path / "out" / f"{UNIT}.zarr").level.values
    calibrated = write_day(tmp_path, sensitivity_db=-30.0, medium="air", latitude=1.0, longitude=2.0)
    run(calibrated, tmp_path / "out" / "r.json")
    run(calibrated, tmp_path / "fresh" / "r.json")
    assert identity(shard) == before
    with xr.open_zarr(tmp_path / "out" / f"{UNIT}.zarr") as unit:
        np.testing.assert_allclose(unit.level.values, plain + 93.979 + 30.0, atol=1e-3)
        assert unit.level.attrs["level_reference"] == unit.attrs["level_reference"] == "20 uPa"
        assert unit.level.attrs["standard_name"] == "sound_pressure_level_in_air"
    assert digest(tmp_path / "out") == digest(tmp_path / "fresh")
    run(write_day(tmp_path, sensitivity_db=-30.0, medium="water"), tmp_path / "out" / "r.json")
    with xr.open_zarr(tmp_path / "out" / f"{UNIT}.zarr") as unit:
        np.testing.assert_allclose(unit.level.values, plain + 150.0, atol=1e-3)
        assert unit.level.attrs["level_reference"] == "1 uPa"
        assert not [name for name in unit.attrs if name.startswith("geospatial_")]


def test_tone_of_one_pascal__reads_94_decibels(tmp_path):
    """A tone at full scale through a recorder where 1 Pa reads -20 dB is 20 dB above 1 Pa: 114 dB re 20 µPa."""
    batch = write_day(tmp_path, seconds=(1.0,), sensitivity_db=-20.0)
    tone = np.sin(2 * np.pi * 1000 * np.arange(48000) / 48000) * 32767 / 32768
    soundfile.write(tmp_path / "0.wav", tone, 48000, subtype="PCM_16")
    run(batch, tmp_path / "out" / "r.json")
    with xr.open_zarr(tmp_path / "out" / f"{UNIT}.zarr") as unit:
        assert unit.level.sel(frequency=1000.0).values == pytest.approx(113.98, abs=0.25)


def test_hourly_level__is_the_mean_power_of_the_hour(tmp_path):
    grid, rng, start_us = Grid(0.016, 0.008, 8), np.random.default_rng(3), START_US + 3_590_000_000
    codes = rng.integers(100, 200, (9000, 8), dtype=np.uint8)
    codes[:, 6:] = 0
    for cut in (97, 4096):
        with write_levels(
            tmp_path / "u.zarr",
            grid=grid,
            frames=9000,
            chunk_frames=256,
            shard_frames=1024,
            reference=FULL_SCALE,
            utc_offset_min=60,
            attributes={"fingerprint": "f"},
        ) as store:
            span = Span("a.wav", start_us, 0, 0, 48000, 6, "first")
            store.append(span, (codes[first : first + cut] for first in range(0, 9000, cut)))
        hours = open_store(tmp_path / "u.zarr").hours()
        assert hours.start_us.tolist() == [START_US, START_US + 3_600_000_000]
        assert hours.frames[:, 0].tolist() == [1249, 7751]
        assert (hours.frames[:, 6:] == 0).all() and np.isnan(hours.level_db[:, 6:]).all()
        for hour, part in enumerate((codes[:1249:8], codes[1256::8])):
            expected = 10 * np.log10((10 ** (level_of_code(part[:, :6]).astype(float) / 10)).mean(axis=0))
            np.testing.assert_allclose(hours.level_db[hour, :6], expected, atol=0.006)


def test_store_of_a_day__has_at_most_64_files(tmp_path, root):
    """A whole day at the shipped chunks and shards, on a grid of few bins: how many there are changes no file."""
    import yaml

    settings = parse(Settings, yaml.safe_load((root / "config" / "config.yaml").read_text(encoding="utf-8"))).stft
    grid, frames = Grid(settings.window_s, settings.hop_s, 8), int(86_400 / settings.hop_s)
    with write_levels(
        tmp_path / "u.zarr",
        grid=grid,
        frames=frames,
        chunk_frames=settings.chunk_frames,
        shard_frames=settings.shard_frames,
        reference=FULL_SCALE,
        utc_offset_min=0,
        attributes={"fingerprint": "f"},
    ) as store:
        block = np.full((1 << 16, 8), 50, dtype=np.uint8)
        whole, rest = divmod(frames, len(block))
        store.append(Span("a.wav", START_US, 0, 0, 48000, 8, "first"), [block] * whole + [block[:rest]])
    assert sum(path.is_file() for path in (tmp_path / "u.zarr").rglob("*")) <= 64


def command(batch, record):
    manifest, audio_root = batch
    line = [sys.executable, "-m", "antiphon", "stft", "--manifest", str(manifest), "--audio-root", str(audio_root)]
    return [*line, "--settings", SETTINGS, "--record", str(record)]


def test_two_processes__never_mix_and_the_second_finds_the_work_done(tmp_path):
    """A killed Snakemake leaves its child running; the next run starts the same batch beside it."""
    batch = write_day(tmp_path, seconds=(30.0, 30.0, 30.0))
    both = [
        subprocess.Popen(command(batch, tmp_path / "out" / "r.json"), stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    run(batch, tmp_path / "alone" / "r.json")
    assert digest(tmp_path / "out") == digest(tmp_path / "alone")


def test_full_disk__leaves_nothing_and_one_line(tmp_path):
    """No file may grow beyond 64 kB: the first shard fails, as on a full disk."""
    batch = write_day(tmp_path, seconds=(30.0,))
    limited = "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)); "
    limited += "sys.argv = sys.argv[1:]; runpy.run_module('antiphon', run_name='__main__')"
    line = command(batch, tmp_path / "out" / "r.json")
    done = subprocess.run([line[0], "-c", limited, "antiphon", *line[3:]], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "not written, nothing half is left" in done.stderr and "Traceback" not in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_target_that_cannot_be_written__is_one_line(tmp_path):
    batch = write_day(tmp_path, seconds=(1.0,))
    with pytest.raises(AntiphonError, match=r"may not be written|read-only"):
        run(batch, type(tmp_path)("/sys/antiphon/r.json"))


def test_cut_store__is_written_anew(tmp_path):
    batch = write_day(tmp_path)
    run(batch, tmp_path / "out" / "r.json")
    whole = digest(tmp_path / "out")
    shard = tmp_path / "out" / f"{UNIT}.zarr" / "level" / "c" / "0" / "0"
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(AntiphonError, match="level/c/0/0 has"):
        open_store(tmp_path / "out" / f"{UNIT}.zarr")
    run(batch, tmp_path / "out" / "r.json")
    assert digest(tmp_path / "out") == whole
