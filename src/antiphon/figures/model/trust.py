"""How far a model can be trusted: its scores as tables and its card as words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from antiphon.figures.wording import score

__all__ = ["LIMIT", "F1Table", "ScoreTable", "card_facts", "critic_words", "f1_table", "score_table"]

LIMIT = "limit:"
"""How the name of a method begins that knows the truth and shows what any other can reach."""

Rows = Sequence[Mapping[str, str]]
"""Rows of a table of scores, all values as text."""


@dataclass(frozen=True)
class F1Table:
    """F1 with its interval, sources down and methods across.

    Attributes
    ----------
    methods
        Names of the methods, the model first if it is among them.
    ours_first
        Whether it is.
    rows
        ``source`` and ``cells``, each with ``value`` and ``interval``.
    """

    methods: Sequence[str]
    ours_first: bool
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class ScoreTable:
    """A table of scores as it is shown.

    Attributes
    ----------
    header
        Names of the columns.
    cells
        Rows of text.
    numeric
        Which columns hold numbers.
    """

    header: Sequence[str]
    cells: Sequence[Sequence[str]]
    numeric: Sequence[bool]


def f1_table(rows: Rows, ours: str) -> F1Table:
    """Return the F1 of each source and honest method; empty if the scores have no such columns.

    Parameters
    ----------
    rows
        Scores with the columns method, source, f1, f1_low and f1_high, and protocol where there are several.
    ours
        Name of the model among the methods.
    """
    several = len({row.get("protocol") for row in rows}) > 1
    named = [row for row in rows if {"source", "method", "f1"} <= row.keys()]
    whole = [row for row in named if not row["method"].startswith(LIMIT)]
    found = {(_source(row, several), row["method"]): row for row in whole}
    methods = sorted(dict.fromkeys(method for _, method in found), key=lambda method: method != ours)
    sources = dict.fromkeys(source for source, _ in found)
    lines = [
        {
            "source": source,
            "cells": [_f1_cell(found.get((source, method), {})) for method in methods],
        }
        for source in sources
    ]
    return F1Table(methods, methods[:1] == [ours], lines)


def _source(row: Mapping[str, str], with_protocol: bool) -> str:
    name = "mean" if row["source"] == "macro" else row["source"]
    return f"{name}, {row['protocol'].replace('_', '-')}" if with_protocol else name


def _f1_cell(row: Mapping[str, str]) -> dict[str, str]:
    low, high = row.get("f1_low", ""), row.get("f1_high", "")
    return {"value": score(row.get("f1", "")), "interval": f"{score(low)}–{score(high)}" if low and high else ""}


def score_table(rows: Rows) -> ScoreTable:
    """Return all scores; columns ``x_low`` and ``x_high`` stand as an interval behind column ``x``."""
    columns = list(rows[0]) if rows else []
    bounds = {f"{one}_{side}" for one in columns for side in ("low", "high")}
    shown = [one for one in columns if one not in bounds]
    cells = [[_cell(row, one) for one in shown] for row in rows]
    numeric = [all(_is_number(row[one]) for row in rows) for one in shown]
    return ScoreTable([one.replace("_", " ") for one in shown], cells, numeric)


def _cell(row: Mapping[str, str], column: str) -> str:
    low, high = row.get(f"{column}_low", ""), row.get(f"{column}_high", "")
    return f"{score(row[column])} ({score(low)}–{score(high)})" if low and high else score(row[column])


def _is_number(text: str) -> bool:
    return not text or text.lstrip("+-")[:1].isdigit()


def card_facts(card: Mapping[str, Any]) -> dict[str, str]:
    """Return what a model's card says, as words."""
    grid, training = card["grid"], card["training"]
    facts = {
        "Network": str(card["network"]),
        "Parameters": f"{card['parameters']:,}",
        "Channels by scale": ", ".join(map(str, card["widths"])),
        "Sources": "; ".join(f"{name}: {' + '.join(source['labels'])}" for name, source in card["sources"].items()),
        "Grid": f"window {1000 * grid['window_s']:g} ms, hop {1000 * grid['hop_s']:g} ms, {grid['bins']} bins",
        "Thresholds": ", ".join(f"{source} {least:.3g}" for source, least in card["thresholds"].items()),
        "Training": ", ".join(
            f"{key.replace('_', ' ')} {value:,}" for key, value in training.items() if isinstance(value, int)
        ),
        "Versions": ", ".join(f"{name} {version}" for name, version in card["versions"].items()),
        "Weights, SHA-256": str(card["weights_sha256"]),
    }
    return {name: fact for name, fact in facts.items() if fact}


def critic_words(card: Mapping[str, Any]) -> str:
    """Return whether a model learned against a critic, as words; empty where its card does not say."""
    critic = card["training"].get("settings", {}).get("critic")
    if critic is None:
        return ""
    if not critic["weight"]:
        return "It learned without a critic."
    return f"It learned against a critic ({critic['game'].replace('_', ' ')}, weight {critic['weight']:g})."
