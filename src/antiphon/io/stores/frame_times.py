"""The times of the frames of many recordings, known without being held: an index for xarray.

A year of one recorder has four milliards of frames; their times alone would fill the memory. But within a recording
they are evenly spaced, so a few numbers a recording are enough to find any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
import xarray as xr
from xarray.backends import BackendArray
from xarray.core.indexing import (
    ExplicitIndexer,
    IndexingSupport,
    IndexSelResult,
    LazilyIndexedArray,
    explicit_indexing_adapter,
)

__all__ = ["FrameIndex", "FrameTimes", "lazy_variable"]


@dataclass(frozen=True)
class FrameTimes:
    """Runs of evenly spaced frames, one after the other.

    Attributes
    ----------
    start_us
        UTC centre of the first frame of each run, microseconds, shape (runs,), int64.
    frames
        Number of frames of each run, none 0, shape (runs,), int64.
    hop_us
        Step from frame to frame, microseconds.
    """

    start_us: np.ndarray
    frames: np.ndarray
    hop_us: int

    @property
    def stops(self) -> np.ndarray:
        """Index of the frame after the last of each run, shape (runs,), int64."""
        stops: np.ndarray = np.cumsum(self.frames)
        return stops

    def __len__(self) -> int:
        return int(self.frames.sum())

    def at(self, positions: np.ndarray) -> np.ndarray:
        """Return the times of frames, datetime64[us], same shape as ``positions``."""
        run = np.searchsorted(self.stops, positions, side="right")
        first = self.stops - self.frames
        times_us: np.ndarray = self.start_us[run] + (positions - first[run]) * self.hop_us
        return times_us.astype("datetime64[us]")

    def part(self, begin: int, end: int) -> FrameTimes:
        """Return the times of the frames ``begin`` to ``end``, the last not included."""
        first = self.stops - self.frames
        low, high = np.clip(begin - first, 0, self.frames), np.clip(end - first, 0, self.frames)
        some = high > low
        return FrameTimes((self.start_us + low * self.hop_us)[some], (high - low)[some], self.hop_us)

    def first_at(self, time_us: int) -> int:
        """Return the index of the first frame at or after a time; the number of frames where there is none."""
        last_us = self.start_us + (self.frames - 1) * self.hop_us
        run = int(np.searchsorted(last_us, time_us))
        if run == len(last_us):
            return len(self)
        into = max(0, -((int(self.start_us[run]) - time_us) // self.hop_us))
        return int(self.stops[run] - self.frames[run]) + into


class FrameIndex(xr.Index):
    """Finds frames by time: ``sel(time="2025-04-01")``, ``sel(time=slice("2025-04-01T04", "2025-04-01T06"))``.

    Parameters
    ----------
    times
        The times.
    dim
        Name of dimension and coordinate.
    """

    def __init__(self, times: FrameTimes, dim: str = "time") -> None:
        self.times = times
        self.dim = dim

    def create_variables(self, variables: Mapping[Any, xr.Variable] | None = None) -> dict[Hashable, xr.Variable]:
        """Return the coordinate; its values are worked out where they are looked at."""
        attributes = {"standard_name": "time", "long_name": "centre of the frame", "axis": "T"}
        return {
            self.dim: lazy_variable(self.dim, len(self.times), np.dtype("datetime64[us]"), self.times.at, attributes)
        }

    def isel(self, indexers: Mapping[Any, Any]) -> Self | xr.Index | None:
        """Return the index of the chosen frames: a stretch stays lazy, single frames are worked out."""
        chosen = indexers[self.dim]
        if isinstance(chosen, slice) and chosen.step in (None, 1):
            return type(self)(self.times.part(*chosen.indices(len(self.times))[:2]), self.dim)
        if isinstance(chosen, xr.Variable):
            chosen = chosen.values
        positions = np.arange(len(self.times))[chosen] if isinstance(chosen, slice) else np.asarray(chosen)
        if positions.ndim != 1:
            return None
        if positions.dtype == bool:
            positions = np.flatnonzero(positions)
        return xr.indexes.PandasIndex(self.times.at(positions % max(1, len(self.times))), self.dim)

    def sel(self, labels: dict[Any, Any], method: str | None = None, tolerance: Any = None) -> IndexSelResult:
        """Return the frames in a stretch of time, of a day or an hour, or the one nearest to an instant."""
        label = labels[self.dim]
        if isinstance(label, slice):
            if label.step is not None:
                raise ValueError(f"{self.dim}: a slice of times takes no step; choose with isel afterwards")
            begin = 0 if label.start is None else self.times.first_at(_period_us(label.start)[0])
            end = len(self.times) if label.stop is None else self.times.first_at(_period_us(label.stop)[1] + 1)
            return IndexSelResult({self.dim: slice(begin, max(begin, end))})
        first_us, last_us = _period_us(label)
        if last_us > first_us:
            return self.sel({self.dim: slice(label, label)})
        after = self.times.first_at(first_us)
        near = np.array([one for one in (after - 1, after) if 0 <= one < len(self.times)])
        apart = np.abs(self.times.at(near).astype(np.int64) - first_us)
        if not len(near) or (method is None and apart.min() > 0):
            raise KeyError(f"no frame is centred at {label}; choose with method='nearest' or a slice of times")
        if tolerance is not None and apart.min() > pd.Timedelta(tolerance).value // 1000:
            raise KeyError(f"no frame within {tolerance} of {label}")
        return IndexSelResult({self.dim: int(near[apart.argmin()])})

    def equals(self, other: xr.Index, *, exclude: frozenset[Hashable] | None = None) -> bool:
        """Return whether the other index has the same times."""
        if not isinstance(other, FrameIndex) or self.times.hop_us != other.times.hop_us:
            return False
        return np.array_equal(self.times.start_us, other.times.start_us) and np.array_equal(
            self.times.frames, other.times.frames
        )

    def to_pandas_index(self) -> pd.Index:
        """Return all times, worked out: eight bytes a frame."""
        times: pd.Index = pd.Index(self.times.at(np.arange(len(self.times))), name=self.dim)
        return times


def _period_us(label: Any) -> tuple[int, int]:
    """Return first and last microsecond of what a label means: text such as ``2025-04-01`` means the whole day."""
    if isinstance(label, str):
        period = pd.Period(label)
        return period.start_time.value // 1000, period.end_time.value // 1000
    plain: Any = label.values if isinstance(label, xr.DataArray | xr.Variable) else label
    instant_us = int(np.datetime64(pd.Timestamp(np.datetime64(plain)), "us").astype(np.int64))
    return instant_us, instant_us


class _Computed(BackendArray):
    """An array whose elements are worked out from their positions."""

    def __init__(self, length: int, dtype: np.dtype[Any], at: Callable[[np.ndarray], np.ndarray]) -> None:
        self.shape = (length,)
        self.dtype = dtype
        self._at = at

    def __getitem__(self, key: ExplicitIndexer) -> Any:
        return explicit_indexing_adapter(key, self.shape, IndexingSupport.OUTER, self._get)

    def _get(self, key: tuple[Any, ...]) -> np.ndarray:
        chosen = key[0]
        if isinstance(chosen, slice):
            return self._at(np.arange(*chosen.indices(self.shape[0])))
        return self._at(np.asarray(chosen) % max(1, self.shape[0]))


def lazy_variable(
    dim: str,
    length: int,
    dtype: np.dtype[Any],
    at: Callable[[np.ndarray], np.ndarray],
    attributes: Mapping[str, Any],
) -> xr.Variable:
    """Return a variable whose values are worked out by ``at`` from their positions where they are looked at."""
    return xr.Variable((dim,), LazilyIndexedArray(_Computed(length, dtype, at)), dict(attributes), fastpath=True)
