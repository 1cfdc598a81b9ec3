"""A sheet of examples: spectrograms with the outlines of what belongs to each source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from antiphon.figures.style import NOT_ANALYSED, source_colours

__all__ = ["draw_example", "example_sheet"]

_NOT_HEARD = 0
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
    hop_s, bin_hz
        Seconds from frame to frame, width of a bin in hertz.
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
    colours = source_colours(sources)
    figure = Figure(figsize=(_WIDTH_INCHES * columns, _HEIGHT_INCHES * rows + 0.5), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for axis in axes[len(levels) :]:
        axis.set_axis_off()
    for index, (axis, level) in enumerate(zip(axes, levels, strict=False)):
        draw_example(
            axis,
            level,
            dict(zip(colours.values(), masks[index], strict=True)),
            hop_s=hop_s,
            bin_hz=bin_hz,
            found=None if compared is None else dict(zip(colours.values(), compared[index], strict=True)),
        )
        if titles is not None:
            axis.set_title(titles[index], fontsize=8, loc="left")
        if index % columns == 0:
            axis.set_ylabel("kHz", fontsize=8)
        if index >= len(levels) - columns:
            axis.set_xlabel("seconds", fontsize=8)
    lines = [Line2D([], [], color=colour, label=name) for name, colour in colours.items()]
    note = None if compared is None else "line: truth, tint: found"
    figure.legend(handles=lines, loc="outside upper center", ncols=len(sources), fontsize=8, frameon=False, title=note)
    return figure


def draw_example(
    axis: Axes,
    level: np.ndarray,
    masks: Mapping[str, np.ndarray],
    *,
    hop_s: float,
    bin_hz: float,
    found: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Draw one spectrogram with outlines and tints.

    Parameters
    ----------
    axis
        Where to draw.
    level
        Level codes, shape (time, frequency), uint8.
    masks
        By colour, what is outlined, shape (time, frequency), bool.
    hop_s
        Seconds from frame to frame.
    bin_hz
        Width of a bin in hertz.
    found
        By colour, what is tinted, shape (time, frequency), bool.
    """
    frames, bins = level.shape
    heard = level[level != _NOT_HEARD]
    darkest = int(np.percentile(heard, 20)) - 6 if len(heard) else 0
    axis.set_facecolor(NOT_ANALYSED)
    axis.imshow(
        np.ma.masked_equal(level.T, _NOT_HEARD),
        origin="lower",
        aspect="auto",
        extent=(0.0, frames * hop_s, 0.0, bins * bin_hz / 1000),
        cmap="gray_r",
        vmin=darkest,
        vmax=darkest + _SHOWN_CODES,
    )
    seconds = (np.arange(frames) + 0.5) * hop_s
    kilohertz = (np.arange(bins) + 0.5) * bin_hz / 1000
    for colour, mask in (found or {}).items():
        if mask.any():
            axis.contourf(seconds, kilohertz, mask.T, levels=[0.5, 1.5], colors=[colour], alpha=0.35)
    for colour, mask in masks.items():
        if mask.any():
            axis.contour(seconds, kilohertz, mask.T, levels=[0.5], colors=[colour], linewidths=0.7)
    axis.tick_params(labelsize=7)
