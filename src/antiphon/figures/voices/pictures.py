"""How voices learned, and what they sound like as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from antiphon.figures.pictures import png_bytes
from antiphon.figures.style import INK, MUTED, RULES

__all__ = ["loss_curves", "probability_curves", "sample_sheet", "voice_pictures"]

_WIDTH_INCHES, _CELL_INCHES = 7.0, (1.9, 1.35)
_RANGE_CODES = 120


def voice_pictures(
    history: Sequence[Mapping[str, float]],
    rows: Mapping[str, Sequence[np.ndarray]],
    columns: Sequence[str],
    *,
    hop_s: float,
    bin_hz: float,
) -> dict[str, bytes]:
    """Return the pictures ``losses``, ``probabilities`` and ``samples`` as PNG; see the functions below."""
    drawn = {
        "losses": loss_curves(history),
        "probabilities": probability_curves(history),
        "samples": sample_sheet(rows, columns, hop_s=hop_s, bin_hz=bin_hz),
    }
    return {name: png_bytes(figure, dpi=110) for name, figure in drawn.items()}


def loss_curves(history: Sequence[Mapping[str, float]]) -> Figure:
    """Draw the losses of both players over the epochs; ``history`` as of a duel."""
    lines = {"generator_loss": "generator", "critic_loss": "critic"}
    return _curves(history, lines, "losses", None)


def probability_curves(history: Sequence[Mapping[str, float]]) -> Figure:
    """Draw how real the critic took real and generated sounds for; ``history`` as of a duel."""
    lines = {"real_probability": "real sounds", "generated_probability": "generated sounds"}
    return _curves(history, lines, "how real the critic takes them for (sigmoid of its verdict)", 0.5)


def _curves(
    history: Sequence[Mapping[str, float]], lines: Mapping[str, str], title: str, level: float | None
) -> Figure:
    """Draw two columns of a history; ``level`` is where neither player is ahead."""
    with rc_context(RULES):
        figure = Figure(figsize=(_WIDTH_INCHES, 3.0), layout="constrained")
        axis = figure.subplots()
        epochs = [row["epoch"] for row in history]
        for (name, words), style in zip(lines.items(), ("-", "--"), strict=True):
            axis.plot(epochs, [row[name] for row in history], color=INK, linestyle=style, label=words)
        if level is not None:
            axis.axhline(level, color=MUTED, linewidth=0.8, linestyle=":")
            axis.set_ylim(0, 1)
        axis.set_title(title)
        axis.set_xlabel("epochs")
        axis.grid(True, axis="y")
        axis.legend()
    return figure


def sample_sheet(
    rows: Mapping[str, Sequence[np.ndarray]], columns: Sequence[str], *, hop_s: float, bin_hz: float
) -> Figure:
    """Draw spectrograms: epochs down, sounds across.

    Parameters
    ----------
    rows
        Level codes of each sound (half decibels), shape (time, frequency), uint8, by the words before the row.
    columns
        Words above each sound of the first row.
    hop_s, bin_hz
        Seconds from frame to frame, width of a bin in hertz.
    """
    with rc_context(RULES):
        width, height = _CELL_INCHES
        size = (width * len(columns) + 0.6, height * len(rows) + 0.5)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(len(rows), len(columns), squeeze=False, sharex=True, sharey=True)
        for line, (words, levels) in zip(axes, rows.items(), strict=True):
            for axis, level in zip(line, levels, strict=True):
                _draw(axis, level, hop_s, bin_hz)
            line[0].set_ylabel(f"{words}\nkHz", fontsize=8)
        for axis, words in zip(axes[0], columns, strict=True):
            axis.set_title(words, fontsize=8)
        for axis in axes[-1]:
            axis.set_xlabel("seconds", fontsize=8)
    return figure


def _draw(axis: Axes, level: np.ndarray, hop_s: float, bin_hz: float) -> None:
    """Draw a spectrogram from 60 dB below its loudest cell up: what is digitally silent says nothing of the rest."""
    frames, bins = level.shape
    loudest = int(level.max(initial=1))
    extent = (0.0, frames * hop_s, 0.0, bins * bin_hz / 1000)
    axis.imshow(
        level.T, origin="lower", aspect="auto", extent=extent, cmap="gray_r", vmin=loudest - _RANGE_CODES, vmax=loudest
    )
