"""Where a page comes from: software, inputs, settings, and what the jobs asked for and used."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from antiphon import __version__
from antiphon.figures.season.page import Origin
from antiphon.io.jobs.accounting import read_accounting
from antiphon.io.jobs.benchmarks import read_benchmarks
from antiphon.io.models.cards import CARD
from antiphon.planning.usage import RuleUse, use_by_rule
from antiphon.reporting.reading import SeasonTables

__all__ = ["origin_of", "resources_of"]

_LONGEST_JOB = timedelta(days=7)
_OF_SEASON, _OF_MODEL = ("recordings", "effort", "ltsa"), ("occupancy", "frequency", "events", "overlap")


def resources_of(benchmarks: Path) -> list[RuleUse]:
    """Return what jobs asked for and used: by Slurm's accounting, else, rule by rule, by Snakemake's benchmarks.

    These figures differ from run to run; no other line of the page depends on them.
    """
    measured = list(read_benchmarks(benchmarks))
    times = [path.stat().st_mtime for path in benchmarks.rglob("*.tsv")]
    since = datetime.fromtimestamp(min(times), tz=UTC).astimezone() - _LONGEST_JOB if times else None
    counted = read_accounting(Path.cwd(), since) if since else []
    known = {job.rule for job in counted}
    return use_by_rule([*counted, *(job for job in measured if job.rule not in known)])


def origin_of(
    read: SeasonTables, stage_version: int, names: Sequence[str], models: Sequence[Path], shown: dict[str, Any]
) -> Origin:
    """Return the software, the inputs and the settings behind the page."""
    packages = ("numpy", "pandas", "pyarrow", "matplotlib", "jinja2")
    versions = {"antiphon": __version__, "Stage report": str(stage_version), "Python": platform.python_version()}
    inputs = {f"tables/{table}": read.paths(table) for table in _OF_SEASON}
    for name, folder in zip(names, models, strict=True):
        inputs |= {f"tables/{table}/{name}": read.paths(table, name) for table in _OF_MODEL}
        inputs[f"{name}/{CARD}"] = [folder / CARD]
    return Origin(
        settings=yaml.safe_dump(shown, sort_keys=False, allow_unicode=True),
        versions=versions | {package: version(package) for package in packages},
        hashes={name: _hash(paths) for name, paths in inputs.items()},
    )


def _hash(paths: Sequence[Path]) -> str:
    """Return the SHA-256 of a file, or of the listing that ``sha256sum *`` gives of several."""
    single: dict[str, str] = {}
    for path in sorted(paths):
        with path.open("rb") as content:
            single[path.name] = hashlib.file_digest(content, "sha256").hexdigest()
    if len(single) == 1:
        return next(iter(single.values()))
    return hashlib.sha256("".join(f"{value}  {name}\n" for name, value in single.items()).encode()).hexdigest()
