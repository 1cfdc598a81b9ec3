"""The verdict on one method: its scores on examples it never saw, source by source and on the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from antiphon.stats.judging.measures import (
    INTERVALS,
    Measures,
    found_cells,
    joined,
    measured,
    picture,
    pooled,
    scores,
)
from antiphon.stats.judging.presence import best_least_share, clip_measures
from antiphon.stats.judging.scores import mean_known, unpacked

__all__ = [
    "MACRO",
    "Judgement",
    "Picture",
    "Truth",
    "constant_codes",
    "presence",
    "resampled_weights",
    "true_and_known",
]

MACRO = "macro"
"""Name of the row that holds the mean of the sources."""
_SCALE, _NOT_HEARD = 254, 255

Picture = Literal["soft", "hard", "drawn"]
"""How codes become separated spectrograms: ``soft`` lays code / 254 on the mixture as a mask, ``hard`` lays the found
cells on it, and ``drawn`` takes code / 254 for the spectrogram itself."""
Row = dict[str, str | float]


class Truth(Protocol):
    """Examples that a method is judged by; see :class:`antiphon.io.examples.pairs.Examples`."""

    @property
    def level(self) -> np.ndarray:
        """Level codes, shape (example, time, frequency), uint8; 0 is not heard."""

    @property
    def mask_bits(self) -> np.ndarray:
        """Bit ``k`` is set where source ``k`` owns the cell, same shape, uint8."""

    @property
    def known_bits(self) -> np.ndarray | None:
        """Bit ``k`` is set where the truth of source ``k`` is known, same shape, uint8; None: everywhere."""

    @property
    def floor(self) -> np.ndarray:
        """Floor codes, shape (example, frequency), uint8."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources."""


