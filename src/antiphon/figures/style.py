"""One look for every picture and page: colours, lines, letters."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from matplotlib import colormaps
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex, to_rgb

__all__ = [
    "ACCENT",
    "COVERAGE_STOPS",
    "GRID",
    "INK",
    "LEVEL_MAP",
    "LOST",
    "MUTED",
    "NOT_ANALYSED",
    "PALETTE",
    "PAPER",
    "RULES",
    "Stops",
    "level_stops",
    "printable",
    "ramp",
    "ramp_stops",
    "source_colours",
]

PALETTE = ("#0072B2", "#009E73", "#D55E00", "#CC79A7", "#E69F00", "#56B4E9", "#7A5195", "#6B705C")
"""Colours of sources in order: Okabe & Ito (2008, jfly.uni-koeln.de/color), told apart by colour-blind people; the last
two replace its yellow and black, which vanish on white and read as ink."""

INK, MUTED, GRID, PAPER, ACCENT = "#20262b", "#5d666d", "#dcd9d0", "#fcfbf8", "#1d5c63"
LOST = "#B5452C"
NOT_ANALYSED = "#c3c8cc"
"""Colour of the hatching that stands for 'not analysed': never part of a :func:`ramp`."""

Stops = tuple[tuple[float, str], ...]
"""Places (0-1) and colours that a colour map runs through."""

COVERAGE_STOPS: Stops = ((0.0, "#dbe8e6"), (1.0, ACCENT))
"""Colours of analysed time."""

LEVEL_MAP = "magma"
"""Colour map of spectrograms: even in lightness, readable in grey."""

RULES: dict[str, object] = {
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 9,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: the same letters, so the same bytes, on every machine
    "font.size": 9,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "hatch.color": NOT_ANALYSED,
    "hatch.linewidth": 0.8,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "lines.solid_capstyle": "round",
    "svg.fonttype": "none",
    "svg.hashsalt": "antiphon",
    "text.color": INK,
    "text.parse_math": False,  # a file may be called `$a_b$`
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
}
"""Matplotlib settings of every picture: draw inside ``matplotlib.rc_context(RULES)``."""


def source_colours(sources: Sequence[str]) -> dict[str, str]:
    """Return the colour of each source, by its place in the model's order; colours repeat after eight."""
    return {source: PALETTE[place % len(PALETTE)] for place, source in enumerate(sources)}


def ramp_stops(colour: str) -> Stops:
    """Return where the colour map of one source runs through: near-white at 0, ``colour``, a dark shade of it at 1."""
    rgb = to_rgb(colour)
    light = to_hex([1 - 0.07 * (1 - part) for part in rgb])
    dark = to_hex([0.32 * part for part in rgb])
    return (0.0, light), (0.62, to_hex(rgb)), (1.0, dark)


def level_stops(name: str) -> Stops:
    """Return nine places and colours of one of matplotlib's colour maps."""
    return tuple((place / 8, to_hex(colormaps[name](place / 8))) for place in range(9))


def ramp(stops: Stops) -> Colormap:
    """Return the colour map that runs through ``stops``.

    Lightness falls all the way, so the map reads in grey and in print; masked values stay transparent and let the
    'not analysed' hatching behind them through.
    """
    whole = LinearSegmentedColormap.from_list("ramp", stops, N=64)
    return whole.with_extremes(bad=(0, 0, 0, 0))


def printable(name: str) -> str:
    """Return ``name`` with control, surrogate and unassigned characters shown as U+FFFD: XML allows none of them."""
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(one)[0] == "C" else one for one in name)
