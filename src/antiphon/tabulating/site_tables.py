"""The tables of a season's sites: detection_history, diel and site_order, and the first as matrices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from antiphon.config import Tabulate
from antiphon.io.tables import table_path, write_table
from antiphon.io.whole import write_text
from antiphon.stats.detection import detection_history, wide
from antiphon.stats.site_order import site_order
from antiphon.tabulating.season import Reduced

__all__ = ["SiteTables"]

_NAMES = ("scientific_name", "common_name", "kind")


@dataclass(frozen=True)
class SiteTables:
    """What the tables of sites are made from.

    Attributes
    ----------
    season, model
        Names of the season and of the model.
    reduced
        Sums of all deployments.
    settings
        The section ``tabulate`` of the settings.
    tables
        Folder of the season's tables.
    version
        Version of stage tabulate.
    """

    season: str
    model: str
    reduced: Reduced
    settings: Tabulate
    tables: Path
    version: int

    def write_history(self, matrices: Path) -> None:
        """Write the detection history, long, and as one matrix a source and one of effort into ``matrices``."""
        rule = self.settings.detection
        history = detection_history(self.reduced.days, rule.occasion_days, rule.min_effort_s, rule.min_active_s)
        self._write(
            "detection_history",
            {
                **self._named(history),
                **{name: history[name].to_numpy() for name in ("occasion", "effort_s", "active_s", "detected")},
                **{name: history[name].to_numpy() for name in ("n_events", "max_score")},
                "occasion_start": _days(history["first_day"]),
                "occasion_days": rule.occasion_days,
            },
        )
        for source, rows in history.groupby("source"):
            _write_matrix(matrices / f"{source}.csv", wide(rows, "detected").astype("Int64"))
        if len(history):
            one = history[history["source"] == history["source"].iloc[0]]
            _write_matrix(matrices / "effort_h.csv", (wide(one, "effort_s") / 3600).round(6))

    def write_hours(self) -> None:
        """Write when in the day and in the season each source is active at each site."""
        hours = self.reduced.hours.sort_values(["site", "source", "week", "hour"], ignore_index=True)
        hours = hours[hours["hour"] >= 0]
        heard = hours["effort_s"] > 0
        time = (hours["active_s"] / hours["effort_s"].where(heard)).to_numpy(dtype=float)
        cells = (hours["active_cells"] / hours["effort_cells"].where(heard)).to_numpy(dtype=float)
        self._write(
            "diel",
            {
                **self._named(hours),
                "week_start": _days(hours["week"]),
                "hour": hours["hour"].to_numpy(),
                **{name: hours[name].to_numpy() for name in ("effort_s", "active_s", "n_events")},
                "time_occupancy": time,
                "tf_occupancy": cells,
            },
        )

    def write_order(self) -> None:
        """Write the sites in order of likeness."""
        of_sources = [name for name, (_, _, kind) in self.reduced.sources.items() if kind == "source"]
        order = site_order(self.reduced.hours[self.reduced.hours["source"].isin(of_sources)])
        columns = {name: order[name].to_numpy() for name in order.columns if name != "site"}
        self._write("site_order", {"site": order["site"].to_numpy(dtype=object), **columns})

    def _named(self, rows: pd.DataFrame) -> dict[str, Any]:
        """Return the columns that name site and source."""
        named = [self.reduced.sources[source] for source in rows["source"]]
        names = {name: [one[place] for one in named] for place, name in enumerate(_NAMES)}
        return {"site": rows["site"].to_numpy(dtype=object), "source": rows["source"].to_numpy(dtype=object), **names}

    def _write(self, table: str, columns: Mapping[str, Any]) -> None:
        made_by = {
            "stage_version": str(self.version),
            "model": self.model,
            "settings": json.dumps({"tabulate": self.settings.model_dump(mode="json")}, sort_keys=True),
        }
        path = table_path(self.tables, table, self.season, self.model)
        write_table(path, table, [{"season": self.season, "model": self.model, **columns}], made_by)


def _days(days: pd.Series) -> np.ndarray:
    """Return local days since 1970 as text, YYYY-MM-DD."""
    return np.datetime_as_string(days.to_numpy(dtype="int64").astype("datetime64[D]")).astype(object)


def _write_matrix(path: Path, matrix: pd.DataFrame) -> None:
    """Write sites by occasions as CSV; NA as R reads it."""
    write_text(path, matrix.to_csv(na_rep="NA", lineterminator="\n"))
