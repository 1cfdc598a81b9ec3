"""What methods are compared on: examples in folds that part no group, with their sound where it is at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np

from antiphon.config import Model, Pair
from antiphon.io.examples.lists import read_label_map
from antiphon.io.examples.pairs import SPLITS, TEST_SPLITS, read_examples, splits_of
from antiphon.pairing.canvas import Canvas
from antiphon.pairing.labels import LabelMap
from antiphon.pairing.mixtures import Listed, MixtureTask, mixture_tasks
from antiphon.pairing.splits import dealt
from antiphon.scenes.soundscape import LABELS, Scene, make_scene
from antiphon.signal.grid import Grid
from antiphon.signal.levels import NOT_HEARD
from antiphon.signal.masking import pack_masks, source_masks
from antiphon.signal.spectrogram import level_codes, power
from antiphon.stages import pair as make_pairs
from antiphon.stats.judging.folds import grouped_folds

RATES_HZ = (22_050, 32_000, 48_000)


@dataclass(frozen=True)
class Cut:
    """Some examples; attributes as of :class:`~antiphon.io.examples.pairs.Examples`, and where each is in it."""

    level: np.ndarray
    mask_bits: np.ndarray
    known_bits: np.ndarray | None
    floor: np.ndarray
    background: np.ndarray
    snr_db: np.ndarray
    groups: tuple[str, ...]
    sources: tuple[str, ...]
    place: np.ndarray

    def take(self, which: np.ndarray) -> Cut:
        """Return some of them."""
        taken = {}
        for field in fields(self):
            values = getattr(self, field.name)
            if isinstance(values, np.ndarray):
                taken[field.name] = values[which]
        return replace(self, **taken, groups=tuple(self.groups[int(i)] for i in which))

    def at_most(self, count: int) -> Cut:
        """Return at most ``count`` of them, evenly spread."""
        return self.take(np.linspace(0, len(self.level) - 1, min(count, len(self.level))).astype(int))


@dataclass(frozen=True)
class Fold:
    """What one fold learns from, is tuned on and tested on, by protocol."""

    train: Cut
    validation: Cut
    tests: Mapping[str, Cut]


class Material(Protocol):
    """Examples in folds."""

    grid: Grid
    sources: tuple[str, ...]

    def fold(self, number: int) -> Fold:
        """Return one fold."""

    def scene(self, place: int) -> Scene | None:
        """Return the sound of an example, with its stems in the order of the sources; None: not at hand."""

    def masks(self, scene: Scene, change_db: float = 0.0) -> np.ndarray:
        """Return the masks of a scene by the rule, or by one that is this much stricter about the background."""


@dataclass(frozen=True)
class FormulaMaterial:
    """Scenes by formula, each its own group: fold k is tested on every fifth of them and tuned on the next.

    One protocol only: all scenes come from the same formulas, so nothing is unseen but the scene.
    """

    count: int
    duration_s: float
    snr_low_db: float
    snr_high_db: float
    rule: Mapping[str, float]
    grid: Grid
    folds: int
    seed: int
    sources: tuple[str, ...] = LABELS

    def scene(self, place: int) -> Scene:
        """Return a scene; the same place gives the same scene."""
        rng = np.random.default_rng((self.seed, place))
        return make_scene(
            rng,
            duration_s=self.duration_s,
            rate_hz=int(rng.choice(RATES_HZ)),
            snr_low_db=self.snr_low_db,
            snr_high_db=self.snr_high_db,
        )

    def masks(self, scene: Scene, change_db: float = 0.0) -> np.ndarray:
        """Return the masks by the rule, or by one that is this much stricter about the background."""
        return _masks(self.rule, self.grid, scene, change_db)

    def fold(self, number: int) -> Fold:
        """Return one fold."""
        every = _formula_examples(self)
        present = np.stack([(every.mask_bits >> k & 1).any((1, 2)) for k in range(len(self.sources))], axis=1)
        fold = grouped_folds(every.groups, present, self.folds)
        test, tuned = fold == number, fold == (number + 1) % self.folds
        parts = (np.flatnonzero(one) for one in (~test & ~tuned, tuned, test))
        train, validation, judged = (every.take(one) for one in parts)
        return Fold(train, validation, {"in_domain": judged})


_KEPT: dict[str, Cut] = {}
"""Examples by formula, made once for all folds."""


def _formula_examples(material: FormulaMaterial) -> Cut:
    if repr(material) not in _KEPT:
        _KEPT[repr(material)] = _made(material)
    return _KEPT[repr(material)]


def _made(material: FormulaMaterial) -> Cut:
    rows = []
    for place in range(material.count):
        scene = material.scene(place)
        level = level_codes(scene.mixture, scene.rate_hz, material.grid)
        quiet = level_codes(scene.floor, scene.rate_hz, material.grid)
        rows.append(
            (level, pack_masks(material.masks(scene)), *map(_quantile, (quiet, level), (0.1, 0.5)), scene.snr_db)
        )
    level, bits, floor, background, snr_db = (np.stack(column) for column in zip(*rows, strict=True))
    groups = tuple(f"scene-{place:05d}" for place in range(material.count))
    place = np.arange(material.count)
    return Cut(level, bits, None, floor, background, snr_db, groups, material.sources, place)


def _quantile(codes: np.ndarray, share: float) -> np.ndarray:
    if not len(codes):
        return np.full(codes.shape[1], NOT_HEARD, dtype=np.uint8)
    return np.quantile(codes, share, axis=0, method="inverted_cdf").astype(np.uint8)


_PLACES = 1_000_000
"""An example's place: its number in its split, this for each split before it, and this for all splits of a fold."""


