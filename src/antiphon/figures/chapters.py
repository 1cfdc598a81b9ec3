"""What the chapters of the season's page say: sums turned into words, rows and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from antiphon.figures.digest import LOSSES, Coverage, Heard, share
from antiphon.figures.pictures import svg_text
from antiphon.figures.season import calendar, day_profile, hours_by_date, silhouette
from antiphon.figures.style import COVERAGE_STOPS, Stops, ramp_stops, source_colours
from antiphon.figures.wording import clock, duration, percent, plural

__all__ = ["MANY", "Calendar", "SourceView", "coverage_rows", "covered", "source_views"]

MANY = 12
"""Deployments above which single ones are folded away instead of drawn at once."""


@dataclass(frozen=True)
class Calendar:
    """The picture of coverage and its scale."""

    svg: str
    width: int
    scale: Mapping[str, str]
    any_lost: bool


@dataclass(frozen=True)
class SourceView:
    """What the page says of one source."""

    place: int
    name: str
    common_name: str
    scientific_name: str
    colour: str
    occupancy: float
    time_occupancy: float
    effort_s: float
    best: str
    spark: Sequence[float]
    rows: Sequence[Mapping[str, Any]]
    profile: str
    frequency: str
    scale: Mapping[str, str]
    dates: Sequence[Mapping[str, str]]
    all_dates: str

    @property
    def is_heard(self) -> bool:
        """Whether it was active at all."""
        return self.occupancy > 0


def covered(coverage: Coverage) -> Calendar:
    """Return the calendar of analysed time."""
    figure = calendar(coverage.analysed_s, coverage.silent_days, coverage.deployments, coverage.first_day)
    words = f"Calendar of analysed sound: {plural(len(coverage.deployments), 'deployment')} by day."
    highest = duration(float(coverage.analysed_s.max(initial=0)))
    svg = svg_text(figure, name="calendar", description=words)
    scale = _scale(COVERAGE_STOPS, "0", f"{highest} a day")
    return Calendar(svg, round(96 * figure.get_figwidth()), scale, bool(coverage.silent_days.any()))


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


def source_views(heard: Heard, names: Mapping[str, Mapping[str, Any]], prefix: str) -> list[SourceView]:
    """Return what the page says of each source of a model.

    Parameters
    ----------
    heard
        Sums of the model's tables.
    names
        ``common_name`` and ``scientific_name`` of each source.
    prefix
        Prefix of the ids of the pictures.
    """
    colours = source_colours(heard.sources)
    return [
        _source_view(heard, place, source, names.get(source, {}), colours[source], f"{prefix}-{place}")
        for place, source in enumerate(heard.sources)
    ]


def _source_view(
    heard: Heard, place: int, source: str, names: Mapping[str, Any], colour: str, prefix: str
) -> SourceView:
    active, effort = heard.active_cells[place], heard.effort_cells[place]
    by_hour = share(active.sum((0, 1)), effort.sum((0, 1)))
    days = (effort > 0).sum((0, 1))
    is_heard = bool(active.sum() > 0)
    label = str(names.get("common_name") or source)
    highest, capped = _highest(active, effort)
    many = len(heard.deployments) > MANY
    return SourceView(
        place=place,
        name=source,
        common_name=label,
        scientific_name=str(names.get("scientific_name") or ""),
        colour=colour,
        occupancy=float(share(active.sum(), effort.sum())),
        time_occupancy=float(share(heard.active_s[place].sum(), heard.effort_s[place].sum())),
        effort_s=float(heard.effort_s[place].sum()),
        best=_best(by_hour) if is_heard else "",
        spark=(np.nan_to_num(by_hour) / max(float(np.nanmax(by_hour, initial=0)), 1e-12)).round(4).tolist(),
        rows=_hour_rows(heard, place, by_hour, days),
        profile=_profile(heard, place, label, colour, prefix) if is_heard else "",
        frequency=_frequency(heard, place, label, colour, prefix) if is_heard else "",
        scale=_scale(ramp_stops(colour), "0", f"{'≥ ' if capped else ''}{percent(highest)}"),
        dates=_dates(heard, place, label, colour, highest, prefix) if is_heard else (),
        all_dates=_all_dates(heard, place, label, colour, highest, prefix) if is_heard and many else "",
    )


def _best(by_hour: np.ndarray) -> str:
    """Return the hour of the highest occupancy, and that occupancy; nothing where a day is not cut into hours."""
    hour = int(np.nanargmax(by_hour))
    return f"{clock(hour, len(by_hour))} ({percent(float(by_hour[hour]))})" if len(by_hour) > 1 else ""


def _highest(active: np.ndarray, effort: np.ndarray) -> tuple[float, bool]:
    """Return the value of the darkest colour and whether cells lie above it: a single peak must not pale the rest."""
    shares = share(active, effort)
    known = shares[np.isfinite(shares)]
    if not known.size:
        return 0.0, False
    highest = float(np.quantile(known, 0.995)) if known.size > 1000 else float(known.max())
    highest = highest or float(known.max())
    return highest, bool(known.max() > highest)


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


def _profile(heard: Heard, place: int, label: str, colour: str, prefix: str) -> str:
    active, effort = heard.active_cells[place], heard.effort_cells[place]
    single = _single(share(active.sum(1), effort.sum(1)))
    by_hour = share(active.sum((0, 1)), effort.sum((0, 1)))
    figure = day_profile(by_hour, (effort > 0).sum((0, 1)), single, colour)
    words = f"{label}: occupancy by hour of local day, most at {_best(by_hour)}"
    return svg_text(figure, name=f"{prefix}-day", description=words)


def _frequency(heard: Heard, place: int, label: str, colour: str, prefix: str) -> str:
    active, effort = heard.band_active_cells[place], heard.band_effort_cells[place]
    fraction = share(active.sum(0), effort.sum(0))
    if not np.isfinite(fraction).any():
        return ""
    figure = silhouette(heard.edges_hz, fraction, _single(share(active, effort)), colour)
    peak = int(np.nanargmax(fraction))
    band = f"{heard.edges_hz[peak] / 1000:g} to {heard.edges_hz[peak + 1] / 1000:g} kHz"
    words = f"{label}: share of active cells over frequency; most from {band}, {percent(float(fraction[peak]))}"
    return svg_text(figure, name=f"{prefix}-frequency", description=words)


def _dates(heard: Heard, place: int, label: str, colour: str, highest: float, prefix: str) -> list[dict[str, str]]:
    """Return one heat map a deployment, with its words."""
    maps = []
    for row, deployment in enumerate(heard.deployments):
        active, effort = heard.active_cells[place, row], heard.effort_cells[place, row]
        if not effort.any():
            continue
        figure = hours_by_date(np.ma.masked_invalid(share(active, effort)), heard.first_day, colour, highest)
        whole, days = percent(float(share(active.sum(), effort.sum()))), int(effort.any(axis=1).sum())
        words = f"{label} at {deployment}: occupancy by hour of local day and date, {whole} on the whole"
        svg = svg_text(figure, name=f"{prefix}-dates-{row}", description=words)
        maps.append({"deployment": deployment, "words": f"{whole} in {plural(days, 'day')}", "svg": svg})
    return maps


def _all_dates(heard: Heard, place: int, label: str, colour: str, highest: float, prefix: str) -> str:
    """Return the heat map of all deployments together."""
    shares = share(heard.active_cells[place].sum(0), heard.effort_cells[place].sum(0))
    figure = hours_by_date(np.ma.masked_invalid(shares), heard.first_day, colour, highest, panels=2)
    words = f"{label}: occupancy by hour of local day and date, all deployments"
    return svg_text(figure, name=f"{prefix}-dates", description=words)


def _single(shares: np.ndarray) -> np.ndarray:
    """Return the rows of single deployments that are drawn: none if there is but one, or too many."""
    return shares if 1 < len(shares) <= MANY else shares[:0]


def _scale(stops: Stops, low: str, high: str) -> dict[str, str]:
    through = ", ".join(f"{colour} {100 * place:g}%" for place, colour in stops)
    return {"gradient": f"linear-gradient(90deg, {through})", "low": low, "high": high}
