"""Three jobs of the road on a real Slurm, by the user's own words: `snakemake --profile slurm`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT, write_tiny_season

pytestmark = pytest.mark.slurm
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """A Slurm that answers: the one that runs, or the lab brought up for the test."""
    if shutil.which("sinfo") and subprocess.run(["sinfo", "-h"], capture_output=True, check=False).returncode == 0:
        yield
        return
    if os.environ.get("ANTIPHON_SLURM_LAB") != "1":
        pytest.skip("no Slurm here (ANTIPHON_SLURM_LAB=1 brings one up)")
    environment = {**os.environ, "LAB": str(tmp_path_factory.mktemp("slurm-lab"))}
    Path(environment["LAB"]).parent.chmod(0o755)
    try:
        subprocess.run([HERE / "lab-up.sh"], env=environment, check=True, timeout=400)
        yield
    finally:
        subprocess.run([HERE / "lab-down.sh"], env=environment, check=False, timeout=120)


def test_profile_slurm__runs_the_first_stages(slurm, tmp_path):
    for name in ("Snakefile", "workflow", "config", "profiles", "envs", "slurm"):
        (tmp_path / name).symlink_to(ROOT / name)
    write_tiny_season(tmp_path)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = ["snakemake", "--profile", "slurm", "--configfile", "settings.yaml", "--until", "stft"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=500, check=False
    )
    shown = done.stdout + done.stderr
    assert done.returncode == 0, shown
    assert shown.count("has been submitted with SLURM jobid") == 3, shown  # ingest and two batches of stft
    records = sorted((tmp_path / "results" / "tiny" / "stft").glob("*.json"))
    assert [path.stem for path in records] == ["20190522.2024-05-02", "A1.2024-05-02"]
