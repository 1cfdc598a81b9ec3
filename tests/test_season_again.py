"""A season that comes back: scheduled runs, several seasons, a new model over an old season."""

import configparser
import fcntl
import json
import re
import shutil
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from antiphon.io.examples.pairs import read_examples
from antiphon.io.models.checkpoints import load_card, load_weights
from antiphon.learning.apply import Separator
from antiphon.learning.generators import trained_generator
from antiphon.stages import pair, train
from browser import chromium, needs_chromium, opened
from conftest import ROOT, tiny_settings, write_recording, write_tiny_season
from test_workflow import Workflow

SCHEDULE = ROOT / "config" / "schedule"


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def offline() -> list[str]:
    """Return what must stand before a command so that it sees no network, or nothing where that is forbidden."""
    if shutil.which("unshare"):
        for words in (["unshare", "--net"], ["unshare", "--user", "--map-root-user", "--net"]):
            if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
                return words
    return []


def scheduled(workflow: Workflow, command: str = "", before: list[str] | None = None) -> subprocess.CompletedProcess:
    """Run the script as cron does: nothing in the environment but a home (and the source that is tested)."""
    command = command or f"{SCHEDULE}/season.sh settings.yaml profiles/local --cores 2"
    given = [f"HOME={workflow.folder}", f"ANTIPHON_WORK={workflow.folder}", f"PYTHONPATH={ROOT / 'src'}"]
    given.append(f"ANTIPHON_BIN={Path(sys.executable).parent}")
    words = [*(before or []), "env", "-i", *given, "/bin/sh", "-c", command]
    return subprocess.run(words, capture_output=True, text=True, timeout=600, check=False)


def ran(workflow: Workflow) -> set[str]:
    """Return the rules that the latest scheduled run ran."""
    latest = max((workflow.folder / ".snakemake" / "scheduled").glob("*.log"))
    return set(re.findall(r"^(?:local)?(?:rule|checkpoint) (\w+):", latest.read_text(), flags=re.MULTILINE))


@pytest.fixture(scope="module")
def workflow(tmp_path_factory) -> Workflow:
    """The tiny season, run once to its page by the scheduled script, without a network where that can be had."""
    made = Workflow(tmp_path_factory.mktemp("checkout"))
    write_tiny_season(made.folder)
    first = scheduled(made, before=offline())
    assert first.returncode == 0, first.stdout + first.stderr
    assert "season tiny: 8 recordings, 0 bad" in first.stdout
    assert "2 of 2 batches separated; complete; 16 steps" in first.stdout
    return made


def test_road__needs_no_network(workflow):
    """The run of the fixture saw none: not even a name of another machine could be looked up."""
    if not offline():
        pytest.skip("no network namespaces here")
    look = [*offline(), sys.executable, "-c", "import socket; socket.create_connection(('127.0.0.1', 9), 1)"]
    assert "unreachable" in subprocess.run(look, capture_output=True, text=True, check=False).stderr
    assert (workflow.season / "report" / "index.html").exists()


def test_page__says_what_jobs_asked_for_and_used(workflow):
    page = (workflow.season / "report" / "index.html").read_text(encoding="utf-8")
    rows = re.findall(r'<th scope="row" class="name">(\w+)</th><td>(\d+)</td><td>.*?</td><td>([\d,]+)</td>', page)
    asked = {rule: (jobs, asked_mb) for rule, jobs, asked_mb in rows}
    assert asked["stft"] == ("2", "3,000")
    assert {"ingest", "pair", "train", "infer", "tabulate", "tabulate_effort"} <= set(asked)


def test_scheduled_run__has_nothing_to_do_where_nothing_is_new(workflow):
    time.sleep(1.1)
    done = scheduled(workflow)
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    assert ran(workflow) == {"ingest", "all"}


def test_scheduled_run__computes_new_recordings_only(workflow):
    time.sleep(1.1)
    write_recording(workflow.folder / "audio" / "A1" / "REC_20240503_063000.wav", 48000, seed=7)
    done = scheduled(workflow)
    assert "season tiny: 9 recordings" in done.stdout
    assert not ran(workflow) & {"pair", "train", "evaluate"}
    latest = max((workflow.folder / ".snakemake" / "scheduled").glob("*.log")).read_text()
    assert "A1.2024-05-02" in latest
    assert "20190522.2024-05-02" not in re.findall(r"wildcards: .*batch=([\w.-]+)", latest)


