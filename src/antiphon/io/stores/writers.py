"""Writing the Zarr stores of a unit, block by block, one whole shard at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from antiphon.io.stores import attributes as about
from antiphon.io.stores.metadata import finish_store, write_hours, write_small
from antiphon.io.stores.spectrograms import Span, Store
from antiphon.io.whole import whole_folder
from antiphon.signal.background import LevelHistogram
from antiphon.signal.calibration import LevelReference
from antiphon.signal.grid import Grid
from antiphon.signal.levels import NOT_HEARD
from antiphon.signal.long_term import HourlySums

__all__ = ["LevelWriter", "ProbabilityWriter", "write_levels", "write_probabilities"]

_FLOOR_SHARE = 0.1
_BACKGROUND_SHARE = 0.5
_CELL_CODEC = zarr.codecs.ZstdCodec(level=1)


class _TimeAppender:
    """Collects blocks of frames and writes them one whole shard at a time."""

    def __init__(self, array: zarr.Array, axis: int) -> None:
        self._array = array
        self._axis = axis
        shape = list(array.shape)
        shape[axis] = array.shards[axis]
        self._buffer = np.empty(shape, dtype=array.dtype)
        self._filled = 0
        self.written = 0

    def append(self, block: np.ndarray) -> None:
        axis, room = self._axis, self._buffer.shape[self._axis]
        taken = 0
        while taken < block.shape[axis]:
            take = min(room - self._filled, block.shape[axis] - taken)
            self._buffer[self._along(self._filled, take)] = block[self._along(taken, take)]
            self._filled += take
            taken += take
            if self._filled == room:
                self.flush()

    @property
    def position(self) -> int:
        """Frames appended so far."""
        return self.written + self._filled

    def rewind(self, position: int) -> None:
        """Forget the frames from ``position`` on."""
        if position < self.written:
            shard = self._buffer.shape[self._axis]
            self.written = position // shard * shard
            kept = self._array[self._along(self.written, position - self.written)]
            self._buffer[self._along(0, position - self.written)] = kept
        self._filled = position - self.written

    def flush(self) -> None:
        """Write what is collected; only the last call may write less than a shard."""
        if not self._filled:
            return
        end = self.written + self._filled
        if end > self._array.shape[self._axis]:
            self._resize(end)
        self._write(self._buffer[self._along(0, self._filled)])
        self.written = end
        self._filled = 0

    def _write(self, cells: np.ndarray) -> None:
        self._array[self._along(self.written, self._filled)] = cells

    def finish(self) -> None:
        """Write the rest and fit the array to what was appended."""
        self.flush()
        if self.written != self._array.shape[self._axis]:
            self._resize(self.written)

    def _resize(self, frames: int) -> None:
        shape = list(self._array.shape)
        shape[self._axis] = frames
        self._array.resize(tuple(shape))

    def _along(self, start: int, length: int) -> tuple[slice, ...]:
        return (*([slice(None)] * self._axis), slice(start, start + length))


class _SourceAppender(_TimeAppender):
    """The same for cells of sources, whose empty chunks are left out."""

    def _write(self, cells: np.ndarray) -> None:
        # zarr looks for empty chunks as if bytes could be NaN, which takes a hundred times longer than any(): where
        # there are none it is told to write them all.
        full, chunk = self._array.with_config({"write_empty_chunks": True}), self._array.chunks[self._axis]
        for source, own in enumerate(cells):
            is_full = all(own[first : first + chunk].any() for first in range(0, len(own), chunk))
            array = full if is_full else self._array
            array[source, self.written : self.written + len(own)] = own


class LevelWriter:
    """Appends recordings to a level store; made by :func:`write_levels`."""

    def __init__(self, appender: _TimeAppender, grid: Grid, utc_offset_min: int) -> None:
        self._appender = appender
        self._grid = grid
        self.spans: list[Span] = []
        self._backgrounds: list[np.ndarray] = []
        self._histogram = LevelHistogram(grid.bins)
        self.hours = HourlySums(grid, utc_offset_min)

    def append(self, span: Span, codes: Iterable[np.ndarray], keep: Callable[[], bool] = lambda: True) -> Span:
        """Append one recording.

        Parameters
        ----------
        span
            The recording; its ``first_frame`` and ``frames`` are set here.
        codes
            Blocks of level codes, each (frames, bins) uint8, in order.
        keep
            Called when all blocks are taken: whether they stay in the store.

        Returns
        -------
        The recording with its place in the store.
        """
        first = self._appender.position
        histogram, hours = LevelHistogram(self._grid.bins), self.hours.empty()
        for block in codes:
            hours.add(span.start_us, self._appender.position - first, block)
            self._appender.append(block)
            histogram.add(block)
        if not keep():
            self._appender.rewind(first)
            histogram, hours = LevelHistogram(self._grid.bins), self.hours.empty()
        placed = replace(span, first_frame=first, frames=self._appender.position - first)
        self.spans.append(placed)
        self._backgrounds.append(histogram.quantile(_BACKGROUND_SHARE))
        self._histogram.include(histogram)
        self.hours.include(hours)
        return placed

    def background(self) -> np.ndarray:
        """Return the recordings' median codes, shape (recordings, bins)."""
        return np.array(self._backgrounds, dtype=np.uint8).reshape(-1, self._grid.bins)

    def floor(self) -> np.ndarray:
        """Return the unit's 10 % quantile codes, shape (bins,)."""
        return self._histogram.quantile(_FLOOR_SHARE)


