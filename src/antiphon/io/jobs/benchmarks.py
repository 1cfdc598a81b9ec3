"""Benchmarks of a season: what Snakemake measured of each job, one file each below ``benchmarks/``."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from antiphon.planning.usage import JobUse

__all__ = ["read_benchmarks"]


def read_benchmarks(folder: Path) -> Iterator[JobUse]:
    """Yield the jobs below ``folder`` in order of their files' names.

    Files without the columns of ``benchmark-extended: true`` are passed over: they do not name their rule.
    """
    for path in sorted(folder.rglob("*.tsv")):
        with path.open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                if row.get("rule_name"):
                    yield _job(row)


def _job(row: dict[str, str]) -> JobUse:
    resources = _pairs(row["resources"])
    return JobUse(
        rule=row["rule_name"],
        wildcards=_pairs(row["wildcards"]),
        state="COMPLETED",
        wall_s=float(row["s"]),
        core_s=_number(row["cpu_time"]) or 0.0,
        threads=int(row["threads"]),
        memory_mb=_number(row["max_rss"]),
        requested_mb=_number(resources.get("mem_mb")),
        requested_min=_number(resources.get("runtime")),
    )


def _pairs(shown: str) -> dict[str, str]:
    """Return the keys and simple values of a dictionary as Python shows it."""
    return dict(re.findall(r"'(\w+)': '?([^',}]+)", shown))


def _number(text: str | None) -> float | None:
    """Return a number; Snakemake writes ``NA`` where a job ended before it was looked at."""
    return float(text) if text is not None and re.fullmatch(r"[0-9.]+", text) else None
