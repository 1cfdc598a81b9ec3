"""What docs/hpc.md promises beside the road, on a real Slurm: what jobs used, the scheduled form, job arrays."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from slurm_season import SlurmSeason, accounted, slurm_words, until

from conftest import ROOT

pytestmark = pytest.mark.slurm_lab


@pytest.fixture(scope="module")
def season(lab, tmp_path_factory) -> SlurmSeason:
    """A season that nothing befell, whose network hardly learns."""
    made = SlurmSeason.write(tmp_path_factory.mktemp("season"))
    made.settings(train={"steps": 40})
    made.run()
    return made


def test_page__says_what_jobs_asked_for_and_used(season):
    page = (season.results / "tiny" / "report" / "index.html").read_text(encoding="utf-8")
    (row,) = re.findall(r'<th scope="row" class="name">stft</th>(.*?)</tr>', page)
    jobs, failed, asked_mb, used_mb, asked_min, used_min, busy = re.findall(r"<td>(.*?)</td>", row)
    assert (jobs, failed, asked_min) == ("2", "–", "120")
    assert asked_mb.replace(",", "").replace("\u202f", "") == "3000"
    assert 300 < float(used_mb) < 1500  # Snakemake's own share included
    assert 0.05 < float(used_min) < 30
    assert busy.endswith("%")


def test_scrontab_example__runs_as_the_job_that_slurm_makes_of_it(season):
    """Debian's Slurm comes without `scrontab`: its job is made here, of the example's own lines."""
    lines = (ROOT / "config" / "schedule" / "scrontab").read_text(encoding="utf-8").splitlines()
    options = [line.replace("#SCRON", "#SBATCH") for line in lines if line.startswith("#SCRON")]
    (command,) = (line.split(" ", 5)[5] for line in lines if line[:1].isdigit())
    (season.folder / "job.sh").write_text("\n".join(["#!/bin/sh", *options, command, ""]), encoding="utf-8")
    (season.folder / "antiphon").symlink_to(ROOT)
    shutil.copy(season.folder / "settings.yaml", season.folder / "my.yaml")
    given = {"HOME": str(season.folder), "ANTIPHON_WORK": str(season.folder), "PYTHONPATH": str(ROOT / "src")}
    given |= {"ANTIPHON_BIN": str(Path(sys.executable).parent), "PATH": "/usr/bin:/bin"}
    submitted = subprocess.run(
        ["sbatch", "--parsable", "job.sh"], cwd=season.folder, env=given, capture_output=True, text=True, check=True
    )
    job = submitted.stdout.strip()
    until("the end of the scheduled run", lambda: not slurm_words("squeue", "-h", "-t", "PD,R,CG", "-j", job), 1500)
    said = (season.folder / f"antiphon-season.{job}.txt").read_text(encoding="utf-8")
    assert re.search(r"^antiphon: season tiny: 8 recordings, 0 bad, .*; complete; \d+ steps$", said, flags=re.MULTILINE)
    assert accounted(season.folder)[-1]["rule"] == "ingest"  # a job of the job


def test_arrays__give_the_same_bytes(season):
    before = season.bytes()
    season.forget("tiny/infer", "tiny/stft", "tiny/tables", "tiny/report")
    earlier = {job["JobID"] for job in accounted(season.folder)}
    season.run("--slurm-array-jobs", "stft,infer")
    assert any("_" in job for job in {job["JobID"] for job in accounted(season.folder)} - earlier)
    assert season.bytes() == before
    assert season.complete()