def true_and_known(examples: Truth, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the masks of one example and the cells that count, both (source, time, frequency), bool."""
    count = len(examples.sources)
    heard = np.broadcast_to(examples.level[number] != 0, (count, *examples.level.shape[1:]))
    known = heard if examples.known_bits is None else heard & unpacked(examples.known_bits[number], count)
    return unpacked(examples.mask_bits[number], count), known


def presence(examples: Truth, number: int) -> np.ndarray:
    """Return whether each source is in one example: 1, 0, or NaN where parts are not known, shape (source,)."""
    truth, known = true_and_known(examples, number)
    all_known = (known | (examples.level[number] == 0)).all(axis=(1, 2))
    return np.where(truth.any(axis=(1, 2)), 1.0, np.where(all_known, 0.0, np.nan))


@dataclass(frozen=True)
class Judgement:
    """What a method got right.

    Attributes
    ----------
    method
        Its name.
    measures
        What was measured on each example, each (example, source).
    """

    method: str
    measures: Measures

    @classmethod
    def of(
        cls, method: str, found: Iterable[np.ndarray], least_codes: Sequence[int], examples: Truth, image: Picture
    ) -> Judgement:
        """Judge a method.

        Parameters
        ----------
        method
            Its name.
        found
            Its score codes of each example, shape (source, time, frequency), uint8; 255 is not heard.
        least_codes
            Code from which a cell counts as found, for each source.
        examples
            What is true.
        image
            How codes become separated spectrograms.
        """
        rows = []
        for number, codes in enumerate(found):
            truth, known = true_and_known(examples, number)
            mixture = picture(examples.level[number], examples.floor[number])
            mask = found_cells(codes, least_codes)
            drawn = _drawn(codes, mask, mixture, image)
            rows.append({**measured(mask, truth, known, drawn, mixture), "present": presence(examples, number)})
        return cls(method, joined(rows))

    def with_presence(self, least_share: np.ndarray) -> Judgement:
        """Return the judgement with presence in clips: a source is there from this share of found cells on."""
        clips = clip_measures(self.measures["found_share"], self.measures["present"], least_share)
        return Judgement(self.method, {**self.measures, **clips})

    def least_share(self) -> np.ndarray:
        """Return the share of found cells that tells best whether a source is there, shape (source,)."""
        return best_least_share(self.measures["found_share"], self.measures["present"])

    def example_f1(self) -> np.ndarray:
        """Return the F1 of each example over all its sources, shape (example,); NaN where nothing is nor was found."""
        hits, wrong = self.measures["hits"].sum(1), (self.measures["false_alarms"] + self.measures["misses"]).sum(1)
        return _share(2 * hits, 2 * hits + wrong)

    def source_f1(self) -> np.ndarray:
        """Return the F1 of each source in each example, shape (example, source); NaN as :meth:`example_f1`."""
        hits = 2 * self.measures["hits"]
        return _share(hits, hits + self.measures["false_alarms"] + self.measures["misses"])

    def batch_iou(self, size: int, *, with_background: bool) -> np.ndarray:
        """Return the mean over batches of consecutive examples of the IoU of each batch, shape (source,).

        Parameters
        ----------
        size
            Examples in a batch: 16 in AtrousSegNet's notebook, 8 in ViTVS's.
        with_background
            Whether the IoU is that of the foreground alone (AtrousSegNet) or the mean of foreground and background
            (ViTVS, BudSAM), which a method that finds nothing already drives up.
        """
        names = ("cells", "hits", "false_alarms", "misses")
        starts = np.arange(0, len(self.measures["hits"]), size)
        cells, hits, false_alarms, misses = (np.add.reduceat(self.measures[name], starts) for name in names)
        wrong = false_alarms + misses
        values = _share(hits, hits + wrong)
        if with_background:
            values = mean_known(np.stack([values, _share(cells - hits - wrong, cells - hits)], axis=-1))
        return mean_known(values.T)

    def rows(
        self,
        sources: Sequence[str],
        weights: np.ndarray,
        *,
        hop_s: float,
        bin_hz: float,
    ) -> list[Row]:
        """Return one row of scores for each source and one for their mean; NaN where a score has no meaning.

        Parameters
        ----------
        sources
            Names of the sources.
        weights
            Resamples of the examples, from :func:`resampled_weights`: they give the intervals.
        hop_s, bin_hz
            Size of a cell.
        """
        found = self._scores(np.ones(weights.shape[1]), hop_s, bin_hz)
        resampled = self._scores(weights, hop_s, bin_hz)
        columns: dict[str, np.ndarray] = {}
        for name, values in found.items():
            columns[name] = values
            if name in INTERVALS:
                columns[f"{name}_low"], columns[f"{name}_high"] = _ends(resampled[name])
        for size, with_background in ((16, False), (8, True)):
            name = f"batch{size}_{'mean_iou' if with_background else 'iou'}"
            columns[name] = _with_mean(self.batch_iou(size, with_background=with_background))
        return [
            {
                "method": self.method,
                "source": source,
                **{name: float(values[row]) for name, values in columns.items()},
                "examples": weights.shape[1],
            }
            for row, source in enumerate((*sources, MACRO))
        ]

    def rows_where(
        self, sources: Sequence[str], where: dict[str, np.ndarray], *, hop_s: float, bin_hz: float
    ) -> Iterator[Row]:
        """Yield one row of scores for each condition and source, of the examples that are in it.

        Parameters
        ----------
        sources
            Names of the sources.
        where
            Which sources of which examples are in each condition, each (example, source), bool.
        hop_s, bin_hz
            Size of a cell.
        """
        for condition, chosen in where.items():
            found = scores(pooled(self.measures, chosen.astype(float)), hop_s, bin_hz)
            columns = {name: _with_mean(values) for name, values in found.items()}
            examples = [*chosen.sum(axis=0), chosen.any(axis=1).sum()]
            for row, source in enumerate((*sources, MACRO)):
                yield {
                    "method": self.method,
                    "condition": condition,
                    "source": source,
                    **{name: float(values[row]) for name, values in columns.items()},
                    "examples": float(examples[row]),
                }

    def _scores(self, weight: np.ndarray, hop_s: float, bin_hz: float) -> dict[str, np.ndarray]:
        found = scores(pooled(self.measures, weight), hop_s, bin_hz)
        return {name: _with_mean(values) for name, values in found.items()}


def _drawn(codes: np.ndarray, mask: np.ndarray, mixture: np.ndarray, image: Picture) -> np.ndarray:
    if image == "hard":
        return np.asarray(mask * mixture)
    share = np.where(codes == _NOT_HEARD, np.float32(0), codes / np.float32(_SCALE))
    return np.asarray(share * mixture if image == "soft" else share)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Divide; NaN where nothing is divided by nothing."""
    share = np.full(whole.shape, np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share


def _with_mean(values: np.ndarray) -> np.ndarray:
    """Return values (..., source) with the mean of the known ones behind them, (..., source + 1)."""
    return np.concatenate([values, mean_known(values)[..., None]], axis=-1)


def _ends(resampled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the 2.5 and 97.5 percent quantiles of each column, NaN where all are."""
    known = [one[~np.isnan(one)] for one in resampled.T]
    low, high = np.array([np.quantile(one, [0.025, 0.975]) if len(one) else (np.nan, np.nan) for one in known]).T
    return low, high


def resampled_weights(groups: Sequence[str], resamples: int, seed: int) -> np.ndarray:
    """Return how often each example counts in each resample of whole groups (Efron 1979), shape (resample, example).

    Parameters
    ----------
    groups
        Group of each example; examples of a group are drawn together, since they are not independent.
    resamples, seed
        Number of resamples and seed of their draws.
    """
    names, member = np.unique(list(groups), return_inverse=True)
    draws = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
    return np.asarray(draws[:, member], dtype=float)


def constant_codes(level: np.ndarray, sources: int, code: int) -> Iterator[np.ndarray]:
    """Yield, for each example, ``code`` in every heard cell of every source: what identity or silence would find."""
    for mixture in level:
        one = np.where(mixture == 0, _NOT_HEARD, code).astype(np.uint8)
        yield np.broadcast_to(one, (sources, *one.shape))
