"""A confusion matrix as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from antiphon.figures.style import COVERAGE_STOPS, INK, PAPER, RULES, printable, ramp

__all__ = ["confusion_figure"]

_CELL_INCHES, _PAD_INCHES = 0.55, 0.15


def confusion_figure(counts: Mapping[str, np.ndarray], classes: Sequence[str]) -> Figure:
    """Draw how many clips of each class were taken for each; colours are shares of the true class.

    Parameters
    ----------
    counts
        Shape (true, found), int64, by the words above.
    classes
        Names of the classes.
    """
    names = [printable(name) for name in classes]
    with rc_context(RULES):
        side = _CELL_INCHES * len(classes) + 1.6
        figure = Figure(figsize=(side * len(counts), side), layout=ConstrainedLayoutEngine(h_pad=_PAD_INCHES))
        axes = figure.subplots(1, len(counts), squeeze=False)[0]
        for axis, (title, one) in zip(axes, counts.items(), strict=True):
            _draw(axis, one, names, title)
    return figure


def _draw(axis: Axes, counts: np.ndarray, names: Sequence[str], title: str) -> None:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axis.imshow(shares, cmap=ramp(COVERAGE_STOPS), vmin=0, vmax=1)
    for true, found in np.argwhere(counts):
        colour = PAPER if shares[true, found] > 0.5 else INK
        axis.text(found, true, str(counts[true, found]), ha="center", va="center", color=colour, fontsize=8)
    axis.set_xticks(range(len(names)), names, rotation=60, ha="right", rotation_mode="anchor")
    axis.set_yticks(range(len(names)), names)
    axis.set_xlabel("found")
    axis.set_ylabel("true")
    axis.set_title(title)
    axis.spines[:].set_visible(False)
