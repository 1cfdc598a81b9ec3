"""Stage evaluate: say how well a model separates, beside what costs nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from math import isnan
from pathlib import Path

import numpy as np
import pandas as pd

from antiphon.baselines.energy import EnergyThreshold
from antiphon.config import Evaluate, section
from antiphon.errors import AntiphonError
from antiphon.figures.examples import example_sheet
from antiphon.figures.pictures import png_bytes
from antiphon.io.checkpoints import Card, load_card, load_weights
from antiphon.io.pairs import TEST_SPLITS, Examples, read_examples, read_pairs_attributes
from antiphon.io.whole import whole_file, write_json, write_text
from antiphon.learning.apply import Separator
from antiphon.learning.devices import choose_device, choose_dtype
from antiphon.learning.features import UNIT_DB
from antiphon.learning.generators import make_generator
from antiphon.learning.validation import separated, tune
from antiphon.networks.generator import Generator
from antiphon.progress import log, track
from antiphon.signal.levels import PROBABILITY_SCALE
from antiphon.stats.judgement import MACRO, Judgement, constant_codes, found_cells
from antiphon.stats.scores import code_of_threshold

__all__ = ["VERSION", "run"]

VERSION = 1


def run(
    *,
    pairs: Path,
    card: Path,
    weights: Path,
    settings: str,
    output: Path,
    device: str = "auto",
    precision: str = "auto",
) -> None:
    """Write the scores of a model, of the energy threshold, of identity and of silence on the test examples.

    Parameters
    ----------
    pairs
        The examples, written by stage pair.
    card, weights
        The model: its card and its weights.
    settings
        Section ``evaluate`` of the settings as JSON.
    output
        Folder for ``scores.csv``, ``scores.json`` and ``examples.png``.
    device
        ``auto``, ``cpu`` or ``cuda``.
    precision
        ``auto``, ``float32`` or ``bfloat16``.

    Raises
    ------
    AntiphonError
        If model and examples do not fit, or a GPU is asked for and absent.
    """
    rules, about = section(Evaluate, settings), load_card(card)
    test, validation = (_examples(pairs, split, about) for split in (TEST_SPLITS["in_domain"], "validation"))
    separator = _separator(_generator(about, weights), device, precision)
    energy = EnergyThreshold(len(about.sources), unit_db=UNIT_DB)
    tune(energy, validation)
    least = [code_of_threshold(about.thresholds[source]) for source in about.sources]
    even = [PROBABILITY_SCALE // 2] * len(least)
    methods = {
        about.model: (separated(separator, test), least),
        "energy threshold": (separated(_separator(energy, device, precision), test), even),
        "identity": (constant_codes(test.level, len(least), PROBABILITY_SCALE), even),
        "silence": (constant_codes(test.level, len(least), 0), even),
    }
    verdicts = {name: _judged(name, *method, test) for name, method in track(methods.items(), "evaluate")}
    rows = [
        row
        for verdict in verdicts.values()
        for row in verdict.rows(test.sources, test.groups, rules.bootstrap, rules.seed)
    ]
    _save_scores(output, about, rules, rows)
    _save_pictures(output / "examples.png", separator, least, test, verdicts[about.model].example_f1(), rules, about)
    for row in rows:
        if row["source"] == MACRO:
            log(f"evaluate: {row['method']}: F1 {row['f1']:.3f} ({row['f1_low']:.3f} to {row['f1_high']:.3f})")


def _examples(pairs: Path, split: str, about: Card) -> Examples:
    """Read a split and make sure that the model separates what is in it."""
    grid = read_pairs_attributes(pairs)["grid"]
    examples = read_examples(pairs, split)
    if examples.sources != tuple(about.sources) or grid != asdict(about.grid):
        raise AntiphonError(
            f"{pairs}: its sources ({', '.join(examples.sources)}) or its grid are not those of model {about.model} "
            f"({', '.join(about.sources)}); run the stages pair and train again"
        )
    return examples


def _generator(about: Card, weights: Path) -> Generator:
    generator = make_generator(about.network, widths=about.widths, sources=len(about.sources), bins=about.grid.bins)
    generator.load_state_dict(load_weights(weights, about))
    return generator


def _separator(generator: Generator, device: str, precision: str) -> Separator:
    try:
        place = choose_device(device)
        return Separator.ready(generator, device=place, dtype=choose_dtype(precision, place))
    except ValueError as error:
        raise AntiphonError(f"evaluate: {error}") from None


def _judged(name: str, found: Iterable[np.ndarray], least_codes: list[int], test: Examples) -> Judgement:
    return Judgement.of(name, found, least_codes, level=test.level, mask_bits=test.mask_bits, floor=test.floor)


def _spread(scores: np.ndarray, count: int) -> list[int]:
    """Return the indices of examples from the best to the worst, at even steps; those without a score are left out."""
    ranked = np.argsort(-scores)[: np.count_nonzero(~np.isnan(scores))]
    steps = np.linspace(0, len(ranked) - 1, min(count, len(ranked))).round().astype(int)
    return [int(index) for index in ranked[steps]]


def _save_scores(folder: Path, about: Card, rules: Evaluate, rows: list[dict[str, str | float]]) -> None:
    """Write the scores as a table and as JSON; a score without a meaning is empty, or null."""
    table = pd.DataFrame(rows).to_csv(index=False, float_format="%.6g", lineterminator="\n")
    write_text(folder / "scores.csv", table)
    plain = [
        {key: None if isinstance(value, float) and isnan(value) else value for key, value in row.items()}
        for row in rows
    ]
    kept = {"model": about.model, "weights_sha256": about.weights_sha256, "version": VERSION}
    write_json(folder / "scores.json", {**kept, "settings": rules.model_dump(mode="json"), "scores": plain})


def _save_pictures(
    path: Path,
    separator: Separator,
    least: list[int],
    test: Examples,
    f1: np.ndarray,
    rules: Evaluate,
    about: Card,
) -> None:
    """Draw test examples from the best to the worst: the mixture, what is true in it and what was found."""
    shown = _spread(f1, rules.pictures)
    codes = [separator.separate(test.level[i], test.floor[i], test.background[i]) for i in shown]
    names = {0: "best", len(shown) // 2: "median", len(shown) - 1: "worst"}
    sheet = example_sheet(
        test.level[shown],
        test.masks(shown),
        test.sources,
        hop_s=about.grid.hop_s,
        bin_hz=about.grid.bin_hz,
        titles=[f"{names.get(place, '')} F1 {f1[i]:.2f}  {test.groups[i]}".strip() for place, i in enumerate(shown)],
        compared=np.array([found_cells(one, least) for one in codes]),
    )
    with whole_file(path) as scratch:
        scratch.write_bytes(png_bytes(sheet, dpi=110))
