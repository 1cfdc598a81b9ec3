"""`snakemake check`, and the whole of a rule in a container: by a stand-in for Apptainer, for none is at hand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from conftest import ROOT, tiny_settings, write_tiny_season

STAND_IN = """#!/bin/sh
echo "$@" >> {log}
[ "$1" = --version ] && exec echo "apptainer version 1.3.6"
while [ "${{1%.sif}}" = "$1" ]; do shift; done
shift
exec "$@"
"""


@pytest.fixture
def check(tmp_path):
    """Run the rule in a checkout with a tiny season."""
    for name in ("Snakefile", "workflow", "config", "profiles", "envs"):
        (tmp_path / name).symlink_to(ROOT / name)
    write_tiny_season(tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "apptainer").write_text(STAND_IN.format(log=tmp_path / "apptainer.log"))
    (tmp_path / "bin" / "apptainer").chmod(0o755)

    def run(*arguments):
        path = f"{tmp_path / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        command = ["snakemake", "--cores", "2", "--configfile", "settings.yaml", *arguments, "--", "check"]
        environment = {**os.environ, "PATH": path}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return run


def test_check__runs_in_a_container_and_says_what_it_sees(check, tmp_path):
    done = check("--sdm", "apptainer", "--apptainer-args=--nv")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("good cpu") == done.stdout.count("good gpu") == 5
    calls = (tmp_path / "apptainer.log").read_text()
    assert "exec" in calls
    assert "--nv" in calls
    assert f"{tmp_path}/envs/antiphon.sif" in calls or " envs/antiphon.sif" in calls
    assert "antiphon check --place gpu" in calls


def test_check__fails_and_says_why(check, tmp_path):
    values = tiny_settings()
    values["machine"]["device"] = "cuda"
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    done = check("--set-resources", "check_gpu:gpu=1")
    assert done.returncode != 0
    assert "bad  gpu" in done.stdout
    assert "PyTorch sees none" in done.stdout
