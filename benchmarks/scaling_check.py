"""Is the simulated cluster like a real one? The same jobs, asleep, run by Snakemake here or on Slurm, and by formula.

Run: ``python -m benchmarks.scaling_check``, on a Slurm with ``--profile profiles/slurm --cores 8 --gpus 2`` (its own).
Every job of a small season sleeps as long as the plan says it would compute, shortened to seconds, and writes what it
declares. A first run of jobs that do not sleep gives what a job costs besides; a second one is predicted from that.
Sleeping takes no processor, so it works on a machine that has other work.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from antiphon.cluster.standing import season_of
from antiphon.io.jobs.profiles import read_profile
from antiphon.planning.costs import COSTS
from antiphon.planning.queueing import Job, Places, simulate
from antiphon.planning.season import season_jobs
from benchmarks.large_season import LargeSeason
from benchmarks.scale import ROOT, STAND_IN, ingest, prepare

THREADS = 2
ASLEEP = """case $stage in
  stft) name="stft $(basename "$record" .json)";;
  infer) name="infer $(basename "$(dirname "$output")") $(basename "$output" .json)";;
  tabulate) [ "$model" ] && name="tabulate $model $deployment" || name="tabulate_effort $deployment";;
  pair|train) name="$stage $(basename "$output")";;
  evaluate) name="$stage $(basename "$(dirname "$output")")";;
  *) name=$stage;;
esac
sleep "$(cat "lengths/$name" 2>/dev/null || echo 0)"
"""


@dataclass(frozen=True)
class Real:
    """How long a run lasted, seconds, and how many jobs it had."""

    wall_s: float
    jobs: int


def season_in(folder: Path, season: LargeSeason, stft_s: float) -> list[Job]:
    """Write a season with sleeping jobs into ``folder``; return its jobs; a month of stft sleeps ``stft_s``."""
    prepare(season, folder)
    settings = yaml.safe_load((folder / "settings.yaml").read_text(encoding="utf-8"))
    settings["seasons"]["large"]["models"] = ["community"]
    settings["machine"] = {"workers": THREADS}
    (folder / "settings.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    lines = STAND_IN.splitlines(keepends=True)
    case = next(number for number, line in enumerate(lines) if line.startswith("write()"))
    (folder / "bin" / "antiphon").write_text("".join([*lines[:case], ASLEEP, *lines[case:]]), encoding="utf-8")
    ingest(folder)
    here = Path.cwd()
    os.chdir(folder)  # settings are relative to the checkout
    try:
        work = season_of(Path("config/config.yaml"), [Path("settings.yaml")]).work()
    finally:
        os.chdir(here)
    gpus = read_profile(ROOT / "profiles" / "slurm").gpus
    jobs = [job for job in season_jobs(work, COSTS, threads=THREADS, gpus=gpus) if job.rule != "ingest"]
    unit_s = max(job.seconds for job in jobs if job.rule == "stft")
    jobs = [replace(job, seconds=max(1.0, min(90.0, round(job.seconds * stft_s / unit_s)))) for job in jobs]
    (folder / "lengths").mkdir()
    return jobs


def run(folder: Path, profile: str, jobs: list[Job], arguments: list[str]) -> Real:
    """Let all jobs run, each as long as it says; return what the clock said of it."""
    for job in jobs:
        (folder / "lengths" / job.name).write_text(f"{job.seconds:g}", encoding="utf-8")
    environment = {**os.environ, "PATH": f"{folder}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = ["snakemake", "--profile", profile, "--configfile", "settings.yaml", "--quiet", "all", *arguments]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{shlex.join(command)}: {(done.stdout + done.stderr)[-3000:]}")
    return Real(time.perf_counter() - start, len(jobs))


def main() -> None:
    """Measure, predict, measure, and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default="profiles/local")
    parser.add_argument("--cores", type=float, default=2, help="cores of the nodes without GPUs")
    parser.add_argument("--gpus", type=float, default=0)
    parser.add_argument("--deployments", type=int, default=2)
    parser.add_argument("--stft-s", type=float, default=15, help="seconds that a batch of stft sleeps")
    parser.add_argument("--folder", type=Path, help="a folder that the nodes see (default: that for temporary files)")
    options = parser.parse_args()
    is_local = options.profile.endswith("local")
    arguments = ["--cores", f"{options.cores:g}"] if is_local else []
    season = LargeSeason(options.deployments, days=63, files_a_day=1)
    found = {}
    for name, length_s in (("first", 0.0), ("second", options.stft_s)):
        with tempfile.TemporaryDirectory(dir=options.folder) as place:
            jobs = season_in(Path(place), season, options.stft_s)
            given = [replace(job, seconds=0.0) for job in jobs] if not length_s else jobs
            found[name] = run(Path(place), options.profile, given, arguments)
    places = Places(100 if not is_local else float("inf"), options.cores, options.gpus)
    print(json.dumps(compare(found["first"], found["second"], jobs, places)))


def compare(empty: Real, full: Real, jobs: list[Job], places: Places) -> dict[str, float]:
    """Return the predicted and the measured time; what a job costs besides is chosen so that the empty run fits."""
    low, high = 0.0, empty.wall_s
    for _ in range(40):  # the time of the empty run grows with it, so halving finds it
        besides_s = (low + high) / 2
        told = simulate([replace(job, seconds=besides_s) for job in jobs], places).wall_s
        low, high = (besides_s, high) if told < empty.wall_s else (low, besides_s)
    predicted_s = simulate([replace(job, seconds=job.seconds + besides_s) for job in jobs], places).wall_s
    return {
        "jobs": full.jobs,
        "empty_s": round(empty.wall_s, 1),
        "besides_s": round(besides_s, 2),
        "predicted_s": round(predicted_s, 1),
        "measured_s": round(full.wall_s, 1),
        "ratio": round(predicted_s / full.wall_s, 3),
    }


if __name__ == "__main__":
    main()
