"""Examples to learn from: ``pairs.zarr``, level spectrograms with the masks of their sources.

One group a split, of those in :data:`SPLITS` that have examples, each with

- ``level`` (example, time, frequency) uint8, level codes of the mixture;
- ``mask_bits`` (example, time, frequency) uint8, bit k set where source k of the attribute ``sources`` owns the cell;
- ``known_bits`` (example, time, frequency) uint8, bit k set where it is known whether source k owns the cell; other
  cells are neither right nor wrong. The attribute ``all_known`` is true where every bit of the split is set (the array
  then takes no space);
- ``floor`` (example, frequency) uint8, the level code that a tenth of the frames of the quiet bed lie at or below: what
  a long recording of the place would show;
- ``background`` (example, frequency) uint8, the median level code of the example itself;
- ``snr_db`` (example, source) float32, mean signal-to-noise ratio of the source's events, NaN where it is absent or not
  known;
- ``events`` (event, column) float64, the events of all examples in order; its columns are those of :class:`Events`,
  named in its attribute ``columns``. An event overlaps where its rectangle of time and frequency meets one of another
  source in the same example;
- the attributes ``groups`` (one name an example, by which intervals are resampled), ``members`` (for each example the
  names of all recordings, recordists and sites it was made from: no name is ever in two splits that must not share it)
  and ``origins`` (``formula``, ``boxes``, ``mixtures`` or ``mask_pictures``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, Self
from zlib import crc32

import numpy as np
import zarr

from antiphon.errors import AntiphonError

__all__ = [
    "PAIRS_SCHEMA",
    "SPLITS",
    "TEST_SPLITS",
    "Event",
    "Events",
    "Example",
    "Examples",
    "read_examples",
    "read_pairs_attributes",
    "splits_of",
]

TEST_SPLITS = {"in_domain": "test_in_domain", "transfer": "test_transfer"}
"""Split of each protocol: *in-domain* are sites, beds and repertoire that training saw, in other recordings;
*transfer* are sources, recordists and beds that it never saw."""
SPLITS = ("train", "validation", *TEST_SPLITS.values())
PAIRS_SCHEMA = 2
_ALL_KNOWN = np.uint8(255)


@dataclass(frozen=True)
class Event:
    """One sounding of one source in an example.

    Attributes
    ----------
    source
        Index of the source.
    start_s, end_s
        Seconds from the example's first sample.
    freq_low_hz, freq_high_hz
        Its band.
    snr_db
        Its signal-to-noise ratio; NaN where not known.
    """

    source: int
    start_s: float
    end_s: float
    freq_low_hz: float
    freq_high_hz: float
    snr_db: float

    def overlaps(self, others: Sequence[Event]) -> bool:
        """Return whether its rectangle of time and frequency shares an area with one of another source."""
        return any(
            max(self.start_s, other.start_s) < min(self.end_s, other.end_s)
            and max(self.freq_low_hz, other.freq_low_hz) < min(self.freq_high_hz, other.freq_high_hz)
            for other in others
            if other.source != self.source
        )


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
        Name by which intervals are resampled: what the example is most of all an example of.
    known_bits
        Bit k set where it is known whether source k owns the cell, shape (time, frequency), uint8; None: everywhere.
    members
        Names of all that the example was made from and must not be parted from; empty: its group.
    origin
        Where it comes from.
    events
        What sounds in it.
    """

    level: np.ndarray
    mask_bits: np.ndarray
    floor: np.ndarray
    background: np.ndarray
    snr_db: np.ndarray
    group: str
    known_bits: np.ndarray | None = None
    members: tuple[str, ...] = ()
    origin: str = "formula"
    events: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Events:
    """The events of a split as columns, each (event,), in the order of the examples.

    Attributes
    ----------
    example
        Index of the example in its split.
    source
        Index of the source.
    start_s, end_s, low_hz, high_hz, snr_db
        As of :class:`Event`.
    overlaps
        Whether an event of another source shares an area of time and frequency with it.
    """

    example: np.ndarray
    source: np.ndarray
    start_s: np.ndarray
    end_s: np.ndarray
    low_hz: np.ndarray
    high_hz: np.ndarray
    snr_db: np.ndarray
    overlaps: np.ndarray

    @classmethod
    def of(cls, examples: Sequence[Sequence[Event]]) -> Self:
        """Return the events of each example as columns."""
        rows = [(number, *astuple(one), one.overlaps(of)) for number, of in enumerate(examples) for one in of]
        return cls.from_table(np.array(rows, dtype=np.float64).reshape(len(rows), len(fields(cls))))

    @classmethod
    def from_table(cls, table: np.ndarray) -> Self:
        """Return the columns of a table, shape (event, column)."""
        types = {"example": np.int32, "source": np.uint8, "overlaps": np.bool_}
        return cls(
            *(values.astype(types.get(one.name, np.float32)) for one, values in zip(fields(cls), table.T, strict=True))
        )

    def table(self) -> np.ndarray:
        """Return the columns side by side, shape (event, column), float64."""
        return np.column_stack([np.asarray(getattr(self, one.name), dtype=np.float64) for one in fields(self)])


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
        Mean signal-to-noise ratio of a source's events, shape (example, source), float32, NaN where it is absent.
    known_bits
        Bit k set where it is known whether source k owns the cell, as ``mask_bits``; None: everywhere.
    members
        Names of all that each example was made from.
    origins
        Where each example comes from.
    events
        What sounds in them.
    """

    level: np.ndarray
    mask_bits: np.ndarray
    floor: np.ndarray
    background: np.ndarray
    groups: tuple[str, ...]
    sources: tuple[str, ...]
    snr_db: np.ndarray
    known_bits: np.ndarray | None
    members: tuple[tuple[str, ...], ...]
    origins: tuple[str, ...]
    events: Events

    def __len__(self) -> int:
        return len(self.level)

    def masks(self, which: slice | np.ndarray | Sequence[int] = slice(None)) -> np.ndarray:
        """Return the masks of some examples, shape (example, source, time, frequency), bool."""
        return self._apart(self.mask_bits[which])

    def known(self, which: slice | np.ndarray | Sequence[int] = slice(None)) -> np.ndarray:
        """Return where the masks of some examples are known, shape (example, source, time, frequency), bool."""
        if self.known_bits is None:
            return self._apart(np.broadcast_to(_ALL_KNOWN, self.mask_bits[which].shape))
        return self._apart(self.known_bits[which])

    def checksums(self) -> list[int]:
        """Return numbers that tell these examples from others."""
        arrays = (self.level, self.mask_bits, self.floor, self.background, self.known_bits)
        return [crc32(one.tobytes()) for one in arrays if one is not None]

    def _apart(self, bits: np.ndarray) -> np.ndarray:
        return np.stack([(bits & np.uint8(1 << k)) != 0 for k in range(len(self.sources))], axis=1)


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
    if attributes.get("schema") != PAIRS_SCHEMA:
        raise AntiphonError(f"{path}: not examples of this version of antiphon; delete it and run the stage pair again")
    return attributes


def splits_of(path: Path) -> tuple[str, ...]:
    """Return the splits that have examples, in the order of :data:`SPLITS`; errors as :func:`read_pairs_attributes`."""
    read_pairs_attributes(path)
    there = set(zarr.open_group(path, mode="r", zarr_format=3).group_keys())
    return tuple(split for split in SPLITS if split in there)


def read_examples(path: Path, split: str) -> Examples:
    """Read all examples of a split into memory.

    Raises
    ------
    AntiphonError
        If the store or the split is not there.
    """
    if split not in (there := splits_of(path)):
        raise AntiphonError(f"{path}: no split '{split}'; it has {', '.join(there)}")
    part: Any = zarr.open_group(path, mode="r", zarr_format=3)[split]
    return Examples(
        level=part["level"][...],
        mask_bits=part["mask_bits"][...],
        floor=part["floor"][...],
        background=part["background"][...],
        groups=tuple(part.attrs["groups"]),
        sources=tuple(read_pairs_attributes(path)["sources"]),
        snr_db=part["snr_db"][...],
        known_bits=None if part.attrs["all_known"] else part["known_bits"][...],
        members=tuple(map(tuple, part.attrs["members"])),
        origins=tuple(part.attrs["origins"]),
        events=Events.from_table(part["events"][...]),
    )
