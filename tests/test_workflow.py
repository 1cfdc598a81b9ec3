"""The DAG on seconds of sound: what runs, what runs again, and what never does."""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pandas as pd
import pytest
import yaml

from antiphon.io.examples.pairs import read_examples
from antiphon.io.stores.spectrograms import open_store
from conftest import ROOT, identity, tiny_settings, write_recording, write_tiny_season

BATCHES = {"A1.2024-05-02", "20190522.2024-05-02"}


class Workflow:
    """A checkout in a folder of its own with a tiny season."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("Snakefile", "workflow", "config", "profiles", "envs"):
            (folder / name).symlink_to(ROOT / name)

    def snakemake(self, *arguments: str, check: bool = True) -> str:
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        command = ["snakemake", "--cores", "2", "--configfile", "settings.yaml", "--nocolor", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600, check=False
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def settings(self, **sections) -> None:
        values = tiny_settings()
        for name, section in sections.items():
            values[name] = {**values.get(name, {}), **section} if isinstance(section, dict) else section
        (self.folder / "settings.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")

    def jobs(self, *arguments: str) -> set[str]:
        """Run, and return what ran as rule:wildcards."""
        return set(re.findall(r"^(?:local)?(?:rule|checkpoint) (\w+):", self.snakemake(*arguments), flags=re.MULTILINE))

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.folder / "results" / "tiny" / "tables" / name)

    @property
    def season(self) -> Path:
        return self.folder / "results" / "tiny"


@pytest.fixture(scope="module")
def workflow(tmp_path_factory) -> Workflow:
    """The tiny season, run once to its page."""
    folder = tmp_path_factory.mktemp("checkout")
    made = Workflow(folder)
    write_tiny_season(folder)
    made.snakemake()
    return made


def golden_figures(workflow: Workflow) -> dict[str, list[float]]:
    """Return a few numbers of every stage's results: same input, same version, same numbers."""
    manifests = sorted((workflow.season / "catalogue" / "manifests").glob("*.json"))
    stores = [open_store(path) for path in sorted((workflow.season / "stft").glob("*.zarr"))]
    found = [open_store(path) for path in sorted((workflow.season / "infer" / "energy").glob("*.zarr"))]
    model = workflow.folder / "results" / "models" / "energy"
    examples = read_examples(model / "pairs.zarr", "train")
    scores = pd.read_csv(model / "evaluation" / "scores.csv")
    return {
        "ingest": [float(zlib.crc32(b"".join(path.read_bytes() for path in manifests)))],
        "stft": [float(store.levels(slice(0, store.frames)).mean()) for store in stores],
        "pair": [float(examples.level.mean()), float((examples.mask_bits > 0).mean())],
        "train": list(json.loads((model / "card.json").read_text(encoding="utf-8"))["thresholds"].values()),
        "evaluate": [float(scores.f1.sum())],
        "infer": [float(store.probabilities(slice(0, store.frames)).mean()) for store in found],
        "tabulate": [float(workflow.table(f"{name}/energy").active_s.sum()) for name in ("occupancy", "frequency")],
    }


def test_golden_figures__stand_as_long_as_the_versions_do(workflow):
    """Who changes what a stage computes must raise its VERSION, or finished seasons keep their old numbers."""
    versions = {
        stage: importlib.import_module(f"antiphon.stages.{stage}").VERSION for stage in golden_figures(workflow)
    }
    measured = {stage: {"version": versions[stage], "figures": f} for stage, f in golden_figures(workflow).items()}
    golden = json.loads((ROOT / "tests" / "golden.json").read_text(encoding="utf-8"))
    for stage, now in measured.items():
        hint = f"raise VERSION in stages/{stage}.py if this is meant, and write to tests/golden.json: {json.dumps(now)}"
        assert golden[stage]["version"] == now["version"], hint
        assert golden[stage]["figures"] == pytest.approx(now["figures"], rel=2e-3), hint


def nothing_to_do(workflow: Workflow) -> bool:
    return "Nothing to be done" in workflow.snakemake("-n")


