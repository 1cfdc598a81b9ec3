"""A unit's levels and probabilities side by side, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from antiphon.errors import AntiphonError
from antiphon.io.stores.spectrograms import Span, Store
from antiphon.signal.grid import Grid

__all__ = ["Block", "blocks_of", "refuse_misfits"]

_CELLS_AT_A_TIME = 1 << 23


@dataclass(frozen=True)
class Block:
    """Consecutive frames of one recording.

    Attributes
    ----------
    recording
        Index of the recording in the store.
    span
        The recording.
    first
        First frame, counted from the start of the recording.
    codes
        Level codes, shape (frames, bins), uint8.
    probabilities
        Probability codes, shape (sources, frames, bins), uint8.
    """

    recording: int
    span: Span
    first: int
    codes: np.ndarray
    probabilities: np.ndarray


def blocks_of(levels: Store, probabilities: Store) -> Iterator[Block]:
    """Yield the blocks of a unit, recording by recording; memory does not grow with the unit.

    Stores are read in whole chunks, many recordings at a time, while the blocks read before are worked on.

    Raises
    ------
    AntiphonError
        If the two stores do not belong together.
    """
    if (levels.grid, levels.spans) != (probabilities.grid, probabilities.spans):
        raise AntiphonError(f"{probabilities.path}: made from other levels than {levels.path}; run stage infer again")
    index = 0
    for first, codes, found in _stretches(levels, probabilities):
        stop = first + len(codes)
        while index < len(levels.spans) and levels.spans[index].first_frame < stop:
            span = levels.spans[index]
            begin, end = max(first, span.first_frame), min(stop, span.first_frame + span.frames)
            inside = slice(begin - first, end - first)
            if end > begin:
                yield Block(index, span, begin - span.first_frame, codes[inside], found[:, inside])
            if span.first_frame + span.frames > stop:
                break
            index += 1


def refuse_misfits(
    levels: Store,
    probabilities: Store,
    grid: Grid,
    sources: tuple[str, ...],
    model: str,
    thresholds: Mapping[str, float],
) -> None:
    """Refuse stores that were made with other settings than the tables speak of.

    Parameters
    ----------
    levels, probabilities
        The stores of a unit.
    grid
        The grid that the settings ask for.
    sources, model
        Sources and name of the model whose probabilities they are to be.
    thresholds
        Probability from which each source is active.

    Raises
    ------
    AntiphonError
        If the grid or the sources differ, or what a threshold asks for was not stored.
    """
    if levels.grid != grid:
        raise AntiphonError(f"{levels.path}: its grid {levels.grid} is not that of the section stft; run stft again")
    if probabilities.sources != sources:
        raise AntiphonError(f"{probabilities.path}: its sources are not those of model {model}; run infer again")
    infer = probabilities.attributes.get("settings", {})
    if infer.get("keep") == "none" and probabilities.attributes["thresholds"] != thresholds:
        raise AntiphonError(
            f"tabulate.thresholds: {thresholds} are not those that {probabilities.path} was cut at, and "
            "infer.keep: none stores no probabilities; keep the model's thresholds, or set infer.keep to active"
        )
    if infer.get("keep") == "active" and infer["keep_above"] > min(thresholds.values()):
        raise AntiphonError(
            f"tabulate.thresholds: {min(thresholds.values())} is below infer.keep_above {infer['keep_above']}, "
            "so what it asks for was not stored; raise the threshold, or lower infer.keep_above and run infer again"
        )


def _stretches(levels: Store, probabilities: Store) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield first frame, levels and probabilities of stretches of whole chunks; the next is read meanwhile."""
    chunk = int(levels.cells("level").chunks[0])
    length = max(1, _CELLS_AT_A_TIME // levels.grid.bins // chunk) * chunk

    def read(first: int) -> tuple[int, np.ndarray, np.ndarray]:
        frames = slice(first, min(first + length, levels.frames))
        return first, levels.levels(frames), probabilities.probabilities(frames)

    with ThreadPoolExecutor(max_workers=1) as reader:
        ahead = None
        for first in range(0, levels.frames, length):
            following = reader.submit(read, first)
            if ahead is not None:
                yield ahead.result()
            ahead = following
        if ahead is not None:
            yield ahead.result()
