"""The numbers inside the season's page, which its script draws: for any choice of source, site and dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from antiphon.figures.season.digest import LOSSES, Coverage, share
from antiphon.figures.season.heard import Heard
from antiphon.figures.season.long_term import LongTerm, level_limits
from antiphon.figures.season.packing import packed, share_codes
from antiphon.figures.style import COVERAGE_STOPS, LEVEL_MAP, level_stops, ramp_stops, source_colours
from antiphon.stats.calendar.sun import CIVIL_ZENITH_DEG, RISE_ZENITH_DEG, sun_times
from antiphon.stats.ratio import T_QUANTILES, WINDOW_DAYS

__all__ = ["Place", "payload"]

_NO_SECONDS = 2**32 - 1
_LEVEL_BINS, _MOST_LEVELS = 64, 3_000_000
_LEVEL_CODES = 254


@dataclass(frozen=True)
class Place:
    """Where a deployment stood.

    Attributes
    ----------
    deployment, site
        Names.
    latitude, longitude
        WGS 84, degrees; None where that is not said.
    utc_offset_min
        Standard time minus UTC, minutes.
    """

    deployment: str
    site: str
    latitude: float | None
    longitude: float | None
    utc_offset_min: int


def payload(
    coverage: Coverage,
    places: Sequence[Place],
    models: Sequence[tuple[str, Heard, Mapping[str, Mapping[str, Any]]]],
    soundscape: Sequence[LongTerm],
) -> dict[str, Any]:
    """Return what the page's script draws, as JSON takes it.

    Parameters
    ----------
    coverage
        Effort by deployment and day; its deployments are those of ``places``, in the same order.
    places
        Where each deployment stood.
    models
        Name, sums, and the names of the sources, model by model.
    soundscape
        Long-term averages.
    """
    first = min([coverage.first_day, *(heard.first_day for _, heard, _ in models)])
    ends = [coverage.last_day.toordinal(), *(heard.first_day.toordinal() + heard.days - 1 for _, heard, _ in models)]
    days = max(ends) - first.toordinal() + 1
    sites = list(dict.fromkeys(place.site for place in places))
    return {
        "first_day": first.isoformat(),
        "days": days,
        "t": T_QUANTILES.tolist(),
        "window_days": WINDOW_DAYS if days > 31 else 1,
        "sites": [_site(name, [place for place in places if place.site == name], first, days) for name in sites],
        "deployments": [{"name": place.deployment, "site": sites.index(place.site)} for place in places],
        "coverage": _coverage(coverage, first, days),
        "models": [_model(name, heard, names, first, days) for name, heard, names in models],
        "soundscape": _soundscape(soundscape, coverage.deployments, first),
        "stops": {"coverage": COVERAGE_STOPS, "level": level_stops(LEVEL_MAP)},
    }


def _site(name: str, places: Sequence[Place], first: date, days: int) -> dict[str, Any]:
    """Return a site's name, position and sun: hours of dawn, rise, set and dusk, day by day."""
    known = [place for place in places if place.latitude is not None and place.longitude is not None]
    if not known:
        return {"name": name, "position": None, "sun": None}
    latitude = float(np.mean([place.latitude for place in known if place.latitude is not None]))
    longitude = float(np.mean([place.longitude for place in known if place.longitude is not None]))
    offset_min = known[0].utc_offset_min
    rise, civil = (
        sun_times(first, days, latitude, longitude, offset_min, zenith)
        for zenith in (RISE_ZENITH_DEG, CIVIL_ZENITH_DEG)
    )
    hours = np.stack([civil[:, 0], rise[:, 0], rise[:, 1], civil[:, 1]])
    position = [round(latitude, 6), round(longitude, 6)]
    return {"name": name, "position": position, "sun": packed(np.round(hours, 3), "f4")}