@dataclass(frozen=True)
class PairsMaterial:
    """Examples that stage pair wrote, one store a fold: a path with ``{fold}`` in it.

    With ``pair`` stores that are missing are made, and mixtures are mixed again where their sound is asked for.
    """

    pattern: str
    grid: Grid
    sources: tuple[str, ...]
    pair: Pair | None = None
    model: Model | None = None
    stft: str = ""

    def fold(self, number: int) -> Fold:
        """Return one fold."""
        path = Path(self.pattern.format(fold=number))
        if self.pair and self.model and not path.exists():
            settings, model = self._of_fold(number).model_dump_json(), self.model.model_dump_json()
            make_pairs.run(settings=settings, model_settings=model, stft=self.stft, output=path.parent)
        parts = {split: self._cut(path, number, split) for split in splits_of(path)}
        tests = {protocol: parts[split] for protocol, split in TEST_SPLITS.items() if split in parts}
        return Fold(parts["train"], parts["validation"], tests)

    def scene(self, place: int) -> Scene | None:
        """Return the sound of a mixture, mixed again; None where examples are not all mixtures."""
        pair = self.pair
        if pair is None or pair.mixtures is None or pair.formula or pair.boxes or pair.mask_pictures:
            return None
        split, number = divmod(place, _PLACES)
        fold, split = divmod(split, len(SPLITS))
        scene, _, _ = self._tasks(fold)[SPLITS[split]][number].mixed()
        stems = np.zeros((len(self.sources), len(scene.bed)), dtype=np.float32)
        for stem, label in zip(scene.stems, scene.labels, strict=True):
            for k, source in enumerate(self._labels().sources.values()):
                if label in source:
                    stems[k] += stem
        return replace(scene, stems=stems, labels=self.sources)

    def masks(self, scene: Scene, change_db: float = 0.0) -> np.ndarray:
        """Return the masks by the rule, or by one that is this much stricter about the background."""
        assert self.pair is not None
        return _masks(self.pair.mask_rule.model_dump(), self.grid, scene, change_db)

    def _of_fold(self, fold: int) -> Pair:
        assert self.pair is not None
        return self.pair.model_copy(update={"split": self.pair.split.model_copy(update={"fold": fold})})

    def _labels(self) -> LabelMap:
        assert self.pair is not None
        assert self.model is not None
        by_label = read_label_map(Path(self.pair.label_map)) if self.pair.label_map else {}
        return LabelMap({name: tuple(source.labels) for name, source in self.model.sources.items()}, by_label)

    def _tasks(self, fold: int) -> dict[str, list[MixtureTask]]:
        """Return the mixtures of each split of a fold, planned once."""
        if fold not in (planned := _planned(self.pattern)):
            pair = self._of_fold(fold)
            assert pair.mixtures is not None
            listed, labels = Listed.of(pair.mixtures), self._labels()
            canvas = Canvas(self.grid, pair.duration_s, labels, pair.mask_rule)
            split_of = dealt(listed.pieces(labels), pair.split)
            planned[fold] = {split: [] for split in SPLITS}
            for task in mixture_tasks(pair.mixtures, listed, split_of, canvas):
                planned[fold][task.split].append(task)
        return planned[fold]

    def _cut(self, path: Path, fold: int, split: str) -> Cut:
        some = read_examples(path, split)
        wanted = [field.name for field in fields(Cut) if field.name != "place"]
        first = (fold * len(SPLITS) + SPLITS.index(split)) * _PLACES
        return Cut(**{name: getattr(some, name) for name in wanted}, place=first + np.arange(len(some.level)))


@cache
def _planned(pattern: str) -> dict[int, dict[str, list[MixtureTask]]]:
    return {}


def _masks(rule: Mapping[str, float], grid: Grid, scene: Scene, change_db: float) -> np.ndarray:
    changed = {**rule, "above_background_db": rule["above_background_db"] + change_db}
    stems = np.stack([power(stem, scene.rate_hz, grid) for stem in scene.stems])
    heard = grid.heard_bins(scene.rate_hz)
    return source_masks(stems, power(scene.bed, scene.rate_hz, grid), heard_bins=heard, **changed)
