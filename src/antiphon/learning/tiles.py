"""Tiles to learn from: random pieces of examples, changed in ways that do not change what sounds in them.

Tile ``i`` of step ``n`` depends on the seed, ``n`` and ``i`` alone, so training resumes anywhere without a state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from antiphon.signal.levels import CODE_MAX, NOT_HEARD, SCALE_DB

__all__ = ["Batch", "Examples", "Tiles"]

_BAND_LIMITED_SHARE = 0.25
_LOWEST_LIMIT = 0.125
_REFERENCE_SHIFT_DB = 3.0
_CUTOUTS = 2
_CUTOUT_SHARE = 0.25


class Examples(Protocol):
    """Mixtures with known truth.

    Attributes
    ----------
    level
        Level codes, shape (example, time, frequency), uint8; 0 is not heard.
    mask_bits
        Bit ``k`` is set where source ``k`` sounds, same shape, uint8.
    known_bits
        Bit ``k`` is set where it is known whether source ``k`` sounds, same shape, uint8; None: everywhere.
    floor, background
        Codes of each example's floor and median, shape (example, frequency), uint8.
    sources
        Names of the sources, in the order of the bits.
    """

    @property
    def level(self) -> np.ndarray:
        """See the class."""

    @property
    def mask_bits(self) -> np.ndarray:
        """See the class."""

    @property
    def known_bits(self) -> np.ndarray | None:
        """See the class."""

    @property
    def floor(self) -> np.ndarray:
        """See the class."""

    @property
    def background(self) -> np.ndarray:
        """See the class."""

    @property
    def sources(self) -> tuple[str, ...]:
        """See the class."""


@dataclass(frozen=True)
class Batch:
    """Tiles for one step; arrays as of :class:`Examples`."""

    level: np.ndarray
    mask_bits: np.ndarray
    floor: np.ndarray
    background: np.ndarray
    known_bits: np.ndarray | None = None


@dataclass(frozen=True)
class Tiles:
    """Random tiles of examples.

    Attributes
    ----------
    examples
        What the tiles are taken from.
    frames
        Frames of a tile; examples are closed to a ring, so a tile may be longer than its example.
    batch_size
        Tiles of a step.
    seed
        Seed of all choices.
    """

    examples: Examples
    frames: int
    batch_size: int
    seed: int

    def chosen(self, step: int) -> np.ndarray:
        """Return the numbers of the examples that the tiles of ``step`` are taken from, shape (batch,)."""
        choices = np.random.default_rng((self.seed, step))
        return choices.integers(len(self.examples.level), size=self.batch_size)

    def batch(self, step: int) -> Batch:
        """Return the tiles of ``step``."""
        choices = np.random.default_rng((self.seed, step))
        count, length, bins = self.examples.level.shape
        chosen = choices.integers(count, size=self.batch_size)
        start = choices.integers(length, size=(self.batch_size, 1))
        where = (chosen[:, None], (start + np.arange(self.frames)) % length)
        batch = Batch(
            level=self.examples.level[where],
            mask_bits=self.examples.mask_bits[where],
            floor=_shifted(self.examples.floor[chosen], choices),
            background=_shifted(self.examples.background[chosen], choices),
            known_bits=None if self.examples.known_bits is None else self.examples.known_bits[where],
        )
        for tile in range(self.batch_size):
            if choices.random() < _BAND_LIMITED_SHARE:
                _limit_band(batch, tile, int(choices.uniform(_LOWEST_LIMIT, 1.0) * bins))
            for _ in range(choices.integers(_CUTOUTS + 1)):
                _cut_out(batch, tile, choices)
        return batch


def _shifted(reference: np.ndarray, choices: np.random.Generator) -> np.ndarray:
    """Return reference codes as an estimate from another hour might be: all bins of a tile some dB off."""
    most = round(_REFERENCE_SHIFT_DB / SCALE_DB)
    shift = choices.integers(-most, most + 1, size=(len(reference), 1))
    moved = np.clip(reference.astype(np.int16) + shift, NOT_HEARD + 1, CODE_MAX)
    return np.where(reference == NOT_HEARD, NOT_HEARD, moved).astype(np.uint8)


def _limit_band(batch: Batch, tile: int, heard_bins: int) -> None:
    """Make a tile as if its recorder heard only the lowest bins."""
    for array in (batch.level, batch.mask_bits, batch.floor, batch.background):
        array[tile, ..., heard_bins:] = 0


def _cut_out(batch: Batch, tile: int, choices: np.random.Generator) -> None:
    """Hide a rectangle of a tile under its background, in the mixture only: the rest must tell (Park et al. 2019)."""
    frames, bins = batch.level.shape[1:]
    height, width = (int(choices.uniform(0, _CUTOUT_SHARE) * size) for size in (frames, bins))
    top, left = choices.integers(frames - height + 1), choices.integers(bins - width + 1)
    hidden = batch.level[tile, top : top + height, left : left + width]
    background = np.broadcast_to(batch.background[tile, left : left + width], hidden.shape)
    np.copyto(hidden, background, where=hidden != NOT_HEARD)
