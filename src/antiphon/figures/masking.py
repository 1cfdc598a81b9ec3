"""Who masks whom: how much of one source's cells another one occupies too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from antiphon.figures.digest import share
from antiphon.figures.style import ACCENT, INK, ramp, ramp_stops
from antiphon.figures.wording import percent

__all__ = ["COLUMNS", "masked_shares", "masking_view"]

COLUMNS = ("source", "by_source", "both_cells", "source_cells")
"""Columns of the table overlap that are summed here."""

_DARK = 0.45


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
        The deployments' tables of overlap, each with the deployment's name.
    sources
        Sources in the model's order.

    Returns
    -------
    Shape (source, source); NaN on the diagonal and where a source is never active.
    """
    both, own = np.zeros((2, len(sources), len(sources)))
    places = {name: place for place, name in enumerate(sources)}
    for _, table in tables:
        known = table[table["source"].isin(places) & table["by_source"].isin(places)]
        pair = known["source"].map(places).to_numpy(np.int64), known["by_source"].map(places).to_numpy(np.int64)
        for sums, column in ((both, "both_cells"), (own, "source_cells")):
            np.add.at(sums, pair, np.nan_to_num(known[column].to_numpy(float, na_value=np.nan)))
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
