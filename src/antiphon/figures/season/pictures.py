"""Pictures of a season: what was covered, and when and where in frequency its sources sound."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from antiphon.figures.style import (
    COVERAGE_STOPS,
    GRID,
    INK,
    LOST,
    MUTED,
    NOT_ANALYSED,
    RULES,
    printable,
    ramp,
    ramp_stops,
)
from antiphon.figures.wording import duration

__all__ = ["calendar", "canvas", "dates", "day_profile", "hatching", "hours_by_date", "silhouette"]

_FEW_DAYS = 14
_CALENDAR_PX, _PANEL_PX, _PANEL_HEIGHT_PX, _PANEL_GAP_PX = 1060, 330, 220, 28


def calendar(analysed_s: np.ndarray, lost: np.ndarray, deployments: Sequence[str], first_day: date) -> Figure:
    """Draw how much of each day was analysed, one row a deployment.

    Parameters
    ----------
    analysed_s
        Seconds of sound analysed, shape (deployment, day); 0 shows as 'not analysed'.
    lost
        Whether sound was recorded and none of it could be analysed, shape (deployment, day).
    deployments
        Names of the rows.
    first_day
        Local day of the first column.
    """
    rows, days = analysed_s.shape
    left = 16 + 6.6 * max(len(printable(name)) for name in deployments)
    cell = float(np.clip((_CALENDAR_PX - left) / days, 2, 52))
    height = 30 if rows <= 6 else 20 if rows <= 20 else 13
    with rc_context(RULES):
        figure, axes = canvas(days * cell, rows * height, left=left, bottom=38)
        _cells(axes, np.ma.masked_equal(analysed_s, 0), ramp(COVERAGE_STOPS), float(analysed_s.max()))
        where, which = np.nonzero(lost)
        axes.scatter(which, where, marker="x", s=min(cell, height) * 1.6, linewidths=1.3, color=LOST)
        axes.set_yticks(range(rows), [printable(name) for name in deployments])
        axes.tick_params(length=0)
        dates(axes.xaxis, first_day, days)
        if cell > 4:
            axes.set_xticks(np.arange(days + 1) - 0.5, minor=True)
            axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
            axes.grid(which="minor", axis="both", color="white", linewidth=1.2)
            axes.tick_params(which="minor", length=0)
        if cell > 40:
            for row, day in zip(*np.nonzero(analysed_s), strict=True):
                pale = analysed_s[row, day] < 0.45 * analysed_s.max()
                words = duration(float(analysed_s[row, day]))
                axes.text(day, row, words, color=INK if pale else "white", ha="center", va="center", fontsize=7.5)
    return figure


def hours_by_date(
    occupancy: np.ma.MaskedArray, first_day: date, colour: str, highest: float, panels: int = 1
) -> Figure:
    """Draw one deployment's occupancy by hour of local day and date.

    Parameters
    ----------
    occupancy
        Share of the analysed cells, 0-1, masked where nothing was analysed, shape (day, hour).
    first_day
        Local day of the first row.
    colour
        Colour of the source.
    highest
        Value of the darkest colour, the same for all deployments of a source.
    panels
        Width of the picture in panels of the page.
    """
    days, hours = occupancy.shape
    whole_px = _PANEL_PX * panels + _PANEL_GAP_PX * (panels - 1)
    with rc_context(RULES):
        if days <= _FEW_DAYS:
            figure, axes = canvas(whole_px - 62, days * float(np.clip(178 / days, 12, 36)), left=52, bottom=38)
            _cells(axes, occupancy, ramp(ramp_stops(colour)), highest)
            _hours(axes.xaxis, hours, -0.5)
            axes.set_xlabel("hour of local day", labelpad=2)
            dates(axes.yaxis, first_day, days)
        else:
            figure, axes = canvas(whole_px - 48, _PANEL_HEIGHT_PX - 28, left=38, bottom=20)
            _cells(axes, occupancy.T, ramp(ramp_stops(colour)), highest)
            axes.invert_yaxis()
            _hours(axes.yaxis, hours, -0.5)
            dates(axes.xaxis, first_day, days, most=5 * panels)
    return figure


def day_profile(occupancy: np.ndarray, days: np.ndarray, single: np.ndarray, colour: str) -> Figure:
    """Draw one source's occupancy by hour of local day, with the days that stand behind each hour below.

    Parameters
    ----------
    occupancy
        Share of the analysed cells of all deployments, 0-1, NaN where nothing was analysed, shape (hour,).
    days
        Number of deployment-days analysed in each hour, shape (hour,).
    single
        The same share for each deployment, shape (deployment, hour); drawn as thin lines, may have no rows.
    colour
        Colour of the source.
    """
    hours = len(occupancy)
    middle, width = np.arange(hours) + 0.5, 0.86
    with rc_context(RULES):
        figure, axes = canvas(_PANEL_PX - 56, _PANEL_HEIGHT_PX - 88, left=46, bottom=80)
        axes.bar(middle, np.nan_to_num(occupancy), width=width, color=colour, linewidth=0)
        for line in single:
            axes.plot(middle, line, color=MUTED, linewidth=0.7, alpha=0.75)
        axes.grid(axis="y")
        _percent(axes, np.append(single.ravel(), occupancy))
        _hours(axes.xaxis, hours, 0)
        axes.set_xlim(0, hours)
        axes.tick_params(labelbottom=False)
        place = axes.get_position()
        below = figure.add_axes((place.x0, 38 / _PANEL_HEIGHT_PX, place.width, 30 / _PANEL_HEIGHT_PX))
        most = max(1, int(days.max(initial=1)))
        below.bar(middle, days / most, width=width, color=GRID, linewidth=0)
        below.set_yticks([0.5], [f"{most}\nday{'s' if most > 1 else ''}"])
        below.tick_params(axis="y", length=0, labelsize=7.5)
        below.spines["left"].set_visible(False)
        _hours(below.xaxis, hours, 0)
        below.set(xlim=(0, hours), ylim=(0, 1), xlabel="hour of local day")
        below.xaxis.labelpad = 1
    return figure


def silhouette(edges_hz: np.ndarray, fraction: np.ndarray, single: np.ndarray, colour: str) -> Figure:
    """Draw in which share of the analysed cells a source is active, over frequency.

    Parameters
    ----------
    edges_hz
        Edges of the bands in hertz, shape (band + 1,).
    fraction
        Share of the analysed cells, 0-1, NaN where no recorder hears, shape (band,).
    single
        The same for each deployment, shape (deployment, band); drawn as thin lines, may have no rows.
    colour
        Colour of the source.
    """
    edges_khz = edges_hz / 1000
    with rc_context(RULES):
        figure, axes = canvas(_PANEL_PX - 56, _PANEL_HEIGHT_PX - 70, left=46, bottom=38)
        axes.stairs(np.nan_to_num(fraction), edges_khz, fill=True, color=colour, alpha=0.9, linewidth=0)
        for line in single:
            axes.stairs(line, edges_khz, baseline=None, color=MUTED, linewidth=0.7, alpha=0.75)
        for low, high in _runs(np.isnan(fraction)):
            axes.axvspan(edges_khz[low], edges_khz[high], **hatching())
        axes.grid(axis="y")
        _percent(axes, np.append(single.ravel(), fraction))
        axes.set_xlim(edges_khz[0], edges_khz[-1])
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 4, 5, 10]))
        axes.set_xlabel("frequency, kHz", labelpad=2)
    return figure


def canvas(width: float, height: float, *, left: float, bottom: float) -> tuple[Figure, Axes]:
    """Return a figure whose axes measure ``width`` by ``height`` CSS pixels, with room for labels."""
    right, top = 10, 8
    whole_width, whole_height = left + width + right, bottom + height + top
    figure = Figure(figsize=(whole_width / 96, whole_height / 96), dpi=96)
    place = (left / whole_width, bottom / whole_height, width / whole_width, height / whole_height)
    return figure, figure.add_axes(place)


def hatching() -> dict[str, Any]:
    """Return the look of what was not analysed."""
    return {"facecolor": "white", "edgecolor": NOT_ANALYSED, "hatch": "//////", "linewidth": 0}


def _cells(axes: Axes, values: np.ma.MaskedArray, colours: Colormap, highest: float) -> None:
    """Draw values (row, column) from 0 to ``highest``; hatching shows through where they are masked."""
    axes.patch.set(**hatching())
    axes.imshow(values, cmap=colours, vmin=0, vmax=highest or 1.0, aspect="auto", interpolation="none")
    axes.spines[:].set_visible(False)


def _percent(axes: Axes, values: np.ndarray) -> None:
    """Let the vertical axis run from 0 to just above the highest of ``values``, in per cent."""
    highest = float(np.nanmax(values, initial=0.0)) or 0.01
    axes.set_ylim(0, 1.08 * highest)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.6g} %"))
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _hours(axis: Axis, hours: int, first_edge: float) -> None:
    """Label an axis of ``hours`` cells a day, the first from ``first_edge`` on, with the hours 0, 6, 12, 18 and 24."""
    axis.set_ticks([part * hours / 4 + first_edge for part in range(5)], ["0", "6", "12", "18", "24"])


def dates(axis: Axis, first_day: date, days: int, most: int = 10) -> None:
    """Label an axis of one cell a day: days, Mondays or first days of months, ``most`` labels or fewer."""
    every = [first_day + timedelta(n) for n in range(days)]
    for marked in (
        every,
        [day for day in every if day.weekday() == 0],
        *([day for day in every if day.day == 1 and (day.month - 1) % step == 0] for step in (1, 2, 3, 6, 12)),
    ):
        if len(marked) <= most:
            break
    monthly = len(marked) > 1 and all(day.day == 1 for day in marked)
    axis.set_ticks([(day - first_day).days for day in marked], [_day_name(day, monthly) for day in marked])


def _day_name(day: date, monthly: bool) -> str:
    """Return the label of a day on an axis of days or, with the year at its turn, of months."""
    if not monthly:
        return f"{day.day} {day:%b}"
    return f"{day:%b %Y}" if day.month == 1 else f"{day:%b}"


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Return first and one-past-last index of each run of true flags."""
    turns = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return list(zip(turns[::2].tolist(), turns[1::2].tolist(), strict=True))