def test_road__runs_end_to_end(workflow):
    assert (workflow.season / "report" / "index.html").stat().st_size > 10_000
    assert "data:audio/flac" in (workflow.season / "report" / "gallery-energy.html").read_text(encoding="utf-8")
    recordings = workflow.table("recordings")
    assert len(recordings) == 8
    assert set(recordings.status) == {"ok"}
    assert set(recordings.deployment) == {"A1", "20190522"}
    assert workflow.table("occupancy/energy").active_s.sum() > 0
    assert {path.stem for path in (workflow.season / "stft").glob("*.json")} == BATCHES


def test_second_run__has_nothing_to_do(workflow):
    assert nothing_to_do(workflow)


def test_touched_audio__changes_nothing(workflow):
    for path in (workflow.folder / "audio").rglob("*.wav"):
        path.touch()
    assert nothing_to_do(workflow)


def test_added_file__runs_its_own_batch_and_unit_only(workflow):
    stores = sorted((workflow.season / "stft").glob("*.zarr")) + sorted((workflow.season / "infer").rglob("*.zarr"))
    before = {path: identity(path) for path in stores}
    time.sleep(1.1)  # folders' times may have a resolution of one second
    write_recording(workflow.folder / "audio" / "A1" / "REC_20240503_063000.wav", 48000, seed=7)
    shown = workflow.snakemake()
    ran = set(re.findall(r"^(?:local)?(?:rule|checkpoint) (\w+):", shown, flags=re.MULTILINE))
    assert ran >= {"ingest", "stft", "infer", "tabulate", "tabulate_effort", "sites", "report"}
    assert not ran & {"pair", "train", "evaluate"}
    assert "20190522.2024-05-02" not in re.findall(r"wildcards: .*batch=([\w.-]+)", shown)
    changed = {path.name for path, standing in before.items() if identity(path) != standing}
    assert changed == {"A1.2024-05-03.zarr"}
    assert len(workflow.table("recordings")) == 9
    assert nothing_to_do(workflow)


def test_removed_file__disappears_from_the_tables(workflow):
    time.sleep(1.1)
    (workflow.folder / "audio" / "A1" / "REC_20240503_063000.wav").unlink()
    workflow.snakemake()
    assert len(workflow.table("recordings")) == 8
    assert workflow.table("effort").analysed_s.sum() == pytest.approx(8 * 374 * 0.008)
    assert nothing_to_do(workflow)


def test_broken_file__is_a_row_with_a_reason(workflow):
    time.sleep(1.1)
    broken = workflow.folder / "audio" / "A1" / "REC_20240503_073000.wav"
    broken.write_text("version https://git-lfs.github.com/spec/v1\n", encoding="utf-8")
    workflow.snakemake()
    row = workflow.table("recordings").query("status == 'quarantined'")
    assert len(row) == 1
    assert row.iloc[0].reason
    broken.unlink()
    time.sleep(1.1)
    workflow.snakemake()
    assert set(workflow.table("recordings").status) == {"ok"}


def test_report_setting__runs_the_report_only(workflow):
    workflow.settings(report={"title": "Another title"})
    assert workflow.jobs() == {"report", "all"}
    assert "Another title" in (workflow.season / "report" / "index.html").read_text(encoding="utf-8")


def test_threshold__runs_tabulate_and_report_not_infer(workflow):
    workflow.settings(report={"title": "Another title"}, tabulate={"thresholds": {"sound": 0.99}})
    assert workflow.jobs() == {"tabulate", "tabulate_effort", "sites", "report", "all"}


def test_machine_settings__run_nothing(workflow):
    workflow.settings(
        report={"title": "Another title"},
        tabulate={"thresholds": {"sound": 0.99}},
        machine={"device": "auto", "stft_device": "cuda", "infer_batch": 3, "workers": 2, "precision": "float32"},
    )
    assert nothing_to_do(workflow)


