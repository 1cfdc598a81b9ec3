"""What may be dropped: nothing that is still needed, nothing unasked, and all of it can be had again."""

import json

import pytest
import yaml
from test_plan import ROOT, tiny_settings, write_tiny_season

from antiphon.cluster.drop import run
from antiphon.io.records import BatchRecord, UnitRecord, write_record
from antiphon.io.season.catalogue import read_batches
from antiphon.io.stores.spectrograms import Span, open_store
from antiphon.io.stores.writers import write_levels, write_probabilities
from antiphon.signal.calibration import FULL_SCALE
from antiphon.stages import ingest


def write_stores(season, grid):
    """Write levels, probabilities and their records of every unit, and empty tables and page."""
    for name, batch in read_batches(season / "catalogue" / "batches.json").items():
        levels = [UnitRecord(unit, f"{unit}.zarr", "f", 64, []) for unit in batch.units]
        for unit in levels:
            sizes = {"grid": grid, "frames": 64, "chunk_frames": 64, "shard_frames": 64, "utc_offset_min": 0}
            about = {"fingerprint": "f"}
            with write_levels(season / "stft" / unit.store, reference=FULL_SCALE, attributes=about, **sizes) as out:
                codes = (7 * i % 251 for i in range(64 * grid.bins))
                out.append(Span("a.wav", 0, 0, 0, 48000, grid.bins, "first"), [rows(codes, grid.bins)])
            like = open_store(season / "stft" / unit.store)
            with write_probabilities(
                season / "infer" / "energy" / unit.store, like=like, sources=["sound"], attributes=about
            ) as out:
                out.append(like.levels(slice(0, 64))[None])
        for place in ("stft", "infer/energy"):
            write_record(season / place / f"{name}.json", BatchRecord(place[:5], 1, name, batch.deployment, levels))
        for table in ("effort", "occupancy/energy"):
            path = season / "tables" / table / f"{batch.deployment}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    (season / "report").mkdir()
    (season / "report" / "index.html").touch()


def rows(codes, bins):
    import numpy as np

    return np.fromiter(codes, dtype=np.uint8).reshape(-1, bins)


@pytest.fixture
def season(tmp_path, monkeypatch, grid):
    """A tiny season that is complete, in the working directory."""
    write_tiny_season(tmp_path)
    monkeypatch.chdir(tmp_path)
    settings = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["ingest"] | tiny_settings()["ingest"]
    place = tmp_path / "results" / "tiny"
    ingest.run(
        deployments=tmp_path / "deployments.csv",
        audio_root=tmp_path / "audio",
        settings=json.dumps(settings),
        season="tiny",
        catalogue=place / "catalogue",
    )
    write_stores(place, grid)
    return place


@pytest.fixture
def drop(season, capsys):
    """The command's page."""

    def said(levels="drop", probabilities="drop", **options):
        storage = {"storage": {"levels": levels, "probabilities": probabilities}}
        settings = season.parents[1] / "settings.yaml"
        settings.write_text(yaml.safe_dump(tiny_settings() | storage), encoding="utf-8")
        capsys.readouterr()
        run(configfile=[settings], defaults=ROOT / "config" / "config.yaml", **options)
        return capsys.readouterr().out

    return said


def hollow(folder):
    return [open_store(path).is_hollow for path in sorted(folder.glob("*.zarr"))]


def test_drop__lists_and_touches_nothing_unasked(season, drop):
    assert "nothing was dropped; with --yes" in drop()
    assert not any(hollow(season / "stft"))


def test_drop__takes_what_the_settings_let_go(season, drop):
    page = drop(levels="keep", yes=True)
    assert "(storage.levels: keep)" in page
    assert not any(hollow(season / "stft"))
    assert all(hollow(season / "infer" / "energy"))
    assert "nothing to drop" in drop(levels="keep", yes=True)


@pytest.mark.parametrize(
    ("gone", "why"),
    [
        ("report/index.html", "the season has no page yet"),
        ("tables/occupancy/energy/A1.parquet", "it has no tables yet"),
        ("infer/energy/A1.2024-05-02.json", "not all of it is separated"),
    ],
)
def test_drop__leaves_what_is_still_needed(season, drop, gone, why):
    (season / gone).unlink()
    assert f"stays: A1.2024-05-02: {why}" in drop(yes=True)
    assert not open_store(season / "stft" / "A1.2024-05-02.zarr").is_hollow


def test_drop__leaves_levels_whose_recordings_are_gone(season, drop):
    next((season.parents[1] / "audio" / "A1").rglob("*.wav")).write_bytes(b"")
    assert "is not there as it was" in drop(yes=True)
    assert not open_store(season / "stft" / "A1.2024-05-02.zarr").is_hollow
    assert open_store(season / "stft" / "20190522.2024-05-02.zarr").is_hollow
    assert all(hollow(season / "infer" / "energy"))


def test_restore__lists_then_removes_hollow_stores_only(season, drop):
    drop(levels="drop", probabilities="keep", yes=True)
    assert "levels: 4 hollow stores to remove" in drop(restore=True)
    assert "with --yes they are removed; then run Snakemake with -R stft:" in drop(restore=True)
    assert "now run Snakemake with -R stft:" in drop(restore=True, yes=True)
    assert not list((season / "stft").glob("*.zarr"))
    assert len(list((season / "infer" / "energy").glob("*.zarr"))) == 4
