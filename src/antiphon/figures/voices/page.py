"""The page to listen to voices on: one HTML file with its sounds inside, and ratings that can be saved as CSV."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from antiphon.figures.templating import environment

__all__ = ["Heard", "voices_page"]

_MEANINGS = {
    "snr_db": ("Sound over silence, dB", "loudest tenth of the frames above the quietest tenth"),
    "nearest_euclidean_db": ("Nearest learned clip, dB", "root mean square difference of mel levels"),
    "nearest_cosine": ("Nearest learned clip, cosine", "0: the same picture"),
    "near_copies": ("Near copies", "share that is nearer to a learned clip than all but 5 % of unheard real ones"),
    "near_copies_among_learned": ("… of the learned ones, each among the others", "what that share is without copying"),
    "diversity_euclidean_db": ("Diversity, dB", "mean distance between two sounds of the set"),
    "diversity_cosine": ("Diversity, cosine", "the same with one minus the cosine"),
    "frechet": ("Fréchet distance to the learned", "on the first 16 components of the classifier's features"),
    "told_from_real": (
        "Told from real ones",
        "share that a classifier gets right; 0.5 is chance; under real: learned from unheard ones",
    ),
    "trained_on_real_tested_on_real": ("Class right: trained on real, tested on real", "unheard groups"),
    "trained_on_real_tested_on_generated": ("Class right: trained on real, tested on generated", ""),
    "trained_on_generated_tested_on_real": ("Class right: trained on generated, tested on real", "unheard groups"),
    "cross_validated": ("Class right: real, cross-validated", "no group is in two folds"),
}
_SCALE = {5: "excellent", 4: "good", 3: "fair", 2: "poor", 1: "bad"}


@dataclass(frozen=True)
class Heard:
    """A sound of the page.

    Attributes
    ----------
    name
        Path of its file, the name in the ratings.
    kind
        Words of its column, such as ``epoch 50`` or ``real``.
    sound_class
        Its class.
    flac
        The file.
    """

    name: str
    kind: str
    sound_class: str
    flac: bytes

    @property
    def uri(self) -> str:
        """An address that carries the sound itself."""
        return "data:audio/flac;base64," + base64.b64encode(self.flac).decode("ascii")


def voices_page(
    *,
    card: Mapping[str, Any],
    table: Sequence[Sequence[Heard]],
    measures: Sequence[Mapping[str, str | float]],
    pictures: Mapping[str, bytes],
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    card
        Content of the voices' ``card.json``.
    table
        Sounds: a row for each noise that they were made from, a column for each epoch, and a real one last.
    measures
        Rows of the table of likeness.
    pictures
        PNG by the words below it.
    """
    return (
        environment()
        .get_template("voices.html.j2")
        .render(
            card=card,
            facts=_facts(card),
            table=table,
            scale=_SCALE,
            measures=list(_measure_rows(measures)),
            pictures=pictures,
        )
        + "\n"
    )


def _measure_rows(measures: Sequence[Mapping[str, str | float]]) -> Sequence[dict[str, Any]]:
    """Return a line for each measure, with what it is for generated and for real sounds."""
    rows = []
    for measure, (words, meaning) in _MEANINGS.items():
        cells = {str(row["of"]): row for row in measures if row["measure"] == measure}
        if cells:
            shown = [_cell(cells.get(of)) for of in ("generated", "real")]
            rows.append({"words": words, "meaning": meaning, "cells": shown})
    return rows


def _cell(row: Mapping[str, str | float] | None) -> dict[str, str]:
    if row is None or isnan(float(row["value"])):
        return {"value": "–", "interval": ""}
    low, high = float(row["low"]), float(row["high"])
    return {"value": _number(float(row["value"])), "interval": "" if isnan(low) else f"{_number(low)}–{_number(high)}"}


def _number(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def _facts(card: Mapping[str, Any]) -> dict[str, str]:
    recipe = card["training"]["recipe"]
    return {
        "Network": f"{card['network']}, {card['parameters']:,} parameters, {recipe['game']} game",
        "Classes": ", ".join(card["classes"]) + ("" if card["conditional"] else " (cannot be asked for)"),
        "Sounds": f"{card['samples'] / card['rate_hz']:g} s at {card['rate_hz']} Hz, from {card['noise']} numbers",
        "Training": f"{card['training']['epochs']} epochs in batches of {recipe['batch_size']}",
        "Clips": "; ".join(card["notes"]),
    }
