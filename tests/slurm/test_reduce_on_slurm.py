"""`machine.reduce_on: slurm`: the season's sums on jobs of dask-jobqueue, on a real Slurm."""

import subprocess

import pytest
import yaml
from slurm_season import accounted, environment, until

from conftest import ROOT, tiny_settings, write_tiny_season

pytestmark = pytest.mark.slurm_lab
TABLES = ("detection_history", "diel", "site_order")


def test_sums__of_jobs_are_those_of_threads(lab, tmp_path):
    """What dask asks of Slurm stands in its own settings, here in variables."""
    for name in ("Snakefile", "workflow", "config", "profiles", "envs"):
        (tmp_path / name).symlink_to(ROOT / name)
    write_tiny_season(tmp_path)
    asked = {"INTERFACE": "lo", "ACCOUNT": "pam", "QUEUE": "cpu", "MEMORY": "2 GB", "WALLTIME": "00:10:00"}
    known = environment() | {f"DASK_JOBQUEUE__SLURM__{key}": value for key, value in asked.items()}
    folder, wanted = tmp_path / "results" / "tiny" / "tables", "results/tiny/tables/site_order/energy/tiny.parquet"
    bytes_of = []
    for where in ("local", "slurm"):
        settings = tiny_settings()
        settings["machine"]["reduce_on"] = where
        (tmp_path / "settings.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        command = ["snakemake", "--cores", "1", "--configfile", "settings.yaml", "--forcerun", "sites", "--", wanted]
        done = subprocess.run(command, cwd=tmp_path, env=known, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        bytes_of.append({name: (folder / name / "energy" / "tiny.parquet").read_bytes() for name in TABLES})
    assert bytes_of[0] == bytes_of[1]
    jobs = until("the accounts of the workers' jobs", lambda: accounted(tmp_path), 60)
    assert {(job["Account"], job["Partition"]) for job in jobs} == {("pam", "cpu")}
