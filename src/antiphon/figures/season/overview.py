"""What the workflow does, in one picture: a recording, what was found in it, and the sources by the hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from antiphon.figures.style import GRID, INK, LEVEL_MAP, NOT_ANALYSED, RULES, source_colours

__all__ = ["Overview", "overview"]

_NOT_HEARD = 0
_SHOWN_CODES = 100
_FAINTEST = 0.25
_SIZE_INCHES = (10.0, 5.2)


@dataclass(frozen=True)
class Overview:
    """What the picture shows.

    Attributes
    ----------
    level
        Level codes of one recording, shape (time, frequency), uint8.
    found
        Cells in which each source was found, shape (source, time, frequency), bool.
    found_share, true_share
        Share of the analysed cells of each hour of the local day in which each source was found, and in which it truly
        is, shape (source, 24); NaN where nothing was analysed.
    names
        Names of the sources.
    """

    level: np.ndarray
    found: np.ndarray
    found_share: np.ndarray
    true_share: np.ndarray
    names: tuple[str, ...]


def overview(shown: Overview, *, hop_s: float, bin_hz: float) -> Figure:
    """Draw it.

    Parameters
    ----------
    shown
        What to draw.
    hop_s, bin_hz
        Seconds from frame to frame, width of a bin in hertz.

    Returns
    -------
    The figure; nothing is written.
    """
    colours = list(source_colours(shown.names).values())
    frames, bins = shown.level.shape
    extent = (0.0, frames * hop_s, 0.0, bins * bin_hz / 1000)
    with rc_context(RULES):
        figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
        left, right = figure.subfigures(1, 2, width_ratios=(1.7, 1.0), squeeze=False)[0]
        recorded, separated = left.subplots(2, 1, sharex=True, sharey=True)
        recorded.imshow(_levels(shown.level), extent=extent, origin="lower", aspect="auto", cmap=LEVEL_MAP)
        recorded.set_title("A recording …")
        separated.imshow(_tinted(shown, colours), extent=extent, origin="lower", aspect="auto")
        separated.set_title("… taken apart into its sources …")
        separated.set_xlabel("seconds")
        heard = np.flatnonzero((shown.level != _NOT_HEARD).any(axis=0))
        for axis in (recorded, separated):
            axis.set_ylabel("kHz")
            axis.set_facecolor(NOT_ANALYSED)
            axis.set_ylim(0, (heard[-1] + 1 if heard.size else bins) * bin_hz / 1000)
        hours = right.subplots(len(shown.names), 1, sharex=True, squeeze=False)[:, 0]
        for place, axis in enumerate(hours):
            _by_hour(axis, shown, place, colours[place])
        right.suptitle("… and counted, by the hour of the day", x=0.13, ha="left", fontsize=10, color=INK)
        hours[-1].set_xlabel("hour of the local day (bars: found, dots: true)")
    return figure


def _levels(level: np.ndarray) -> np.ma.MaskedArray:
    """Return levels from a little below what is usual up, shape (frequency, time)."""
    heard = level[level != _NOT_HEARD]
    darkest = float(np.percentile(heard, 20)) - 6 if heard.size else 0.0
    shown = np.clip(level.astype(np.float32), darkest, darkest + _SHOWN_CODES)
    return np.ma.masked_array(shown, level == _NOT_HEARD).T


def _tinted(shown: Overview, colours: list[str]) -> np.ndarray:
    """Return white paper on which each source's cells have its colour, deeper where louder; shared cells have both."""
    levels = _levels(shown.level).filled(0).T
    depth = (levels - levels.min()) / max(float(np.ptp(levels)), 1.0)
    depth = _FAINTEST + (1 - _FAINTEST) * depth
    paper = np.ones((*shown.level.shape, 3))
    for colour, mask in zip(colours, shown.found, strict=True):
        ink = 1 - depth[..., None] * (1 - np.array(to_rgb(colour)))
        paper = np.where(mask[..., None], paper * ink, paper)
    return np.asarray(paper.swapaxes(0, 1))


def _by_hour(axis: Axes, shown: Overview, place: int, colour: str) -> None:
    """Draw the occupancy of one source by hour."""
    hours = np.arange(24) + 0.5
    axis.bar(hours, np.nan_to_num(shown.found_share[place]), width=0.86, color=colour)
    axis.plot(hours, shown.true_share[place], "o", color=INK, markersize=2.6, clip_on=False)
    axis.set_xlim(0, 24)
    axis.set_ylim(bottom=0)
    axis.set_xticks(range(0, 25, 6))
    axis.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axis.yaxis.set_major_locator(MaxNLocator(3))
    axis.grid(axis="y", color=GRID)
    axis.set_title(shown.names[place], color=colour, weight="bold", fontsize=9)
