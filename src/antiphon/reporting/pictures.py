"""``antiphon figures``: every figure of a season as SVG and PDF, each with its data as CSV."""

from __future__ import annotations

import io
import warnings
from itertools import chain
from pathlib import Path

from matplotlib import rc_context

from antiphon.figures.season.papers import Paper, papers_of_model, papers_of_season
from antiphon.figures.style import RULES
from antiphon.io.models.cards import CARD
from antiphon.io.models.checkpoints import load_card
from antiphon.io.whole import read_json, whole_file, write_text
from antiphon.progress import log
from antiphon.reporting.reading import SeasonTables

__all__ = ["run"]

_METADATA = {"svg": {"Date": None}, "pdf": {"CreationDate": None, "Producer": None, "Creator": None}}
_RULES = {**RULES, "pdf.fonttype": 42, "figure.facecolor": "white", "savefig.facecolor": "white"}


def run(*, tables: Path, catalogue: Path, names: list[str], models: list[Path], output: Path) -> None:
    """Write every figure of a season as SVG and PDF, each with its numbers as CSV.

    Parameters
    ----------
    tables
        Folder of all tables of the season.
    catalogue
        Folder of the season's catalogue.
    names
        Names of the season's models.
    models
        Their folders, in the same order.
    output
        Folder to write.

    Raises
    ------
    AntiphonError
        If a table, a card or the catalogue is missing or damaged.
    """
    read = SeasonTables(tables, read_json(catalogue / "batches.json")["deployments"])
    recorded = read.recorded(catalogue)
    papers = [papers_of_season(recorded.coverage, recorded.places, recorded.soundscape)]
    sites = [place.site for place in recorded.places]
    for name, folder in zip(names, models, strict=True):
        card = load_card(folder / CARD)
        about = {source: one.model_dump() for source, one in card.sources.items()}
        sources = tuple(card.sources)
        papers.append(papers_of_model(name, read.heard(name, sources), about, sites, read.masked(name, sources)))
    count = 0
    for paper in chain.from_iterable(papers):
        _write(output, paper)
        count += 1
    log(f"{output}: {count} figures, each as SVG, PDF and CSV")


def _write(folder: Path, paper: Paper) -> None:
    for form, metadata in _METADATA.items():
        written = io.BytesIO()
        with rc_context(_RULES), warnings.catch_warnings():
            # matplotlib's own font may lack letters of a name; an SVG's reader has others.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            paper.figure.savefig(written, format=form, metadata=metadata, bbox_inches="tight", pad_inches=0.06)
        with whole_file(folder / f"{paper.name}.{form}") as scratch:
            scratch.write_bytes(written.getvalue())
    write_text(
        folder / f"{paper.name}.csv", paper.numbers.to_csv(index=False, float_format="%.9g", lineterminator="\n")
    )
