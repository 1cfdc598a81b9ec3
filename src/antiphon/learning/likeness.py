"""Likeness: every number that says how good generated voices are, beside the same number of real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from antiphon.baselines.clip_classes import class_forest, cross_classified, sound_grid, sound_vectors
from antiphon.baselines.mfcc import mel_levels_db
from antiphon.signal.spectrogram import level_codes, power
from antiphon.stats.judging.folds import grouped_folds
from antiphon.stats.judging.resemblance import (
    cosine_distances,
    diversity,
    frechet_distance,
    level_distances_db,
    nearest,
    snr_db,
)

__all__ = ["Row", "Sounds", "described", "likeness"]

Row = dict[str, str | float]
_RESAMPLES = 500
_COMPONENTS = 16
_RANGE_DB = 60.0
_COPY_QUANTILE = 0.05
_FEWEST = 4


@dataclass(frozen=True)
class Sounds:
    """Sounds and what describes them; made by :func:`described`.

    Attributes
    ----------
    label
        Class of each, by number, shape (sound,); -1: none was asked for.
    groups
        Group of each.
    levels_db
        Mel spectrogram of each above 60 dB below its peak, shape (sound, cell), dB.
    vectors
        Features of the classifier, shape (sound, value).
    snr_db
        Shape (sound,).
    """

    label: np.ndarray
    groups: tuple[str, ...]
    levels_db: np.ndarray
    vectors: np.ndarray
    snr_db: np.ndarray

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.label)


def described(sounds: np.ndarray, label: np.ndarray, groups: tuple[str, ...], rate_hz: int) -> Sounds:
    """Describe sounds.

    Parameters
    ----------
    sounds
        Shape (sound, samples), float32.
    label, groups
        As of :class:`Sounds`.
    rate_hz
        Their sample rate.
    """
    grid = sound_grid(rate_hz)
    levels = [mel_levels_db(level_codes(sound, rate_hz, grid), grid) for sound in sounds]
    above = [np.maximum(one - (one.max() - _RANGE_DB), 0).ravel() for one in levels]
    frames = np.stack([power(sound, rate_hz, grid).sum(axis=1, dtype=np.float64) for sound in sounds])
    return Sounds(label, groups, np.stack(above), sound_vectors(sounds, rate_hz), snr_db(frames))


def likeness(learned: Sounds, unheard: Sounds, made: Sounds, folds: int, seed: int) -> list[Row]:
    """Return a row for each measure and set: ``measure``, ``of``, ``value``, ``low``, ``high``, ``count``.

    Intervals (95 %) are from resampling sounds, where a measure is a mean over them; otherwise they are NaN.

    Parameters
    ----------
    learned
        Real sounds that the generator learned from.
    unheard
        Real sounds of other groups: what every figure of ``made`` is to be held against.
    made
        Generated sounds.
    folds
        Folds of cross-validation.
    seed
        Seed of forests and resamples.
    """
    rng = np.random.default_rng(seed)
    rows = [row for of, some in (("generated", made), ("real", unheard)) for row in _alone(of, some, learned, rng)]
    rows += _copies(learned, unheard, made, rng)
    rows += _frechet(learned, unheard, made, rng)
    rows += _classified(learned, unheard, made, folds, rng, seed)
    return rows


def _row(measure: str, of: str, value: float, count: int, interval: tuple[float, float] | None = None) -> Row:
    low, high = interval or (np.nan, np.nan)
    return {"measure": measure, "of": of, "value": float(value), "low": low, "high": high, "count": count}


def _mean_row(measure: str, of: str, values: np.ndarray, rng: np.random.Generator) -> Row:
    """Return the mean of values, one a sound, with its interval."""
    known = values[~np.isnan(values)].astype(float)
    if not len(known):
        return _row(measure, of, np.nan, 0)
    means = known[rng.integers(len(known), size=(_RESAMPLES, len(known)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return _row(measure, of, known.mean(), len(known), (float(low), float(high)))


def _recall_row(measure: str, of: str, found: np.ndarray, label: np.ndarray, rng: np.random.Generator) -> Row:
    """Return the share of sounds whose class was found, mean over classes: who always says the commonest gains nothing.

    The interval is from resampling sounds within each class.
    """
    by_class = [found[label == number].astype(float) for number in np.unique(label)]
    means = [one[rng.integers(len(one), size=(_RESAMPLES, len(one)))].mean(axis=1) for one in by_class]
    low, high = np.quantile(np.mean(means, axis=0), (0.025, 0.975))
    value = float(np.mean([one.mean() for one in by_class]))
    return _row(measure, of, value, len(label), (float(low), float(high)))


def _alone(of: str, some: Sounds, learned: Sounds, rng: np.random.Generator) -> Iterator[Row]:
    """Yield what needs no second set but the real sounds that were learned from."""
    yield _mean_row("snr_db", of, some.snr_db, rng)
    for name, distances in _DISTANCES.items():
        yield _mean_row(f"nearest_{name}", of, nearest(distances(some.levels_db, learned.levels_db)), rng)
        yield _row(f"diversity_{name}", of, diversity(distances(some.levels_db, some.levels_db)), len(some))


_DISTANCES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "euclidean_db": level_distances_db,
    "cosine": cosine_distances,
}


def _copies(learned: Sounds, unheard: Sounds, made: Sounds, rng: np.random.Generator) -> Iterator[Row]:
    """Yield the share of sounds that are nearer to what was learned than all but 5 % of the unheard real ones.

    Sounds of one recording share its background, and unheard ones are of other recordings. So that share is also
    measured of the learned sounds, each held against the other learned ones: that is what it is without any copying.
    """
    near = {of: nearest(cosine_distances(some.levels_db, learned.levels_db)) for of, some in
            (("generated", made), ("real", unheard))}  # fmt: skip
    least = np.quantile(near["real"], _COPY_QUANTILE)
    for of, distances in near.items():
        yield _mean_row("near_copies", of, distances < least, rng)
    among = cosine_distances(learned.levels_db, learned.levels_db)
    np.fill_diagonal(among, np.inf)
    yield _mean_row("near_copies_among_learned", "real", nearest(among) < least, rng)


def _frechet(learned: Sounds, unheard: Sounds, made: Sounds, rng: np.random.Generator) -> Iterator[Row]:
    """Yield Fréchet distances to what was learned, on the first components of the classifier's features."""
    mean, spread = learned.vectors.mean(0), learned.vectors.std(0)
    scaled = [(some.vectors - mean) / np.where(spread > 0, spread, 1) for some in (learned, unheard, made)]
    _, _, axes = np.linalg.svd(scaled[0] - scaled[0].mean(0), full_matrices=False)
    real, other, new = (one @ axes[: min(_COMPONENTS, len(axes))].T for one in scaled)
    count = min(len(other), len(new))
    for of, some in (("generated", new), ("real", other)):
        few = some[rng.permutation(len(some))[:count]]
        yield _row("frechet", of, frechet_distance(few, real) if count > 1 else np.nan, count)


