"""How a training went: losses and scores by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from antiphon.figures.model.examples import example_sheet
from antiphon.figures.style import INK, MUTED, RULES, source_colours

__all__ = ["curves", "seen"]

_SEPARATING, _PLAYING = ("cross_entropy", "dice", "image"), ("critic", "adversarial")
_LINES = ("-", "--", ":")


def curves(history: Sequence[Mapping[str, float]], sources: Sequence[str], best_step: int) -> Figure:
    """Draw the losses and the F1 of the validation examples over the steps.

    Parameters
    ----------
    history
        One row for each look at the validation examples: ``step``, losses, ``f1_<source>`` and ``f1_macro``.
    sources
        Names of the sources.
    best_step
        Step whose weights were kept; it is marked.

    Returns
    -------
    The figure; nothing is written.
    """
    with rc_context(RULES):
        figure = Figure(figsize=(11.0, 3.4), layout="constrained")
        separating, playing, scores = figure.subplots(1, 3)
        _draw_losses(separating, history, _SEPARATING, "losses of separation")
        _draw_losses(playing, history, _PLAYING, "losses of the two players")
        _draw_scores(scores, history, sources)
        for axis in (separating, playing, scores):
            axis.axvline(best_step, color=MUTED, linewidth=0.8, linestyle=":")
            axis.set_xlabel("steps (dotted: the weights kept)")
            axis.grid(True, axis="y")
            axis.set_xlim(0, max(row["step"] for row in history) or 1)
    return figure


def seen(
    step: int,
    levels: np.ndarray,
    masks: np.ndarray,
    found: np.ndarray,
    sources: Sequence[str],
    cell: tuple[float, float],
) -> Figure:
    """Draw what a generator finds in a few validation examples after so many steps, beside what is true.

    Parameters
    ----------
    step
        Steps done.
    levels, masks, found, sources
        As of :func:`antiphon.figures.model.examples.example_sheet`; lines are the truth, tinted areas what was found.
    cell
        Seconds from frame to frame and hertz from bin to bin.
    """
    titles = [f"step {step:,}: found (areas), true (lines)", *[""] * (len(levels) - 1)]
    return example_sheet(
        levels, masks, sources, hop_s=cell[0], bin_hz=cell[1], titles=titles[: len(levels)], compared=found
    )


def _draw_losses(axis: Axes, history: Sequence[Mapping[str, float]], names: Sequence[str], title: str) -> None:
    axis.set_title(title)
    drawn = [name for name in names if np.isfinite([row.get(name, np.nan) for row in history]).any()]
    for name, line in zip(names, _LINES, strict=False):
        if name in drawn:
            axis.plot(*_line(history, name), color=INK, linestyle=line, marker=".", label=_words(name))
    if drawn:
        axis.legend()
    else:
        axis.text(0.5, 0.5, "none", color=MUTED, ha="center", va="center", transform=axis.transAxes)


def _draw_scores(axis: Axes, history: Sequence[Mapping[str, float]], sources: Sequence[str]) -> None:
    axis.set_title("pixel F1 on validation examples")
    for source, colour in source_colours(sources).items():
        axis.plot(*_line(history, f"f1_{source}"), color=colour, marker=".", label=source)
    axis.plot(*_line(history, "f1_macro"), color=INK, linewidth=2, marker=".", label="mean of sources")
    axis.set_ylim(0, 1)
    axis.legend(loc="best")


def _line(history: Sequence[Mapping[str, float]], name: str) -> tuple[list[float], list[float]]:
    """Return the steps and the values of a column."""
    return [row["step"] for row in history], [row.get(name, np.nan) for row in history]


def _words(name: str) -> str:
    return name.replace("_", " ")
