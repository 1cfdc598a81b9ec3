"""A season's tables and models, read into what its page and its pictures show."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from antiphon.figures.season.digest import COLUMNS, coverage, quality
from antiphon.figures.season.heard import COLUMNS as HEARD_COLUMNS
from antiphon.figures.season.heard import Heard, heard
from antiphon.figures.season.long_term import COLUMNS as LONG_TERM_COLUMNS
from antiphon.figures.season.long_term import long_term
from antiphon.figures.season.masking import COLUMNS as OVERLAP_COLUMNS
from antiphon.figures.season.masking import masked_shares
from antiphon.figures.season.page import Recorded
from antiphon.figures.season.payload import Place
from antiphon.io.season.catalogue import read_set_aside
from antiphon.io.sound.reasons import MEANINGS
from antiphon.io.tables import read_pieces, read_table, table_path
from antiphon.io.whole import read_json
from antiphon.progress import track
from antiphon.reporting.picks import COLUMNS as EVENT_COLUMNS

__all__ = ["SeasonTables", "read_scores"]

_COLUMNS = {**COLUMNS, **HEARD_COLUMNS, "ltsa": LONG_TERM_COLUMNS, "events": EVENT_COLUMNS, "overlap": OVERLAP_COLUMNS}


@dataclass(frozen=True)
class SeasonTables:
    """The tables of a season's deployments.

    Attributes
    ----------
    folder
        Folder of all tables.
    deployments
        Names, in order.
    """

    folder: Path
    deployments: Sequence[str]

    def paths(self, name: str, model: str | None = None) -> list[Path]:
        """Return the files of one table."""
        return [table_path(self.folder, name, deployment, model) for deployment in self.deployments]

    def each(self, name: str, model: str | None = None) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield each deployment and the columns of its table that the page sums, one after the other."""
        for deployment, path in self._tracked(name, model):
            yield deployment, read_table(path, name, _COLUMNS[name]).to_pandas()

    def pieces(self, name: str, model: str) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield the same of a long table in pieces, each with its deployment; none of one without rows."""
        for deployment, path in self._tracked(name, model):
            for piece in read_pieces(path, name, _COLUMNS[name]):
                yield deployment, piece.to_pandas()

    def _tracked(self, name: str, model: str | None) -> Iterator[tuple[str, Path]]:
        paths = track(self.paths(name, model), " ".join(["report:", name, *([model] if model else [])]))
        yield from zip(self.deployments, paths, strict=True)

    def recorded(self, catalogue: Path) -> Recorded:
        """Read what was recorded; ``catalogue`` is the folder of the season's catalogue."""
        return Recorded(
            coverage=coverage(self.each("effort")),
            quality=quality(self.each("recordings")),
            meanings={str(code): text for code, text in MEANINGS.items()},
            ignored=read_json(catalogue / "batches.json")["counts"]["ignored"],
            shared=read_json(catalogue / "verdicts.json")["shared"],
            places=[_place(catalogue, deployment) for deployment in self.deployments],
            soundscape=long_term(self.each("ltsa")),
        )

    def heard(self, model: str, sources: tuple[str, ...]) -> Heard:
        """Read what a model heard."""
        return heard(self.each("occupancy", model), self.pieces("frequency", model), sources)

    def masked(self, model: str, sources: tuple[str, ...]) -> np.ndarray:
        """Read how much of each source's cells (row) each other one (column) occupies too."""
        return masked_shares(self.pieces("overlap", model), sources)


def _place(catalogue: Path, deployment: str) -> Place:
    """Return where a deployment stood."""
    found = read_set_aside(catalogue / "set_aside" / f"{deployment}.json")
    return Place(deployment, found.site, found.latitude, found.longitude, found.utc_offset_min)


def read_scores(path: Path) -> list[dict[str, str]]:
    """Read a table of scores as text; a model that was not judged here has none."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
