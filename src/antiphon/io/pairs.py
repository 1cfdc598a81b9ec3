"""Examples to learn from: ``pairs.zarr``, level spectrograms with the masks of their sources.

One group a split (``train``, ``validation``, ``test``), each with

- ``level`` (example, time, frequency) uint8, level codes of the mixture;
- ``mask_bits`` (example, time, frequency) uint8, bit k set where source k of the attribute ``sources`` owns the cell;
- ``floor`` (example, frequency) uint8, the level code that a tenth of the frames of the quiet bed lie at or below: what
  a long recording of the place would show;
- ``background`` (example, frequency) uint8, the median level code of the example itself;
- ``snr_db`` (example, source) float32, mean signal-to-noise ratio of the source's events, NaN where it is absent;
- the attribute ``groups``, one name an example: examples of one group are never spread over splits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import ZstdCodec

from antiphon.errors import AntiphonError
from antiphon.io.whole import whole_folder
from antiphon.signal.grid import Grid

__all__ = ["SPLITS", "Example", "Examples", "PairWriter", "read_examples", "read_pairs_attributes", "write_pairs"]

SPLITS = ("train", "validation", "test")
_SCHEMA = 1
_CHUNK_EXAMPLES = 4
_MOST_SHARDS = 4
_MOST_SHARD_EXAMPLES = 512
_CELL_CODEC = ZstdCodec(level=1)


@dataclass(frozen=True)
class Example:
    """One example.

    Attributes
    ----------
    level
        Level codes of the mixture, shape (time, frequency), uint8.
    mask_bits
        Bit k set where source k owns the cell, shape (time, frequency), uint8.
    floor, background
        Level codes, shape (frequency,), uint8; see the module.
    snr_db
        Shape (source,), float32; NaN where a source is absent.
    group
        Name of what the example must not be parted from.
    """

    level: np.ndarray
    mask_bits: np.ndarray
    floor: np.ndarray
    background: np.ndarray
    snr_db: np.ndarray
    group: str


@dataclass(frozen=True)
class Examples:
    """All examples of a split, in memory.

    Attributes
    ----------
    level
        Level codes of the mixtures, shape (example, time, frequency), uint8; 0 = not heard.
    mask_bits
        Bit k set where source k owns the cell, shape (example, time, frequency), uint8.
    floor, background
        Level codes of the quiet bed and of the example's own median, shape (example, frequency), uint8.
    groups
        Name of each example's group.
    sources
        Names of the sources, in the order of the bits.
    snr_db
        Mean signal-to-noise ratio of a source's events, shape (example, source), float32, NaN where it is absent; None
        where it is not known.
    """

    level: np.ndarray
    mask_bits: np.ndarray
    floor: np.ndarray
    background: np.ndarray
    groups: tuple[str, ...]
    sources: tuple[str, ...]
    snr_db: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.level)

    def masks(self, which: slice | np.ndarray | Sequence[int] = slice(None)) -> np.ndarray:
        """Return the masks of some examples, shape (example, source, time, frequency), bool."""
        bits = self.mask_bits[which]
        return np.stack([(bits & np.uint8(1 << k)) != 0 for k in range(len(self.sources))], axis=1)


class PairWriter:
    """Writes the examples of each split one whole shard at a time; made by :func:`write_pairs`."""

    def __init__(self, group: Any, grid: Grid, sources: Sequence[str], counts: Mapping[str, int]) -> None:
        self._group = group
        self._grid = grid
        self._sources = tuple(sources)
        self._counts = dict(counts)
        self._waiting: dict[str, list[Example]] = {split: [] for split in counts}
        self._written = dict.fromkeys(counts, 0)
        self._small: dict[str, list[Example]] = {split: [] for split in counts}
        self._arrays: dict[str, tuple[Any, Any]] = {}

    def append(self, split: str, example: Example) -> None:
        """Append an example to a split.

        Raises
        ------
        ValueError
            If its shapes differ from those of the split's first example, or the split is full.
        """
        if split not in self._arrays:
            self._arrays[split] = self._create(split, example.level.shape[0])
        level, _ = self._arrays[split]
        if example.level.shape != level.shape[1:] or example.mask_bits.shape != level.shape[1:]:
            raise ValueError(f"{split}: an example of {example.level.shape} among examples of {level.shape[1:]}")
        self._waiting[split].append(example)
        if len(self._waiting[split]) == level.shards[0]:
            self._flush(split)

    def finish(self) -> None:
        """Write what waits, the small arrays and the attributes of every split.

        Raises
        ------
        ValueError
            If a split holds fewer or more examples than promised.
        """
        for split, count in self._counts.items():
            if split in self._arrays:
                self._flush(split)
            if self._written[split] != count:
                raise ValueError(f"{split}: {self._written[split]} examples written, {count} promised")
            if count:
                self._write_small(split)

    def _create(self, split: str, frames: int) -> tuple[Any, Any]:
        count = self._counts[split]
        per_shard = min(_MOST_SHARD_EXAMPLES, -(-count // _MOST_SHARDS))
        shard = -(-per_shard // _CHUNK_EXAMPLES) * _CHUNK_EXAMPLES
        group = self._group.create_group(split)

        def array(name: str, long_name: str) -> Any:
            return group.create_array(
                name,
                shape=(count, frames, self._grid.bins),
                chunks=(_CHUNK_EXAMPLES, frames, self._grid.bins),
                shards=(shard, frames, self._grid.bins),
                dtype="uint8",
                compressors=_CELL_CODEC,
                fill_value=0,
                dimension_names=("example", "time", "frequency"),
                attributes={"long_name": long_name},
            )

        return array("level", "level code of the mixture"), array("mask_bits", "bit k: source k owns the cell")

    def _flush(self, split: str) -> None:
        waiting = self._waiting[split]
        if not waiting:
            return
        level, mask_bits = self._arrays[split]
        where = slice(self._written[split], self._written[split] + len(waiting))
        if where.stop > self._counts[split]:
            raise ValueError(f"{split}: more than the promised {self._counts[split]} examples")
        level[where] = np.stack([one.level for one in waiting])
        mask_bits[where] = np.stack([one.mask_bits for one in waiting])
        self._written[split] = where.stop
        nothing = np.empty((0, 0), dtype=np.uint8)
        self._small[split] += [
            Example(nothing, nothing, one.floor, one.background, one.snr_db, one.group) for one in waiting
        ]
        waiting.clear()

    def _write_small(self, split: str) -> None:
        examples, group = self._small[split], self._group[split]
        columns = {
            "floor": (np.stack([one.floor for one in examples]), "frequency"),
            "background": (np.stack([one.background for one in examples]), "frequency"),
            "snr_db": (np.stack([one.snr_db for one in examples]).astype(np.float32), "source"),
        }
        for name, (values, dimension) in columns.items():
            array = group.create_array(
                name,
                shape=values.shape,
                chunks=values.shape,
                dtype=values.dtype,
                compressors=_CELL_CODEC,
                dimension_names=("example", dimension),
            )
            array[...] = values
        group.attrs["groups"] = [one.group for one in examples]


@contextmanager
def write_pairs(
    path: Path, *, grid: Grid, sources: Sequence[str], counts: Mapping[str, int], attributes: Mapping[str, Any]
) -> Iterator[PairWriter]:
    """Write ``pairs.zarr``, whole or not at all.

    Parameters
    ----------
    path
        Folder of the store.
    grid
        The time-frequency grid of the examples.
    sources
        Names of the sources, at most eight, in the order of the bits.
    counts
        Number of examples that each split will have.
    attributes
        Further attributes: how the examples were made.
    """
    if len(sources) > 8:
        raise AntiphonError(f"{path}: {len(sources)} sources; a model separates at most 8, unite some of them")
    with whole_folder(path) as scratch:
        group = zarr.open_group(scratch, mode="w", zarr_format=3)
        writer = PairWriter(group, grid, sources, counts)
        yield writer
        writer.finish()
        group.attrs.update({**attributes, "schema": _SCHEMA, "grid": asdict(grid), "sources": list(sources)})


def read_pairs_attributes(path: Path) -> dict[str, Any]:
    """Return the attributes of ``pairs.zarr``: ``grid``, ``sources`` and how it was made.

    Raises
    ------
    AntiphonError
        If no whole store of this schema is there.
    """
    try:
        attributes = dict(zarr.open_group(path, mode="r", zarr_format=3).attrs)
    except FileNotFoundError:
        raise AntiphonError(f"{path}: no examples there; run the stage pair first") from None
    if attributes.get("schema") != _SCHEMA:
        raise AntiphonError(f"{path}: not examples of this version of antiphon; delete it and run the stage pair again")
    return attributes


def read_examples(path: Path, split: str) -> Examples:
    """Read all examples of a split into memory.

    Raises
    ------
    AntiphonError
        If the store or the split is not there.
    """
    sources = tuple(read_pairs_attributes(path)["sources"])
    group: Any = zarr.open_group(path, mode="r", zarr_format=3)
    if split not in group:
        raise AntiphonError(f"{path}: no split '{split}'; it has {', '.join(sorted(group.group_keys()))}")
    part = group[split]
    return Examples(
        level=part["level"][...],
        mask_bits=part["mask_bits"][...],
        floor=part["floor"][...],
        background=part["background"][...],
        groups=tuple(part.attrs["groups"]),
        sources=sources,
        snr_db=part["snr_db"][...],
    )
