"""One source of a season as a lazy spectrogram: what ``antiphon.open_separated`` opens."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from antiphon.errors import AntiphonError
from antiphon.io.stores.season import open_season
from antiphon.signal.masking import masked_level

__all__ = ["open_separated"]


def open_separated(
    season: str | os.PathLike[str],
    model: str,
    source: str,
    *,
    deployments: Sequence[str] | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> xr.DataTree:
    """Open the spectrogram of one source in a whole season, lazily: the source's mask times the mixture.

    Parameters
    ----------
    season
        Folder of the season, ``results/<season>``; a path or a URL that fsspec knows.
    model
        Name of the model whose masks are taken.
    source
        Name of the source.
    deployments
        Deployments to open; None: all.
    storage_options
        What fsspec needs to open the URL.

    Returns
    -------
    A tree with one dataset a deployment, such as ``separated["A1/level"]``: ``level`` (time, frequency) in dB, float32,
    NaN where the recorder does not hear, the lowest level that a store holds (-122 dB re full scale) where nothing of
    the source is; coordinates as of :func:`~antiphon.io.stores.season.open_season`. The mask is the probability; where
    those of several sources exceed 1 together, they share the cell, as in the sounds of stage separate. Levels and
    probabilities are read, and multiplied, chunk by chunk where values are asked for.

    Raises
    ------
    AntiphonError
        If levels or probabilities are missing or damaged, are not of the same frames, or the model has no such source.
    """
    location = os.fspath(season).rstrip("/")
    levels, found = (
        open_season(f"{location}/{folder}", deployments=deployments, storage_options=storage_options)
        for folder in ("stft", f"infer/{model}")
    )
    if differing := sorted(levels.children.keys() ^ found.children.keys()):
        raise AntiphonError(f"{location}: {differing[0]} is not in both stft and infer/{model}; run stage infer again")
    parts = {
        f"/{name}": _separated(levels[name].to_dataset(), found[name].to_dataset(), source, f"{location}: {name}")
        for name in levels.children
    }
    return xr.DataTree.from_dict(parts, name=source)


def _separated(levels: xr.Dataset, found: xr.Dataset, source: str, where: str) -> xr.Dataset:
    """Return the levels of one source of a deployment."""
    if source not in (names := found.source.values.tolist()):
        raise AntiphonError(f"{where}: {source} is no source of this model ({', '.join(names)})")
    if not levels.xindexes["time"].equals(found.xindexes["time"]):
        raise AntiphonError(f"{where}: levels and probabilities are not of the same frames; run stage infer again")
    probability, level = found.probability.drop_vars("time"), levels.level
    own = probability.sel(source=source, drop=True)
    total = probability.sum("source", skipna=False)
    part = xr.apply_ufunc(
        masked_level,
        level.drop_vars("time"),
        own,
        total,
        kwargs={"lowest_db": level.attrs["valid_min"]},
        dask="parallelized",
        output_dtypes=[np.float32],
    )
    named = {**level.attrs, "long_name": f"level of {source}, dB re {level.attrs['level_reference']}"}
    dataset = levels.assign(level=(level.dims, part.data, named))
    return dataset.assign_coords(source=((), source, {"long_name": "sound source"}))