def _classified(
    learned: Sounds, unheard: Sounds, made: Sounds, folds: int, rng: np.random.Generator, seed: int
) -> Iterator[Row]:
    """Yield accuracies of classifiers that are trained on the one and tested on the other."""
    yield _told_apart("generated", unheard, made, folds, rng, seed)
    yield _told_apart("real", unheard, learned, folds, rng, seed)
    if len(np.unique(learned.label)) < 2 or (made.label < 0).any():
        return
    real_forest = class_forest(learned.vectors, learned.label, seed)
    made_forest = class_forest(made.vectors, made.label, seed)
    for name, forest, tested in (
        ("trained_on_real_tested_on_real", real_forest, unheard),
        ("trained_on_real_tested_on_generated", real_forest, made),
        ("trained_on_generated_tested_on_real", made_forest, unheard),
    ):
        of = "generated" if "generated" in name else "real"
        yield _recall_row(name, of, _hits(forest, tested), tested.label, rng)
    together = [*learned.groups, *unheard.groups]
    vectors, label = (
        np.concatenate([getattr(one, name) for one in (learned, unheard)]) for name in ("vectors", "label")
    )
    parts = min(folds, len(set(together)))
    fold = grouped_folds(together, label[:, None] == np.unique(label), parts)
    yield _recall_row("cross_validated", "real", cross_classified(vectors, label, fold, seed) == label, label, rng)


def _hits(forest: Any, tested: Sounds) -> np.ndarray:
    return np.asarray(forest.predict(tested.vectors) == tested.label)


def _told_apart(of: str, unheard: Sounds, others: Sounds, folds: int, rng: np.random.Generator, seed: int) -> Row:
    """Return how often unheard sounds and others are told apart (Lopez-Paz & Oquab 2017, arXiv:1610.06545).

    By chance: 0.5. Those that were learned from are told apart, too, where recordings differ: that is what generated
    ones can reach.
    """
    count = min(len(unheard), len(others))
    if count < _FEWEST:
        return _row("told_from_real", of, np.nan, count)
    some = [one.vectors[rng.permutation(len(one))[:count]] for one in (unheard, others)]
    label = np.repeat([0, 1], count)
    fold = np.tile(np.arange(count) % min(folds, count), 2)
    found = cross_classified(np.concatenate(some), label, fold, seed)
    return _mean_row("told_from_real", of, found == label, rng)
