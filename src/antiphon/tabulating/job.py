"""What a deployment's tables are made from, and how one of them is written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from antiphon.config import Stft, Tabulate
from antiphon.io.holdings import Holdings
from antiphon.io.tables import interval_columns, table_path, write_table
from antiphon.signal.grid import Grid
from antiphon.stats.calendar.intervals import Intervals

__all__ = ["Job"]


@dataclass(frozen=True)
class Job:
    """What a deployment's tables are made from.

    Attributes
    ----------
    season, deployment
        Names of the season and of the deployment.
    holdings
        Its recordings and stores.
    stft, settings
        The sections ``stft`` and ``tabulate`` of the settings.
    tables
        Folder of the season's tables.
    version
        Version of stage tabulate.
    """

    season: str
    deployment: str
    holdings: Holdings
    stft: Stft
    settings: Tabulate
    tables: Path
    version: int

    @property
    def grid(self) -> Grid:
        """The grid of the spectrograms."""
        return Grid(self.stft.window_s, self.stft.hop_s, self.stft.bins)

    @property
    def intervals(self) -> Intervals:
        """The intervals of the tables."""
        offset_min = self.holdings.utc_offset_min if self.settings.clock == "standard" else 0
        return Intervals(self.settings.interval_s * 1_000_000, offset_min * 60_000_000)

    def timed(self, columns: dict[str, Any]) -> dict[str, Any]:
        """Return columns with the times of their intervals in place of the intervals' numbers."""
        start_us = self.intervals.start_us(columns.pop("interval"))
        return interval_columns(start_us, self.intervals.length_us, self.holdings.utc_offset_min) | columns

    def write(
        self,
        table: str,
        pieces: Iterable[dict[str, Any]],
        model: str | None = None,
        made_by: dict[str, str] | None = None,
    ) -> None:
        """Write one table with the columns that every table has and what it was made from.

        Parameters
        ----------
        table
            Name of the table.
        pieces
            Its rows in order, some at a time.
        model
            The model; None: the table has none.
        made_by
            What the file says of the model.
        """
        settings = {"stft": self.stft.model_dump(mode="json"), "tabulate": self.settings.model_dump(mode="json")}
        words = {"stage_version": str(self.version), "settings": json.dumps(settings, sort_keys=True)}
        own = {"season": self.season, "site": self.holdings.site, "deployment": self.deployment}
        path = table_path(self.tables, table, self.deployment, model)
        write_table(path, table, ({**own, **piece} for piece in pieces), words | (made_by or {}))