def _coverage(coverage: Coverage, first: date, days: int) -> dict[str, Any]:
    """Return seconds by deployment and day; what is not known has the highest code."""
    seconds = {"scheduled": coverage.scheduled_s, "analysed": coverage.analysed_s}
    seconds |= {name: coverage.lost_s[name] for name in LOSSES}
    offset = (coverage.first_day - first).days
    return {name: packed(_seconds(_laid(values, 1, offset, days)), "u4") for name, values in seconds.items()}


def _seconds(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), _NO_SECONDS, np.round(np.nan_to_num(values)))


def _laid(values: np.ndarray, axis: int, offset: int, length: int) -> np.ndarray:
    """Return ``values`` with 0 before and after along ``axis``, so that it starts at ``offset`` of ``length``."""
    around = [(0, 0)] * values.ndim
    around[axis] = (offset, length - offset - values.shape[axis])
    return np.pad(values, around)


def _model(name: str, heard: Heard, names: Mapping[str, Mapping[str, Any]], first: date, days: int) -> dict[str, Any]:
    """Return what one model heard: effort, and shares of it, by hour, by band and hour, by band and day."""
    offset = (heard.first_day - first).days
    active, effort = (_laid(cells, 2, offset, days) for cells in (heard.active_cells, heard.effort_cells))
    of_day = heard.time_active_cells.shape[2] // heard.days
    through = [
        _laid(one, 2, offset * of_day, days * of_day) for one in (heard.time_active_cells, heard.time_effort_cells)
    ]
    colours = source_colours(heard.sources)
    return {
        "name": name,
        "sources": [
            {
                "name": source,
                "common": str(names.get(source, {}).get("common_name") or source),
                "scientific": str(names.get(source, {}).get("scientific_name") or ""),
                "colour": colours[source],
                "stops": ramp_stops(colours[source]),
            }
            for source in heard.sources
        ],
        "hours": heard.hours,
        "edges_hz": heard.edges_hz.tolist(),
        "effort": packed(effort.max(0, initial=0), "u4"),
        "active": packed(share_codes(share(active, effort)), "u2"),
        "band_effort": packed(heard.hour_effort_cells.max(0, initial=0), "f4"),
        "band_active": packed(share_codes(share(heard.hour_active_cells, heard.hour_effort_cells)), "u2"),
        "band_times": of_day,
        "time_band": packed(_coarse(share(*through)), "u1"),
    }


def _coarse(shares: np.ndarray) -> np.ndarray:
    """Return shares of 1 in one byte: the root times 254, and 255 where there is none."""
    codes = np.round(np.sqrt(np.clip(np.nan_to_num(shares), 0, 1)) * 254)
    return np.where(np.isnan(shares), 255, codes)


def _soundscape(soundscape: Sequence[LongTerm], deployments: Sequence[str], first: date) -> list[dict[str, Any]]:
    """Return the long-term averages in at most 64 bands; levels of one reference share a scale."""
    cells = sum(one.level_db.shape[1] for one in soundscape) * _LEVEL_BINS
    shown = [one.banded(_LEVEL_BINS, daily=cells > _MOST_LEVELS) for one in soundscape]
    scales = {
        reference: level_limits([one.level_db for one in shown if one.reference == reference])
        for reference in dict.fromkeys(one.reference for one in shown)
    }
    return [_average(one, scales[one.reference], deployments.index(one.deployment), first) for one in shown]


def _average(one: LongTerm, scale: tuple[float, float], deployment: int, first: date) -> dict[str, Any]:
    low, high = scale
    codes = 1 + np.clip((np.nan_to_num(one.level_db) - low) / (high - low), 0, 1) * (_LEVEL_CODES - 1)
    return {
        "deployment": deployment,
        "offset": (one.first_day - first).days,
        "per_day": one.per_day,
        "edges_hz": one.edges_hz.tolist(),
        "low": low,
        "high": high,
        "reference": one.reference,
        "level": packed(np.where(np.isnan(one.level_db), 0, np.round(codes)), "u1"),
    }
