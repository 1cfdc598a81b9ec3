"""A sheet of examples: spectrograms with the outlines of what belongs to each source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from antiphon.signal.levels import NOT_HEARD

__all__ = ["SOURCE_COLOURS", "draw_example", "example_sheet"]

SOURCE_COLOURS = ("#0072B2", "#E69F00", "#CC79A7", "#009E73", "#D55E00", "#56B4E9", "#F0E442", "#000000")
"""Okabe and Ito (2008), Color Universal Design: told apart by colour-blind readers too."""

_SHOWN_CODES = 110
_HEIGHT_INCHES = 2.1
_WIDTH_INCHES = 7.0


def example_sheet(
    levels: np.ndarray,
    masks: np.ndarray,
    sources: Sequence[str],
    *,
    hop_s: float = 0.008,
    bin_hz: float = 62.5,
    titles: Sequence[str] | None = None,
    compared: np.ndarray | None = None,
    columns: int = 2,
) -> Figure:
    """Draw spectrograms with the outlines of their masks.

    Parameters
    ----------
    levels
        Level codes, shape (example, time, frequency), uint8.
    masks
        True masks, shape (example, source, time, frequency), bool; drawn as lines.
    sources
        Names of the sources.
    hop_s
        Seconds from frame to frame.
    bin_hz
        Width of a bin in hertz.
    titles
        A line above each example.
    compared
        Found masks, same shape as ``masks``; drawn as tinted areas. None: nothing is compared.
    columns
        Examples side by side.

    Returns
    -------
    The figure; nothing is written.
    """
    rows = -(-max(len(levels), 1) // columns)
    figure = Figure(figsize=(_WIDTH_INCHES * columns, _HEIGHT_INCHES * rows + 0.5), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for index, axis in enumerate(axes):
        if index >= len(levels):
            axis.set_axis_off()
            continue
        draw_example(
            axis,
            levels[index],
            masks[index],
            hop_s=hop_s,
            bin_hz=bin_hz,
            found=None if compared is None else compared[index],
        )
        if titles is not None:
            axis.set_title(titles[index], fontsize=8, loc="left")
        if index % columns == 0:
            axis.set_ylabel("kHz", fontsize=8)
        if index >= len(levels) - columns:
            axis.set_xlabel("seconds", fontsize=8)
    lines = [Line2D([], [], color=_colour(k), label=name) for k, name in enumerate(sources)]
    note = None if compared is None else "line: truth, tint: found"
    figure.legend(handles=lines, loc="outside upper center", ncols=len(sources), fontsize=8, frameon=False, title=note)
    return figure


def draw_example(
    axis: Axes, level: np.ndarray, masks: np.ndarray, *, hop_s: float, bin_hz: float, found: np.ndarray | None = None
) -> None:
    """Draw one spectrogram with outlines (``masks``) and tints (``found``), both (source, time, frequency), bool."""
    frames, bins = level.shape
    extent = (0.0, frames * hop_s, 0.0, bins * bin_hz / 1000)
    heard = level[level != NOT_HEARD]
    darkest = int(np.percentile(heard, 20)) - 6 if len(heard) else 0
    shown = np.ma.masked_equal(level.T, NOT_HEARD)
    axis.set_facecolor("#e8e8e8")
    axis.imshow(
        shown, origin="lower", aspect="auto", extent=extent, cmap="gray_r", vmin=darkest, vmax=darkest + _SHOWN_CODES
    )
    seconds = (np.arange(frames) + 0.5) * hop_s
    kilohertz = (np.arange(bins) + 0.5) * bin_hz / 1000
    for index in range(len(masks)):
        colour = _colour(index)
        if found is not None and found[index].any():
            axis.contourf(seconds, kilohertz, found[index].T, levels=[0.5, 1.5], colors=[colour], alpha=0.35)
        if masks[index].any():
            axis.contour(seconds, kilohertz, masks[index].T, levels=[0.5], colors=[colour], linewidths=0.7)
    axis.tick_params(labelsize=7)


def _colour(index: int) -> str:
    return SOURCE_COLOURS[index % len(SOURCE_COLOURS)]
