"""Whether a critic earned its place: the same generator trained on with each critic and with none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from antiphon.figures.style import ACCENT, INK, MUTED, RULES
from antiphon.figures.wording import score

__all__ = ["COLUMNS", "Ablation", "ablation_picture", "ablation_rows"]

COLUMNS = ("arm", "seed", "protocol", "source", "condition", "f1", "f1_low", "f1_high", "f1_near", "event_recall")
"""Columns that are shown."""

_START, _WITHOUT = "start", "none"
_WORDS = {_START: "before", _WITHOUT: "no critic"}
_MEAN, _ALL, _FAINT = "macro", "all", "SNR below 0 dB"
_SIZE_INCHES, _APART = (9.0, 2.6), 0.16


@dataclass(frozen=True)
class Ablation:
    """What became of one generator when it was trained on with each critic and with none.

    Attributes
    ----------
    rows
        Scores by arm, seed, protocol, source and condition: at least :data:`COLUMNS`, all values as text.
    about
        What all arms share: ``summary`` and whatever else is to be told, by name.
    """

    rows: Sequence[Mapping[str, str]]
    about: Mapping[str, Any]

    @property
    def protocols(self) -> list[str]:
        """Names of the protocols, in the order of the rows."""
        return list(dict.fromkeys(row["protocol"] for row in self.rows))

    @property
    def arms(self) -> list[str]:
        """Names of the arms: where all began, then without a critic, then the others."""
        first = (_START, _WITHOUT)
        names = dict.fromkeys(row["arm"] for row in self.rows)
        return sorted(names, key=lambda arm: (first.index(arm) if arm in first else len(first), arm))

    def means(self, arm: str, protocol: str, condition: str = _ALL) -> list[Mapping[str, str]]:
        """Return the rows of the mean over sources, one a seed."""
        wanted = {"arm": arm, "protocol": protocol, "condition": condition, "source": _MEAN}
        return [row for row in self.rows if all(row[key] == value for key, value in wanted.items())]


def ablation_rows(found: Ablation) -> list[dict[str, str]]:
    """Return what the page's table says of each protocol and arm: means over seeds, F1 with the range of the seeds."""
    lines = []
    for protocol in found.protocols:
        for arm in found.arms:
            if rows := found.means(arm, protocol):
                faint = found.means(arm, protocol, _FAINT)
                f1 = _numbers(rows, "f1")
                lines.append(
                    {
                        "protocol": protocol.replace("_", "-"),
                        "arm": _words(arm),
                        "seeds": str(len(rows)) if arm != _START else "–",
                        "f1": _mean(f1),
                        "range": f"{min(f1):.3f}–{max(f1):.3f}" if len(f1) > 1 else "",
                        "near": _mean(_numbers(rows, "f1_near")),
                        "events": _mean(_numbers(rows, "event_recall")),
                        "faint": _mean(_numbers(faint, "f1")),
                    }
                )
    return lines


def ablation_picture(found: Ablation) -> Figure:
    """Draw the F1 of each arm, a point a seed with its interval, a panel a protocol."""
    arms = [arm for arm in found.arms if arm != _START]
    with rc_context(RULES):
        figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
        panels = figure.subplots(1, len(found.protocols), sharey=True, squeeze=False)[0]
        for axes, protocol in zip(panels, found.protocols, strict=True):
            for place, arm in enumerate(arms):
                _draw_arm(axes, place, found.means(arm, protocol), INK if arm == _WITHOUT else ACCENT)
            for start in _numbers(found.means(_START, protocol), "f1"):
                axes.axvline(start, color=MUTED, linewidth=0.9, linestyle=":")
            axes.set_title(protocol.replace("_", "-"))
            axes.set_xlabel("F1 of the cells, mean of the sources")
            axes.grid(True, axis="x")
        panels[0].set_yticks(range(len(arms)), [_words(arm) for arm in arms])
        panels[0].set_ylim(len(arms) - 0.5, -0.5)
        for axes in panels:
            axes.tick_params(axis="y", length=0)
    return figure


def _draw_arm(axes: Axes, place: int, rows: Sequence[Mapping[str, str]], colour: str) -> None:
    for turn, row in enumerate(rows):
        at = place + _APART * (turn - (len(rows) - 1) / 2)
        (value,), ends = _numbers([row], "f1"), [*_numbers([row], "f1_low"), *_numbers([row], "f1_high")]
        if len(ends) == 2:
            axes.hlines(at, *ends, color=colour, linewidth=1, alpha=0.6)
        axes.plot([value], [at], color=colour, marker="o", markersize=4)


def _words(arm: str) -> str:
    return _WORDS.get(arm, arm.replace("_", " "))


def _numbers(rows: Iterable[Mapping[str, str]], column: str) -> list[float]:
    """Return the values of a column that are there."""
    return [float(row[column]) for row in rows if row[column]]


def _mean(values: Sequence[float]) -> str:
    return score(str(fmean(values))) if values else "–"
