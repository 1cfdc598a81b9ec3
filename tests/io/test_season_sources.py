"""One source of a season as a lazy spectrogram: mask times mixture, in every deployment at once."""

import dask
import numpy as np
import pytest
from test_season_stores import write_season

import antiphon
from antiphon.errors import AntiphonError
from antiphon.io.stores.spectrograms import open_store
from antiphon.io.stores.writers import write_probabilities
from antiphon.signal.calibration import level_reference
from antiphon.signal.levels import level_of_code

UNIT = "A1.2024-05-01"


def overwrite(folder, codes):
    """Put other probabilities into the store of one unit."""
    path = folder / "infer" / "m" / f"{UNIT}.zarr"
    attributes = {key: value for key, value in open_store(path).attributes.items() if key != "sources"}
    like = open_store(folder / "stft" / f"{UNIT}.zarr")
    with write_probabilities(path, like=like, sources=["bird", "insect"], attributes=attributes) as out:
        out.append(codes)


@pytest.fixture(scope="module")
def season(tmp_path_factory, grid):
    folder = tmp_path_factory.mktemp("season")
    codes = write_season(folder, grid, days=2)
    found = np.random.default_rng(1).integers(0, 255, (2, 2000, grid.bins)).astype(np.uint8)
    found[0, :100] = 0
    overwrite(folder, found)
    return folder, codes, found


def test_open_separated__is_mask_times_mixture(season):
    folder, codes, found = season
    level = antiphon.open_separated(folder, "m", "bird")["A1/level"]
    assert level.dims == ("time", "frequency") and level.dtype == np.float32
    share = found / 254
    share = share[0] / np.maximum(share.sum(axis=0), 1)
    with np.errstate(divide="ignore"):
        expected = np.maximum(level_of_code(codes[UNIT]) + 20 * np.log10(share), -122)
    np.testing.assert_allclose(level.values[:2000], expected, atol=2e-5)
    assert (level.values[:100] == -122).all()
    assert "bird" in level.attrs["long_name"]


def test_open_separated__never_exceeds_the_mixture_and_sources_never_together(season):
    folder, _, _ = season
    parts = [antiphon.open_separated(folder, "m", name)["A1/level"].values for name in ("bird", "insect")]
    mixture = antiphon.open_season(folder / "stft")["A1/level"].values
    amplitude = sum(10 ** (part / 20) for part in parts)
    assert (amplitude <= 10 ** (mixture / 20) * (1 + 1e-5) + 2 * 10 ** (-122 / 20)).all()


def test_open_separated__is_nothing_where_the_recorder_does_not_hear(season):
    folder, _, _ = season
    level = antiphon.open_separated(folder, "m", "bird", deployments=["20190522"])["20190522/level"].values
    assert np.isnan(level[:, 80:]).all()
    assert not np.isnan(level[:, :80]).any()


def test_open_separated__is_lazy_and_found_by_time(season):
    folder, _, _ = season

    def computing(*_, **__):
        raise AssertionError("something was computed")

    with dask.config.set(scheduler=computing):
        separated = antiphon.open_separated(folder, "m", "insect")["A1"].to_dataset()
        separated.level.sel(time="2024-05-02T00").mean("time")
        with pytest.raises(AssertionError, match="computed"):
            separated.level.compute()
    assert dask.is_dask_collection(separated.level)
    assert separated.level.chunks == antiphon.open_season(folder / "stft")["A1/level"].chunks
    hour = separated.level.sel(time="2024-05-02T00", frequency=slice(1000, 2000))
    assert hour.shape == (700, 17)
    power = (10 ** (hour / 10)).mean("time").compute()
    assert np.isfinite(power.values).all()


def test_open_separated__of_calibrated_levels_has_their_reference(tmp_path, grid):
    reference = level_reference(-40.0, "air")
    write_season(tmp_path, grid, days=1, reference=reference)
    level = antiphon.open_separated(tmp_path, "m", "insect")["A1/level"]
    assert level.attrs["level_reference"] == reference.name
    np.testing.assert_allclose(level.values, -122 + reference.offset_db, atol=1e-4)


def test_open_separated__refuses_what_is_not_there(season):
    folder, _, _ = season
    with pytest.raises(AntiphonError, match="frog is no source"):
        antiphon.open_separated(folder, "m", "frog")
    with pytest.raises(AntiphonError, match="no store of a season"):
        antiphon.open_separated(folder, "other", "bird")
