"""Writing ``pairs.zarr`` (:mod:`antiphon.io.examples.pairs` says what is in it), one whole shard at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import ZstdCodec

from antiphon.errors import AntiphonError
from antiphon.io.examples.pairs import PAIRS_SCHEMA, Events, Example
from antiphon.io.whole import whole_folder
from antiphon.signal.grid import Grid

__all__ = ["PairWriter", "write_pairs"]

_CHUNK_EXAMPLES = 4
_MOST_SHARDS = 4
_MOST_SHARD_BYTES = 1 << 26
_ALL_KNOWN = 255
_CELL_CODEC = ZstdCodec(level=1)
_CELLS = {
    "level": "level code of the mixture",
    "mask_bits": "bit k: source k owns the cell",
    "known_bits": "bit k: it is known whether source k owns the cell",
}


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
        self._all_known = dict.fromkeys(counts, True)
        self._arrays: dict[str, dict[str, Any]] = {}

    def append(self, split: str, example: Example) -> None:
        """Append an example to a split.

        Raises
        ------
        ValueError
            If its shapes differ from those of the split's first example, or the split is full.
        """
        if split not in self._arrays:
            self._arrays[split] = self._create(split, example.level.shape[0])
        level = self._arrays[split]["level"]
        known = example.mask_bits if example.known_bits is None else example.known_bits
        if any(cells.shape != level.shape[1:] for cells in (example.level, example.mask_bits, known)):
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

    def _create(self, split: str, frames: int) -> dict[str, Any]:
        count, bins = self._counts[split], self._grid.bins
        most = max(_CHUNK_EXAMPLES, _MOST_SHARD_BYTES // (frames * bins))
        per_shard = min(most, -(-count // _MOST_SHARDS))
        shard = -(-per_shard // _CHUNK_EXAMPLES) * _CHUNK_EXAMPLES
        group = self._group.create_group(split)
        return {
            name: group.create_array(
                name,
                shape=(count, frames, bins),
                chunks=(_CHUNK_EXAMPLES, frames, bins),
                shards=(shard, frames, bins),
                dtype="uint8",
                compressors=_CELL_CODEC,
                # Shards that are all known are not written at all.
                fill_value=_ALL_KNOWN if name == "known_bits" else 0,
                dimension_names=("example", "time", "frequency"),
                attributes={"long_name": long_name},
            )
            for name, long_name in _CELLS.items()
        }

    def _flush(self, split: str) -> None:
        waiting = self._waiting[split]
        if not waiting:
            return
        where = slice(self._written[split], self._written[split] + len(waiting))
        if where.stop > self._counts[split]:
            raise ValueError(f"{split}: more than the promised {self._counts[split]} examples")
        arrays = self._arrays[split]
        arrays["level"][where] = np.stack([one.level for one in waiting])
        arrays["mask_bits"][where] = np.stack([one.mask_bits for one in waiting])
        if any(one.known_bits is not None for one in waiting):
            self._all_known[split] = False
            arrays["known_bits"][where] = np.stack([_known_bits(one) for one in waiting])
        self._written[split] = where.stop
        nothing = np.empty((0, 0), dtype=np.uint8)
        self._small[split] += [replace(one, level=nothing, mask_bits=nothing, known_bits=None) for one in waiting]
        waiting.clear()

    def _write_small(self, split: str) -> None:
        examples, group = self._small[split], self._group[split]
        columns = {
            "floor": (np.stack([one.floor for one in examples]), ("example", "frequency")),
            "background": (np.stack([one.background for one in examples]), ("example", "frequency")),
            "snr_db": (np.stack([one.snr_db for one in examples]).astype(np.float32), ("example", "source")),
            "events": (Events.of([one.events for one in examples]).table(), ("event", "column")),
        }
        for name, (values, dimensions) in columns.items():
            array = group.create_array(
                name,
                shape=values.shape,
                chunks=tuple(max(size, 1) for size in values.shape),
                dtype=values.dtype,
                compressors=_CELL_CODEC,
                dimension_names=dimensions,
            )
            array[...] = values
        group["events"].attrs["columns"] = [one.name for one in fields(Events)]
        group.attrs.update(
            {
                "groups": [one.group for one in examples],
                "members": [list(one.members or (one.group,)) for one in examples],
                "origins": [one.origin for one in examples],
                "all_known": self._all_known[split],
            }
        )


def _known_bits(example: Example) -> np.ndarray:
    if example.known_bits is None:
        return np.full(example.level.shape, _ALL_KNOWN, dtype=np.uint8)
    return example.known_bits


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
        group.attrs.update({**attributes, "schema": PAIRS_SCHEMA, "grid": asdict(grid), "sources": list(sources)})
