"""The page of a model's evaluation: one HTML file that opens from disk and needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from antiphon.figures.model.trust import LIMIT, card_facts
from antiphon.figures.pictures import data_uri
from antiphon.figures.templating import environment

__all__ = ["Chosen", "SoundClasses", "chosen_examples", "classes_page", "evaluation_page"]

Chosen = dict[str, int]
"""Examples to show, by the words above them."""
Rows = Sequence[Mapping[str, str | float]]


@dataclass(frozen=True)
class SoundClasses:
    """How classifiers told classes of clips apart.

    Attributes
    ----------
    rows
        Rows of ``classes.csv``.
    picture
        PNG of the confusion matrices.
    notes
        What became of the clips, in words.
    """

    rows: Rows
    picture: bytes
    notes: Sequence[str]


_MACRO = "macro"
_CELLS = ("f1", "precision", "recall", "iou", "f1_near", "image_mse")
_EVENTS = (
    "event_recall",
    "energy_found",
    "energy_right",
    "silent_false_share",
    "silent_false_khz_s_per_min",
    "clip_f1",
    "occupancy_true",
    "occupancy_bias",
    "occupancy_r",
)
_PER_BATCH = ("batch16_iou", "batch8_mean_iou")
_COUNTS = frozenset({"clips", "groups"})
_WORDS = {
    "f1": "F1",
    "iou": "IoU",
    "f1_near": "F1 ±1 cell",
    "image_mse": "image MSE",
    "event_recall": "event recall",
    "energy_found": "energy found",
    "energy_right": "energy right",
    "silent_false_share": "false area in silence",
    "silent_false_khz_s_per_min": "false kHz·s per silent minute",
    "clip_f1": "clip F1",
    "occupancy_true": "true occupancy",
    "occupancy_bias": "occupancy bias",
    "occupancy_r": "occupancy r",
    "batch16_iou": "foreground IoU, batches of 16",
    "batch8_mean_iou": "two-class IoU, batches of 8",
}
_PROTOCOLS = {"in_domain": "In domain", "transfer": "Transfer"}


def chosen_examples(scores: np.ndarray, count: int) -> Chosen:
    """Return examples from the best to the worst at even steps, by their words; those without a score are left out.

    Parameters
    ----------
    scores
        F1 of each example, shape (example,); NaN where it has no meaning.
    count
        How many, at most.
    """
    ranked = np.argsort(-scores)[: np.count_nonzero(~np.isnan(scores))]
    steps = np.linspace(0, len(ranked) - 1, min(count, len(ranked))).round().astype(int)
    names = {0: "best", len(steps) // 2: "median", len(steps) - 1: "worst"}
    return {
        f"{names.get(place, f'rank {step + 1}')}, F1 {scores[ranked[step]]:.2f}": int(ranked[step])
        for place, step in enumerate(steps)
    }


def evaluation_page(
    *,
    card: Mapping[str, Any],
    scores: Rows,
    conditions: Rows,
    pictures: Mapping[tuple[str, str], bytes],
    reliability: bytes | None = None,
    sound_classes: SoundClasses | None = None,
) -> str:
    """Return the page of a model's evaluation as HTML.

    Parameters
    ----------
    card
        Content of the model's ``card.json``.
    scores
        Rows of the table of scores: protocol, method, source and scores.
    conditions
        Rows of the table of scores under conditions.
    pictures
        PNG of the best, the median and the worst example, by protocol and source.
    reliability
        PNG of predicted against observed probabilities; None: the model is not calibrated.
    sound_classes
        How classifiers told clips apart; None: they were not asked.
    """
    protocols = dict.fromkeys(str(row["protocol"]) for row in scores)
    template = environment().get_template("evaluation.html.j2")
    views = [_protocol(name, card, scores, conditions, pictures) for name in protocols]
    return (
        template.render(
            card=card,
            facts=card_facts(card),
            protocols=views,
            reliability=data_uri(reliability) if reliability else None,
            classes=_shown_classes(sound_classes) if sound_classes else None,
        )
        + "\n"
    )


def classes_page(found: SoundClasses) -> str:
    """Return the page of clips that were classified, as HTML.

    Parameters
    ----------
    found
        How classifiers told them apart.
    """
    return environment().get_template("classes.html.j2").render(classes=_shown_classes(found)) + "\n"


def _shown_classes(found: SoundClasses) -> dict[str, Any]:
    """Return what the page shows of clips that were classified."""
    whole = [row for row in found.rows if row["class"] == "all"]
    each = [row for row in found.rows if row["class"] != "all"]
    return {
        "names": list(dict.fromkeys(row["class"] for row in each)),
        "notes": found.notes,
        "clips": int(whole[0]["clips"]),
        "groups": int(whole[0]["groups"]),
        "whole": _table("", whole, ("classifier",), ("accuracy", "recall", "f1")),
        "each": _table("", each, ("classifier", "class"), ("clips", "groups", "recall", "precision", "f1")),
        "uri": data_uri(found.picture),
    }


def _protocol(
    name: str, card: Mapping[str, Any], scores: Rows, conditions: Rows, pictures: Mapping[tuple[str, str], bytes]
) -> dict[str, Any]:
    """Return what the page shows of one protocol."""
    own = [row for row in scores if row["protocol"] == name]
    mean = [row for row in own if row["source"] == _MACRO]
    under = [row for row in conditions if row["protocol"] == name and row["method"] == card["model"]]
    groups = (("Cells", _CELLS), ("Events, clips and occupancy", _EVENTS), ("As other papers report", _PER_BATCH))
    return {
        "id": name.replace("_", "-"),
        "title": _PROTOCOLS.get(name, name),
        "examples": int(own[0]["examples"]) if own else 0,
        "headline": next((row for row in mean if row["method"] == card["model"]), None),
        "means": [_table(title, mean, ("method",), columns) for title, columns in groups],
        "sources": [
            {
                "name": source,
                "common_name": about["common_name"],
                "table": _table("", [row for row in own if row["source"] == source], ("method",), _CELLS),
                "uri": data_uri(pictures[name, source]) if (name, source) in pictures else None,
            }
            for source, about in card["sources"].items()
        ],
        "conditions": _table("", _by_condition(under), ("condition",), tuple(card["sources"])),
    }


def _by_condition(rows: Rows) -> list[dict[str, str | float]]:
    """Return the F1 of each source under each condition: conditions down, sources across."""
    lines: dict[str, dict[str, str | float]] = {}
    for row in rows:
        if row["source"] != _MACRO and row["condition"] != "absent":
            line = lines.setdefault(str(row["condition"]), {"condition": row["condition"]})
            line[str(row["source"])] = row["f1"]
    return list(lines.values())


def _table(title: str, rows: Rows, named: Sequence[str], columns: Sequence[str]) -> dict[str, Any]:
    """Return a table as it is shown: what was never measured leaves no column."""
    there = [column for column in columns if any(not _is_unknown(row.get(column)) for row in rows)]
    best = {column: _best(rows, column) for column in there}
    return {
        "title": title,
        "header": [*named, *(_WORDS.get(column, column.replace("_", " ")) for column in there)],
        "rows": [
            {
                "names": [row[one] for one in named],
                "cells": [{**_cell(row, column), "best": row is best[column]} for column in there],
            }
            for row in rows
        ],
    }


def _best(rows: Rows, column: str) -> Mapping[str, str | float] | None:
    """Return the row with the highest F1 of all methods that do not know the truth; other columns mark none."""
    honest = [row for row in rows if "method" in row and not str(row["method"]).startswith(LIMIT)]
    known = [row for row in honest if not _is_unknown(row.get(column))]
    return max(known, key=lambda row: float(row[column])) if column == "f1" and known else None


def _cell(row: Mapping[str, str | float], column: str) -> dict[str, str]:
    low, high = row.get(f"{column}_low"), row.get(f"{column}_high")
    interval = "" if _is_unknown(low) or _is_unknown(high) else f"{_number(low)}–{_number(high)}"
    value = str(int(row[column])) if column in _COUNTS else _number(row.get(column))
    return {"value": value, "interval": interval}


def _number(value: Any) -> str:
    if _is_unknown(value):
        return "–"
    number = float(value)
    return f"{number:.4f}" if 0 < abs(number) < 0.01 else f"{number:.3f}" if abs(number) < 10 else f"{number:.1f}"


def _is_unknown(value: Any) -> bool:
    return value is None or (isinstance(value, float) and bool(np.isnan(value)))
