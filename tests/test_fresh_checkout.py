"""A fresh checkout has a season: by formula, made where it is missing."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from antiphon.demo import write
from conftest import ROOT, write_recording

CATALOGUE = "results/example/catalogue/batches.json"


@pytest.fixture
def snakemake(tmp_path):
    """Call Snakemake in a checkout of which nothing was changed."""
    for name in ("Snakefile", "workflow", "config", "profiles", "envs"):
        (tmp_path / name).symlink_to(ROOT / name)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def run(*arguments):
        command = ["snakemake", "--cores", "2", "--nocolor", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


def rules(shown):
    return set(re.findall(r"^(?:local)?(?:rule|checkpoint) (\w+):", shown, flags=re.MULTILINE))


def test_fresh_checkout__begins_with_a_season_by_formula(snakemake):
    assert rules(snakemake("-n")) >= {"demo_write", "ingest", "report"}
    assert rules(snakemake("check", "-n")) == {"demo_write", "check_cpu", "check_gpu", "check"}


def test_variables_in_settings__are_no_wildcards(snakemake):
    """The recipes name their folder of sounds as a variable, which Snakemake's own braces must not touch."""
    page = "results/shipped/models/community/evaluation/index.html"
    shown = snakemake("-n", "--printshellcmds", "--configfile", "config/shipped.yaml", "--", page)
    assert rules(shown) == {"pair", "train", "evaluate"}
    assert "${ANTIPHON_DATA}" in shown


def test_season_by_formula__is_made_once_and_then_watched_like_any(snakemake, tmp_path):
    write(folder=tmp_path / "demo", config=[ROOT / "config" / "config.yaml"], days=1, duration_s=0.5)
    assert rules(snakemake(CATALOGUE)) == {"ingest"}
    assert "Nothing to be done" in snakemake(CATALOGUE, "-n")
    time.sleep(1.1)  # folders' times may have a resolution of one second
    write_recording(tmp_path / "demo" / "season" / "A1" / "20240503_053000.WAV", 48000, seed=7)
    assert rules(snakemake(CATALOGUE, "-n")) == {"ingest"}
