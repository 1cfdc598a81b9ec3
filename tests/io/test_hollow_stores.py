"""Hollow stores: all but the cells is there, and nobody takes what is gone for silence."""

import numpy as np
import pytest
import xarray as xr
from test_spectrograms import write_unit

from antiphon.errors import AntiphonError
from antiphon.io.records import BatchRecord, UnitRecord, write_record
from antiphon.io.stores import hollow as hollow_stores
from antiphon.io.stores.hollow import cell_bytes, drop_cells
from antiphon.io.stores.metadata import describe_store
from antiphon.io.stores.season import open_season
from antiphon.io.stores.spectrograms import open_store, read_fingerprint
from antiphon.io.stores.writers import write_probabilities
from antiphon.reporting.picks import Pick
from antiphon.reporting.showing import Folders, shown_events
from antiphon.signal.calibration import FULL_SCALE


@pytest.fixture
def unit(tmp_path, grid):
    write_unit(tmp_path / "u.zarr", grid)
    return tmp_path / "u.zarr"


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_drop__leaves_all_but_the_cells(unit):
    before, bytes_before, cells = open_store(unit), size(unit), cell_bytes(unit)
    kept = before.floor(), before.background(), before.hours()
    drop_cells(unit)
    after = open_store(unit, "f")
    assert after.is_hollow
    assert not before.is_hollow
    assert (after.spans, after.grid, after.frames) == (before.spans, before.grid, before.frames)
    np.testing.assert_array_equal(after.floor(), kept[0])
    np.testing.assert_array_equal(after.background(), kept[1])
    np.testing.assert_array_equal(after.hours().level_db, kept[2].level_db)
    assert read_fingerprint(unit) == "f"
    assert cell_bytes(unit) == 0
    assert bytes_before - size(unit) == pytest.approx(cells, rel=0.02)
    assert cells > 0.8 * bytes_before


def test_hollow__refuses_who_asks_for_cells(unit):
    drop_cells(unit)
    store = open_store(unit)
    with pytest.raises(AntiphonError, match=r"cells were dropped .* --restore"):
        store.levels(slice(0, 5))
    with (
        pytest.raises(AntiphonError, match="cells were dropped"),
        write_probabilities(unit, like=store, sources=["a"], attributes={}),
    ):
        pass


def test_hollow__has_no_cells_for_plain_xarray_either(unit):
    drop_cells(unit)
    opened = xr.open_zarr(unit)
    assert "level" not in opened
    assert opened.sizes["time"] == 2000


def test_hollow__is_refused_in_a_season(unit):
    write_record(unit.with_name("b.json"), BatchRecord("stft", 1, "b", "A", [UnitRecord("u", "u.zarr", "f", 2000, [])]))
    drop_cells(unit)
    with pytest.raises(AntiphonError, match=r"u\.zarr: its cells were dropped"):
        open_season(unit.parent)


def test_hollow__takes_a_new_place(unit):
    drop_cells(unit)
    place = {"site": "ridge", "level_reference": "1 full scale"}
    describe_store(open_store(unit), place, FULL_SCALE)
    assert open_store(unit).attributes["site"] == "ridge"
    assert open_store(unit).is_hollow


def test_probabilities__become_hollow_too(unit, tmp_path):
    like = open_store(unit)
    with write_probabilities(tmp_path / "p.zarr", like=like, sources=["a"], attributes={"fingerprint": "p"}) as out:
        out.append(np.full((1, 2000, 256), 7, dtype=np.uint8))
    drop_cells(tmp_path / "p.zarr")
    assert "probability" not in xr.open_zarr(tmp_path / "p.zarr")
    with pytest.raises(AntiphonError, match="dropped"):
        open_store(tmp_path / "p.zarr").probabilities(slice(0, 1))


def test_drop__that_is_interrupted_leaves_the_store_whole(unit, monkeypatch):
    monkeypatch.setattr(hollow_stores, "consolidate", lambda group: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        drop_cells(unit)
    assert len(open_store(unit).levels(slice(0, 2000))) == 2000
    assert [path.name for path in unit.parent.iterdir()] == ["u.zarr"]


def test_report__shows_an_event_of_hollow_stores_with_the_reason(unit, tmp_path):
    like = open_store(unit)
    with write_probabilities(
        tmp_path / "m" / "u.zarr", like=like, sources=["a"], attributes={"fingerprint": "p"}
    ) as out:
        out.append(np.full((1, 2000, 256), 7, dtype=np.uint8))
    for path in (unit, tmp_path / "m" / "u.zarr"):
        drop_cells(path)
    pick = Pick("a", "sure", "A", "ridge", "a/0.wav", "2024-05-01T00:00:01+00:00", 1.0, 1.5, 500.0, 900.0, 0.9, 10.0)
    folders = Folders(tmp_path, tmp_path / "m", tmp_path / "audio")
    (shown,) = shown_events([pick], {("A", "a/0.wav"): "u"}, folders, {"a": 0.5}, margin_s=0.5, longest_s=5.0)
    assert not shown.levels.any()
    assert shown.mask is None
    assert "storage.levels" in shown.note
    assert "storage.probabilities" in shown.note
