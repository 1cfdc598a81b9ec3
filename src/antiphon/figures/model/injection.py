"""The picture of an injection: recall against signal-to-noise ratio, a line a source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from antiphon.figures.style import MUTED, RULES, source_colours

__all__ = ["Curve", "recall_picture"]

_SIZE_INCHES = (6.4, 3.4)


class Curve(Protocol):
    """What is drawn of a source: see :class:`antiphon.stats.injection.RecallCurve`."""

    @property
    def snr_db(self) -> np.ndarray:
        """Middle of each step."""

    @property
    def events(self) -> np.ndarray:
        """Events in each step."""

    @property
    def recall(self) -> np.ndarray:
        """Share that was found."""

    @property
    def low(self) -> np.ndarray:
        """Lower end of its interval."""

    @property
    def high(self) -> np.ndarray:
        """Upper end of its interval."""


def recall_picture(curves: Mapping[str, Curve], sources: Mapping[str, str]) -> Figure:
    """Draw recall against signal-to-noise ratio.

    Parameters
    ----------
    curves
        By source; sources without one were not injected.
    sources
        Common names of all sources of the model, in order.
    """
    colours = source_colours(tuple(sources))
    with rc_context(RULES):
        figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
        axes = figure.subplots()
        for name, curve in curves.items():
            there = curve.events > 0
            where, colour = curve.snr_db[there], colours[name]
            axes.fill_between(where, curve.low[there], curve.high[there], color=colour, alpha=0.12, linewidth=0)
            label = f"{sources[name]} ({int(curve.events.sum())} sounds)"
            axes.plot(where, curve.recall[there], color=colour, marker="o", markersize=3.5, label=label)
        if not curves:
            axes.text(0.5, 0.5, "no known sound of this model's sources", transform=axes.transAxes, ha="center")
        axes.axvline(0, color=MUTED, linewidth=0.6)
        axes.set_ylim(-0.02, 1.02)
        axes.set_xlabel("signal-to-noise ratio of the sound, dB")
        axes.set_ylabel("share found")
        axes.grid(True, axis="y")
        if curves:
            figure.legend(loc="outside upper left", ncols=min(3, len(curves)))
    return figure
