"""Pictures of shares with their intervals: through the season, site by site; and of shares by hour and frequency."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from matplotlib import rc_context
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from antiphon.figures.season.pictures import canvas, dates, hatching
from antiphon.figures.style import INK, RULES, printable, ramp, ramp_stops

__all__ = ["bands_by_hour", "season_curve", "site_comparison", "site_map"]

_WIDTH_PX, _HEIGHT_PX = 560, 210


def season_curve(intervals: np.ndarray, first_day: date, colour: str) -> Figure:
    """Draw shares day by day with their intervals.

    Parameters
    ----------
    intervals
        Share and the two ends of its interval, shape (day, 3), NaN where there is none.
    first_day
        Local day of the first row.
    colour
        Colour of the source.
    """
    days = np.arange(len(intervals))
    with rc_context(RULES):
        figure, axes = canvas(_WIDTH_PX, _HEIGHT_PX, left=52, bottom=24)
        axes.fill_between(days, intervals[:, 1], intervals[:, 2], color=colour, alpha=0.2, linewidth=0)
        axes.plot(days, intervals[:, 0], color=colour, marker="o" if len(days) < 60 else "", markersize=3)
        _percent(axes.yaxis)
        axes.set_ylim(0, 1.08 * (np.nanmax(intervals, initial=0) or 0.01))
        axes.grid(axis="y")
        dates(axes.xaxis, first_day, len(days))
    return figure


def site_comparison(intervals: np.ndarray, sites: Sequence[str], colour: str) -> Figure:
    """Draw the share of each site with its interval.

    Parameters
    ----------
    intervals
        Share and the two ends of its interval, shape (site, 3), NaN where there is none.
    sites
        Names of the sites, the first at the bottom.
    colour
        Colour of the source.
    """
    rows = np.arange(len(sites))
    left = 16 + 6.6 * max(len(printable(name)) for name in sites)
    with rc_context(RULES):
        figure, axes = canvas(_WIDTH_PX - left, 22 * len(sites) + 6, left=left, bottom=26)
        axes.hlines(rows, intervals[:, 1], intervals[:, 2], color=INK, linewidth=1)
        axes.scatter(intervals[:, 0], rows, color=colour, s=36, zorder=3)
        axes.set_yticks(rows, [printable(name) for name in sites])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(-0.6, len(sites) - 0.4)
        axes.set_xlim(0, 1.08 * (np.nanmax(intervals, initial=0) or 0.01))
        _percent(axes.xaxis)
        axes.grid(axis="x")
    return figure


def bands_by_hour(shares: np.ndarray, edges_hz: np.ndarray, colour: str) -> Figure:
    """Draw shares by hour of the local day and frequency.

    Parameters
    ----------
    shares
        Share of the analysed cells, NaN where nothing is heard, shape (hour, band).
    edges_hz
        Edges of the bands, shape (band + 1,).
    colour
        Colour of the source.
    """
    with rc_context(RULES):
        figure, axes = canvas(_WIDTH_PX - 90, _HEIGHT_PX, left=46, bottom=38)
        axes.patch.set(**hatching())
        extent = (0, 24, edges_hz[0] / 1000, edges_hz[-1] / 1000)
        highest = float(np.nanmax(shares, initial=0)) or 1.0
        cells = np.ma.masked_invalid(shares.T)[::-1]
        picture = axes.imshow(cells, ramp(ramp_stops(colour)), vmin=0, vmax=highest, aspect="auto", extent=extent)
        axes.set_xticks([0, 6, 12, 18, 24])
        axes.set_xlabel("hour of local day", labelpad=2)
        axes.set_ylabel("frequency, kHz", labelpad=2)
        bar = figure.colorbar(picture, ax=axes, pad=0.02, aspect=30)
        _percent(bar.ax.yaxis)
        bar.outline.set_visible(False)
    return figure


def site_map(positions: np.ndarray, sites: Sequence[str], colour: str) -> Figure:
    """Draw where sites are, to scale, north up.

    Parameters
    ----------
    positions
        Latitude and longitude, degrees, shape (site, 2).
    sites
        Names of the sites.
    colour
        Colour of the points.
    """
    with rc_context(RULES):
        figure, axes = canvas(_WIDTH_PX - 80, 360, left=64, bottom=38)
        axes.scatter(positions[:, 1], positions[:, 0], color=colour, s=36)
        for (latitude, longitude), name in zip(positions, sites, strict=True):
            axes.annotate(printable(name), (longitude, latitude), (6, 0), textcoords="offset points", va="center")
        axes.set_aspect(1 / max(float(np.cos(np.radians(positions[:, 0].mean()))), 1e-3), adjustable="datalim")
        axes.margins(0.2)
        axes.ticklabel_format(useOffset=False)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.set_xlabel("longitude, degrees east (WGS 84)", labelpad=2)
        axes.set_ylabel("latitude, degrees north")
        axes.grid(axis="both")
    return figure


def _percent(axis: Axis) -> None:
    axis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.6g} %"))
