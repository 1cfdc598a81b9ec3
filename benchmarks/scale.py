"""A season a thousand times larger than the machine: what ingest, the DAG and each job cost when there is no sound.

Run: ``python -m benchmarks.scale`` for 12,600 units in 600 batches of 200 recorders and two models (some 5 min of a
core); ``--files-a-day 80`` makes a million files of it (some 15 min more, 6 GB of disk). Nothing is heard: recordings
are sparse files (:mod:`benchmarks.large_season`), and a stand-in for ``antiphon`` writes what each job declares.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks.large_season import LargeSeason

__all__ = ["Usage", "dry_run", "ingest", "measured", "prepare", "standing"]

ROOT = Path(__file__).parent.parent
SNAKEMAKE = [str(Path(sys.executable).with_name("snakemake")), "--cores", "1", "--configfile", "settings.yaml"]
# Between the command and a large process like pytest: Linux counts the memory that a child was forked from as its own.
WATCHER = """
import json, os, subprocess, sys
process = subprocess.Popen(sys.argv[2:])
_, status, used = os.wait4(process.pid, 0)
with open(sys.argv[1], "w") as file:
    json.dump([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024], file)
sys.exit(os.waitstatus_to_exitcode(status))
"""
STAND_IN = """#!/bin/sh
stage=$1; shift
while [ $# -gt 0 ]; do
  case $1 in
    --record|--output|--tables|--deployment|--model|--season) eval "$(echo "${1#--}")=\\$2"; shift 2;;
    *) shift;;
  esac
done
write() { for file; do mkdir -p "${file%/*}"; echo '{}' > "$file"; done; }
case $stage in
  stft) write "$record";;
  infer|verdicts) write "$output";;
  report) for page in index gallery-community gallery-energy; do write "${output%/*}/$page.html"; done;;
  pair) write "$output/pairs.json" "$output/contact.png";;
  train) for file in card.json generator.safetensors history.csv curves.png; do write "$output/$file"; done;;
  evaluate) for file in scores.csv scores.json examples.png index.html; do write "$output/$file"; done
    for file in scores conditions examples; do write "$output/$file.parquet"; done;;
  tabulate) [ "$model" ] && tables_of="events occupancy frequency overlap indices" || tables_of="recordings effort ltsa"
    for table in $tables_of; do write "$tables/$table/${model:+$model/}$deployment.parquet"; done;;
  inject) for file in recall.png recall.csv injected.csv; do write "$output/$file"; done;;
  sites) for table in detection_history diel site_order; do write "$tables/$table/$model/$season.parquet"; done;;
esac
"""


@dataclass(frozen=True)
class Usage:
    """What a command used.

    Attributes
    ----------
    core_s
        Seconds of processors, those of its children included.
    wall_s
        Seconds by the clock.
    memory_mb
        Most memory that one of its processes held, MB.
    shown
        What it printed.
    """

    core_s: float
    wall_s: float
    memory_mb: float
    shown: str


def measured(command: list[str], folder: Path, path: str = "") -> Usage:
    """Run a command in ``folder`` and return what it used; it must succeed."""
    environment = {**os.environ, "PATH": f"{path}{Path(sys.executable).parent}:{os.environ['PATH']}"}
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        used = Path(scratch) / "used.json"
        watched = [sys.executable, "-S", "-c", WATCHER, str(used), *command]
        done = subprocess.run(
            watched,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{shlex.join(command)}: {done.stdout[-3000:]}")
        core_s, memory_mb = json.loads(used.read_text(encoding="utf-8"))
    return Usage(core_s, time.perf_counter() - start, memory_mb, done.stdout)


def prepare(season: LargeSeason, folder: Path) -> None:
    """Write a checkout with a season in it, and the stand-in in a folder ``bin``."""
    season.write(folder)
    for name in ("Snakefile", "workflow", "config", "profiles", "envs"):
        (folder / name).symlink_to(ROOT / name)
    stand_in = folder / "bin" / "antiphon"
    stand_in.parent.mkdir()
    stand_in.write_text(STAND_IN, encoding="utf-8")
    stand_in.chmod(0o755)


def ingest(folder: Path) -> Usage:
    """Run stage ingest as its rule would, without Snakemake."""
    settings = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))["ingest"]
    command = [sys.executable, "-m", "antiphon", "ingest", "--deployments", "deployments.csv", "--audio-root", "audio"]
    command += ["--season", "large", "--catalogue", "results/large/catalogue", "--settings", json.dumps(settings)]
    return measured(command, folder)


def dry_run(folder: Path) -> Usage:
    """Plan the season that is listed: ``snakemake -n``."""
    return measured([*SNAKEMAKE, "--dry-run"], folder)


def standing(folder: Path) -> Usage:
    """Run all jobs of the season with the stand-in: what is left is what Snakemake costs."""
    return measured([*SNAKEMAKE, "--quiet", "all"], folder, path=f"{folder}/bin:")


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deployments", type=int, default=200)
    parser.add_argument("--days", type=int, default=63, help="days, and so units, of each of them")
    parser.add_argument("--files-a-day", type=int, default=1)
    parser.add_argument("--run", action=argparse.BooleanOptionalAction, default=True, help="run all jobs, too")
    options = parser.parse_args()
    season = LargeSeason(options.deployments, options.days, options.files_a_day)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(season, folder)
        print(f"{season.files} files, {season.deployments * season.days} units, {season.deployments} deployments")
        steps = [("ingest", ingest), ("ingest again", ingest), ("-n", dry_run)]
        steps += [("every job, standing in", standing), ("-n, nothing to do", dry_run)] if options.run else []
        for step, measure in steps:
            used = measure(folder)
            print(f"{step:28}{used.core_s:10.1f} s of a core{used.wall_s:10.1f} s{used.memory_mb:8.0f} MB", flush=True)


if __name__ == "__main__":
    main()
