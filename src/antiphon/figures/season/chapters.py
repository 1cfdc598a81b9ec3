"""What the chapters of the season's page say in words and rows; its charts are drawn by the page's own script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from antiphon.figures.season.digest import LOSSES, Coverage, share
from antiphon.figures.season.heard import Heard
from antiphon.figures.style import source_colours
from antiphon.figures.wording import clock, percent
from antiphon.stats.ratio import ratio_interval

__all__ = ["MANY", "SourceView", "coverage_rows", "source_views"]

MANY = 12
"""Deployments above which single ones are folded away instead of shown at once."""


@dataclass(frozen=True)
class SourceView:
    """What the page says of one source.

    Attributes
    ----------
    place
        Its place in the model's order.
    name, common_name, scientific_name, colour
        How it is shown.
    occupancy, time_occupancy, effort_s
        Of the whole season.
    interval
        95 % interval of ``occupancy`` in words; empty where there is none.
    best
        The hour of the highest occupancy, and that occupancy, in words.
    spark
        Occupancy by hour of the local day, the highest 1.
    rows
        Numbers by hour of the local day.
    """

    place: int
    name: str
    common_name: str
    scientific_name: str
    colour: str
    occupancy: float
    interval: str
    time_occupancy: float
    effort_s: float
    best: str
    spark: Sequence[float]
    rows: Sequence[Mapping[str, Any]]

    @property
    def is_heard(self) -> bool:
        """Whether it was active at all."""
        return self.occupancy > 0


def coverage_rows(coverage: Coverage) -> list[dict[str, Any]]:
    """Return one row of effort a deployment: days, seconds scheduled, analysed and lost (NaN: not known)."""
    rows = []
    for place, name in enumerate(coverage.deployments):
        scheduled_s, analysed_s = (float(of[place].sum()) for of in (coverage.scheduled_s, coverage.analysed_s))
        lost = {loss: float(coverage.lost_s[loss][place].sum()) for loss in LOSSES}
        row = {"deployment": name, "site": coverage.sites[place], "days": int((coverage.analysed_s[place] > 0).sum())}
        row |= {"scheduled_s": scheduled_s, "analysed_s": analysed_s, "share": analysed_s / max(scheduled_s, 1e-9)}
        rows.append(row | lost)
    return rows


def source_views(heard: Heard, names: Mapping[str, Mapping[str, Any]]) -> list[SourceView]:
    """Return what the page says of each source of a model.

    Parameters
    ----------
    heard
        Sums of the model's tables.
    names
        ``common_name`` and ``scientific_name`` of each source.
    """
    colours = source_colours(heard.sources)
    return [
        _source_view(heard, place, source, names.get(source, {}), colours[source])
        for place, source in enumerate(heard.sources)
    ]


def _source_view(heard: Heard, place: int, source: str, names: Mapping[str, Any], colour: str) -> SourceView:
    active, effort = heard.active_cells[place], heard.effort_cells[place]
    by_hour = share(active.sum((0, 1)), effort.sum((0, 1)))
    whole, low, high = ratio_interval(active.sum(2).ravel(), effort.sum(2).ravel())
    return SourceView(
        place=place,
        name=source,
        common_name=str(names.get("common_name") or source),
        scientific_name=str(names.get("scientific_name") or ""),
        colour=colour,
        occupancy=float(whole),
        interval=f"{percent(low)}–{percent(high)}" if np.isfinite(low) else "",
        time_occupancy=float(share(heard.active_s[place].sum(), heard.effort_s[place].sum())),
        effort_s=float(heard.effort_s[place].sum()),
        best=_best(by_hour) if active.any() else "",
        spark=(np.nan_to_num(by_hour) / max(float(np.nanmax(by_hour, initial=0)), 1e-12)).round(4).tolist(),
        rows=_hour_rows(heard, place, by_hour, (effort > 0).sum((0, 1))),
    )


def _best(by_hour: np.ndarray) -> str:
    """Return the hour of the highest occupancy, and that occupancy; nothing where a day is not cut into hours."""
    hour = int(np.nanargmax(by_hour))
    return f"{clock(hour, len(by_hour))} ({percent(float(by_hour[hour]))})" if len(by_hour) > 1 else ""


def _hour_rows(heard: Heard, place: int, by_hour: np.ndarray, days: np.ndarray) -> list[dict[str, Any]]:
    """Return one row an hour of the local day: effort, days, both occupancies."""
    effort_s, active_s = heard.effort_s[place].sum((0, 1)), heard.active_s[place].sum((0, 1))
    time = share(active_s, effort_s)
    return [
        {
            "hour": clock(hour, len(by_hour)),
            "days": int(days[hour]),
            "effort_s": float(effort_s[hour]),
            "occupancy": float(by_hour[hour]),
            "time_occupancy": float(time[hour]),
        }
        for hour in range(len(by_hour))
    ]