def test_separate__runs_only_when_asked_for_and_alone_when_its_choice_changes(workflow):
    changed = {"report": {"title": "Another title"}, "tabulate": {"thresholds": {"sound": 0.99}}}
    workflow.settings(**changed)
    assert not (workflow.season / "separate").exists()
    assert workflow.jobs("separate") == {"separate", "separate_sounds"}
    folder = workflow.season / "separate" / "energy"
    files = pd.read_csv(folder / "separated.csv")
    assert set(files.source) == {"sound", "residue"}
    assert all((folder / name).stat().st_size > 1000 for name in files.file)
    assert nothing_to_do(workflow)
    workflow.settings(**changed, separate={"events": 1, "shown": 0})
    assert nothing_to_do(workflow)
    assert workflow.jobs("separate") == {"separate", "separate_sounds"}
    assert len(pd.read_csv(folder / "separated.csv")) < len(files)


def test_figures__are_written_by_one_command(workflow):
    workflow.snakemake("figures")
    files = {path.name for path in (workflow.season / "figures").glob("energy-sound-season.*")}
    assert files == {f"energy-sound-season.{form}" for form in ("svg", "pdf", "csv")}


def test_report_of_snakemake__and_lint(workflow):
    workflow.snakemake("--report", "report.html")
    report = (workflow.folder / "report.html").read_text(encoding="utf-8")
    for words in ("Season", "Models", "The season in one page", "methods that need no network", "gallery-energy.html"):
        assert words in report
    assert "Congratulations" in workflow.snakemake("--lint")


@pytest.fixture
def fresh(tmp_path) -> Workflow:
    made = Workflow(tmp_path)
    write_tiny_season(tmp_path)
    return made


def only_line(shown: str, part: str) -> str:
    """Return the one line that names the mistake."""
    lines = [line for line in shown.splitlines() if part in line]
    assert lines, shown
    return lines[0]


def test_misspelt_key__is_one_clear_line(fresh):
    fresh.settings(stft={"hopp_s": 0.01})
    shown = fresh.snakemake("-n", check=False)
    assert "unknown key" in only_line(shown, "stft.hopp_s")
    assert "Traceback" not in shown


def test_missing_folder_and_zone__are_named_together(fresh):
    table = fresh.folder / "deployments.csv"
    table.write_text(table.read_text().replace("+02:00", "").replace(",A1,made", ",nowhere,made"))
    line = only_line(fresh.snakemake("-n", check=False), "nowhere")
    assert "utc_offset" in line
    assert not (fresh.folder / "results").exists()


def test_empty_season__is_one_clear_line(fresh):
    shutil.rmtree(fresh.folder / "audio")
    for deployment in ("A1", "20190522"):
        (fresh.folder / "audio" / deployment).mkdir(parents=True)
    shown = fresh.snakemake(check=False)
    assert "no recording" in only_line(shown, "antiphon ingest:")
    assert "Traceback" not in shown


def test_one_table__can_be_asked_for_before_anything_has_run(fresh):
    table = "results/tiny/tables/effort/A1.parquet"
    assert fresh.jobs(table) == {"ingest", "stft", "tabulate_effort"}
    assert set(pd.read_parquet(fresh.folder / table).deployment) == {"A1"}
    assert {path.stem for path in (fresh.season / "stft").glob("*.json")} == {"A1.2024-05-02"}
    assert "Nothing to be done" in fresh.snakemake(table, "-n")


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("tables/effort/B7.parquet", "B7: no deployment of season tiny, which has 20190522, A1"),
        ("stft/A1.2023-05-02.json", "A1.2023-05-02: no batch of A1, which has A1.2024-05-02"),
        ("tables/events/nobody/A1.parquet", "nobody: no model of these settings, which have community, energy"),
    ],
)
def test_table_of_nobody__is_one_clear_line(workflow, asked, answer):
    assert answer in workflow.snakemake(f"results/tiny/{asked}", "-n", check=False)


def test_dag__is_planned_in_batches(workflow):
    catalogue = json.loads((workflow.season / "catalogue" / "batches.json").read_text(encoding="utf-8"))
    assert set(catalogue["batches"]) == BATCHES
    assert catalogue["batches"]["A1.2024-05-02"]["units"] == ["A1.2024-05-02", "A1.2024-05-03"]
    assert catalogue["counts"]["listed"] == 8