class ProbabilityWriter:
    """Appends blocks of probabilities to a store; made by :func:`write_probabilities`."""

    def __init__(self, appender: _TimeAppender) -> None:
        self._appender = appender

    def append(self, codes: np.ndarray) -> None:
        """Append probability codes, shape (sources, frames, bins), uint8, in the order of the level store's frames."""
        self._appender.append(codes)


@contextmanager
def write_levels(
    path: Path,
    *,
    grid: Grid,
    frames: int,
    chunk_frames: int,
    shard_frames: int,
    reference: LevelReference,
    utc_offset_min: int,
    attributes: Mapping[str, Any],
) -> Iterator[LevelWriter]:
    """Write a level store, whole or not at all.

    Parameters
    ----------
    path
        Folder of the store.
    grid
        The time-frequency grid.
    frames
        Number of frames that the headers promise; the store is fitted to what is appended.
    chunk_frames, shard_frames
        Frames in a chunk and in a shard.
    reference
        What decoded levels are relative to; the codes on disk are re full scale.
    utc_offset_min
        Standard time of the deployment minus UTC, minutes: when hours begin.
    attributes
        Attributes of the store: at least ``fingerprint``.
    """
    with whole_folder(path) as scratch:
        group = zarr.open_group(scratch, mode="w", zarr_format=3)
        level = group.create_array(
            "level",
            shape=(frames, grid.bins),
            chunks=(chunk_frames, grid.bins),
            shards=(_shard(frames, chunk_frames, shard_frames), grid.bins),
            dtype="uint8",
            compressors=_CELL_CODEC,
            fill_value=NOT_HEARD,
            dimension_names=("time", "frequency"),
            attributes=about.level_attributes(reference, grid),
            # No chunk of levels is empty, and to look for one costs more than to compress it.
            config={"write_empty_chunks": True},
        )
        appender = _TimeAppender(level, axis=0)
        writer = LevelWriter(appender, grid, utc_offset_min)
        yield writer
        appender.finish()
        write_small(group, "floor", writer.floor(), ("frequency",), about.FLOOR)
        write_small(group, "background", writer.background(), ("recording_index", "frequency"), about.BACKGROUND)
        write_hours(group, writer.hours)
        finish_store(scratch, group, grid, writer.spans, attributes)


@contextmanager
def write_probabilities(
    path: Path, *, like: Store, sources: Sequence[str], attributes: Mapping[str, Any]
) -> Iterator[ProbabilityWriter]:
    """Write a probability store with the frames and chunks of the level store ``like``, whole or not at all.

    Parameters
    ----------
    path
        Folder of the store.
    like
        The level store whose frames, grid and recordings it shares.
    sources
        Names of the sources, in order.
    attributes
        Further attributes: at least ``fingerprint``.

    Raises
    ------
    ValueError
        If fewer or more frames are appended than ``like`` has.
    """
    bins, frames, level = like.grid.bins, like.frames, like.cells("level")
    with whole_folder(path) as scratch:
        group = zarr.open_group(scratch, mode="w", zarr_format=3)
        probability = group.create_array(
            "probability",
            shape=(len(sources), frames, bins),
            chunks=(1, level.chunks[0], bins),
            shards=(1, level.shards[0], bins),
            dtype="uint8",
            compressors=_CELL_CODEC,
            fill_value=0,
            dimension_names=("source", "time", "frequency"),
            attributes=about.PROBABILITY,
            config={"write_empty_chunks": False},
        )
        appender = _SourceAppender(probability, axis=1)
        yield ProbabilityWriter(appender)
        appender.flush()
        if appender.written != frames:
            raise ValueError(f"{path}: {appender.written} frames appended, {like.path} has {frames}")
        index = np.arange(len(sources), dtype=np.int32)
        flags = {"flag_values": index.tolist(), "flag_meanings": " ".join(sources), "long_name": "sound source"}
        write_small(group, "source", index, ("source",), flags)
        finish_store(scratch, group, like.grid, like.spans, {**attributes, "sources": list(sources)})


def _shard(frames: int, chunk_frames: int, shard_frames: int) -> int:
    """Return the frames of a shard, no longer than the array needs."""
    whole_chunks = -(-max(frames, 1) // chunk_frames) * chunk_frames
    return min(shard_frames, whole_chunks)
