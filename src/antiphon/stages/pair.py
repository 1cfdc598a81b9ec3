"""Stage pair: make examples to learn from, of any mix of four origins, in splits that share nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from operator import methodcaller
from pathlib import Path
from typing import Any

import numpy as np

from antiphon.config import Model, Pair, Stft, section
from antiphon.errors import AntiphonError
from antiphon.figures.model.examples import example_sheet
from antiphon.figures.pictures import png_bytes
from antiphon.io.examples.lists import expanded, read_label_map
from antiphon.io.examples.pairs import SPLITS, Examples, read_examples, splits_of
from antiphon.io.examples.writers import write_pairs
from antiphon.io.whole import sweep, whole_file, write_json, write_text
from antiphon.io.workers import in_order
from antiphon.pairing.boxes import Annotated, box_tasks
from antiphon.pairing.canvas import Canvas, Task
from antiphon.pairing.formula import formula_tasks
from antiphon.pairing.generated import GeneratedVoices
from antiphon.pairing.labels import LabelMap
from antiphon.pairing.mixtures import Listed, mixture_tasks
from antiphon.pairing.pictures import picture_tasks
from antiphon.pairing.splits import Leaks, Piece, dealt
from antiphon.progress import log, track
from antiphon.scenes.soundscape import LABELS
from antiphon.signal.boxes import BOX_RULE_VERSION
from antiphon.signal.grid import Grid
from antiphon.signal.levels import NOT_HEARD
from antiphon.signal.masking import MASK_RULE_VERSION

__all__ = ["VERSION", "run"]

VERSION = 5
_SHEET_EXAMPLES = 12


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
        The model's folder; ``pairs.zarr``, ``pairs.json`` and ``contact.png`` are written into it, and
        ``bad_annotations.csv`` where annotations were read.
    workers
        Processes that make examples; their number changes no byte.

    Raises
    ------
    AntiphonError
        If a list or a sound cannot be read, a split would be empty, or something would be in two splits.
    """
    pair, model, cells = section(Pair, settings), section(Model, model_settings), section(Stft, stft)
    grid = Grid(cells.window_s, cells.hop_s, cells.bins)
    labels = LabelMap({name: tuple(source.labels) for name, source in model.sources.items()}, _label_map(pair))
    plan = _Plan(pair, Canvas(grid, pair.duration_s, labels, pair.mask_rule))
    recipe = {
        "stage": "pair",
        "version": VERSION,
        "mask_rule_version": MASK_RULE_VERSION,
        "box_rule_version": BOX_RULE_VERSION,
        "settings": pair.model_dump(mode="json"),
        "labels": {name: list(classes) for name, classes in labels.sources.items()},
        "examples": plan.counts,
    }
    sweep(output, "pairs.zarr")
    store, leaks = output / "pairs.zarr", Leaks()
    if plan.annotated:
        write_text(output / "bad_annotations.csv", plan.annotated.bad_table())
        log(f"pair: {len(plan.annotated.bad)} annotations cannot be used, see {output / 'bad_annotations.csv'}")
    with write_pairs(store, grid=grid, sources=list(labels.sources), counts=plan.counts, attributes=recipe) as writer:
        made = in_order(methodcaller("examples"), plan.tasks, workers)
        for task, examples in zip(plan.tasks, track(made, "examples", len(plan.tasks)), strict=True):
            for example in examples:
                leaks.check(task.split, example.members or (example.group,))
                writer.append(task.split, example)
    summary = {split: _summary(read_examples(store, split)) for split in splits_of(store)}
    first = next(iter(summary))
    _save_contact_sheet(output / "contact.png", read_examples(store, first), grid)
    write_json(output / "pairs.json", {**recipe, "splits": summary, "unmapped_labels": plan.unmapped_labels()})
    log(f"pair: {sum(plan.counts.values())} examples in {store}")


def _label_map(pair: Pair) -> dict[str, tuple[str, ...]]:
    return read_label_map(expanded(pair.label_map, "pair.label_map")) if pair.label_map else {}


