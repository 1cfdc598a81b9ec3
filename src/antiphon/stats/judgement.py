"""The verdict on one method: its scores on examples it never saw, source by source and on the whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from antiphon.stats.scores import Counts, ImageError, bootstrap_f1, mean_known, unpacked

__all__ = ["MACRO", "Judgement", "constant_codes", "found_cells"]

MACRO = "macro"
"""Name of the row that holds the mean of the sources."""
_NOT_HEARD = 255


@dataclass(frozen=True)
class Judgement:
    """What a method got right.

    Attributes
    ----------
    method
        Its name.
    counts
        Its counts, shape (example, source).
    image
        How far its separated spectrograms are from the true ones.
    """

    method: str
    counts: Counts
    image: ImageError

    @classmethod
    def of(
        cls,
        method: str,
        found: Iterable[np.ndarray],
        least_codes: Sequence[int],
        *,
        level: np.ndarray,
        mask_bits: np.ndarray,
        floor: np.ndarray,
    ) -> Judgement:
        """Judge a method.

        Parameters
        ----------
        method
            Its name.
        found
            Its probability codes of each example, shape (source, time, frequency), uint8; 255 is not heard.
        least_codes
            Code from which a cell counts as found, for each source.
        level, mask_bits
            Level codes and truth of the examples, shape (example, time, frequency), uint8.
        floor
            Floor codes of the examples, shape (example, frequency), uint8.
        """
        counts, errors = [], []
        for codes, mixture, bits, quiet in zip(found, level, mask_bits, floor, strict=True):
            truth = unpacked(bits, len(least_codes))
            counts.append(Counts.of(found_cells(codes, least_codes), truth, mixture != 0))
            errors.append(ImageError.of(codes, truth, mixture, quiet))
        return cls(method, Counts.stacked(counts), reduce(add, errors))

    def example_f1(self) -> np.ndarray:
        """Return the F1 of each example over all its sources, shape (example,); NaN where nothing is nor was found."""
        counts = self.counts
        return Counts(counts.hits.sum(1), counts.false_alarms.sum(1), counts.misses.sum(1)).f1

    def rows(
        self, sources: Sequence[str], groups: Sequence[str], resamples: int, seed: int
    ) -> list[dict[str, str | float]]:
        """Return one row of scores for each source and one for their mean; NaN where a score has no meaning.

        Parameters
        ----------
        sources
            Names of the sources.
        groups
            Group of each example: intervals come from resampling groups.
        resamples, seed
            Number of resamples and seed of their draws.
        """
        total = self.counts.total()
        low, high = bootstrap_f1(self.counts, groups, resamples, seed)
        scores = {
            "precision": total.precision,
            "recall": total.recall,
            "f1": total.f1,
            "iou": total.iou,
            "image_mse": self.image.mean,
        }
        columns = {name: np.append(values, mean_known(values)) for name, values in scores.items()}
        columns |= {"f1_low": low, "f1_high": high}
        order = ("precision", "recall", "f1", "f1_low", "f1_high", "iou", "image_mse")
        return [
            {
                "method": self.method,
                "source": source,
                **{name: float(columns[name][row]) for name in order},
                "examples": len(self.counts.hits),
            }
            for row, source in enumerate((*sources, MACRO))
        ]


def found_cells(codes: np.ndarray, least_codes: Sequence[int]) -> np.ndarray:
    """Return which cells count as found, bool, from probability codes, both (source, time, frequency).

    Parameters
    ----------
    codes
        Probability codes; 255 is not heard.
    least_codes
        Code from which a cell counts, for each source.
    """
    least = np.asarray(least_codes)[:, None, None]
    return np.asarray((codes >= least) & (codes != _NOT_HEARD))


def constant_codes(level: np.ndarray, sources: int, code: int) -> Iterable[np.ndarray]:
    """Yield, for each example, ``code`` in every heard cell of every source: what identity or silence would find."""
    for mixture in level:
        one = np.where(mixture == 0, _NOT_HEARD, code).astype(np.uint8)
        yield np.broadcast_to(one, (sources, *one.shape))
