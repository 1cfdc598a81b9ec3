"""The road on a real Slurm, by the user's own words: `snakemake --profile slurm`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT, write_tiny_season

pytestmark = pytest.mark.slurm
HERE = Path(__file__).parent


def test_profile_slurm__runs_a_season_to_its_page(slurm, tmp_path):
    for name in ("Snakefile", "workflow", "config", "profiles", "envs", "slurm"):
        (tmp_path / name).symlink_to(ROOT / name)
    write_tiny_season(tmp_path)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = ["snakemake", "--profile", "slurm", "--configfile", "settings.yaml"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=900, check=False
    )
    shown = done.stdout + done.stderr
    assert done.returncode == 0, shown
    assert shown.count("has been submitted with SLURM jobid") == 13, shown
    assert (tmp_path / "results" / "tiny" / "report" / "index.html").exists()
    jobs = subprocess.run(
        ["sacct", "-X", "-n", "-P", "-o", "Partition,State,ReqTRES"], capture_output=True, text=True, check=True
    ).stdout.splitlines()[-13:]
    assert all("|COMPLETED|" in job for job in jobs), jobs
    on_gpu = [job for job in jobs if job.startswith("gpu|")]
    assert len(on_gpu) == 3  # train, and infer of two batches
    assert all("gres/gpu=1" in job for job in on_gpu)
