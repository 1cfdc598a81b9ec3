"""A season opens as one lazy tree, from a disk and from an object store, and damage is never read as silence."""

import subprocess
import sys

import dask
import fsspec
import numpy as np
import pytest
import xarray as xr

import antiphon
from antiphon.errors import AntiphonError
from antiphon.io.records import BatchRecord, UnitRecord, write_record
from antiphon.io.stores.spectrograms import Span, open_store
from antiphon.io.stores.writers import write_levels, write_probabilities
from antiphon.signal.calibration import FULL_SCALE, level_reference
from antiphon.signal.levels import PROBABILITY_NOT_HEARD, level_of_code

START_US = 1_714_521_600_000_000  # 2024-05-01T00:00Z
DAY_US, HOUR_US = 86_400_000_000, 3_600_000_000
FRAMES = (700, 0, 1300)


def write_season(folder, grid, days=3, heard=(("A1", 256), ("20190522", 80)), reference=FULL_SCALE):
    """Write a level and a probability store of each deployment and day, and return the codes of the levels."""
    codes, rng = {}, np.random.default_rng(0)
    for deployment, bins in heard:
        levels, probabilities = [], []
        for day in range(days):
            unit = f"{deployment}.2024-05-{day + 1:02d}"
            codes[unit] = rng.integers(1, 255, (sum(FRAMES), grid.bins), dtype=np.uint8)
            codes[unit][:, bins:] = 0
            place = {"site": "s", "deployment": deployment, "unit": unit, "fingerprint": unit}
            place |= {"level_reference": reference.name, "level_offset_db": reference.offset_db}
            path = folder / "stft" / f"{unit}.zarr"
            with write_levels(
                path,
                grid=grid,
                frames=sum(FRAMES),
                chunk_frames=256,
                shard_frames=1024,
                reference=reference,
                utc_offset_min=0,
                attributes=place,
            ) as store:
                for hour, stop in enumerate(np.cumsum(FRAMES)):
                    start_us = START_US + day * DAY_US + hour * HOUR_US
                    span = Span(f"{unit}/{hour}.wav", start_us, 0, 0, 48000, bins, "first")
                    store.append(span, [codes[unit][stop - FRAMES[hour] : stop]])
            like = open_store(path)
            found = np.full((2, like.frames, grid.bins), PROBABILITY_NOT_HEARD, dtype=np.uint8)
            found[0, :, :bins], found[1, :, :bins] = 127, 0
            kept = folder / "infer" / "m" / f"{unit}.zarr"
            with write_probabilities(kept, like=like, sources=["bird", "insect"], attributes=place) as out:
                out.append(found)
            levels.append(UnitRecord(unit, path.name, unit, like.frames, []))
            probabilities.append(UnitRecord(unit, path.name, unit, like.frames, []))
        for stage, records in (("stft", levels), ("infer/m", probabilities)):
            batch = f"{deployment}.2024-05-01"
            write_record(folder / stage / f"{batch}.json", BatchRecord(stage, 1, batch, deployment, records))
    return codes


@pytest.fixture(scope="module")
def season(tmp_path_factory, grid):
    folder = tmp_path_factory.mktemp("season")
    return folder, write_season(folder, grid)


def test_open_season__is_one_tree_of_decibels(season):
    folder, codes = season
    tree = antiphon.open_season(folder / "stft")
    assert sorted(tree.children) == ["20190522", "A1"]
    level = tree["A1/level"]
    assert level.dims == ("time", "frequency") and level.dtype == np.float32
    whole = np.concatenate([codes[f"A1.2024-05-0{day}"] for day in (1, 2, 3)])
    np.testing.assert_array_equal(level.values, level_of_code(whole))
    assert np.isnan(tree["20190522/level"].values[:, 80:]).all()
    assert not np.isnan(tree["20190522/level"].values[:, :80]).any()
    assert level.attrs["level_reference"] == "full scale"


def test_open_season__has_the_times_of_plain_xarray(season):
    folder, _ = season
    level = antiphon.open_season(folder / "stft", deployments=["A1"])["A1/level"]
    with xr.open_zarr(folder / "stft" / "A1.2024-05-02.zarr") as one:
        day = level.sel(time="2024-05-02")
        np.testing.assert_array_equal(day.time.values, one.time.values)
        np.testing.assert_allclose(day.values, one.level.values)
        assert set(day.unit.values) == {"A1.2024-05-02"}
    hour = level.sel(time=slice("2024-05-02T02", "2024-05-02T02"))
    assert hour.sizes["time"] == 1300
    assert level.sel(time=np.datetime64("2024-05-02T02:00:00.009"), method="nearest").time.values == np.datetime64(
        "2024-05-02T02:00:00.008"
    )
    with pytest.raises(KeyError, match="nearest"):
        level.sel(time=np.datetime64("2024-05-02T01:30"))


def test_open_season__cuts_no_chunk_across_two_shards(season):
    folder, _ = season
    level = antiphon.open_season(folder / "stft")["A1/level"]
    assert level.chunks[0] == (1024, 976) * 3
    assert set(antiphon.open_season(folder / "infer" / "m")["A1/probability"].chunks[0]) == {1}


def test_open_season__reads_nothing_but_metadata(season, monkeypatch):
    folder, _ = season

    def refuse(*_, **__):
        raise AssertionError("cells were read")

    monkeypatch.setattr("antiphon.io.stores.season._Cells.__getitem__", refuse)
    level = antiphon.open_season(folder / "stft")["A1/level"]
    (10 ** (level / 10)).mean("time")
    repr(level)


