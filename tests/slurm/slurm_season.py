"""The tiny season on a Slurm: a checkout of its own, runs that can be watched and disturbed, results as bytes."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import yaml

from conftest import ROOT, tiny_settings, write_tiny_season

Found = TypeVar("Found")

SMALL = {
    "network": "resunet",
    "weights": "train",
    "widths": [8, 8],
    "sources": {"bird": {"labels": ["bird"], "scientific_name": "Aves", "common_name": "bird"}},
}


def environment() -> dict[str, str]:
    """Return the environment in which a user calls Snakemake."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def slurm_words(*command: str) -> list[list[str]]:
    """Return the lines of a Slurm command, each as its fields."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.split("|") for line in done.stdout.splitlines()]


def accounted(folder: Path) -> list[dict[str, str]]:
    """Return what Slurm's accounts say of the jobs submitted in ``folder``, each attempt for itself, in order."""
    fields = ("JobID", "Partition", "Account", "State", "ReqTRES", "ReqMem", "TimelimitRaw", "WorkDir", "SubmitLine")
    rows = slurm_words("sacct", "-X", "-n", "-P", "-D", "-o", ",".join(fields))
    jobs = [dict(zip(fields, row[: len(fields)], strict=True)) for row in rows]
    for job in jobs:
        rule = re.search(r"--comment '?(?:rule|group)_(\w+?)(?:_wildcards_|['\s])", job["SubmitLine"])
        job["rule"] = rule[1] if rule else ""
    return [job for job in jobs if job["WorkDir"] == str(folder)]


def until(what: str, look: Callable[[], Found], seconds: float = 600) -> Found:
    """Wait until ``look`` returns something; the deadline is for machines that others use, too."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if found := look():
            return found
        time.sleep(0.3)
    raise AssertionError(f"waited {seconds:g} s in vain for: {what}")


class Run:
    """One `snakemake --profile slurm` that goes on while a test looks."""

    def __init__(self, folder: Path, *command: str) -> None:
        self.output = folder / f"run-{time.monotonic_ns()}.txt"
        with self.output.open("w") as shown:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment(), stdout=shown, stderr=subprocess.STDOUT
            )

    @property
    def shown(self) -> str:
        """What it has said so far."""
        return self.output.read_text(encoding="utf-8")

    def ended(self, seconds: float = 1500) -> int:
        """Wait for its end and return the exit status."""
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"not at its end after {seconds:g} s:\n{self.shown}") from None
        finally:
            self.end()

    def end(self) -> None:
        """End it and its jobs, if they still are."""
        self.process.kill()
        self.process.wait()
        jobs = re.findall(r"SLURM jobid (\d+)", self.shown)
        if jobs:
            subprocess.run(["scancel", *jobs], check=False, capture_output=True)

    def job_of(self, rule: str) -> str:
        """Wait until a job of ``rule`` runs on a node and return its Slurm id."""

        def look() -> str | None:
            assert self.process.poll() is None, self.shown
            for found in re.finditer(r"SLURM jobid (\d+) \(log: \S*/rule_(\w+)/", self.shown):
                if found[2] == rule and slurm_words("squeue", "-h", "-j", found[1], "-o", "%T") == [["RUNNING"]]:
                    return found[1]
            return None

        return until(f"a running job of {rule}", look)

    def submitted(self) -> list[str]:
        """Return the rules of the jobs submitted, in order."""
        return re.findall(r"SLURM jobid \d+ \(log: \S*?/rule_(\w+)/", self.shown)


class SlurmSeason:
    """A checkout with the tiny season, separated by a small network that learns for some seconds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = folder / "results"
        self.runs: list[Run] = []

    @classmethod
    def write(cls, folder: Path) -> "SlurmSeason":
        """Lay out a checkout with a season of which nothing is done."""
        for name in ("Snakefile", "workflow", "config", "profiles", "envs", "slurm"):
            (folder / name).symlink_to(ROOT / name)
        write_tiny_season(folder)
        made = cls(folder)
        made.settings()
        return made

    def copy(self, folder: Path) -> "SlurmSeason":
        """Return a copy in which all stands that stands here."""
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        return SlurmSeason(folder)

    def settings(self, **sections: dict) -> None:
        """Write the settings: the tiny season's with a small network, and ``sections`` laid over."""
        values = tiny_settings()
        values["seasons"]["tiny"]["models"] = ["small"]
        values["models"] = {"small": SMALL}
        critic = {"start": 0.5, "width": 4}
        values["train"] = {"steps": 400, "batch_size": 2, "tile_frames": 64, "validate_every": 20, "critic": critic}
        values["evaluate"] = {"bootstrap": 100, "pictures": 1}
        for name, section in sections.items():
            values[name] = {**values.get(name, {}), **section}
        (self.folder / "settings.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")

    def training(self) -> dict:
        """Return the section of the settings that says how the network learns."""
        return yaml.safe_load((self.folder / "settings.yaml").read_text(encoding="utf-8"))["train"]

    def start(self, *arguments: str) -> Run:
        """Start `snakemake --profile slurm`."""
        hearing = ("env", "--default-signal=INT")  # what a script starts in the background is deaf to Ctrl-C
        command = [*hearing, "snakemake", "--profile", "slurm", "--configfile", "settings.yaml", *arguments]
        self.runs.append(Run(self.folder, *command))
        return self.runs[-1]

    def run(self, *arguments: str) -> Run:
        """Run `snakemake --profile slurm` to its end, which must be a good one."""
        run = self.start(*arguments)
        assert run.ended() == 0, run.shown
        return run

    def end(self) -> None:
        """End what still runs here, orphans included, so that the next test has the cluster to itself."""
        for run in self.runs:
            run.end()

    def forget(self, *patterns: str) -> None:
        """Delete results, as a user does who wants them anew."""
        for pattern in patterns:
            found = list(self.results.glob(pattern))
            assert found, pattern
            for path in found:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def bytes(self) -> dict[str, str]:
        """Return a hash of every result that must not depend on what happened on the way."""
        kept = ("tables/**/*.parquet", "stft/*.zarr/**/*", "infer/**/*.zarr/**/*", "catalogue/manifests/*")
        paths = [path for pattern in kept for path in (self.results / "tiny").glob(pattern)]
        paths += [self.results / "models" / "small" / name for name in ("generator.safetensors", "card.json")]
        return {
            str(path.relative_to(self.results)): sha256(path.read_bytes()).hexdigest()
            for path in sorted(paths)
            if path.is_file()
        }

    def complete(self) -> bool:
        """Return whether nothing is left to do."""
        shown = subprocess.run(
            ["snakemake", "-n", "--configfile", "settings.yaml"],
            cwd=self.folder, env=environment(), capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        return "Nothing to be done" in shown