def drop(workflow: Workflow, *options: str) -> str:
    command = [sys.executable, "-m", "antiphon", "drop", *options, "--configfile", "settings.yaml"]
    done = subprocess.run(command, cwd=workflow.folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def contents(workflow: Workflow) -> dict[str, bytes]:
    """Return the bytes of every file of every store, by its path below the season's folder."""
    stores = [*(workflow.season / "stft").glob("*.zarr"), *(workflow.season / "infer").rglob("*.zarr")]
    files = [one for path in stores for one in path.rglob("*") if one.is_file()]
    return {str(one.relative_to(workflow.season)): one.read_bytes() for one in files}


@pytest.fixture(scope="module")
def before_the_drop() -> dict[str, bytes]:
    """What the stores held before their cells were dropped; filled by the test that drops them."""
    return {}


def test_dropped_cells__are_listed_first_and_nothing_is_made_again(workflow, before_the_drop):
    machine = {"device": "auto", "stft_device": "cpu", "infer_batch": 3, "workers": 2, "precision": "float32"}
    given = {"report": {"title": "Another title"}, "tabulate": {"thresholds": {"sound": 0.99}}, "machine": machine}
    workflow.settings(**given)
    workflow.snakemake()
    before_the_drop |= contents(workflow)
    assert "nothing to drop" in drop(workflow, "--yes")
    workflow.settings(**given, storage={"levels": "drop", "probabilities": "drop"})
    assert nothing_to_do(workflow)
    shown = drop(workflow)
    assert re.search(r"^levels +4 .* stft, ", shown, flags=re.MULTILINE)
    assert re.search(r"^probabilities energy +4 .* infer, ", shown, flags=re.MULTILINE)
    assert "nothing was dropped; with --yes" in shown
    assert contents(workflow) == before_the_drop
    assert "dropping" in drop(workflow, "--yes")
    assert sum(map(len, contents(workflow).values())) < 0.7 * sum(map(len, before_the_drop.values()))
    assert "nothing to drop" in drop(workflow)
    assert nothing_to_do(workflow)


def test_new_recording__after_a_drop_makes_its_own_unit_only(workflow):
    stores = [*(workflow.season / "stft").glob("*.zarr"), *(workflow.season / "infer").rglob("*.zarr")]
    standing = {path: identity(path) for path in stores}
    tables = workflow.table("occupancy/energy")
    time.sleep(1.1)
    write_recording(workflow.folder / "audio" / "A1" / "REC_20240503_063000.wav", 48000, seed=7)
    assert workflow.jobs() >= {"stft", "infer", "tabulate", "tabulate_effort", "report"}
    assert {path.name for path, before in standing.items() if identity(path) != before} == {"A1.2024-05-03.zarr"}
    both = workflow.table("occupancy/energy").merge(tables, on=["deployment", "interval_start", "source"])
    assert len(both) == len(tables)
    others = both[(both.deployment != "A1") | ~both.start_local_x.str.startswith("2024-05-03")]
    assert 0 < len(others) < len(both)
    assert others.active_s_x.equals(others.active_s_y)  # null where nothing was analysed
    assert "1 hollow stores" not in drop(workflow, "--restore")
    assert "3 hollow stores to remove" in drop(workflow, "--restore")


def test_dropped_cells__come_back_byte_for_byte(workflow, before_the_drop):
    """The cure that the lines of errors name, step by step; the day that has a new recording stands already."""
    tables = {path: path.read_bytes() for path in (workflow.season / "tables").rglob("*.parquet")}
    first = json.loads(before_the_drop["infer/energy/A1.2024-05-02.zarr/zarr.json"])["attributes"]["computed"]
    given = yaml.safe_load((workflow.folder / "settings.yaml").read_text(encoding="utf-8"))
    given["machine"]["precision"] = json.loads(first)["precision"]  # cells were computed before it was set
    workflow.settings(**given)
    assert "now run Snakemake with -R stft infer" in drop(workflow, "--restore", "--yes")
    assert not any("2024-05-02" in path for path in contents(workflow))
    assert workflow.jobs("-R", "stft", "infer") >= {"stft", "infer"}
    found = contents(workflow)
    dropped = {path: content for path, content in before_the_drop.items() if "A1.2024-05-03" not in path}
    assert len(dropped) > 3 * 2 and {path: found[path] for path in dropped} == dropped
    assert {path: path.read_bytes() for path in tables} == tables
    assert nothing_to_do(workflow)
