"""A whole season of stores as one lazy xarray tree: what ``antiphon.open_season`` opens."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
import zarr

from antiphon.errors import AntiphonError
from antiphon.io.stores.files import check_files, file_system
from antiphon.io.stores.frame_times import FrameIndex, FrameTimes, lazy_variable
from antiphon.io.stores.spectrograms import Span, read_attributes, refusal
from antiphon.signal.grid import Grid
from antiphon.signal.levels import PROBABILITY_NOT_HEARD, PROBABILITY_SCALE, level_of_code

__all__ = ["open_season"]

_MOST_CELLS = 1 << 24
_KINDS = ("level", "probability")


@dataclass(frozen=True)
class _Cells:
    """The decoded cells of one unit, read where they are sliced: what dask needs of an array.

    Attributes
    ----------
    location
        Path or URL of the store.
    kind
        ``level`` or ``probability``.
    shape, shards
        Cells along each dimension, and cells of a shard.
    chunk_frames
        Frames of a chunk.
    files
        Bytes of each file of the store.
    decoded
        Value of each code, shape (256,), float32.
    options
        What fsspec needs to open ``location``.
    """

    location: str
    kind: str
    shape: tuple[int, ...]
    shards: tuple[int, ...]
    chunk_frames: int
    files: Mapping[str, int]
    decoded: np.ndarray
    options: Mapping[str, Any]
    dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype(np.float32))

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    def __getitem__(self, key: tuple[slice, ...]) -> np.ndarray:
        check_files(self.location, self.files, self._files_of(key), self.options)
        array = zarr.open_array(f"{self.location}/{self.kind}", mode="r", storage_options=dict(self.options) or None)
        return np.asarray(self.decoded[np.asarray(array[key])])

    def _files_of(self, key: tuple[slice, ...]) -> Iterator[str]:
        """Yield the files that hold the cells; those without any cell above 0 were never written."""
        ranges = []
        for one, size, shard in zip(key, self.shape, self.shards, strict=True):
            start, stop, _ = one.indices(size)
            ranges.append(range(start // shard, -(-stop // shard)))
        for place in np.ndindex(*(len(one) for one in ranges)):
            numbers = "/".join(str(one[at]) for one, at in zip(ranges, place, strict=True))
            name = f"{self.kind}/c/{numbers}"
            if name in self.files or self.kind == "level":
                yield name


@dataclass(frozen=True)
class _Unit:
    """One store of the season: its attributes and its cells."""

    name: str
    deployment: str
    attributes: Mapping[str, Any]
    cells: _Cells

    @property
    def grid(self) -> Grid:
        return Grid(**self.attributes["grid"])

    @property
    def spans(self) -> list[Span]:
        return [Span(**one) for one in self.attributes["recordings"]]


def open_season(
    path: str | os.PathLike[str],
    *,
    deployments: Sequence[str] | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> xr.DataTree:
    """Open all stores of a season, or of one of its models, lazily.

    Parameters
    ----------
    path
        Folder of the stores: ``results/<season>/stft`` or ``results/<season>/infer/<model>``; a path or a URL that
        fsspec knows, such as ``s3://bucket/spring_2025/stft``.
    deployments
        Deployments to open; None: all.
    storage_options
        What fsspec needs to open the URL.

    Returns
    -------
    A tree with one dataset a deployment, such as ``season["A1/level"]``: ``level`` (time, frequency) in dB or
    ``probability`` (source, time, frequency), float32, NaN where the recorder does not hear; coordinates ``time`` (UTC,
    frame centres, without the gaps between recordings), ``frequency`` (Hz), ``unit`` (time) and ``deployment``. Nothing
    but metadata is read until values are asked for; a dask chunk is a shard of a store or an even part of one, at most
    64 MB decoded.

    Raises
    ------
    AntiphonError
        If there is no season, or a store is missing, damaged or not the one that its batch record lists. A store that
        was cut is noticed when its cells are read.
    """
    options = dict(storage_options or {})
    location = os.fspath(path).rstrip("/")
    units = _units(location, deployments, options)
    if not units:
        raise AntiphonError(f"{location}: no store of a season here; give results/<season>/stft or …/infer/<model>")
    tree = {f"/{name}": _dataset(list(some)) for name, some in groupby(units, key=lambda unit: unit.deployment)}
    return xr.DataTree.from_dict(tree, name=location.rsplit("/", 1)[-1])


def _units(location: str, deployments: Sequence[str] | None, options: Mapping[str, Any]) -> list[_Unit]:
    """Return the stores that the batch records list, by deployment and day."""
    system, root = file_system(location, options)
    paths = system.glob(f"{root}/*.json")
    records = [json.loads(text) for text in system.cat(paths).values()] if paths else []
    listed = {
        unit["store"]: (record["deployment"], unit)
        for record in records
        for unit in record["units"]
        if deployments is None or record["deployment"] in deployments
    }
    if missing := set(deployments or ()) - {deployment for deployment, _ in listed.values()}:
        raise AntiphonError(f"{location}: no deployment {', '.join(sorted(missing))} in this season")
    try:
        found = system.cat([f"{root}/{store}/zarr.json" for store in listed]) if listed else {}
    except FileNotFoundError as error:
        raise AntiphonError(f"{location}: {error} is listed and missing; run the stage again") from None
    texts = {name.rsplit("/", 2)[-2]: text for name, text in found.items()}
    units = [
        _unit(f"{location}/{store}", deployment, unit, texts[store], options)
        for store, (deployment, unit) in listed.items()
    ]
    return sorted(units, key=lambda unit: (unit.deployment, unit.name))


def _unit(location: str, deployment: str, listed: Mapping[str, Any], text: bytes, options: Mapping[str, Any]) -> _Unit:
    try:
        metadata = json.loads(text)
        attributes = read_attributes(metadata["attributes"])
        if attributes.get("is_hollow"):
            raise AntiphonError(f"{refusal(location)}; or leave its deployment out of `deployments`")
        arrays = metadata["consolidated_metadata"]["metadata"]
        kind = next(name for name in _KINDS if name in arrays)
        array = arrays[kind]
        shards = tuple(array["chunk_grid"]["configuration"]["chunk_shape"])
        chunks = array["codecs"][0]["configuration"]["chunk_shape"]
        files = attributes["files"]
    except (KeyError, StopIteration, TypeError, ValueError) as error:
        raise AntiphonError(f"{location}: not a whole store of antiphon ({error}); run the stage again") from None
    if attributes["fingerprint"] != listed["fingerprint"]:
        raise AntiphonError(f"{location}: made from something else than its batch record says; run the stage again")
    decoded = _decoded(kind, float(attributes.get("level_offset_db", 0.0)))
    cells = _Cells(location, kind, tuple(array["shape"]), shards, chunks[-2], files, decoded, options)
    return _Unit(listed["unit"], deployment, attributes, cells)


def _decoded(kind: str, offset_db: float) -> np.ndarray:
    """Return the value of each code, shape (256,), float32."""
    codes = np.arange(256)
    if kind == "level":
        return np.asarray(level_of_code(codes) + np.float32(offset_db))
    values = (codes / PROBABILITY_SCALE).astype(np.float32)
    values[PROBABILITY_NOT_HEARD] = np.nan
    return values


def _dataset(units: Sequence[_Unit]) -> xr.Dataset:
    """Return the units of one deployment as one dataset."""
    first = units[0]
    for unit in units:
        for what in ("grid", "level_reference", "level_offset_db", "sources"):
            if unit.attributes.get(what) != first.attributes.get(what):
                raise AntiphonError(
                    f"{unit.cells.location}: its {what} is not that of {first.cells.location}; run the stage again"
                )
    grid, kind = first.grid, first.cells.kind
    data: Any = da.concatenate([_lazy(unit) for unit in units], axis=-2)  # type: ignore[no-untyped-call]
    dims = ("time", "frequency") if kind == "level" else ("source", "time", "frequency")
    units_at = np.cumsum([unit.cells.shape[-2] for unit in units])
    names = np.array([unit.name for unit in units])
    unit_of = lazy_variable(
        "time",
        data.shape[-2],
        names.dtype,
        lambda positions: names[np.searchsorted(units_at, positions, side="right")],
        {"long_name": "deployment and local day"},
    )
    coordinates = xr.Coordinates.from_xindex(FrameIndex(_times(units, grid)))
    known = {
        "frequency": ("frequency", grid.frequencies_hz(), {"standard_name": "sound_frequency", "units": "Hz"}),
        "unit": unit_of,
        "deployment": ((), first.deployment, {"long_name": "deployment: one recorder in one place"}),
    }
    if kind == "probability":
        known["source"] = ("source", list(first.attributes["sources"]), {"long_name": "sound source"})
    dataset = xr.Dataset({kind: (dims, data, _cell_attributes(first))}, coords=coordinates).assign_coords(known)
    about = ("Conventions", "site", "geospatial_bounds", "level_reference", "summary", "history", "model")
    return dataset.assign_attrs({key: first.attributes[key] for key in about if key in first.attributes})


def _lazy(unit: _Unit) -> da.Array:
    """Return a unit's cells as a dask array of whole shards, or of even parts of them if shards are large."""
    cells = unit.cells
    shard, bins = cells.shards[-2:]
    parts = next(
        n
        for n in range(1, shard + 1)
        if shard % (n * cells.chunk_frames) == 0
        and (shard // n * bins <= _MOST_CELLS or shard // n == cells.chunk_frames)
    )
    name = f"{cells.kind}-{unit.name}-{unit.attributes['fingerprint']}-{cells.decoded[1]:g}"
    chunks = (*cells.shards[:-2], shard // parts, bins)
    meta = np.empty((0,) * cells.ndim, dtype=np.float32)
    return da.from_array(cells, chunks=chunks, name=name, meta=meta)  # type: ignore[no-any-return, no-untyped-call]


def _times(units: Sequence[_Unit], grid: Grid) -> FrameTimes:
    spans = [span for unit in units for span in unit.spans if span.frames]
    start_us = np.array([span.start_us for span in spans], dtype=np.int64) + grid.first_centre_us
    return FrameTimes(start_us, np.array([span.frames for span in spans], dtype=np.int64), grid.hop_us)


def _cell_attributes(unit: _Unit) -> dict[str, Any]:
    if unit.cells.kind == "probability":
        return {"long_name": "probability that the source sounds in the cell", "units": "1"}
    reference = unit.attributes["level_reference"]
    lowest_db = float(unit.cells.decoded[1])
    about = {"long_name": f"level, dB re {reference}", "units": "dB", "valid_min": lowest_db}
    return {**about, "level_reference": reference}
