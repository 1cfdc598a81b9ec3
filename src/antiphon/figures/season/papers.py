"""Every figure of a season for papers and talks: a picture and the numbers behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from antiphon.figures.season.curves import bands_by_hour, season_curve, site_comparison, site_map
from antiphon.figures.season.digest import LOSSES, Coverage, share
from antiphon.figures.season.heard import Heard
from antiphon.figures.season.long_term import LongTerm, level_limits, long_term_picture
from antiphon.figures.season.masking import masking_matrix
from antiphon.figures.season.payload import Place
from antiphon.figures.season.pictures import calendar, day_profile, hours_by_date, silhouette
from antiphon.figures.style import ACCENT, source_colours
from antiphon.stats.ratio import WINDOW_DAYS, ratio_interval, windowed

__all__ = ["Paper", "papers_of_model", "papers_of_season"]

_PLACE = ("deployment", "site", "latitude", "longitude")
_ENDS = ("share", "low_95", "high_95")


@dataclass(frozen=True)
class Paper:
    """A figure with its numbers.

    Attributes
    ----------
    name
        Name of its files, without ending.
    figure
        The picture.
    numbers
        What it shows, one row a point, bar or cell.
    """

    name: str
    figure: Figure
    numbers: pd.DataFrame


def papers_of_season(coverage: Coverage, places: Sequence[Place], soundscape: Sequence[LongTerm]) -> Iterator[Paper]:
    """Yield the figures of what was recorded: calendar, map, long-term averages."""
    if coverage.scheduled_s.any():
        figure = calendar(coverage.analysed_s, coverage.silent_days, coverage.deployments, coverage.first_day)
        yield Paper("coverage", figure, _coverage_numbers(coverage))
    known = [one for one in places if one.latitude is not None and one.longitude is not None]
    if known:
        columns = {"deployment": [one.deployment for one in known], "site": [one.site for one in known]}
        positions = [(one.latitude, one.longitude) for one in known]
        table = pd.DataFrame(columns).assign(
            **dict(zip(("latitude", "longitude"), zip(*positions, strict=True), strict=True))
        )
        of_site = table.groupby("site", sort=False)[["latitude", "longitude"]].mean()
        yield Paper("sites", site_map(of_site.to_numpy(float), list(of_site.index), ACCENT), table)
    for one in soundscape:
        limits = level_limits([other.level_db for other in soundscape if other.reference == one.reference])
        yield Paper(f"soundscape-{one.deployment}", long_term_picture(one, *limits), _level_numbers(one))


def papers_of_model(
    name: str, heard: Heard, names: Mapping[str, Mapping[str, Any]], sites: Sequence[str], masked: np.ndarray
) -> Iterator[Paper]:
    """Yield the figures of what a model heard, source by source, and of who masks whom.

    Parameters
    ----------
    name
        Name of the model.
    heard
        Sums of its tables.
    names
        ``common_name`` and ``scientific_name`` of each source.
    sites
        Site of each deployment of ``heard``.
    masked
        How much of the cells of each source (row) each other one (column) occupies too; see
        :func:`~antiphon.figures.season.masking.masked_shares`.
    """
    colours = source_colours(heard.sources)
    common = [str(names.get(source, {}).get("common_name") or source) for source in heard.sources]
    for place, source in enumerate(heard.sources):
        if heard.effort_cells[place].any():
            for paper in _of_source(heard, place, colours[source], sites):
                numbers = paper.numbers.copy()
                numbers.insert(0, "source", common[place])
                yield Paper(f"{name}-{source}-{paper.name}", paper.figure, numbers)
    if len(common) > 1:
        numbers = _long(masked, ("source", "by_source"), (common, common), "masked_share")
        yield Paper(
            f"{name}-masking", masking_matrix(masked, common), numbers[~np.eye(len(common), dtype=bool).ravel()]
        )


def _of_source(heard: Heard, place: int, colour: str, sites: Sequence[str]) -> Iterator[Paper]:
    active, effort, first = heard.active_cells[place], heard.effort_cells[place], heard.first_day
    shares = share(active.sum(0), effort.sum(0))
    highest = float(np.nanmax(shares, initial=0))
    figure = hours_by_date(np.ma.masked_invalid(shares), first, colour, highest, panels=2)
    numbers = _long(shares, ("date", "hour"), (_days(first, heard.days), range(heard.hours)), "share")
    yield Paper("hours", figure, numbers.assign(effort_cells=effort.sum(0).ravel()))
    by_hour = np.stack(
        [ratio_interval(active[..., hour].ravel(), effort[..., hour].ravel()) for hour in range(heard.hours)]
    )
    single = share(active.sum(1), effort.sum(1))
    figure = day_profile(by_hour[:, 0], (effort > 0).sum((0, 1)), single[:0], colour)
    yield Paper("day", figure, _intervals(by_hour, "hour", range(heard.hours)))
    window = WINDOW_DAYS if heard.days > 31 else 1
    daily = [cells.sum(2) for cells in (active, effort)]
    curve = ratio_interval(*(windowed(cells, window) for cells in daily))
    curve[daily[1].sum(0) == 0] = np.nan
    yield Paper("season", season_curve(curve, first, colour), _intervals(curve, "date", _days(first, heard.days)))
    named = list(dict.fromkeys(sites))
    of_site = np.stack([ratio_interval(*(_rows(cells, sites, site) for cells in daily)) for site in named])
    order = np.argsort(np.nan_to_num(of_site[:, 0], nan=-1), kind="stable")
    ordered = [named[one] for one in order]
    yield Paper("sites", site_comparison(of_site[order], ordered, colour), _intervals(of_site[order], "site", ordered))
    yield from _of_bands(heard, place, colour)


def _of_bands(heard: Heard, place: int, colour: str) -> Iterator[Paper]:
    edges_hz = heard.edges_hz
    fraction = share(heard.band_active_cells[place].sum(0), heard.band_effort_cells[place].sum(0))
    low, high = edges_hz[:-1], edges_hz[1:]
    numbers = pd.DataFrame({"freq_low_hz": low, "freq_high_hz": high, "share": fraction})
    yield Paper("frequency", silhouette(edges_hz, fraction, np.empty((0, len(fraction))), colour), numbers)
    shares = share(heard.hour_active_cells[place].sum(0), heard.hour_effort_cells[place].sum(0))
    numbers = _long(shares, ("hour", "freq_low_hz"), (range(heard.hours), low), "share")
    yield Paper("frequency-hours", bands_by_hour(shares, edges_hz, colour), numbers)


def _rows(cells: np.ndarray, sites: Sequence[str], site: str) -> np.ndarray:
    """Return the deployment-days of one site, shape (cluster,)."""
    return np.asarray(cells[[one == site for one in sites]].ravel())


def _days(first: date, days: int) -> list[str]:
    return [(first + timedelta(day)).isoformat() for day in range(days)]


def _intervals(values: np.ndarray, key: str, keys: Sequence[Any]) -> pd.DataFrame:
    return pd.DataFrame({key: list(keys)} | dict(zip(_ENDS, values.T, strict=True)))


def _long(
    values: np.ndarray, keys: tuple[str, str], names: tuple[Iterable[Any], Iterable[Any]], value: str
) -> pd.DataFrame:
    """Return a matrix as one row a cell."""
    index = pd.MultiIndex.from_product([list(one) for one in names], names=keys)
    return pd.DataFrame({value: values.ravel()}, index=index).reset_index()


def _coverage_numbers(coverage: Coverage) -> pd.DataFrame:
    days = _days(coverage.first_day, coverage.analysed_s.shape[1])
    table = _long(coverage.scheduled_s, ("deployment", "date"), (coverage.deployments, days), "scheduled_s")
    lost = {f"lost_{name}_s": coverage.lost_s[name].ravel() for name in LOSSES}
    return table.assign(analysed_s=coverage.analysed_s.ravel(), **lost)


def _level_numbers(one: LongTerm) -> pd.DataFrame:
    columns = [
        f"{(one.first_day + timedelta(at // one.per_day)).isoformat()}" + (f"T{at % 24:02d}" if one.per_day > 1 else "")
        for at in range(one.level_db.shape[1])
    ]
    return _long(one.level_db.T, ("local_time", "freq_low_hz"), (columns, one.edges_hz[:-1]), "level_db")
