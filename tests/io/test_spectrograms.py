"""Stores: whole or absent, opened by plain xarray, exact however they are cut."""

import warnings

import numpy as np
import pytest
import xarray as xr

from antiphon.errors import AntiphonError
from antiphon.io.stores.spectrograms import Span, open_store, read_fingerprint
from antiphon.io.stores.writers import write_levels, write_probabilities
from antiphon.signal.calibration import FULL_SCALE
from antiphon.signal.levels import PROBABILITY_NOT_HEARD

START_US = 1_714_521_600_000_000  # 2024-05-01T00:00Z


def write_unit(path, grid, lengths=(700, 0, 1300), promised=None, block=97, fingerprint="f"):
    rng = np.random.default_rng(0)
    whole = [rng.integers(1, 255, (n, grid.bins), dtype=np.uint8) for n in lengths]
    with write_levels(
        path,
        grid=grid,
        frames=sum(lengths) if promised is None else promised,
        chunk_frames=256,
        shard_frames=1024,
        reference=FULL_SCALE,
        utc_offset_min=0,
        attributes={"fingerprint": fingerprint, "title": "a unit"},
    ) as store:
        for index, codes in enumerate(whole):
            span = Span(f"a/{index}.wav", START_US + index * 60_000_000, 0, 0, 48000, 256, "first")
            store.append(span, (codes[first : first + block] for first in range(0, len(codes), block)))
    return np.concatenate(whole)


@pytest.mark.parametrize("promised", [None, 0, 10, 5000])
@pytest.mark.parametrize("block", [97, 1024, 100_000])
def test_write_levels__gives_back_what_was_appended(tmp_path, grid, promised, block):
    codes = write_unit(tmp_path / "u.zarr", grid, promised=promised, block=block)
    store = open_store(tmp_path / "u.zarr")
    np.testing.assert_array_equal(store.levels(slice(0, store.frames)), codes)
    np.testing.assert_array_equal(store.levels(store.spans[2].frame_slice), codes[700:])
    assert [span.frames for span in store.spans] == [700, 0, 1300]
    assert read_fingerprint(tmp_path / "u.zarr") == "f"


def test_write_levels__opens_in_plain_xarray_without_a_warning(tmp_path, grid):
    codes = write_unit(tmp_path / "u.zarr", grid)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        unit = xr.open_zarr(tmp_path / "u.zarr")
        level = unit.level.isel(time=slice(0, 50)).values
    np.testing.assert_allclose(level, codes[:50] * 0.5 - 122.5)
    assert unit.level.dims == ("time", "frequency")
    assert unit.time.values[0] == np.datetime64("2024-05-01T00:00:00.008")
    assert unit.time.values[700] == np.datetime64("2024-05-01T00:02:00.008")
    assert unit.frequency.values[16] == 1000.0
    assert (unit.recording.values[[0, 699, 700]] == [0, 0, 2]).all()


def test_write_levels__keeps_few_files(tmp_path, grid):
    write_unit(tmp_path / "u.zarr", grid)
    assert sum(path.is_file() for path in (tmp_path / "u.zarr").rglob("*")) <= 64


def test_background_and_floor__are_quantiles_of_heard_cells(tmp_path, grid):
    codes = write_unit(tmp_path / "u.zarr", grid)
    store = open_store(tmp_path / "u.zarr")
    middle = np.median(codes[:700], axis=0)
    assert np.abs(store.background()[0].astype(float) - middle).max() <= 1
    assert (store.background()[1] == 0).all()
    assert np.abs(store.floor() - np.quantile(codes, 0.1, axis=0)).max() <= 1


def test_write_levels__leaves_nothing_when_it_fails(tmp_path, grid):
    with (
        pytest.raises(RuntimeError),
        write_levels(
            tmp_path / "u.zarr",
            grid=grid,
            frames=10,
            chunk_frames=256,
            shard_frames=1024,
            reference=FULL_SCALE,
            utc_offset_min=0,
            attributes={"fingerprint": "f"},
        ),
    ):
        raise RuntimeError("power cut")
    assert list(tmp_path.iterdir()) == []


def test_write_levels__replaces_an_older_store(tmp_path, grid):
    write_unit(tmp_path / "u.zarr", grid, fingerprint="old")
    write_unit(tmp_path / "u.zarr", grid, lengths=(30,), fingerprint="new")
    assert open_store(tmp_path / "u.zarr").frames == 30
    assert [path.name for path in tmp_path.iterdir()] == ["u.zarr"]


def test_write_probabilities__shares_the_frames_of_its_levels(tmp_path, grid):
    write_unit(tmp_path / "l.zarr", grid)
    like = open_store(tmp_path / "l.zarr")
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 255, (2, like.frames, grid.bins), dtype=np.uint8)
    codes[:, :, 200:] = PROBABILITY_NOT_HEARD
    made_from = {"fingerprint": "p"}
    with write_probabilities(tmp_path / "p.zarr", like=like, sources=["bird", "insect"], attributes=made_from) as out:
        for first in range(0, like.frames, 333):
            out.append(codes[:, first : first + 333])
    store = open_store(tmp_path / "p.zarr")
    np.testing.assert_array_equal(store.probabilities(slice(0, like.frames)), codes)
    assert store.sources == ("bird", "insect")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        unit = xr.open_zarr(tmp_path / "p.zarr")
        values = unit.probability.isel(time=slice(0, 5)).values
    assert np.isnan(values[:, :, 200:]).all()
    np.testing.assert_allclose(values[:, :, :200], codes[:, :5, :200] / 254, rtol=1e-6)


def test_write_probabilities__refuses_missing_frames(tmp_path, grid):
    write_unit(tmp_path / "l.zarr", grid)
    like = open_store(tmp_path / "l.zarr")
    with (
        pytest.raises(ValueError, match="0 frames appended"),
        write_probabilities(tmp_path / "p.zarr", like=like, sources=["bird"], attributes={}),
    ):
        pass
    assert not (tmp_path / "p.zarr").exists()


def test_open_store__says_what_is_wrong_with_a_damaged_store(tmp_path, grid):
    write_unit(tmp_path / "u.zarr", grid)
    (tmp_path / "u.zarr" / "zarr.json").write_text("{}")
    assert read_fingerprint(tmp_path / "u.zarr") is None
    with pytest.raises(AntiphonError, match="not a whole store"):
        open_store(tmp_path / "u.zarr")
    with pytest.raises(AntiphonError, match="not a whole store"):
        open_store(tmp_path / "absent.zarr")
