"""Slurm's accounting: what became of the jobs that were submitted in a folder."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from antiphon.planning.usage import JobUse
from antiphon.progress import log

__all__ = ["jobs_in", "read_accounting"]

_FIELDS = "JobID,State,ElapsedRaw,TimelimitRaw,ReqMem,AllocCPUS,MaxRSS,TotalCPU,WorkDir,SubmitLine"
_TIMEOUT_S = 60
_MB = {"K": 1 / 1024, "M": 1.0, "G": 1024.0, "T": 1024.0**2}


def read_accounting(folder: Path, since: datetime) -> list[JobUse]:
    """Return the jobs that Snakemake submitted in ``folder``, or nothing where there is no accounting.

    Parameters
    ----------
    folder
        Folder that Snakemake was started in.
    since
        Local time before which jobs are of no interest.
    """
    if not shutil.which("sacct"):
        return []
    command = ["sacct", "-P", "-n", "-D", "-S", since.strftime("%Y-%m-%dT%H:%M:%S"), "--format", _FIELDS]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True)
    except (subprocess.SubprocessError, OSError) as error:
        log(f"sacct does not answer, so only Snakemake's own figures are shown: {error}")
        return []
    return list(jobs_in(done.stdout.splitlines(), folder))


def jobs_in(lines: Sequence[str], folder: Path) -> Iterator[JobUse]:
    """Yield the jobs of ``folder`` among the lines of sacct: a job's own line, then those of its steps.

    What a job holds is the sum of what its steps hold at most: Snakemake waits in one while the rule runs in another.
    """
    rows = [line.split("|", _FIELDS.count(",")) for line in lines]
    steps: dict[str, list[list[str]]] = {}
    for row in rows:
        steps.setdefault(row[0].split(".")[0], []).append(row)
    for whole, *parts in steps.values():
        rule = re.search(r"--comment '?rule_(\w+?)(?:_wildcards_|['\s])", whole[9])
        if rule and whole[8] == str(folder) and whole[1] not in ("PENDING", "RUNNING"):
            yield _job(rule[1], whole, parts)


def _job(rule: str, whole: list[str], steps: Sequence[list[str]]) -> JobUse:
    held = [_mb(step[6]) for step in steps if step[6]]
    return JobUse(
        rule=rule,
        wildcards={},
        state=whole[1].split()[0],
        wall_s=float(whole[2] or 0),
        core_s=_seconds(whole[7]),
        threads=int(whole[5] or 1),
        memory_mb=sum(held) if held else None,
        requested_mb=_mb(whole[4]) if whole[4] else None,
        requested_min=float(whole[3]) if whole[3].isdigit() else None,
    )


def _mb(shown: str) -> float:
    """Return megabytes of ``175108K``, ``4000M`` or ``2Gn`` (old versions: for each node)."""
    number, unit = re.fullmatch(r"([\d.]+)([KMGT]?)[nc]?", shown).groups()  # type: ignore[union-attr]
    return float(number) * _MB[unit or "M"]


def _seconds(shown: str) -> float:
    """Return seconds of ``1-02:03:04`` or ``02:03.456``."""
    days, _, clock = shown.rpartition("-")
    seconds = 0.0
    for part in clock.split(":"):
        seconds = 60 * seconds + float(part or 0)
    return 86400 * int(days or 0) + seconds
