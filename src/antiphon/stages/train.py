"""Stage train: learn to separate."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path

import numpy as np
import pandas as pd
from torch import Tensor

from antiphon import __version__
from antiphon.baselines.energy import EnergyThreshold
from antiphon.config import Model, Pair, Stft, Train, section
from antiphon.errors import AntiphonError, mendable
from antiphon.figures.model.reliability import reliability_picture
from antiphon.figures.model.training import curves, seen
from antiphon.figures.pictures import png_bytes
from antiphon.io.examples.pairs import Examples, read_examples, read_pairs_attributes
from antiphon.io.models.checkpoints import (
    CalibrationCard,
    Card,
    load_start,
    load_state,
    save_model,
    save_state,
)
from antiphon.io.models.places import model_folder
from antiphon.io.records import fingerprint
from antiphon.io.whole import sweep, whole_file, write_text
from antiphon.learning.apply import Separator
from antiphon.learning.crew import Crew, crew
from antiphon.learning.devices import choose_device, choose_dtype
from antiphon.learning.finishing import Finished, finished
from antiphon.learning.fit import Training, fit
from antiphon.learning.generators import make_generator, parameters
from antiphon.learning.looks import LOSSES
from antiphon.learning.pace import Pace
from antiphon.learning.published import published
from antiphon.learning.recipe import Adversary, Recipe
from antiphon.learning.tiles import Tiles
from antiphon.learning.validation import Verdict, by_group, tune
from antiphon.networks.generator import Generator
from antiphon.progress import log, track
from antiphon.reporting.calibrations import calibration_cards
from antiphon.signal.grid import Grid
from antiphon.stats.judging.measures import found_cells
from antiphon.stats.judging.scores import threshold_of_code

__all__ = ["VERSION", "run"]

VERSION = 4
_PICTURES = 4
_PICTURE_EVERY_S = 60.0


def run(
    *,
    pairs: Path,
    settings: str,
    model: str,
    model_settings: str,
    stft: str,
    pair: str,
    output: Path,
    device: str = "auto",
    precision: str = "auto",
) -> None:
    """Train a model and write its card, its weights, its history and the curves of its training.

    A training that was interrupted goes on from its last look at the validation examples, which is kept in
    ``training.part`` in the model's folder, and ends as if nothing had happened. Started by torch's ``torchrun``,
    several processes of a node train one model together, each with a GPU of its own where there are GPUs.

    Parameters
    ----------
    pairs
        The examples, written by stage pair.
    settings
        Section ``train`` of the settings as JSON.
    model
        Name of the model.
    model_settings
        The model's entry of ``models`` as JSON.
    stft, pair
        Sections ``stft`` and ``pair`` of the settings as JSON.
    output
        Folder of the model.
    device
        ``auto``, ``cpu`` or ``cuda``.
    precision
        ``auto``, ``float32`` or ``bfloat16``.

    Raises
    ------
    AntiphonError
        If examples and settings do not fit, a GPU is asked for and absent, or a loss is not finite.
    """
    about, how, cells = section(Model, model_settings), section(Train, settings), section(Stft, stft)
    recipe, grid = _recipe(how, about.network), Grid(cells.window_s, cells.hop_s, cells.bins)
    examples, validation = (_examples(pairs, split, about, grid) for split in ("train", "validation"))
    generator = _generator(model, about, grid, recipe.seed)
    if isinstance(generator, EnergyThreshold):
        outcome = _tuned(generator, validation)
    else:
        begun_with = _start(generator, about, grid, how.start_from)
        known = (examples.checksums(), validation.checksums())
        made_from = fingerprint(VERSION, settings, model_settings, stft, *known, begun_with)
        rank, size, of_node = (int(os.environ.get(name, default)) for name, default in _LAUNCHER.items())
        with crew(rank, size, device) as hands:
            training = _begin(recipe, generator, len(about.sources), (device, precision, of_node), hands)
            outcome = _trained(training, examples, validation, output, made_from, grid)
            if not hands.leads:
                return
    _save(output, _card(model, about, grid, recipe, section(Pair, pair), outcome, validation.groups), outcome)


_LAUNCHER = {"RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0"}
"""What torch's launcher says of a process: its number, the number of all, its number on this node."""


