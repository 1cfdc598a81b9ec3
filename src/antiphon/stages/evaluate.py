"""Stage evaluate: say how well a model separates, beside methods that need no network and what the truth allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from pathlib import Path

import numpy as np
import pandas as pd

from antiphon.classifying.command import write_classes
from antiphon.config import Evaluate, section
from antiphon.errors import AntiphonError, mendable
from antiphon.figures.model.evaluation import Chosen, SoundClasses, chosen_examples, evaluation_page
from antiphon.figures.model.examples import example_sheet
from antiphon.figures.model.reliability import reliability_picture
from antiphon.figures.pictures import png_bytes
from antiphon.io.examples.pairs import TEST_SPLITS, Examples, read_examples, read_pairs_attributes, splits_of
from antiphon.io.models.checkpoints import Card, load_card, load_weights
from antiphon.io.models.verdicts import write_verdicts
from antiphon.io.whole import whole_file, write_json, write_text
from antiphon.learning.apply import Separator
from antiphon.learning.contenders import (
    Contender,
    conventional,
    energy_contender,
    judged,
    limits,
    network_contender,
    nothing_and_everything,
)
from antiphon.learning.generators import trained_generator
from antiphon.networks.generator import Generator
from antiphon.progress import log, track
from antiphon.stats.judging.conditions import conditions, owned_cells
from antiphon.stats.judging.judgement import MACRO, Judgement, resampled_weights
from antiphon.stats.judging.measures import found_cells
from antiphon.stats.judging.scores import codes_of_thresholds

__all__ = ["VERSION", "run"]

VERSION = 4
Row = dict[str, str | float]
_MAIN = ("precision", "recall", "f1", "f1_low", "f1_high", "iou", "image_mse", "examples")


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
    """Judge a model on the test examples of every protocol, beside other methods, and write tables and a page.

    Parameters
    ----------
    pairs
        The examples, written by stage pair.
    card, weights
        The model: its card and its weights.
    settings
        Section ``evaluate`` of the settings as JSON.
    output
        Folder for ``scores.csv``, ``scores.json``, ``scores.parquet``, ``conditions.parquet``, ``examples.parquet``,
        ``examples.png`` and ``index.html``; where clips are classified also ``classes.csv`` and ``confusion.png``.
    device
        ``auto``, ``cpu`` or ``cuda``.
    precision
        ``auto``, ``float32`` or ``bfloat16``.

    Raises
    ------
    AntiphonError
        If model and examples do not fit, there are no test examples, or a GPU is asked for and absent.
    """
    rules, about = section(Evaluate, settings), load_card(card)
    tests = {name: _examples(pairs, split, about) for name, split in TEST_SPLITS.items() if split in splits_of(pairs)}
    if not tests:
        raise AntiphonError(f"{pairs}: no test examples of any protocol; run the stage pair again")
    least = codes_of_thresholds(about.thresholds, about.sources)
    generator = trained_generator(about, load_weights(weights, about))
    separator = _separator(generator, device, precision)
    validation = _examples(pairs, "validation", about)
    contenders = [
        network_contender(about.model, generator, separator, least),
        energy_contender(validation, lambda energy: _separator(energy, device, precision)),
        *_conventional(rules, pairs, about),
        *nothing_and_everything(len(least)),
        *limits(),
    ]
    verdicts = _verdicts(contenders, validation, tests)
    tables = _tables(verdicts, tests, about, rules)
    _save_tables(output, tables, about, rules)
    sound_classes = write_classes(output, rules, device) if rules.classify else None
    _save_pictures(output, verdicts, tests, separator, least, about, rules, tables, sound_classes)
    for row in tables.scores:
        if row["source"] == MACRO:
            named = f"{row['protocol']}, {row['method']}"
            log(f"evaluate: {named}: F1 {row['f1']:.3f} ({row['f1_low']:.3f} to {row['f1_high']:.3f})")


@dataclass(frozen=True)
class _Tables:
    """Rows: scores of methods, scores under conditions, scores of single examples."""

    scores: list[Row]
    conditions: list[Row]
    examples: list[Row]


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


def _separator(generator: Generator, device: str, precision: str) -> Separator:
    with mendable("evaluate"):
        return Separator.chosen(generator, device, precision)


def _conventional(rules: Evaluate, pairs: Path, about: Card) -> list[Contender]:
    """Return the conventional methods that the settings ask for; they learn their classes on the training examples."""
    if not rules.methods:
        return []
    train = _examples(pairs, "train", about)
    try:
        return [conventional(method, train) for method in track(rules.methods, "evaluate: learn")]
    except ImportError as error:
        raise AntiphonError(
            f"evaluate.methods: {error.name} is not installed; pip install 'antiphon[compare]', or leave the method out"
        ) from None


def _verdicts(
    contenders: Sequence[Contender], validation: Examples, tests: Mapping[str, Examples]
) -> dict[str, list[Judgement]]:
    """Return the judgements on every contender, by protocol."""
    by_contender = [list(judged(one, validation, tests.values())) for one in track(contenders, "evaluate")]
    return {protocol: list(judgements) for protocol, *judgements in zip(tests, *by_contender, strict=True)}


def _tables(
    verdicts: Mapping[str, Sequence[Judgement]], tests: Mapping[str, Examples], about: Card, rules: Evaluate
) -> _Tables:
    cell = {"hop_s": about.grid.hop_s, "bin_hz": about.grid.bin_hz}
    tables = _Tables([], [], [])
    for protocol, judgements in verdicts.items():
        test = tests[protocol]
        where = conditions(test.snr_db, *owned_cells(test.mask_bits, len(test.sources)))
        drawn = resampled_weights(test.groups, rules.bootstrap, rules.seed)
        for one in judgements:
            tables.scores.extend({"protocol": protocol, **row} for row in one.rows(test.sources, drawn, **cell))
            under = one.rows_where(test.sources, where, **cell)
            tables.conditions.extend({"protocol": protocol, **row} for row in under)
            tables.examples.extend({"protocol": protocol, **row} for row in _example_rows(one, test))
    return tables


def _example_rows(judgement: Judgement, test: Examples) -> list[Row]:
    """Return one row for each example and source: what there was, what was found."""
    f1, measures = judgement.source_f1(), judgement.measures
    return [
        {
            "method": judgement.method,
            "example": example,
            "group": test.groups[example],
            "source": source,
            "snr_db": float(test.snr_db[example, k]),
            "occupancy_true": float(measures["true_share"][example, k]),
            "occupancy_found": float(measures["found_share"][example, k]),
            "f1": float(f1[example, k]),
        }
        for example in range(len(test))
        for k, source in enumerate(test.sources)
    ]


def _save_tables(folder: Path, tables: _Tables, about: Card, rules: Evaluate) -> None:
    """Write the tables; a score without a meaning is empty, or null."""
    main = pd.DataFrame(tables.scores)[["protocol", "method", "source", *_MAIN]]
    write_text(folder / "scores.csv", main.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    plain = [
        {key: None if isinstance(value, float) and isnan(value) else value for key, value in row.items()}
        for row in tables.scores
    ]
    kept = {"model": about.model, "weights_sha256": about.weights_sha256, "version": VERSION}
    write_json(folder / "scores.json", {**kept, "settings": rules.model_dump(mode="json"), "scores": plain})
    made_by = {"model": about.model, "weights_sha256": about.weights_sha256, "stage_version": str(VERSION)}
    for name, rows in asdict(tables).items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        write_verdicts(folder / f"{name}.parquet", rows, columns, made_by)


def _save_pictures(
    folder: Path,
    verdicts: Mapping[str, Sequence[Judgement]],
    tests: Mapping[str, Examples],
    separator: Separator,
    least: Sequence[int],
    about: Card,
    rules: Evaluate,
    tables: _Tables,
    sound_classes: SoundClasses | None,
) -> None:
    """Draw test examples from the best to the worst, and the page."""

    def sheet(protocol: str, chosen: Chosen) -> bytes:
        test, shown = tests[protocol], list(chosen.values())
        found = [
            found_cells(separator.separate(test.level[i], test.floor[i], test.background[i]), least) for i in shown
        ]
        figure = example_sheet(
            test.level[shown],
            test.masks(shown),
            test.sources,
            hop_s=about.grid.hop_s,
            bin_hz=about.grid.bin_hz,
            titles=[f"{words}  {test.groups[i]}" for words, i in chosen.items()],
            compared=np.array(found),
        )
        return png_bytes(figure, dpi=110)

    first = next(iter(verdicts))
    spread = chosen_examples(verdicts[first][0].example_f1(), rules.pictures)
    with whole_file(folder / "examples.png") as scratch:
        scratch.write_bytes(sheet(first, spread))
    pictures = {
        (protocol, source): sheet(protocol, chosen_examples(judgements[0].source_f1()[:, k], 3))
        for protocol, judgements in verdicts.items()
        for k, source in enumerate(about.sources)
    }
    card = about.model_dump(mode="json")
    page = evaluation_page(
        card=card,
        scores=tables.scores,
        conditions=tables.conditions,
        pictures=pictures,
        reliability=png_bytes(reliability_picture(card["calibration"])) if about.calibration else None,
        sound_classes=sound_classes,
    )
    write_text(folder / "index.html", page)
