"""What the examples of all origins have in common: grid, length, sources, rule; and how a scene becomes an example."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from antiphon.config import MaskRule
from antiphon.io.examples.pairs import Event, Example
from antiphon.pairing.labels import LabelMap
from antiphon.scenes.soundscape import Scene
from antiphon.signal.grid import Grid
from antiphon.signal.levels import NOT_HEARD
from antiphon.signal.masking import pack_masks, source_masks
from antiphon.signal.spectrogram import level_codes, power

__all__ = ["FLOOR_SHARE", "Canvas", "Task", "code_quantile", "example_of_scene", "mean_snr_db", "padded"]

FLOOR_SHARE = 0.1
"""Share of the frames of the quiet bed that lie at or below the floor."""
_MEDIAN = 0.5


class Task(Protocol):
    """Some examples that one process makes."""

    @property
    def split(self) -> str:
        """Split that they belong to."""

    @property
    def count(self) -> int:
        """How many they are."""

    def examples(self) -> list[Example]:
        """Make them."""


@dataclass(frozen=True)
class Canvas:
    """What every example has in common.

    Attributes
    ----------
    grid
        The time-frequency grid.
    duration_s
        Length of an example.
    labels
        Sources of the model, and what labels mean.
    rule
        Which cells belong to a source whose sound is known apart.
    """

    grid: Grid
    duration_s: float
    labels: LabelMap
    rule: MaskRule

    @property
    def frames(self) -> int:
        """Frames of an example, whatever the sample rate."""
        return max(1, int((self.duration_s - self.grid.window_s) / self.grid.hop_s + 1e-6) + 1)

    def samples(self, rate_hz: int) -> int:
        """Return how many samples surely give the frames of an example, also where they have to be resampled."""
        return int(np.ceil((self.duration_s + self.grid.hop_s) * rate_hz))

    def starts(self, frames: int) -> list[int]:
        """Return where the examples of a recording begin: end to end, the last one flush with the recording's end."""
        starts = list(range(0, max(1, frames - self.frames + 1), self.frames))
        return [*starts, frames - self.frames] if starts[-1] + self.frames < frames else starts


def example_of_scene(
    scene: Scene,
    canvas: Canvas,
    *,
    floor: np.ndarray,
    group: str,
    origin: str,
    members: tuple[str, ...] = (),
) -> Example:
    """Return a scene as an example; its labels are classes, which the sources of a model may unite.

    Parameters
    ----------
    scene
        What sounds.
    canvas
        What all examples have in common.
    floor
        Floor codes of the place, shape (frequency,), uint8.
    group, origin, members
        As of :class:`~antiphon.io.examples.pairs.Example`.
    """
    grid, rate_hz, sources = canvas.grid, scene.rate_hz, canvas.labels.sources
    level = level_codes(scene.mixture, rate_hz, grid)[: canvas.frames]
    stems, events = [], []
    for source, classes in enumerate(sources.values()):
        which = [index for index, label in enumerate(scene.labels) if label in classes]
        stem = scene.stems[which].sum(axis=0)
        stems.append(
            power(stem, rate_hz, grid)[: canvas.frames] if stem.any() else np.zeros(level.shape, dtype=np.float32)
        )
        events += [
            Event(source, one.start_s, one.end_s, one.freq_low_hz, one.freq_high_hz, one.snr_db)
            for one in scene.soundings
            if one.stem in which
        ]
    masks = source_masks(
        np.stack(stems),
        power(scene.bed, rate_hz, grid)[: canvas.frames],
        heard_bins=grid.heard_bins(rate_hz),
        **canvas.rule.model_dump(),
    )
    return Example(
        level=level,
        mask_bits=pack_masks(masks),
        floor=floor,
        background=code_quantile(level, _MEDIAN),
        snr_db=mean_snr_db(events, len(sources)),
        group=group,
        members=members,
        origin=origin,
        events=tuple(events),
    )


def mean_snr_db(events: Sequence[Event], sources: int) -> np.ndarray:
    """Return the mean ratio of each source's events, shape (source,), float32; NaN where there is none."""
    ratios = [[one.snr_db for one in events if one.source == source] for source in range(sources)]
    return np.array([np.mean(of) if of else np.nan for of in ratios], dtype=np.float32)


def code_quantile(codes: np.ndarray, share: float) -> np.ndarray:
    """Return the code that ``share`` of a bin's frames lie at or below, shape (frequency,), uint8."""
    if not len(codes):
        return np.full(codes.shape[1], NOT_HEARD, dtype=np.uint8)
    rank = min(len(codes) - 1, max(0, int(np.ceil(share * len(codes))) - 1))
    return np.asarray(np.partition(codes, rank, axis=0)[rank])


def padded(cells: np.ndarray, frames: int) -> np.ndarray:
    """Return cells (time, frequency) in the length of an example; what a short recording lacks was not heard."""
    return np.pad(cells, ((0, frames - len(cells)), (0, 0)))