@dataclass(frozen=True)
class _Outcome:
    """The generator that is kept, how good it is, and how it came about."""

    weights: dict[str, Tensor]
    parameters: int
    verdict: Verdict
    best_step: int
    history: list[dict[str, float]]
    input_ranges: dict[str, tuple[float, float]]
    int8: Verdict | None
    calibration: dict[str, CalibrationCard]


def _recipe(train: Train, network: str) -> Recipe:
    values = train.model_dump(exclude={"recipe", "start_from"})
    own = Recipe(**{**values, "critic": Adversary(**values["critic"])})
    return published(network, own) if train.recipe == "published" else own


def _examples(pairs: Path, split: str, about: Model, grid: Grid) -> Examples:
    """Read a split and make sure that it is what the settings speak of."""
    if read_pairs_attributes(pairs)["grid"] != asdict(grid):
        raise AntiphonError(f"{pairs}: made on another grid than section stft says; run the stage pair again")
    examples = read_examples(pairs, split)
    if examples.sources != tuple(about.sources):
        raise AntiphonError(
            f"{pairs}: has sources {', '.join(examples.sources)}, the model has {', '.join(about.sources)}; "
            "run the stage pair again"
        )
    return examples


def _generator(model: str, about: Model, grid: Grid, seed: int) -> Generator:
    with mendable(f"models.{model}.widths"):
        return make_generator(about.network, widths=about.widths, sources=len(about.sources), bins=grid.bins, seed=seed)


def _start(generator: Generator, about: Model, grid: Grid, start_from: str | None) -> str:
    """Give a generator the weights that the settings let it start from, as far as they fit; return their hash."""
    if start_from is None:
        return ""
    card, weights = load_start(model_folder(start_from, Path(start_from)), about.network, about.widths, grid)
    if list(card.sources) != list(about.sources):
        weights = {name: value for name, value in weights.items() if not name.startswith(generator.last_layer)}
    generator.load_state_dict({**generator.state_dict(), **weights})
    return card.weights_sha256


def _tuned(energy: EnergyThreshold, validation: Examples) -> _Outcome:
    """Choose the threshold of the baseline: all that it learns."""
    verdict = tune(energy, validation)
    log(f"train: {float(energy.threshold_db):.2f} dB above the background, F1 {verdict.macro:.3f}")
    row = {"step": 0, **{f"f1_{source}": f1 for source, f1 in verdict.f1.items()}, "f1_macro": verdict.macro}
    return _Outcome(energy.state_dict(), parameters(energy), verdict, 0, [row], {}, None, {})


def _begin(recipe: Recipe, generator: Generator, sources: int, machine: tuple[str, str, int], hands: Crew) -> Training:
    device, precision, of_node = machine
    if recipe.batch_size % hands.size:
        raise AntiphonError(f"train.batch_size {recipe.batch_size} cannot be dealt out to {hands.size} processes")
    with mendable("train"):
        place = choose_device(device, of_node if hands.size > 1 else None)
        return Training.begin(recipe, generator, sources, place, choose_dtype(precision, place), hands)


def _trained(
    training: Training, examples: Examples, validation: Examples, output: Path, made_from: str, grid: Grid
) -> _Outcome:
    """Train to the end, from where an interrupted run left it; the state is put away after each look."""
    recipe, part = training.recipe, output / "training.part"
    if state := load_state(part, made_from):
        training.resume(state)
    log(f"train: {parameters(training.generator):,} parameters on {training.device}, from step {training.step}")
    tiles = Tiles(examples, frames=recipe.tile_frames, batch_size=recipe.batch_size, seed=recipe.seed)
    rounds, pace, drawn_s = fit(training, tiles, validation), Pace(training), -inf
    try:
        for look in track(rounds, "train", recipe.steps - training.step, lines=False):
            pace.step()
            if look and training.crew.leads:
                log(f"train: {look}; {pace}")
                save_state(part, made_from, training.state())
                if time.monotonic() - drawn_s >= _PICTURE_EVERY_S:
                    _draw(output, training, validation, look.verdict, grid)
                    drawn_s = time.monotonic()
                pace = Pace(training)
    except ArithmeticError as error:
        raise AntiphonError(f"train: {error}; lower train.learning_rate, or look at the examples") from None
    end = finished(training, examples, validation)
    for source in end.unheard:
        log(f"train: {source}: found no better than by its bands alone, so never; give more examples, or right labels")
    if training.crew.leads:
        _draw(output, training, validation, end.verdict, grid)
    return _outcome(training, end, validation.sources)


