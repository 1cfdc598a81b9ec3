"""``antiphon demo-summary``: what the workflow found in the demo's season, beside the truth."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from antiphon.demo.found import Found, found_recordings
from antiphon.demo.picture import save_picture
from antiphon.demo.recorders import DEPLOYMENTS
from antiphon.figures.model.trust import LIMIT
from antiphon.io.models.cards import CARD
from antiphon.io.models.checkpoints import load_card
from antiphon.io.tables import read_table, table_path
from antiphon.stats.judging.scores import Counts

__all__ = ["summary"]


@dataclass(frozen=True)
class _Held:
    """The season held against its truth.

    Attributes
    ----------
    counts
        Cells by what was found and what was true.
    true_cells
        Cells that each source owns, shape (source,).
    heard_cells
        Cells that were heard.
    """

    counts: Counts
    true_cells: np.ndarray
    heard_cells: int

    def __add__(self, other: _Held) -> _Held:
        return _Held(
            self.counts + other.counts, self.true_cells + other.true_cells, self.heard_cells + other.heard_cells
        )


def summary(
    *, folder: Path, results: Path, season: str = "demo", model: str = "community", picture: Path | None = None
) -> None:
    """Print what was found in the demo's season beside the truth, and where its tables and its page lie.

    Parameters
    ----------
    folder
        Folder that `antiphon demo-write` wrote to.
    results
        Folder of the results.
    season
        Name of the season.
    model
        Name of the model.
    picture
        PNG to draw it all into, too: the picture of the README.

    Raises
    ------
    AntiphonError
        If the workflow has not run to its end, or the truth is missing.
    """
    card = load_card(results / "models" / model / CARD)

    def recordings() -> Iterator[Found]:
        return found_recordings(folder / "truth", results / season / "infer" / model, card)

    held = reduce(add, (_held(one.found, one.true, one.heard_bins) for one in recordings()))
    tables = results / season / "tables"
    console = Console(width=100, highlight=False)
    console.print(_season_table(list(card.sources), held, _found_occupancy(tables, model, list(card.sources))))
    if scores := _scores(results / "models" / model / "evaluation" / "scores.csv"):
        console.print(_scores_table(scores))
    console.print(f"tables: {tables}\npage:   {results / season / 'report' / 'index.html'}", soft_wrap=True)
    if picture:
        names = [source.common_name for source in card.sources.values()]
        save_picture(recordings(), names, results / season / "stft", picture)


def _held(found: np.ndarray, true: np.ndarray, heard_bins: int) -> _Held:
    """Hold what was found in one recording against what is true, masks of shape (source, time, frequency)."""
    heard = np.zeros(true.shape[1:], dtype=bool)
    heard[:, :heard_bins] = True
    return _Held(Counts.of(found, true, heard), np.count_nonzero(true, axis=(1, 2)), int(heard.sum()))


def _found_occupancy(tables: Path, model: str, sources: Sequence[str]) -> dict[str, float]:
    """Return the season's share of analysed cells in which each source is active, from the tables."""
    active, effort = dict.fromkeys(sources, 0), dict.fromkeys(sources, 0)
    for site in DEPLOYMENTS:
        table = read_table(table_path(tables, "occupancy", site.deployment, model), "occupancy")
        for row in table.select(["source", "active_cells", "effort_cells"]).to_pylist():
            active[row["source"]] += row["active_cells"] or 0
            effort[row["source"]] += row["effort_cells"] or 0
    return {source: active[source] / effort[source] if effort[source] else float("nan") for source in sources}


def _season_table(sources: Sequence[str], held: _Held, found: dict[str, float]) -> Table:
    table = Table(title="The season, which the model never saw", title_justify="left")
    for name in ("source", "true occupancy", "found occupancy", "precision", "recall", "pixel F1"):
        table.add_column(name, justify="left" if name == "source" else "right")
    scores = zip(held.counts.precision, held.counts.recall, held.counts.f1, strict=True)
    for index, (source, three) in enumerate(zip(sources, scores, strict=True)):
        true = held.true_cells[index] / max(held.heard_cells, 1)
        table.add_row(source, f"{true:.2%}", f"{found[source]:.2%}", *(f"{score:.2f}" for score in three))
    mean = float(np.nanmean(held.counts.f1))
    table.add_row("macro", "", "", "", "", f"{mean:.2f}", style="bold")
    return table


def _scores(path: Path) -> list[dict[str, str]]:
    """Return the rows of the evaluation; none if the model was not judged here."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _scores_table(rows: Sequence[dict[str, str]]) -> Table:
    """Return the pixel F1 of each method and source on the held-out test examples."""
    sources = list(dict.fromkeys(row["source"] for row in rows))
    table = Table(title="Held-out test examples: pixel F1", title_justify="left")
    table.add_column("method")
    for source in sources:
        table.add_column(source, justify="right")
    for method in dict.fromkeys(row["method"] for row in rows if not row["method"].startswith(LIMIT)):
        by_source = {row["source"]: row["f1"] for row in rows if row["method"] == method}
        cells = [by_source.get(source, "") for source in sources]
        table.add_row(method, *(f"{float(cell):.2f}" if cell not in ("", "nan") else "–" for cell in cells))
    return table
