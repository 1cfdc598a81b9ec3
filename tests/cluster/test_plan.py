"""The plan of a season that is listed, and what it says as the season proceeds."""

import json
import re

import pytest
import yaml

from antiphon.cluster.plan import run
from antiphon.errors import AntiphonError
from antiphon.io.records import BatchRecord, UnitRecord, write_record
from antiphon.io.season.catalogue import read_batches
from antiphon.stages import ingest
from conftest import ROOT, tiny_settings, write_tiny_season


@pytest.fixture
def planned(tmp_path, monkeypatch, capsys):
    """A tiny season that is listed, and its plan as text."""
    write_tiny_season(tmp_path)
    monkeypatch.chdir(tmp_path)
    settings = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["ingest"] | tiny_settings()["ingest"]
    ingest.run(
        deployments=tmp_path / "deployments.csv",
        audio_root=tmp_path / "audio",
        settings=json.dumps(settings),
        season="tiny",
        catalogue=tmp_path / "results" / "tiny" / "catalogue",
    )

    def plan(profile="slurm", **options):
        capsys.readouterr()
        run(
            configfile=[tmp_path / "settings.yaml"],
            profile=ROOT / "profiles" / profile,
            defaults=ROOT / "config" / "config.yaml",
            **options,
        )
        return capsys.readouterr().out

    return plan


def finish(folder, stage, model=""):
    """Write the records and stores that a stage leaves."""
    place = folder / "results" / "tiny" / stage / model
    for name, batch in read_batches(folder / "results" / "tiny" / "catalogue" / "batches.json").items():
        for unit in batch.units:
            (place / f"{unit}.zarr").mkdir(parents=True)
        units = [UnitRecord(unit, f"{unit}.zarr", "x", 1, []) for unit in batch.units]
        write_record(place / f"{name}.json", BatchRecord(stage, 1, name, batch.deployment, units))


def row(plan, rule):
    """Return jobs and jobs done of one rule."""
    return tuple(int(number) for number in re.search(rf"^{rule} +(\d+) +(\d+)", plan, flags=re.MULTILINE).groups())


def test_plan__of_a_listed_season_has_all_to_do(planned):
    plan = planned()
    assert "8 recordings, 0.0 h, 0.000 TB, 2 deployments, 2 batches" in plan
    assert {rule: row(plan, rule) for rule in ("ingest", "stft", "train", "infer", "tabulate", "sites", "report")} == {
        "ingest": (1, 1), "stft": (2, 0), "train": (1, 0), "infer": (2, 0), "tabulate": (2, 0), "sites": (1, 0),
        "report": (1, 0),
    }  # fmt: skip
    assert "wall time with 100 jobs at a time: about" in plan


def test_plan__counts_what_is_done(planned, tmp_path):
    finish(tmp_path, "stft")
    assert row(planned(), "stft") == (2, 2)
    assert row(planned(), "infer") == (2, 0)
    finish(tmp_path, "infer", "energy")
    assert row(planned(), "infer") == (2, 2)
    next((tmp_path / "results" / "tiny" / "infer" / "energy").glob("*.zarr")).rmdir()
    assert row(planned(), "infer") == (2, 1)


def test_plan__in_one_line(planned, tmp_path):
    assert planned(brief=True) == (
        "season tiny: 8 recordings, 0 bad, 0.0 h; 0 of 2 batches separated; not complete\n"
    )  # fmt: skip


def test_plan__says_which_jobs_are_too_short_for_the_queue(planned):
    assert re.search(r"^stft: most jobs last \d+ s and wait 60 s: raise ingest\.batch_hours$", planned(), re.MULTILINE)
    assert "batch_hours" not in planned(queue_s=1.0)
    assert "batch_hours" not in planned("local")


def test_plan__asks_no_queue_of_a_single_machine(planned):
    wait = re.search(r"wall time with (\d+) cores: about", planned("local"))
    assert wait


def test_plan__without_a_catalogue_says_what_to_run(planned, tmp_path):
    (tmp_path / "results" / "tiny" / "catalogue" / "batches.json").unlink()
    with pytest.raises(AntiphonError, match=r"no catalogue yet; run `snakemake"):
        planned()
