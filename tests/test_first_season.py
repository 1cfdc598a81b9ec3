"""docs/first_season.md is followed to the letter: every command and every piece of Python of the page, in its order.

Only what would take minutes is made small: recordings of a second, few examples. The first block (clone and install) is
what the tests stand on already.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import yaml
from matplotlib.image import imread

from antiphon.demo import summary
from conftest import ROOT, documented_blocks

PAGE = ROOT / "docs" / "first_season.md"
pytestmark = pytest.mark.slow
SMALLER = {
    "evaluate": {"bootstrap": 100, "methods": [], "pictures": 1},
    "pair": {"duration_s": 4.0, "formula": {"train": 2, "validation": 4, "test": 4}},
    "report": {"gallery": {"events": 1}},
    "machine": {"workers": 1, "device": "cpu"},
}


@dataclass
class Walk:
    """A folder in which the page was followed, and what each block said, by the number of its step."""

    folder: Path
    said: dict[int, list[str]]


def follow(folder: Path, step: int, language: str, text: str) -> str:
    """Do what a block says; return what it said."""
    text = text.replace("--duration-s 10", "--duration-s 1")
    text = re.sub(r"(snakemake .*--configfile first.yaml)", r"\1 smaller.yaml", text)
    command = ["bash", "-euo", "pipefail", "-c", text] if language == "sh" else [sys.executable, "-c", text]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=1800, check=False
    )
    assert done.returncode == 0, f"step {step}:\n{text}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def walk(tmp_path_factory) -> Walk:
    folder = tmp_path_factory.mktemp("first")
    for name in ("Snakefile", "workflow", "config", "profiles", "envs"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "smaller.yaml").write_text(yaml.safe_dump(SMALLER), encoding="utf-8")
    headings = [line.startswith("## ") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    made = Walk(folder, {})
    for line, language, text in documented_blocks(PAGE):
        step = sum(headings[:line]) - 1
        if step and language in ("sh", "python"):
            made.said.setdefault(step, []).append(follow(folder, step, language, text))
    return made


def jobs(said: str) -> set[str]:
    return set(re.findall(r"^(?:local)?(?:rule|checkpoint) (\w+):", said, flags=re.MULTILINE))


def test_page__has_a_block_for_each_step_that_does_something(walk):
    assert set(walk.said) == {1, 2, 3, 4, 6, 7, 8, 9}


def test_draft__leaves_empty_what_the_page_says_is_empty(walk):
    assert "2 deployments; fill in utc_offset and filename_time" in walk.said[2][0]


def test_first_run__ends_as_shown(walk):
    assert "steps (100%) done" in walk.said[4][0]
    assert (walk.folder / "results/first/report/index.html").exists()
    shown = re.search(r"print\(recordings.*# (.*)", PAGE.read_text(encoding="utf-8"))[1]
    assert shown == "96 ok, 1 repaired, 1 quarantined"
    counts = re.findall(r"^(ok|repaired|quarantined) .* (\d+)$", walk.said[6][0], flags=re.MULTILINE)
    assert sorted(counts) == [("ok", "96"), ("quarantined", "1"), ("repaired", "1")]


def test_recording_taken_away__costs_no_spectrogram(walk):
    assert {"ingest", "tabulate_effort", "report"} <= jobs(walk.said[7][0])
    assert not jobs(walk.said[7][0]) & {"train", "infer"}
    assert len(pd.read_parquet(walk.folder / "results/first/tables/recordings")) == 97


def test_longer_interval__touches_tables_and_page_only(walk):
    assert {"tabulate", "report"} <= jobs(walk.said[7][1])
    assert not jobs(walk.said[7][1]) & {"ingest", "stft", "pair", "train", "evaluate", "infer"}


def test_second_model__is_used_and_not_trained(walk):
    assert {"infer", "tabulate", "report"} <= jobs(walk.said[8][0])
    assert not jobs(walk.said[8][0]) & {"pair", "train", "stft"}


def test_picture_of_the_readme__is_drawn_from_such_a_season(walk, monkeypatch, capsys):
    monkeypatch.chdir(walk.folder)
    given = {"folder": Path("first"), "results": Path("results"), "season": "first", "model": "energy"}
    summary(**given, picture=Path("a.png"))
    summary(**given, picture=Path("b.png"))
    assert "The season, which the model never saw" in capsys.readouterr().out
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()
    assert imread("a.png").shape[:2] == (624, 1200)


def test_python_of_the_readme__opens_such_a_season(walk):
    (text,) = [text for _, language, text in documented_blocks(ROOT / "README.md") if language == "python"]
    for theirs, ours in (("spring_2025", "first"), ("2025-04-01", "2024-05-01"), ("community", "energy")):
        text = text.replace(theirs, ours)
    shown = '\nprint(sorted(set(occupancy.deployment)), levels.sizes["time"] > 0, season["A1/level"].units)'
    assert follow(walk.folder, 0, "python", text + shown).strip() == "['20190522', 'A1'] True dB"
