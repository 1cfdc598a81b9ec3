"""Coordinates, summaries and attributes of a store: all that is not its cells."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from antiphon.io.stores import attributes as about
from antiphon.io.stores.files import chunk_files
from antiphon.io.stores.spectrograms import Span, Store, open_store
from antiphon.io.whole import told_in_one_line
from antiphon.signal.calibration import LevelReference
from antiphon.signal.grid import Grid
from antiphon.signal.long_term import HourlySums

__all__ = ["consolidate", "describe_store", "finish_store", "write_hours", "write_small"]

_SMALL_CODEC = zarr.codecs.BloscCodec(cname="zstd", clevel=3, shuffle=zarr.codecs.BloscShuffle.bitshuffle)


def write_small(
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


def write_hours(group: zarr.Group, sums: HourlySums) -> None:
    """Write the long-term average: a small array of hours and bins."""
    hourly = sums.finished()
    codes = np.nan_to_num(hourly.level_db / about.HOURLY_STEP_DB, nan=about.HOURLY_MISSING)
    write_small(group, "hour", hourly.start_us, ("hour",), about.HOUR)
    write_small(group, "hourly_frames", hourly.frames, ("hour", "frequency"), about.HOURLY_FRAMES)
    levels = np.rint(codes).astype(np.int16)
    write_small(group, "hourly_level", levels, ("hour", "frequency"), about.HOURLY_LEVEL)


def finish_store(
    folder: Path, group: zarr.Group, grid: Grid, spans: Sequence[Span], attributes: Mapping[str, Any]
) -> None:
    """Write coordinates and attributes, and consolidate the metadata so that readers open one file."""
    lengths = [span.frames for span in spans]
    offsets = [np.arange(n, dtype=np.int64) * grid.hop_us for n in lengths]
    starts = [span.start_us + grid.first_centre_us for span in spans]
    centres = [start + offset for start, offset in zip(starts, offsets, strict=True)]
    time = np.concatenate(centres) if centres else np.empty(0, dtype=np.int64)
    recording = np.repeat(np.arange(len(spans), dtype=np.int32), lengths)
    write_small(group, "time", time, ("time",), about.TIME)
    write_small(group, "recording", recording, ("time",), about.RECORDING)
    write_small(group, "frequency", grid.frequencies_hz(), ("frequency",), about.FREQUENCY)
    group.attrs.update(
        about.as_text(
            {
                **about.coverage_attributes(spans, grid),
                **attributes,
                "grid": asdict(grid),
                "recordings": [asdict(span) for span in spans],
                "files": chunk_files(folder),
            }
        )
    )
    consolidate(group)


def consolidate(group: zarr.Group) -> None:
    """Gather the metadata of a group's arrays in its own, so that readers open one file."""
    with warnings.catch_warnings():
        # Zarr 3 readers other than zarr-python may ignore consolidated metadata; that is harmless.
        warnings.filterwarnings("ignore", message="Consolidated metadata")
        zarr.consolidate_metadata(group.store)


def describe_store(store: Store, place: Mapping[str, Any], reference: LevelReference | None = None) -> Store:
    """Renew what a finished store says of its place and recorder, where it says otherwise; its cells stay untouched.

    Parameters
    ----------
    store
        The store.
    place
        Attributes of its place.
    reference
        What its decoded levels are to be relative to; None: it holds no levels.

    Returns
    -------
    The store as it now describes itself.
    """
    if place == {key: value for key, value in store.attributes.items() if about.is_place(key)}:
        return store
    with told_in_one_line(store.path):
        if reference is not None and not store.is_hollow:
            level = zarr.open_array(store.path / "level", mode="r+")
            level.attrs.put(about.level_attributes(reference, store.grid))
        # The attributes of the store come last: by them the next run knows that all is done.
        consolidate(zarr.open_group(store.path, mode="r+"))
        kept = {key: value for key, value in store.attributes.items() if not about.is_place(key)}
        zarr.open_group(store.path, mode="r+").attrs.put(about.as_text({**kept, **place}))
    return open_store(store.path)
