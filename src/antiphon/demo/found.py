"""What the workflow found in the demo's recordings, beside their truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from antiphon.demo.truth import Truth, read_truth, truth_path
from antiphon.errors import AntiphonError
from antiphon.io.models.checkpoints import Card
from antiphon.io.stores.spectrograms import Span, Store, open_store
from antiphon.signal.levels import PROBABILITY_NOT_HEARD
from antiphon.stats.judging.scores import codes_of_thresholds, unpacked

__all__ = ["Found", "found_and_true", "found_recordings"]


@dataclass(frozen=True)
class Found:
    """One recording.

    Attributes
    ----------
    store, span
        Where its probabilities are.
    found, true
        Cells in which each source was found, and which it owns, shape (source, time, frequency), bool.
    heard_bins
        Number of bins from 0 Hz up that its recorder hears.
    """

    store: Store
    span: Span
    found: np.ndarray
    true: np.ndarray
    heard_bins: int

    @property
    def heard_cells(self) -> int:
        """Number of cells that were heard."""
        return len(self.true[0]) * self.heard_bins


def found_recordings(truth: Path, stores: Path, card: Card) -> Iterator[Found]:
    """Yield each recording that the model has seen and whose truth is known.

    Parameters
    ----------
    truth
        Folder of the truth.
    stores
        Folder of what the model found.
    card
        The model's card.

    Raises
    ------
    AntiphonError
        If the model has seen nothing yet.
    """
    paths = sorted(stores.glob("*.zarr"))
    if not paths:
        raise AntiphonError(f"{stores}: nothing was separated yet; run snakemake with the demo's settings first")
    for path in paths:
        store = open_store(path)
        for span in store.spans:
            if truth_path(truth, span.path).is_file():
                known = read_truth(truth_path(truth, span.path))
                found, true = found_and_true(store.probabilities(span.frame_slice), known, card)
                yield Found(store, span, found, true, known.heard_bins)


def found_and_true(codes: np.ndarray, truth: Truth, card: Card) -> tuple[np.ndarray, np.ndarray]:
    """Return the cells in which each source of the card was found, and those that its labels own.

    Parameters
    ----------
    codes
        Probability codes of one recording, shape (source, time, frequency), uint8.
    truth
        Its truth, which may have more frames: a recording may have been cut off.
    card
        The model's card.

    Returns
    -------
    Two masks of the same shape (source, time, frequency), bool.
    """
    frames = min(codes.shape[1], len(truth.mask_bits))
    codes, bits = codes[:, :frames], truth.mask_bits[:frames]
    least = np.array(codes_of_thresholds(card.thresholds, card.sources), dtype=np.int16)
    found = (codes >= least[:, np.newaxis, np.newaxis]) & (codes != PROBABILITY_NOT_HEARD)
    by_label = dict(zip(truth.sources, unpacked(bits, len(truth.sources)), strict=True))
    true = [np.any([by_label[label] for label in source.labels], axis=0) for source in card.sources.values()]
    return found, np.stack(true)
