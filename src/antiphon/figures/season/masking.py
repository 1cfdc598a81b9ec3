"""Who masks whom: how much of one source's cells another one occupies too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from antiphon.figures.season.digest import share
from antiphon.figures.season.pictures import canvas
from antiphon.figures.style import ACCENT, INK, RULES, printable, ramp, ramp_stops
from antiphon.figures.wording import percent

__all__ = ["COLUMNS", "masked_shares", "masking_matrix", "masking_view"]

COLUMNS = ("source", "by_source", "both_cells", "source_cells")
"""Columns of the table overlap that are summed here."""

_DARK = 0.45
_CELL_PX = (92, 34)


@dataclass(frozen=True)
class _Cell:
    """A cell of the matrix as it is shown."""

    text: str
    colour: str
    ink: str


def masked_shares(tables: Iterable[tuple[str, pd.DataFrame]], sources: Sequence[str]) -> np.ndarray:
    """Return how much of the cells of each source (row) each other one (column) occupies too, 0-1.

    Parameters
    ----------
    tables
        The deployments' tables of overlap or pieces of them, each with the deployment's name.
    sources
        Sources in the model's order.

    Returns
    -------
    Shape (source, source); NaN on the diagonal and where a source is never active.
    """
    cells = np.zeros((2, len(sources), len(sources)))
    places = {name: place for place, name in enumerate(sources)}
    for _, table in tables:
        known = table[table["source"].isin(places) & table["by_source"].isin(places)]
        of, by = (known[name].map(places).to_numpy(np.int64) for name in ("source", "by_source"))
        for place, column in enumerate(("both_cells", "source_cells")):
            counts = np.nan_to_num(known[column].to_numpy(float, na_value=np.nan))
            cells[place] += np.bincount(of * len(sources) + by, counts, len(sources) ** 2).reshape(cells.shape[1:])
    both, own = cells
    return np.where(np.eye(len(sources), dtype=bool), np.nan, share(both, own))


def masking_view(shares: np.ndarray, sources: Sequence[str], names: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the matrix as the page shows it: ``by`` and ``rows``, darker the more is masked."""
    common = [str(names.get(source, {}).get("common_name") or source) for source in sources]
    colours = ramp(ramp_stops(ACCENT))

    def cell(value: float) -> _Cell:
        if np.isnan(value):
            return _Cell("–", "transparent", INK)
        return _Cell(percent(value), to_hex(colours(0.62 * value)), "#ffffff" if value > _DARK else INK)

    rows = [
        {"name": name, "cells": [cell(float(one)) for one in row]} for name, row in zip(common, shares, strict=True)
    ]
    return {"by": common, "rows": rows}


def masking_matrix(shares: np.ndarray, names: Sequence[str]) -> Figure:
    """Draw who masks whom: a row for each source that is masked, a column for each that masks it.

    Parameters
    ----------
    shares
        From :func:`masked_shares`.
    names
        Names of the sources.
    """
    count, shown = len(names), [printable(name) for name in names]
    letters_px = 16 + 6.6 * max(map(len, shown))
    with rc_context(RULES):
        width_px = count * max(_CELL_PX[0], letters_px)
        figure, axes = canvas(width_px, count * _CELL_PX[1], left=letters_px + 20, bottom=50)
        cells = np.ma.masked_invalid(0.62 * shares)
        axes.imshow(cells, ramp(ramp_stops(ACCENT)), vmin=0, vmax=1, aspect="auto")
        for row, column in np.ndindex(count, count):
            value = float(shares[row, column])
            ink = "white" if value > _DARK else INK
            axes.text(column, row, percent(value), color=ink, ha="center", va="center")
        axes.set_xticks(range(count), shown)
        axes.set_yticks(range(count), shown)
        axes.set_xlabel("by which source: share of the row's cells that it occupies, too", labelpad=4)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return figure