def test_scheduled_run__leaves_the_field_to_one_that_is_at_work(workflow):
    with (workflow.folder / ".snakemake" / "scheduled" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = scheduled(workflow)
    assert (done.returncode, done.stdout) == (75, "antiphon: another scheduled run is at work here; nothing done\n")


def test_scheduled_run__says_in_one_line_what_failed(workflow):
    (workflow.folder / "wrong.yaml").write_text("season: autumn\n", encoding="utf-8")
    done = scheduled(workflow, f"{SCHEDULE}/season.sh wrong.yaml profiles/local --cores 1")
    assert done.returncode == 1
    assert re.fullmatch(r"antiphon: FAILED \(1\): .*season: 'autumn' is not among seasons.*; log \S+\n", done.stdout)


def examples() -> dict[str, str]:
    """Return the command of each example of a schedule, as a shell would run it in the user's home."""
    found = {}
    for name in ("crontab", "scrontab"):
        (line,) = (line for line in (SCHEDULE / name).read_text().splitlines() if line[:1].isdigit())
        assert re.match(r"(\d+|\*)( (\d+|\*)){4} ", line)
        found[name] = line.split(" ", 5)[5]
    service = configparser.ConfigParser(interpolation=None)
    service.read(SCHEDULE / "antiphon-season.service")
    found["systemd"] = service["Service"]["ExecStart"].replace("%h", "$HOME")
    return found


@pytest.mark.parametrize("example", ["crontab", "scrontab", "systemd"])
def test_example__names_a_command_that_works_in_an_empty_environment(workflow, example):
    (workflow.folder / "antiphon").unlink(missing_ok=True)
    (workflow.folder / "antiphon").symlink_to(ROOT)
    shutil.copy(workflow.folder / "settings.yaml", workflow.folder / "my.yaml")
    command = examples()[example].replace("profiles/slurm", "profiles/local")
    assert "season.sh my.yaml profiles/local" in command
    done = scheduled(workflow, f"{command} --cores 1 --dry-run")
    assert done.returncode == 0, done.stdout
    assert re.fullmatch(r"antiphon: season tiny: .*\n", done.stdout)


def test_systemd_example__is_read_by_systemd(tmp_path):
    units = [shutil.copy(SCHEDULE / f"antiphon-season.{kind}", tmp_path) for kind in ("service", "timer")]
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd here to verify the units")
    home = tmp_path / "home"
    home.mkdir()
    (home / "antiphon").symlink_to(ROOT)
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", *units],
        env={"HOME": str(home), "XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not [line for line in done.stderr.splitlines() if "antiphon" in line], done.stderr


def judged(page, key: str, folder: Path) -> list[Path]:
    """Judge every event of a gallery by a key, and save the verdicts and the list of their recordings."""
    count = page.locator(".event").count()
    for number in range(count):
        page.focus(f"#event-{number}")
        page.keyboard.press(key)
    assert page.text_content("#progress") == f"{count} of {count} events judged."
    saved = []
    for button in ("#save-csv", "#save-list"):
        with page.expect_download() as download:
            page.click(button)
        saved.append(folder / download.value.suggested_filename)
        download.value.save_as(saved[-1])
    return saved


def taught(audio: Path, folder: Path, listed: Path) -> float:
    """Train on reviewed events beside scenes by formula; return the mean probability code in the judged cells."""
    all_settings = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    boxes = {"audio_root": str(audio), "recordings": str(listed), "above_background_db": 6.0, "below_peak_db": 40.0}
    boxes |= {"margin_s": 0.1, **dict.fromkeys(("label_column", "columns", "picture"))}
    formula = all_settings["pair"]["formula"] | {"train": 2, "validation": 2, "test": 1}
    examples_of = json.dumps({**all_settings["pair"], "duration_s": 4.0, "formula": formula, "boxes": boxes})
    how = {**all_settings["train"], "steps": 60, "batch_size": 4, "tile_frames": 64, "validate_every": 60}
    sources = all_settings["models"]["energy"]["sources"]
    model = json.dumps({"network": "resunet", "weights": "train", "widths": [4, 6], "sources": sources})
    common = {"model_settings": model, "stft": json.dumps(all_settings["stft"]), "output": folder}
    pair.run(settings=examples_of, **common)
    how["learning_rate"] = 0.02
    pairs = folder / "pairs.zarr"
    train.run(pairs=pairs, settings=json.dumps(how), model="taught", pair=examples_of, device="cpu", **common)
    examples, card = read_examples(pairs, "train"), load_card(folder / "card.json")
    generator = trained_generator(card, load_weights(folder / "generator.safetensors", card))
    separator = Separator.ready(generator, device=torch.device("cpu"), dtype=torch.float32)
    cells = []
    for place in (place for place, origin in enumerate(examples.origins) if origin == "boxes"):
        codes = separator.separate(examples.level[place], examples.floor[place], examples.background[place])
        cells.append(codes[0][examples.known_bits[place] > 0])
    return float(np.concatenate(cells).mean())


@needs_chromium
def test_review__teaches_the_next_training(workflow, tmp_path):
    """Events judged on the page are examples of stage pair, and stage train learns what was said of them."""
    gallery = workflow.season / "report" / "gallery-energy.html"
    probability = {}
    with chromium() as browser:
        for key, said in (("y", "confirmed"), ("n", "rejected")):
            folder = tmp_path / said
            folder.mkdir()
            with opened(browser, gallery, accept_downloads=True) as page:
                verdicts, listed = judged(page, key, folder)
            assert said in verdicts.read_text()
            probability[said] = taught(workflow.folder / "audio", folder, listed)
            assert (folder / "bad_annotations.csv").read_text() == "file,line,reason\n"
    assert probability["confirmed"] > probability["rejected"] + 20


def test_second_season__leaves_the_first_and_shares_its_model(workflow):
    before = hashes(workflow.season)
    shutil.copytree(workflow.folder / "audio" / "A1", workflow.folder / "autumn" / "A1")
    seasons = tiny_settings()["seasons"]
    rows = (workflow.folder / "deployments.csv").read_text().splitlines(keepends=True)
    (workflow.folder / "autumn.csv").write_text("".join(rows[:2]))  # the head and A1
    seasons["autumn"] = {**seasons["tiny"], "deployments": "autumn.csv", "audio_root": "autumn"}
    workflow.settings(season="autumn", seasons=seasons)
    assert workflow.jobs() == {
        "ingest",
        "stft",
        "verdicts",
        "infer",
        "tabulate",
        "tabulate_effort",
        "sites",
        "report",
        "all",
    }
    assert (workflow.folder / "results" / "autumn" / "report" / "index.html").exists()
    assert hashes(workflow.season) == before
    workflow.settings(seasons=seasons)
    assert workflow.jobs("-n") == set()


def test_new_model__separates_an_old_season_beside_the_old_model(workflow):
    kept = [workflow.season / "infer" / "energy", workflow.season / "tables" / "occupancy" / "energy"]
    before = [hashes(folder) for folder in kept]
    energy = {"network": "energy", "weights": "train", "widths": [4, 4]}
    bird = {"labels": ["bird"], "scientific_name": "Aves", "common_name": "bird"}
    seasons = tiny_settings()["seasons"]
    seasons["tiny"]["models"] = ["energy", "birds"]
    workflow.settings(seasons=seasons, models={"birds": {**energy, "sources": {"bird": bird}}})
    shown = workflow.snakemake()
    assert set(re.findall(r"wildcards: .*model=(\w+)", shown)) == {"birds"}
    assert not re.findall(r"^(?:rule|checkpoint) (ingest|stft|tabulate_effort):", shown, flags=re.MULTILINE)
    assert [hashes(folder) for folder in kept] == before
    assert set(workflow.table("occupancy/birds").source) == {"bird"}
    assert set(workflow.table("occupancy").model) == {"energy", "birds"}