def test_days_mean_spectrum__runs_shard_by_shard(season):
    """The greatest thing that is ever held is a chunk: days of a month are reduced out of core."""
    folder, codes = season
    level = antiphon.open_season(folder / "stft")["A1/level"]
    days = xr.concat([level.sel(time=f"2024-05-0{day}").mean("time") for day in (1, 2, 3)], "day")
    greatest = []

    class Watch(dask.callbacks.Callback):
        def _posttask(self, key, result, dsk, state, worker_id):
            greatest.append(getattr(result, "nbytes", 0))

    with Watch():
        found = days.compute(scheduler="synchronous")
    expected = [level_of_code(codes[f"A1.2024-05-0{day}"]).astype(float).mean(axis=0) for day in (1, 2, 3)]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert max(greatest) <= 1024 * 256 * 4


def test_open_season__gives_probabilities_with_the_names_of_their_sources(season):
    folder, _ = season
    found = antiphon.open_season(folder / "infer" / "m")["20190522/probability"]
    assert found.source.values.tolist() == ["bird", "insect"]
    np.testing.assert_allclose(found.sel(source="bird").values[:, :80], 0.5)
    assert (found.sel(source="insect").values[:, :80] == 0).all()
    assert np.isnan(found.values[:, :, 80:]).all()


def test_open_season__adds_the_calibration(tmp_path, grid):
    codes = write_season(tmp_path, grid, days=1, reference=level_reference(-30.0, "water"))
    level = antiphon.open_season(tmp_path / "stft")["A1/level"]
    assert level.attrs["level_reference"] == "1 uPa"
    np.testing.assert_allclose(level.values, level_of_code(codes["A1.2024-05-01"]) + 150, rtol=1e-5)


@pytest.mark.parametrize("fault", ["cut", "missing"])
@pytest.mark.parametrize("kind", ["level", "probability"])
def test_damaged_store__is_an_error_and_never_silence(tmp_path, grid, kind, fault):
    write_season(tmp_path, grid, days=2)
    folder = tmp_path / ("stft" if kind == "level" else "infer/m")
    files = sorted((folder / "A1.2024-05-02.zarr" / kind / "c").rglob("*"))
    shard = next(path for path in reversed(files) if path.is_file())
    if fault == "cut":
        shard.write_bytes(shard.read_bytes()[:-100])
    else:
        shard.unlink()
    tree = antiphon.open_season(folder)
    tree["A1"][kind].sel(time="2024-05-01").load()
    with pytest.raises(AntiphonError, match=r"A1\.2024-05-02\.zarr: .*(missing|bytes)"):
        tree["A1"][kind].sel(time="2024-05-02").load()
    with pytest.raises(AntiphonError, match=r"A1\.2024-05-02\.zarr: .*(missing|bytes)"):
        open_store(folder / "A1.2024-05-02.zarr")


def test_open_season__refuses_a_store_that_the_record_does_not_list(tmp_path, grid):
    write_season(tmp_path, grid, days=1)
    record = tmp_path / "stft" / "A1.2024-05-01.json"
    units = [UnitRecord("A1.2024-05-01", "A1.2024-05-01.zarr", "another", 2000, [])]
    write_record(record, BatchRecord("stft", 1, "A1.2024-05-01", "A1", units))
    with pytest.raises(AntiphonError, match="made from something else"):
        antiphon.open_season(tmp_path / "stft")
    with pytest.raises(AntiphonError, match="made from something else"):
        open_store(tmp_path / "stft" / "A1.2024-05-01.zarr", fingerprint="another")
    with pytest.raises(AntiphonError, match="no store of a season here"):
        antiphon.open_season(tmp_path)
    with pytest.raises(AntiphonError, match="no deployment B7"):
        antiphon.open_season(tmp_path / "stft", deployments=["B7"])


@pytest.fixture
def bucket(s3_url):
    """An empty bucket: what fsspec needs to open it."""
    options = {"key": "a", "secret": "b", "endpoint_url": s3_url}
    fsspec.filesystem("s3", **options).mkdir("bucket")
    return options


def test_open_season__opens_an_object_store(season, bucket):
    folder, codes = season
    objects = fsspec.filesystem("s3", **bucket)
    objects.put(str(folder / "stft"), "bucket/spring/stft", recursive=True)
    tree = antiphon.open_season("s3://bucket/spring/stft", storage_options=bucket)
    day = tree["A1/level"].sel(time="2024-05-03")
    np.testing.assert_array_equal(day.values, level_of_code(codes["A1.2024-05-03"]))
    with xr.open_zarr("s3://bucket/spring/stft/A1.2024-05-03.zarr", storage_options=bucket) as one:
        np.testing.assert_allclose(one.level.values, day.values)
    objects.rm("bucket/spring/stft/A1.2024-05-03.zarr/level/c/1/0")
    with pytest.raises(AntiphonError, match="level/c/1/0 is missing"):
        tree["A1/level"].sel(time="2024-05-03").mean().compute()


def test_import_antiphon__imports_nothing_heavy():
    script = "import sys, antiphon; print([m for m in ('xarray', 'zarr', 'dask', 'numpy') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"
    assert callable(antiphon.open_season)