def _draw(folder: Path, training: Training, validation: Examples, verdict: Verdict, grid: Grid) -> None:
    """Draw the curves so far, and what the average finds in the validation examples where most sources sound."""
    present = [[(bits >> k & 1).any() for k in range(len(validation.sources))] for bits in validation.mask_bits]
    shown = np.argsort(-np.sum(present, axis=1), kind="stable")[:_PICTURES]
    least = [verdict.codes[source] for source in validation.sources]
    separator = Separator.ready(training.average, device=training.device, dtype=training.dtype)
    codes = [separator.separate(validation.level[i], validation.floor[i], validation.background[i]) for i in shown]
    found = np.stack([found_cells(one, least) for one in codes])
    sheet = seen(
        training.step, validation.level[shown], validation.masks(shown), found, validation.sources,
        (grid.hop_s, grid.bin_hz),
    )  # fmt: skip
    with whole_file(folder / "seen.png") as scratch:
        scratch.write_bytes(png_bytes(sheet))
    _draw_curves(folder, training.history, validation.sources, training.best["step"] if training.best else 0)


def _draw_curves(folder: Path, history: list[dict[str, float]], sources: Sequence[str], best_step: int) -> None:
    with whole_file(folder / "curves.png") as scratch:
        scratch.write_bytes(png_bytes(curves(history, sources, best_step)))


def _outcome(training: Training, end: Finished, sources: Sequence[str]) -> _Outcome:
    assert training.best is not None
    return _Outcome(
        weights=end.weights,
        parameters=parameters(training.generator),
        verdict=end.verdict,
        best_step=training.best["step"],
        history=training.history,
        input_ranges=end.input_ranges,
        int8=end.int8,
        calibration=dict(zip(sources, calibration_cards(end.lines, end.before, end.after), strict=False)),
    )


def _card(
    model: str, about: Model, grid: Grid, recipe: Recipe, pair: Pair, outcome: _Outcome, groups: Sequence[str]
) -> Card:
    verdict, steps = outcome.verdict, int(outcome.history[-1]["step"])
    scores = {"validation": verdict} | ({"validation_int8": outcome.int8} if outcome.int8 else {})
    return Card(
        model=model,
        network=about.network,
        widths=tuple(about.widths),
        sources=about.sources,
        grid=grid,
        thresholds={source: threshold_of_code(code) for source, code in verdict.codes.items()},
        scores={name: {**one.f1, "macro": one.macro} for name, one in scores.items()},
        input_ranges=outcome.input_ranges,
        validation_cells=verdict.cells,
        validation_groups=by_group(verdict, groups),
        calibration=outcome.calibration,
        parameters=outcome.parameters,
        training={"steps": steps, "best_step": outcome.best_step, "settings": asdict(recipe)},
        mask_rule=pair.mask_rule.model_dump(mode="json"),
        versions={"antiphon": __version__, "train": VERSION},
    )


def _save(folder: Path, card: Card, outcome: _Outcome) -> None:
    """Write history, curves, weights and card, then forget the unfinished training."""
    sweep(folder)
    columns = ["step", *LOSSES, *(f"f1_{source}" for source in card.sources), "f1_macro"]
    history = pd.DataFrame(outcome.history, columns=columns)
    write_text(folder / "history.csv", history.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    _draw_curves(folder, outcome.history, list(card.sources), outcome.best_step)
    if card.calibration:
        with whole_file(folder / "reliability.png") as scratch:
            scratch.write_bytes(png_bytes(reliability_picture(card.model_dump(mode="json")["calibration"])))
    save_model(folder, card, outcome.weights)
    (folder / "training.part").unlink(missing_ok=True)
    log(f"train: F1 {outcome.verdict.macro:.3f} on validation at step {outcome.best_step}; model in {folder}")
