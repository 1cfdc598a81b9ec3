"""What is done of the comparison, on disk, and the table that it makes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from antiphon.io.whole import whole_file
from antiphon.signal.grid import Grid
from antiphon.stats.judging.folds import indicative
from antiphon.stats.judging.judgement import MACRO, Judgement, resampled_weights
from antiphon.stats.judging.measures import shares

_RESAMPLES, _SEED = 1000, 1
_COUNTS = ("cells", "hits", "false_alarms", "misses")
_FOLLOWS = frozenset(shares(*np.zeros((4, 1))))
_COLUMNS = {
    "f1": "F1",
    "iou": "IoU",
    "f1_near": "F1 ±1 cell",
    "event_recall": "event recall",
    "energy_found": "energy found",
    "energy_right": "energy right",
    "energy_in_boxes": "energy in boxes",
    "silent_false_share": "false area in silence",
    "clip_f1": "clip F1",
    "image_mse": "image MSE",
    "si_sdr_gain_db": "SI-SDR gain, dB",
    "occupancy_bias": "occupancy bias",
    "occupancy_r": "occupancy r",
    "batch16_iou": "IoU, batches of 16",
    "batch8_mean_iou": "2-class IoU, batches of 8",
}


@dataclass(frozen=True)
class Stored:
    """One method, fold and seed."""

    method: str
    fold: int
    seed: int

    def path(self, folder: Path) -> Path:
        """Return the file that holds it."""
        return folder / f"{self.method.replace(' ', '_')}.fold{self.fold}.seed{self.seed}.npz"


class Tested(Protocol):
    """Examples that a method was judged on."""

    @property
    def groups(self) -> Sequence[str]:
        """Group of each example."""

    @property
    def sources(self) -> Sequence[str]:
        """Sources that their masks tell apart."""


def save(
    folder: Path,
    stored: Stored,
    judgements: Mapping[str, Judgement],
    tests: Mapping[str, Tested],
    about: Mapping[str, Any],
    grid: Grid,
) -> dict[str, Any]:
    """Write the measures of one run, whole or not at all, and its line; return the line."""
    arrays: dict[str, Any] = {}
    line: dict[str, Any] = {"name": f"accuracy.{stored.method}", "fold": stored.fold, "seed": stored.seed, **about}
    for protocol, judgement in judgements.items():
        test = tests[protocol]
        # Counts of cells are whole in float32, and half as large; what follows from counts is left out.
        kept = {name: values for name, values in judgement.measures.items() if name not in _FOLLOWS}
        arrays |= {f"{protocol}/{name}": values.astype(np.float32) for name, values in kept.items()}
        arrays[f"{protocol}/groups"] = np.array(test.groups)
        weights = np.ones((1, len(test.groups)))
        rows = judgement.rows(test.sources, weights, hop_s=grid.hop_s, bin_hz=grid.bin_hz)
        for name in ("f1", "iou", "clip_f1"):
            line[f"{protocol}.{name}"] = {str(row["source"]): _rounded(row.get(name)) for row in rows}
    sources = next(iter(tests.values())).sources
    arrays["about"] = np.array(
        json.dumps(
            {
                **about,
                "method": next(iter(judgements.values())).method,
                "fold": stored.fold,
                "seed": stored.seed,
                "sources": sources,
            }
        )
    )
    with whole_file(stored.path(folder)) as scratch, scratch.open("wb") as file:
        np.savez_compressed(file, **arrays)
    with (folder / "accuracy.jsonl").open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(line) + "\n")
    return line


def _rounded(value: Any) -> float | None:
    return None if value is None or isnan(value) else round(float(value), 4)


def markdown(folder: Path, grid: Grid, folds: Iterable[int], *, complete: bool = False) -> str:
    """Return the tables of what is done of some folds: folds pooled, seeds as further examples of the same groups.

    Methods that were not run on all of them are judged by fewer examples: the column of folds says so. With
    ``complete`` they are left out. A column that holds nothing is left out, too.
    """
    by_method: dict[str, list[Any]] = {}
    for path in sorted(path for fold in set(folds) for path in folder.glob(f"*.fold{fold}.*.npz")):
        by_method.setdefault(path.name.split(".fold")[0], []).append(np.load(path, allow_pickle=False))
    if complete:
        by_method = {name: many for name, many in by_method.items() if _folds(many) >= set(folds)}
    protocols = sorted({key.split("/")[0] for many in by_method.values() for key in many[0].files if "/" in key})
    texts = [_protocol(protocol, by_method, grid) for protocol in protocols]
    return "\n\n".join(texts) if texts else "Nothing is done yet."


def _folds(many: Iterable[Any]) -> set[int]:
    return {json.loads(str(one["about"]))["fold"] for one in many}


def _protocol(protocol: str, by_method: Mapping[str, list[Any]], grid: Grid) -> str:
    lines, weak = [], np.zeros(0, dtype=bool)
    sources: list[str] = []
    budgets: set[str] = set()
    for many in by_method.values():
        about = [json.loads(str(one["about"])) for one in many]
        sources = about[0]["sources"]
        budgets |= {
            f"{one['budget_s']:g} s on {one['device']}, {one['threads']} threads" for one in about if "steps" in one
        }
        measures = _measures(protocol, many)
        groups = [str(one) for part in many for one in part[f"{protocol}/groups"]]
        present = np.nan_to_num(measures["present"]) > 0
        weak, heard = indicative(groups, present), present.any(axis=0)
        # A source that sounds in none of the folds done has no score, and no part in the mean.
        measures = {name: each[:, heard] for name, each in measures.items()}
        sounding = [name for name, there in zip(sources, heard, strict=True) if there]
        weights = resampled_weights(groups, _RESAMPLES, _SEED)
        rows = Judgement(about[0]["method"], measures).rows(sounding, weights, hop_s=grid.hop_s, bin_hz=grid.bin_hz)
        over = f"{_numbers(one['fold'] for one in about)} / {_numbers(one['seed'] for one in about)}"
        size = f"{len(groups)} / {len(set(groups))}"
        lines.append(_line(about, {str(row["source"]): row for row in rows}, sources, (over, size)))
    shown = [f"{name} F1{' (indicative)' if few else ''}" for name, few in zip(sources, weak, strict=True)]
    header = ["method", *_COLUMNS.values(), *shown, "folds / seeds", "examples / groups", "parameters", "steps",
              "batch", "learning, s", "weights"]  # fmt: skip
    lines.sort(key=lambda cells: (cells[0].startswith("limit"), -_leading(cells[1])))
    rule = ["---"] + ["---:"] * (len(header) - 2) + ["---"]
    filled = [column for column, cells in enumerate(zip(*lines, strict=True)) if set(cells) != {"–"}]
    table = "\n".join(f"| {' | '.join(cells[i] for i in filled)} |" for cells in (header, rule, *lines))
    budget = f"Budget of what is trained: {'; '.join(sorted(budgets))}.\n\n" if budgets else ""
    return f"### {protocol.replace('_', '-')}\n\n{budget}{table}"


def _measures(protocol: str, many: Sequence[Any]) -> dict[str, np.ndarray]:
    """Return the measures of several folds and seeds, those that all of them have."""
    known = set.intersection(*(set(one.files) for one in many))
    names = sorted(key.split("/", 1)[1] for key in known if key.startswith(f"{protocol}/"))
    counted = {
        name: np.concatenate([one[f"{protocol}/{name}"] for one in many]).astype(float)
        for name in names
        if name != "groups"
    }
    return counted | shares(*(counted[name] for name in _COUNTS))


def _numbers(values: Iterable[int]) -> str:
    """Return which whole numbers there are, in few characters."""
    present = sorted(set(values))
    together = len(present) > 1 and present == list(range(present[0], present[-1] + 1))
    return f"{present[0]}–{present[-1]}" if together else ", ".join(map(str, present))


def _line(
    about: Sequence[Mapping[str, Any]], rows: Mapping[str, Any], sources: list[str], counts: tuple[str, str]
) -> list[str]:
    macro = rows[MACRO]
    cells = [_cell(macro, name) for name in _COLUMNS]
    cells += [_cell(rows.get(source, {}), "f1") for source in sources]
    cost = [_mean(about, key) for key in ("parameters", "steps", "batch", "learning_s")]
    return [str(about[0]["method"]), *cells, *counts, *cost, str(about[0].get("weights", "–"))]


def _mean(about: Sequence[Mapping[str, Any]], key: str) -> str:
    """Return the mean over folds and seeds."""
    values = [one[key] for one in about if key in one]
    return f"{round(sum(values) / len(values)):,}" if values else "–"


def _cell(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name, float("nan"))
    if isnan(value):
        return "–"
    digits = 4 if name in ("image_mse", "silent_false_share", "occupancy_bias") else 1 if name.endswith("_db") else 3
    low, high = (row.get(f"{name}_{side}", float("nan")) for side in ("low", "high"))
    interval = "" if isnan(low) or name not in ("f1", "iou", "clip_f1") else f" ({low:.2f}–{high:.2f})"
    return f"{value:.{digits}f}{interval}"


def _leading(cell: str) -> float:
    return -1.0 if cell.startswith("–") else float(cell.split(maxsplit=1)[0])


def write_between_marks(page: Path, table: str, name: str = "table") -> None:
    """Put a table between the marks of a page that have its name."""
    begin, end = (f"<!-- {name}: {mark} -->" for mark in ("begin", "end"))
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(begin)
    _, after = rest.split(end)
    page.write_text(f"{before}{begin}\n\n{table}\n\n{end}{after}", encoding="utf-8")
