"""Stage pair: make examples to learn from, scenes by formula whose every source is known apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from antiphon.config import Formula, Model, Pair, Stft, section
from antiphon.errors import AntiphonError
from antiphon.figures.examples import example_sheet
from antiphon.figures.pictures import png_bytes
from antiphon.io.pair_writers import write_pairs
from antiphon.io.pairs import TEST_SPLITS, Event, Example, Examples, read_examples, splits_of
from antiphon.io.whole import sweep, whole_file, write_json
from antiphon.io.workers import in_order
from antiphon.progress import log, track
from antiphon.scenes.soundscape import LABELS, Scene, make_scene
from antiphon.signal.grid import Grid
from antiphon.signal.levels import NOT_HEARD
from antiphon.signal.masking import MASK_RULE_VERSION, pack_masks, source_masks
from antiphon.signal.spectrogram import level_codes, power

__all__ = ["VERSION", "run"]

VERSION = 3
_SHEET_EXAMPLES = 12


@dataclass(frozen=True)
class _Task:
    """One scene to make: its split, its number in the split, its seed."""

    split: str
    number: int
    seed: np.random.SeedSequence


def run(*, settings: str, model_settings: str, stft: str, output: Path, workers: int = 1) -> None:
    """Make the examples that a model learns from, is tuned with and is judged by.

    Parameters
    ----------
    settings
        The section ``pair`` of the settings as JSON.
    model_settings
        The model's entry of ``models`` as JSON.
    stft
        The section ``stft`` as JSON.
    output
        The model's folder; ``pairs.zarr``, ``pairs.json`` and ``contact.png`` are written into it.
    workers
        Processes that make scenes; their number changes no byte.

    Raises
    ------
    AntiphonError
        If a label of the model cannot be made by formula.
    """
    pair, model, stft_settings = section(Pair, settings), section(Model, model_settings), section(Stft, stft)
    grid = Grid(stft_settings.window_s, stft_settings.hop_s, stft_settings.bins)
    labels = {name: tuple(source.labels) for name, source in model.sources.items()}
    _check_labels(labels)
    formula = pair.formula
    counts = {"train": formula.train, "validation": formula.validation, TEST_SPLITS["in_domain"]: formula.test}
    recipe = {
        "stage": "pair",
        "version": VERSION,
        "mask_rule_version": MASK_RULE_VERSION,
        "settings": pair.model_dump(mode="json"),
        "labels": {name: list(of) for name, of in labels.items()},
        "examples": counts,
    }
    sweep(output, "pairs.zarr")
    store = output / "pairs.zarr"
    make = partial(_example, grid=grid, pair=pair, labels=labels)
    with write_pairs(store, grid=grid, sources=list(labels), counts=counts, attributes=recipe) as writer:
        tasks = _tasks(pair.formula, counts)
        for task, example in zip(tasks, track(in_order(make, tasks, workers), "scenes", len(tasks)), strict=True):
            writer.append(task.split, example)
    shares = {split: _positive_share(read_examples(store, split)) for split in splits_of(store)}
    _save_contact_sheet(output / "contact.png", read_examples(store, "train"), grid)
    write_json(output / "pairs.json", {**recipe, "positive_share": shares})
    log(f"pair: {sum(counts.values())} examples in {store}")


def _check_labels(labels: Mapping[str, tuple[str, ...]]) -> None:
    for name, wanted in labels.items():
        if unknown := sorted(set(wanted) - set(LABELS)):
            raise AntiphonError(
                f"models.….sources.{name}.labels: nothing makes {', '.join(unknown)}; "
                f"scenes by formula have {', '.join(LABELS)}"
            )


def _tasks(formula: Formula, counts: Mapping[str, int]) -> list[_Task]:
    """Return the scenes to make; every split and every scene has a seed of its own."""
    splits = np.random.SeedSequence(formula.seed).spawn(len(counts))
    return [
        _Task(split, number, seed)
        for split, root in zip(counts, splits, strict=True)
        for number, seed in enumerate(root.spawn(counts[split]))
    ]


def _example(task: _Task, *, grid: Grid, pair: Pair, labels: Mapping[str, tuple[str, ...]]) -> Example:
    """Make one scene and turn it into an example."""
    rng, formula = np.random.default_rng(task.seed), pair.formula
    rate_hz = int(rng.choice(formula.rates_hz))
    wanted = tuple(label for label in LABELS if any(label in of for of in labels.values()))
    scene = make_scene(
        rng,
        duration_s=pair.duration_s,
        rate_hz=rate_hz,
        labels=wanted,
        snr_low_db=formula.snr_low_db,
        snr_high_db=formula.snr_high_db,
    )
    stems, events = _united(scene, labels)
    heard = grid.heard_bins(rate_hz)
    level = level_codes(scene.mixture, rate_hz, grid)
    stem_power = np.stack([_power_of(stem, level.shape, rate_hz, grid) for stem in stems])
    masks = source_masks(stem_power, power(scene.bed, rate_hz, grid), heard_bins=heard, **pair.mask_rule.model_dump())
    quiet = level_codes(scene.floor, rate_hz, grid)
    return Example(
        level=level,
        mask_bits=pack_masks(masks),
        floor=_quantile_codes(quiet, 0.1),
        background=_quantile_codes(level, 0.5),
        snr_db=_mean_snr_db(events, len(labels)),
        group=f"formula-{task.split}-{task.number:06d}",
        events=events,
    )


def _united(scene: Scene, labels: Mapping[str, tuple[str, ...]]) -> tuple[list[np.ndarray], tuple[Event, ...]]:
    """Return the sound and the events of each source of a model, which may unite labels."""
    stems, events = [], []
    for source, wanted in enumerate(labels.values()):
        which = [index for index, label in enumerate(scene.labels) if label in wanted]
        stems.append(scene.stems[which].sum(axis=0))
        events += [
            Event(source, one.start_s, one.end_s, one.freq_low_hz, one.freq_high_hz, one.snr_db)
            for one in scene.soundings
            if one.stem in which
        ]
    return stems, tuple(events)


def _mean_snr_db(events: Sequence[Event], sources: int) -> np.ndarray:
    ratios = [[one.snr_db for one in events if one.source == source] for source in range(sources)]
    return np.array([np.mean(of) if of else np.nan for of in ratios], dtype=np.float32)


def _power_of(stem: np.ndarray, shape: tuple[int, ...], rate_hz: int, grid: Grid) -> np.ndarray:
    return power(stem, rate_hz, grid) if stem.any() else np.zeros(shape, dtype=np.float32)


def _quantile_codes(codes: np.ndarray, share: float) -> np.ndarray:
    """Return the code that ``share`` of a bin's frames lie at or below, shape (frequency,), uint8."""
    if not len(codes):
        return np.full(codes.shape[1], NOT_HEARD, dtype=np.uint8)
    rank = min(len(codes) - 1, max(0, int(np.ceil(share * len(codes))) - 1))
    return np.asarray(np.partition(codes, rank, axis=0)[rank])


def _positive_share(examples: Examples) -> dict[str, float]:
    """Return the share of heard cells that each source owns."""
    heard = max(int(np.count_nonzero(examples.level != NOT_HEARD)), 1)
    return {
        name: int(np.count_nonzero(examples.mask_bits & np.uint8(1 << k))) / heard
        for k, name in enumerate(examples.sources)
    }


def _save_contact_sheet(path: Path, examples: Examples, grid: Grid) -> None:
    first = slice(0, _SHEET_EXAMPLES)
    figure = example_sheet(
        examples.level[first],
        examples.masks(first),
        examples.sources,
        hop_s=grid.hop_s,
        bin_hz=grid.bin_hz,
        titles=[_title(examples, index) for index in range(min(_SHEET_EXAMPLES, len(examples)))],
    )
    with whole_file(path) as scratch:
        scratch.write_bytes(png_bytes(figure, dpi=110))


def _title(examples: Examples, index: int) -> str:
    ratios = dict(zip(examples.sources, examples.snr_db[index], strict=True))
    there = [f"{name} {ratio:.0f} dB" for name, ratio in ratios.items() if not np.isnan(ratio)]
    return f"{examples.groups[index]}: {', '.join(there) or 'nobody'}"
