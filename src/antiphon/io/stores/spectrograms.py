"""Zarr stores of a unit: levels (stage stft) and probabilities (stage infer).

A store is Zarr format 3, sharded, opened by plain ``xarray.open_zarr``. Each has the coordinates ``time`` (UTC, centre
of the frame), ``frequency`` (Hz, centre of the bin) and ``recording(time)`` (index into the attribute ``recordings``).
It is written block by block under a scratch name and renamed when whole: a store that is there is complete, and it
lists its files, so that one that was cut or lost later is noticed. A hollow store has lost its cells on purpose
(:mod:`antiphon.io.stores.hollow`). docs/stores.md describes the layout.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from antiphon.errors import AntiphonError
from antiphon.io.stores.files import check_files
from antiphon.signal.grid import Grid
from antiphon.signal.long_term import HourlySpectra

__all__ = ["STRUCTURED", "Span", "Store", "open_store", "read_attributes", "read_fingerprint", "refusal"]

STRUCTURED = ("computed", "decoded", "files", "grid", "recordings", "settings", "thresholds")
"""Attributes that are lists or mappings; a store holds them as JSON text."""


@dataclass(frozen=True)
class Span:
    """The frames of one recording in a store.

    Attributes
    ----------
    path
        The recording, relative to the season's audio root.
    start_us
        UTC time of its first sample, microseconds since 1970.
    first_frame
        Index of its first frame in the store.
    frames
        Number of its frames.
    rate_hz
        Sample rate of the file.
    heard_bins
        Number of bins, from 0 Hz up, that its recorder hears.
    channel
        Which channel was analysed.
    """

    path: str
    start_us: int
    first_frame: int
    frames: int
    rate_hz: int
    heard_bins: int
    channel: str

    @property
    def frame_slice(self) -> slice:
        """Frames of this recording in the store."""
        return slice(self.first_frame, self.first_frame + self.frames)


@dataclass(frozen=True)
class Store:
    """A store opened for reading; arrays are read only where they are sliced.

    Attributes
    ----------
    path
        Folder of the store.
    grid
        Its time-frequency grid.
    spans
        Recordings in the order of their frames.
    attributes
        All attributes of the store.
    group
        The Zarr group: ``level`` (time, frequency) uint8, or ``probability`` (source, time, frequency) uint8; level
        stores also hold ``floor`` (frequency,) and ``background`` (recording, frequency), both uint8 codes.
    """

    path: Path
    grid: Grid
    spans: tuple[Span, ...]
    attributes: Mapping[str, Any]
    group: zarr.Group

    @property
    def frames(self) -> int:
        """Number of frames."""
        return sum(span.frames for span in self.spans)

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources of a probability store, in order."""
        return tuple(self.attributes["sources"])

    @property
    def fingerprint(self) -> str:
        """What the store was made from."""
        return str(self.attributes["fingerprint"])

    @property
    def is_hollow(self) -> bool:
        """Whether its cells were dropped; all else is there."""
        return bool(self.attributes.get("is_hollow", False))

    def cells(self, name: str) -> zarr.Array:
        """Return the array of cells, ``level`` or ``probability``.

        Raises
        ------
        AntiphonError
            If they were dropped.
        """
        if self.is_hollow:
            raise AntiphonError(refusal(str(self.path)))
        # The same chunks and the same cells, decoded by zarrs: several times as fast as zarr's own way of reading.
        with zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"}):
            return self.group[name]

    def levels(self, frames: slice) -> np.ndarray:
        """Read level codes, shape (frames, bins), uint8; 0 is not heard."""
        return np.asarray(self.cells("level")[frames])

    def probabilities(self, frames: slice) -> np.ndarray:
        """Read probability codes, shape (sources, frames, bins), uint8; code / 254, 255 is not heard."""
        return np.asarray(self.cells("probability")[:, frames])

    def floor(self) -> np.ndarray:
        """Read the unit's floor: the code that 10 % of the unit's frames lie below, shape (bins,), uint8."""
        return np.asarray(self.group["floor"][:])

    def background(self) -> np.ndarray:
        """Read each recording's median code, shape (recordings, bins), uint8."""
        return np.asarray(self.group["background"][:])

    def hours(self) -> HourlySpectra:
        """Read the long-term average of a level store: mean power by hour."""
        codes = np.asarray(self.group["hourly_level"][:])
        attributes = self.group["hourly_level"].attrs
        level_db = np.where(codes == attributes["_FillValue"], np.nan, codes * attributes["scale_factor"])
        return HourlySpectra(np.asarray(self.group["hour"][:]), np.asarray(self.group["hourly_frames"][:]), level_db)

    def frame_centres_us(self, span: Span) -> np.ndarray:
        """Return the UTC centres of a recording's frames in microseconds, shape (frames,), int64."""
        first = span.start_us + self.grid.first_centre_us
        return first + np.arange(span.frames, dtype=np.int64) * self.grid.hop_us


def refusal(location: str) -> str:
    """Return what to say of a store whose cells are asked for and were dropped."""
    return f"{location}: its cells were dropped to save room; `antiphon drop --restore` says how to have them again"


def read_attributes(text: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a store as they were before they became text."""
    return {key: json.loads(value) if key in STRUCTURED else value for key, value in text.items()}


def open_store(path: Path, fingerprint: str | None = None) -> Store:
    """Open a level or probability store.

    Parameters
    ----------
    path
        Folder of the store.
    fingerprint
        What it must be made from, as the batch record says; None: anything.

    Raises
    ------
    AntiphonError
        If it is missing or damaged, or made from something else.
    """
    try:
        group = zarr.open_group(path, mode="r")
        attributes = read_attributes(group.attrs)
        grid = Grid(**attributes["grid"])
        spans = tuple(Span(**one) for one in attributes["recordings"])
        files = dict(attributes["files"])
    except (FileNotFoundError, KeyError, TypeError, ValueError) as error:
        raise AntiphonError(
            f"{path}: not a whole store of antiphon ({error}); delete it and run the stage again"
        ) from None
    check_files(str(path), files, files, {})
    if fingerprint is not None and attributes["fingerprint"] != fingerprint:
        raise AntiphonError(f"{path}: made from something else than its batch record says; run the stage again")
    return Store(path, grid, spans, attributes, group)


def read_fingerprint(path: Path) -> str | None:
    """Return what the store at ``path`` was made from, or None if no whole store is there."""
    try:
        return open_store(path).fingerprint
    except AntiphonError:
        return None
