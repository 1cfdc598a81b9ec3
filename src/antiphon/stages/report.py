"""Stage report: turn numbers into a page."""

from __future__ import annotations

import csv
import hashlib
import json
import platform
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from antiphon import __version__
from antiphon.config import Report, section
from antiphon.figures.digest import COLUMNS, coverage, quality
from antiphon.figures.heard import COLUMNS as HEARD_COLUMNS
from antiphon.figures.heard import heard
from antiphon.figures.long_term import COLUMNS as LONG_TERM_COLUMNS
from antiphon.figures.long_term import long_term
from antiphon.figures.page import ModelPart, Origin, Recorded, season_page
from antiphon.figures.payload import Place
from antiphon.io.accounting import read_accounting
from antiphon.io.benchmarks import read_benchmarks
from antiphon.io.checkpoints import CARD, load_card
from antiphon.io.season.catalogue import read_set_aside
from antiphon.io.sound.reasons import MEANINGS
from antiphon.io.tables import read_table, table_path
from antiphon.io.whole import read_json, write_text
from antiphon.planning.usage import RuleUse, use_by_rule
from antiphon.progress import log, track

__all__ = ["VERSION", "run"]

VERSION = 4

_LONGEST_JOB = timedelta(days=7)
_COLUMNS = {**COLUMNS, **HEARD_COLUMNS, "ltsa": LONG_TERM_COLUMNS}
_PICTURES = {
    "evaluation/examples.png": "Examples the model never saw: mixture, truth and what it found",
    "curves.png": "Losses and scores while it learned",
    "reliability.png": "Whether its probabilities mean what they say",
}


def run(
    *,
    season: str,
    tables: Path,
    catalogue: Path,
    models: list[Path],
    settings: str,
    all_settings: str,
    output: Path,
    benchmarks: Path | None = None,
) -> None:
    """Write a season as one HTML page that opens from disk and needs nothing else.

    Parameters
    ----------
    season
        Name of the season.
    tables
        Folder of all tables of the season.
    catalogue
        Folder of the season's catalogue.
    models
        Folders of the season's models, in the order of the settings.
    settings
        Section ``report`` of the settings as JSON.
    all_settings
        All settings that made the season's numbers, as JSON.
    output
        The page to write.
    benchmarks
        Folder of the season's benchmarks; with them and Slurm's accounting the page says what the jobs used.

    Raises
    ------
    AntiphonError
        If a table, a card or the catalogue is missing or damaged.
    """
    wanted, shown = section(Report, settings), json.loads(all_settings)
    found = read_json(catalogue / "batches.json")
    read = _Tables(tables, found["deployments"])
    names = shown["seasons"][season]["models"]
    page = season_page(
        title=wanted.title,
        season=season,
        recorded=_recorded(read, catalogue, found["counts"]["ignored"]),
        models=[_model_part(read, name, folder) for name, folder in zip(names, models, strict=True)],
        origin=_origin(read, names, models, shown),
        resources=[asdict(use) for use in _resources(benchmarks)] if benchmarks else [],
    )
    write_text(output, page)
    log(f"{output}: {len(page.encode()) / 1e6:.1f} MB")


@dataclass(frozen=True)
class _Tables:
    """The tables of a season's deployments."""

    folder: Path
    deployments: Sequence[str]

    def paths(self, name: str, model: str | None = None) -> list[Path]:
        """Return the files of one table."""
        return [table_path(self.folder, name, deployment, model) for deployment in self.deployments]

    def each(self, name: str, model: str | None = None) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield each deployment and the columns of its table that the page sums, one after the other."""
        paths = track(self.paths(name, model), " ".join(["report:", name, *([model] if model else [])]))
        for deployment, path in zip(self.deployments, paths, strict=True):
            yield deployment, read_table(path, name, _COLUMNS[name]).to_pandas()


def _recorded(read: _Tables, catalogue: Path, ignored: int) -> Recorded:
    """Read what was recorded."""
    return Recorded(
        coverage=coverage(read.each("effort")),
        quality=quality(read.each("recordings")),
        meanings={str(code): text for code, text in MEANINGS.items()},
        ignored=ignored,
        shared=read_json(catalogue / "verdicts.json")["shared"],
        places=[_place(catalogue, deployment) for deployment in read.deployments],
        soundscape=long_term(read.each("ltsa")),
    )


def _place(catalogue: Path, deployment: str) -> Place:
    """Return where a deployment stood."""
    found = read_set_aside(catalogue / "set_aside" / f"{deployment}.json")
    return Place(deployment, found.site, found.latitude, found.longitude, found.utc_offset_min)


def _resources(benchmarks: Path) -> list[RuleUse]:
    """Return what jobs asked for and used: by Slurm's accounting, else, rule by rule, by Snakemake's benchmarks.

    These figures differ from run to run; no other line of the page depends on them.
    """
    measured = list(read_benchmarks(benchmarks))
    times = [path.stat().st_mtime for path in benchmarks.rglob("*.tsv")]
    since = datetime.fromtimestamp(min(times), tz=UTC).astimezone() - _LONGEST_JOB if times else None
    counted = read_accounting(Path.cwd(), since) if since else []
    known = {job.rule for job in counted}
    return use_by_rule([*counted, *(job for job in measured if job.rule not in known)])


def _model_part(read: _Tables, name: str, folder: Path) -> ModelPart:
    """Read what the page says of one model."""
    card = load_card(folder / CARD)
    sums = heard(read.each("occupancy", name), read.each("frequency", name), tuple(card.sources))
    pictures = {words: folder / path for path, words in _PICTURES.items() if (folder / path).exists()}
    return ModelPart(
        name=name,
        card=card.model_dump(mode="json"),
        heard=sums,
        scores=_scores(folder / "evaluation" / "scores.csv"),
        pictures={words: path.read_bytes() for words, path in pictures.items()},
    )


def _scores(path: Path) -> list[dict[str, str]]:
    """Read a table of scores as text; a model that was not judged here has none."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def _origin(read: _Tables, names: Sequence[str], models: Sequence[Path], shown: dict[str, Any]) -> Origin:
    """Return the software, the inputs and the settings behind the page."""
    packages = ("numpy", "pandas", "pyarrow", "matplotlib", "jinja2")
    versions = {"antiphon": __version__, "Stage report": str(VERSION), "Python": platform.python_version()}
    inputs = {f"tables/{table}": read.paths(table) for table in ("recordings", "effort", "ltsa")}
    for name, folder in zip(names, models, strict=True):
        inputs |= {f"tables/{table}/{name}": read.paths(table, name) for table in ("occupancy", "frequency")}
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
