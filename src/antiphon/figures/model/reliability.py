"""Whether probabilities mean what they say: predicted against observed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from antiphon.figures.style import INK, MUTED, RULES, source_colours

__all__ = ["reliability_picture"]

_LEAST_CELLS = 100


def reliability_picture(calibration: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Draw the share of true cells, and how many cells there are, in each tenth of the probabilities.

    Parameters
    ----------
    calibration
        ``calibration`` of a model's card: by source, ``error`` and ``reliability``. Tenths of fewer than 100 cells are
        left out: their shares are luck.

    Returns
    -------
    The figure; nothing is written.
    """
    colours = source_colours(list(calibration))
    with rc_context(RULES):
        figure = Figure(figsize=(8.0, 3.6), layout="constrained")
        shares, cells = figure.subplots(1, 2)
        shares.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=":")
        for source, about in calibration.items():
            known = [row for row in about["reliability"] if row[2] >= _LEAST_CELLS]
            label = source if about["error"] is None else f"{source} (error {about['error']:.3f})"
            shares.plot([r[0] for r in known], [r[1] for r in known], color=colours[source], marker=".", label=label)
            tenths = np.arange(len(about["reliability"])) / 10 + 0.05
            cells.plot(tenths, [max(row[2], 0.5) for row in about["reliability"]], color=colours[source], marker=".")
        shares.set_title("validation: predicted and observed", color=INK)
        shares.set_xlabel("mean probability")
        shares.set_ylabel("share of cells that are true")
        shares.set_xlim(0, 1)
        shares.set_ylim(0, 1)
        shares.legend(loc="upper left")
        cells.set_yscale("log")
        cells.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        cells.set_title("cells", color=INK)
        cells.set_xlabel("probability")
        cells.set_xlim(0, 1)
    return figure
