"""A look at examples that a generator does not learn from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add

import numpy as np
import torch

from antiphon.baselines.energy import EnergyThreshold, excess_codes
from antiphon.learning.apply import Separator
from antiphon.learning.tiles import Examples
from antiphon.networks.generator import Generator
from antiphon.signal.levels import NOT_HEARD, PROBABILITY_NOT_HEARD, PROBABILITY_SCALE, SCALE_DB
from antiphon.stats.bands_alone import bands_alone_f1
from antiphon.stats.judging.scores import Counts, Histogram, unpacked

__all__ = ["Verdict", "bands_alone", "by_group", "counted", "separated", "tallied", "tune", "validate", "verdict_at"]

_EVEN_ODDS_CODE = PROBABILITY_SCALE // 2


@dataclass(frozen=True)
class Verdict:
    """How well a generator does at its best thresholds.

    Attributes
    ----------
    f1
        F1 of the cells of each source.
    codes
        Probability code from which a cell counts, by source.
    cells
        Cells by what was found and what was true, by source: ``tp``, ``fp``, ``fn`` and ``tn``.
    each
        The same four numbers of each example, shape (example, source, 4), int64; None: not kept.
    """

    f1: dict[str, float]
    codes: dict[str, int]
    cells: dict[str, dict[str, int]] = field(default_factory=dict)
    each: np.ndarray | None = None

    @property
    def macro(self) -> float:
        """Mean F1 of the sources."""
        return sum(self.f1.values()) / len(self.f1)

    @property
    def macro_iou(self) -> float:
        """Mean intersection over union of the sources, which follows from each one's F1."""
        return sum(f1 / (2 - f1) for f1 in self.f1.values()) / len(self.f1)


def separated(separator: Separator, examples: Examples) -> Iterator[np.ndarray]:
    """Yield the probability codes of each example, shape (source, time, frequency), uint8."""
    for level, floor, background in zip(examples.level, examples.floor, examples.background, strict=True):
        yield separator.separate(level, floor, background)


def counted(codes: np.ndarray, examples: Examples, number: int) -> np.ndarray:
    """Return the codes of one example with the cells whose truth is not known marked as cells that do not count.

    Parameters
    ----------
    codes
        Probability or score codes, shape (source, time, frequency), uint8; 255 does not count.
    examples, number
        Where the example stands.
    """
    if examples.known_bits is None:
        return codes
    return np.where(unpacked(examples.known_bits[number], len(codes)), codes, np.uint8(PROBABILITY_NOT_HEARD))


def validate(
    generator: Generator,
    examples: Examples,
    device: torch.device,
    dtype: torch.dtype,
    least: Mapping[str, int] | None = None,
) -> Verdict:
    """Return how well ``generator`` does on ``examples``.

    Parameters
    ----------
    generator
        The generator.
    examples
        What it is judged on.
    device, dtype
        Where and how exactly it computes.
    least
        Probability code from which a cell counts, by source; None: the one that is best there.
    """
    each = tallied(generator, examples, device, dtype)
    best = np.array([least[source] for source in examples.sources]) if least else reduce(add, each).best_codes()
    return verdict_at(each, examples.sources, best)


def tallied(generator: Generator, examples: Examples, device: torch.device, dtype: torch.dtype) -> list[Histogram]:
    """Return the cells of each example by what ``generator`` found and what was true; see :func:`validate`."""
    count = len(examples.sources)
    separator = Separator.ready(generator, device=device, dtype=dtype)
    found = zip(separated(separator, examples), examples.mask_bits, strict=True)
    return [
        Histogram.of(counted(codes, examples, number), unpacked(bits, count))
        for number, (codes, bits) in enumerate(found)
    ]


def verdict_at(each: Sequence[Histogram], sources: Sequence[str], codes: np.ndarray) -> Verdict:
    """Return the verdict on examples if cells of each source count from its code in ``codes`` on, shape (source,)."""
    four = np.array([_cells_at(histogram, codes) for histogram in each])
    hits, false_alarms, misses, _ = pooled = four.sum(axis=0).T
    f1 = np.nan_to_num(Counts(hits, false_alarms, misses).f1)
    return Verdict(
        f1=dict(zip(sources, f1.tolist(), strict=True)),
        codes=dict(zip(sources, codes.tolist(), strict=True)),
        cells={
            source: dict(zip(("tp", "fp", "fn", "tn"), numbers, strict=True))
            for source, numbers in zip(sources, pooled.T.tolist(), strict=True)
        },
        each=four,
    )


def _cells_at(histogram: Histogram, codes: np.ndarray) -> np.ndarray:
    """Return cells found and true, found and false, missed, and rightly silent of each source, (source, 4), int64."""
    every, columns = histogram.counts(), np.arange(len(codes))
    hits, false_alarms, misses = (getattr(every, name)[codes, columns] for name in ("hits", "false_alarms", "misses"))
    return np.stack([hits, false_alarms, misses, histogram.silent.sum(axis=1) - false_alarms], axis=1)


def by_group(verdict: Verdict, groups: Sequence[str]) -> dict[str, tuple[tuple[int, int, int, int], ...]]:
    """Return the cells of each source in each group of examples: found and true, found and false, missed, silent.

    Parameters
    ----------
    verdict
        The verdict, with the cells of each example.
    groups
        Name of each example's group.
    """
    assert verdict.each is not None
    names, group = np.unique(groups, return_inverse=True)
    sums = np.zeros((len(names), *verdict.each.shape[1:]), dtype=np.int64)
    np.add.at(sums, group, verdict.each)
    return {source: tuple(map(tuple, sums[:, place].tolist())) for place, source in enumerate(verdict.codes)}


def bands_alone(examples: Examples) -> np.ndarray:
    """Return the F1 of each source for someone who only knows in which bins it sounds there, shape (source,)."""
    count, bins = len(examples.sources), examples.level.shape[2]
    sounding, cells = np.zeros((2, count, bins), dtype=np.int64)
    for number, (level, bits) in enumerate(zip(examples.level, examples.mask_bits, strict=True)):
        heard = np.broadcast_to(np.where(level == NOT_HEARD, PROBABILITY_NOT_HEARD, 0), (count, *level.shape))
        counts = counted(heard.astype(np.uint8), examples, number) != PROBABILITY_NOT_HEARD
        sounding += (unpacked(bits, count) & counts).sum(axis=1)
        cells += counts.sum(axis=1)
    return bands_alone_f1(sounding, cells)


def tune(energy: EnergyThreshold, examples: Examples) -> Verdict:
    """Set the threshold of the energy baseline to the one that is best on ``examples`` for all sources together."""
    count = len(examples.sources)
    rows = zip(range(len(examples.level)), examples.level, examples.background, examples.mask_bits, strict=True)
    each = [
        Histogram.of(
            counted(np.broadcast_to(excess_codes(level, background), (count, *level.shape)), examples, number),
            unpacked(bits, count),
        )
        for number, level, background, bits in rows
    ]
    best = reduce(add, each).best_common_code()
    # Half a code lower, so that the cells of the best code itself are found.
    energy.threshold_db.fill_((best - 0.5) * SCALE_DB)
    verdict = verdict_at(each, examples.sources, np.full(count, best))
    return replace(verdict, codes=dict.fromkeys(examples.sources, _EVEN_ODDS_CODE))