class _Plan:
    """What is to be made, split by split."""

    def __init__(self, pair: Pair, canvas: Canvas) -> None:
        self._canvas = canvas
        self.annotated = Annotated.of(pair.boxes) if pair.boxes else None
        self.listed = Listed.of(pair.mixtures) if pair.mixtures else None
        origins = [one for one in (self.annotated, self.listed) if one]
        pieces: list[Piece] = [piece for one in origins for piece in one.pieces(canvas.labels)]
        self._check_sources(pair)
        split_of = dealt(pieces, pair.split)
        tasks: list[Task] = []
        if pair.formula:
            tasks += formula_tasks(pair.formula, canvas)
        if pair.mixtures and self.listed:
            singers = GeneratedVoices.of(pair.generated, canvas.labels) if pair.generated else None
            tasks += mixture_tasks(pair.mixtures, self.listed, split_of, canvas, singers)
        if pair.boxes and self.annotated:
            tasks += box_tasks(pair.boxes, self.annotated, split_of, canvas)
        if pair.mask_pictures:
            tasks += picture_tasks(pair.mask_pictures, canvas)
        self.tasks: Sequence[Task] = sorted(tasks, key=lambda task: SPLITS.index(task.split))
        counts = Counter(dict.fromkeys(SPLITS, 0))
        for task in self.tasks:
            counts[task.split] += task.count
        self.counts = {split: counts[split] for split in SPLITS if counts[split]}
        if unmet := [split for split in ("train", "validation") if not counts[split]]:
            raise AntiphonError(f"pair: no examples for {', '.join(unmet)}; list more groups or ask for more examples")

    def _check_sources(self, pair: Pair) -> None:
        """Make sure that something makes every source."""
        labels = {one.label for _, drawn in self.annotated.recordings for one in drawn} if self.annotated else set()
        labels |= {row.label for row in self.listed.clips} if self.listed else set()
        labels |= {pair.mask_pictures.label} if pair.mask_pictures else set()
        labels |= set(LABELS) if pair.formula else set()
        labels |= set(pair.mixtures.formula_share) if pair.mixtures else set()
        made = {source for label in labels for source in self._canvas.labels.sources_of(label)}
        for index, (name, classes) in enumerate(self._canvas.labels.sources.items()):
            if index not in made:
                raise AntiphonError(
                    f"models.….sources.{name}.labels: nothing makes {', '.join(classes)}; scenes by formula have "
                    f"{', '.join(LABELS)}, clips and boxes what their lists and pair.label_map say"
                )

    def unmapped_labels(self) -> dict[str, int]:
        """Return how many annotations and clips have a label of which no class is known."""
        labels = [one.label for _, drawn in self.annotated.recordings for one in drawn] if self.annotated else []
        labels += [row.label for row in self.listed.clips] if self.listed else []
        return dict(sorted(Counter(label for label in labels if not self._canvas.labels.classes_of(label)).items()))


def _summary(examples: Examples) -> Mapping[str, Any]:
    """Return what a split holds: examples, groups, origins, and shares of heard cells by source."""
    heard = examples.level != NOT_HEARD
    cells = max(int(np.count_nonzero(heard)), 1)
    positive, known = {}, {}
    for k, name in enumerate(examples.sources):
        bit = np.uint8(1 << k)
        positive[name] = int(np.count_nonzero(examples.mask_bits & bit)) / cells
        unknown = 0 if examples.known_bits is None else int(np.count_nonzero(heard & (examples.known_bits & bit == 0)))
        known[name] = 1 - unknown / cells
    return {
        "examples": len(examples),
        "groups": len(set(examples.groups)),
        "events": len(examples.events.example),
        "origins": dict(sorted(Counter(examples.origins).items())),
        "positive_share": positive,
        "known_share": known,
    }


def _save_contact_sheet(path: Path, examples: Examples, grid: Grid) -> None:
    """Draw examples of every origin."""
    origins = np.array(examples.origins)
    by_origin = [np.flatnonzero(origins == origin).tolist() for origin in sorted(set(examples.origins))]
    each = -(-_SHEET_EXAMPLES // len(by_origin))
    shown = [i for numbers in by_origin for i in numbers[:: max(1, len(numbers) // each)][:each]]
    figure = example_sheet(
        examples.level[shown],
        examples.masks(shown),
        examples.sources,
        hop_s=grid.hop_s,
        bin_hz=grid.bin_hz,
        titles=[_title(examples, index) for index in shown],
    )
    with whole_file(path) as scratch:
        scratch.write_bytes(png_bytes(figure, dpi=110))


def _title(examples: Examples, index: int) -> str:
    ratios = dict(zip(examples.sources, examples.snr_db[index], strict=True))
    there = [f"{name} {ratio:.0f} dB" for name, ratio in ratios.items() if not np.isnan(ratio)]
    if not there:
        there = [name for name, mask in zip(examples.sources, examples.masks([index])[0], strict=True) if mask.any()]
    return f"{examples.origins[index]} {examples.groups[index]}: {', '.join(there) or 'nobody'}"
