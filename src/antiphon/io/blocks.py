"""A unit's levels and probabilities side by side, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from antiphon.errors import AntiphonError
from antiphon.io.spectrograms import Span, Store

__all__ = ["Block", "blocks_of"]

_CELLS_AT_A_TIME = 1 << 24


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


def _stretches(levels: Store, probabilities: Store) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield first frame, levels and probabilities of stretches of whole chunks; the next is read meanwhile."""
    chunk = int(levels.group["level"].chunks[0])
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
