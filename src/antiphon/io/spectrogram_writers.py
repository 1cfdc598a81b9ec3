"""Writing the Zarr stores of a unit, block by block, one whole shard at a time."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from antiphon.io.spectrograms import Span, Store
from antiphon.io.whole import whole_folder
from antiphon.signal.background import LevelHistogram
from antiphon.signal.grid import Grid
from antiphon.signal.levels import ADD_OFFSET_DB, NOT_HEARD, PROBABILITY_NOT_HEARD, PROBABILITY_SCALE, SCALE_DB

__all__ = ["LevelWriter", "ProbabilityWriter", "write_levels", "write_probabilities"]

_FLOOR_SHARE = 0.1
_BACKGROUND_SHARE = 0.5
_CELL_CODEC = zarr.codecs.ZstdCodec(level=1)
_SMALL_CODEC = zarr.codecs.BloscCodec(cname="zstd", clevel=3, shuffle=zarr.codecs.BloscShuffle.bitshuffle)
_LEVEL_ATTRIBUTES = {
    "long_name": "level of the cell",
    "units": "dB",
    "comment": "dB re full scale: a full-scale sine on a bin reads 0 dB; 0 (fill value) is not heard",
    "scale_factor": SCALE_DB,
    "add_offset": ADD_OFFSET_DB,
    "_FillValue": NOT_HEARD,
    "coordinates": "recording",
}
_FLOOR_ATTRIBUTES = {"long_name": "level code that a tenth of the unit's frames lie at or below", "units": "1"}
_BACKGROUND_ATTRIBUTES = {"long_name": "median level code of each recording", "units": "1"}
_PROBABILITY_ATTRIBUTES = {
    "long_name": "probability that the source sounds in the cell",
    "units": "1",
    "scale_factor": 1 / PROBABILITY_SCALE,
    "missing_value": PROBABILITY_NOT_HEARD,
    "coordinates": "recording",
}
_TIME_ATTRIBUTES = {
    "standard_name": "time",
    "long_name": "centre of the frame",
    "units": "microseconds since 1970-01-01T00:00:00",
    "calendar": "proleptic_gregorian",
    "axis": "T",
}
_FREQUENCY_ATTRIBUTES = {
    "standard_name": "sound_frequency",
    "long_name": "centre of the frequency bin",
    "units": "Hz",
}


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

    def flush(self) -> None:
        """Write what is collected; only the last call may write less than a shard."""
        if not self._filled:
            return
        end = self.written + self._filled
        if end > self._array.shape[self._axis]:
            self._resize(end)
        self._array[self._along(self.written, self._filled)] = self._buffer[self._along(0, self._filled)]
        self.written = end
        self._filled = 0

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


class LevelWriter:
    """Appends recordings to a level store; made by :func:`write_levels`."""

    def __init__(self, appender: _TimeAppender, grid: Grid) -> None:
        self._appender = appender
        self._grid = grid
        self.spans: list[Span] = []
        self._backgrounds: list[np.ndarray] = []
        self._histogram = LevelHistogram(grid.bins)

    def append(self, span: Span, codes: Iterable[np.ndarray]) -> Span:
        """Append one recording.

        Parameters
        ----------
        span
            The recording; its ``first_frame`` and ``frames`` are set here.
        codes
            Blocks of level codes, each (frames, bins) uint8, in order.

        Returns
        -------
        The recording with its place in the store.
        """
        histogram = LevelHistogram(self._grid.bins)
        frames = 0
        for block in codes:
            self._appender.append(block)
            histogram.add(block)
            frames += len(block)
        first = sum(one.frames for one in self.spans)
        placed = replace(span, first_frame=first, frames=frames)
        self.spans.append(placed)
        self._backgrounds.append(histogram.quantile(_BACKGROUND_SHARE))
        self._histogram.include(histogram)
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
    path: Path, *, grid: Grid, frames: int, chunk_frames: int, shard_frames: int, attributes: Mapping[str, Any]
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
            attributes=_LEVEL_ATTRIBUTES,
            # No chunk of levels is empty, and to look for one costs more than to compress it.
            config={"write_empty_chunks": True},
        )
        appender = _TimeAppender(level, axis=0)
        writer = LevelWriter(appender, grid)
        yield writer
        appender.finish()
        _write_small(group, "floor", writer.floor(), ("frequency",), _FLOOR_ATTRIBUTES)
        _write_small(group, "background", writer.background(), ("recording_index", "frequency"), _BACKGROUND_ATTRIBUTES)
        _finish(group, grid, writer.spans, attributes)


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
    bins, frames, level = like.grid.bins, like.frames, like.group["level"]
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
            attributes=_PROBABILITY_ATTRIBUTES,
            config={"write_empty_chunks": False},
        )
        appender = _TimeAppender(probability, axis=1)
        yield ProbabilityWriter(appender)
        appender.flush()
        if appender.written != frames:
            raise ValueError(f"{path}: {appender.written} frames appended, {like.path} has {frames}")
        index = np.arange(len(sources), dtype=np.int32)
        flags = {"flag_values": index.tolist(), "flag_meanings": " ".join(sources), "long_name": "sound source"}
        _write_small(group, "source", index, ("source",), flags)
        _finish(group, like.grid, like.spans, {**attributes, "sources": list(sources)})


def _shard(frames: int, chunk_frames: int, shard_frames: int) -> int:
    """Return the frames of a shard, no longer than the array needs."""
    whole_chunks = -(-max(frames, 1) // chunk_frames) * chunk_frames
    return min(shard_frames, whole_chunks)


def _write_small(
    group: zarr.Group, name: str, values: np.ndarray, dims: tuple[str, ...], attributes: Mapping[str, Any]
) -> None:
    """Write a coordinate or summary as one chunk: readers load it whole."""
    array = group.create_array(
        name,
        shape=values.shape,
        chunks=tuple(max(1, n) for n in values.shape),
        dtype=values.dtype,
        compressors=_SMALL_CODEC,
        dimension_names=dims,
        attributes=dict(attributes),
    )
    array[...] = values


def _finish(group: zarr.Group, grid: Grid, spans: Sequence[Span], attributes: Mapping[str, Any]) -> None:
    """Write coordinates and attributes, and consolidate the metadata so that readers open one file."""
    lengths = [span.frames for span in spans]
    offsets = [np.arange(n, dtype=np.int64) * grid.hop_us for n in lengths]
    starts = [span.start_us + grid.first_centre_us for span in spans]
    centres = [start + offset for start, offset in zip(starts, offsets, strict=True)]
    time = np.concatenate(centres) if centres else np.empty(0, dtype=np.int64)
    recording = np.repeat(np.arange(len(spans), dtype=np.int32), lengths)
    _write_small(group, "time", time, ("time",), _TIME_ATTRIBUTES)
    _write_small(group, "recording", recording, ("time",), {"long_name": "index into the attribute recordings"})
    _write_small(group, "frequency", grid.frequencies_hz(), ("frequency",), _FREQUENCY_ATTRIBUTES)
    group.attrs.update(
        {
            **attributes,
            "grid": asdict(grid),
            "recordings": [asdict(span) for span in spans],
            "Conventions": "CF-1.11, ACDD-1.3",
        }
    )
    with warnings.catch_warnings():
        # Zarr 3 readers other than zarr-python may ignore consolidated metadata; that is harmless.
        warnings.filterwarnings("ignore", message="Consolidated metadata")
        zarr.consolidate_metadata(group.store)
