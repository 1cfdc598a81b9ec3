"""Which moments are worth hearing: chosen events that do not overlap, and stretches of time cut to length."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xxhash

__all__ = ["EVENT_COLUMNS", "INTERVAL", "RECORDING_COLUMNS", "Moment", "apart", "best_events", "pieces", "stretches"]

EVENT_COLUMNS = ("site", "source", "path", "start_s", "end_s", "freq_low_hz", "freq_high_hz", "score")
RECORDING_COLUMNS = ("site", "deployment", "path", "start_time", "duration_s", "utc_offset_min", "unit")
"""Columns of the tables events and recordings that the choice is made by."""

INTERVAL = "interval"
"""What a moment that is no event was chosen for."""


@dataclass(frozen=True)
class Moment:
    """A stretch of a recording.

    Attributes
    ----------
    path
        The recording.
    start_s, end_s
        Where in it.
    chosen_for
        The source of the event, or :data:`INTERVAL`.
    ends
        Whether its beginning and its end are those of an event or stretch, and not cuts within one.
    score, freq_low_hz, freq_high_hz
        The event's; None for a stretch.
    """

    path: str
    start_s: float
    end_s: float
    chosen_for: str
    ends: tuple[bool, bool] = (True, True)
    score: float | None = None
    freq_low_hz: float | None = None
    freq_high_hz: float | None = None


def best_events(
    tables: Iterable[pd.DataFrame],
    sources: Sequence[str],
    count: int,
    *,
    seed: int | None,
    margin_s: float,
    longest_s: float,
) -> list[Moment]:
    """Return the moments of the best events of each source at each site; none overlaps another of its source.

    Parameters
    ----------
    tables
        Events with :data:`EVENT_COLUMNS`, one table a deployment, each of one site.
    sources
        Whose events, in the order in which they come back.
    count
        How many of each source at each site, at most.
    seed
        None: those of the highest score. A number: any, and an event keeps its chance when others come or go.
    margin_s
        Seconds before and behind an event.
    longest_s
        Seconds after which a moment is cut off.
    """
    order = ["site", "place", "rank", "path", "start_s"]
    found = [
        _best(events[events.source == source], count, seed).assign(place=place)
        for events in tables
        for place, source in enumerate(sources)
    ]
    if not found:
        return []
    best = pd.concat(found).sort_values(order, kind="stable").groupby(["site", "place"], sort=False).head(count)
    return [_moment(event, margin_s, longest_s) for event in best.to_dict("records")]


def _best(events: pd.DataFrame, count: int, seed: int | None) -> pd.DataFrame:
    """Return the best events of one source and deployment, with their rank."""
    ranked = events.assign(rank=_ranks(events, seed))
    rank, recording, start_s, end_s = (ranked[name].to_numpy() for name in ("rank", "path", "start_s", "end_s"))
    return ranked.iloc[apart(rank, recording, start_s, end_s, count)]


def _moment(event: Mapping[Any, Any], margin_s: float, longest_s: float) -> Moment:
    start_s = max(0.0, event["start_s"] - margin_s)
    return Moment(
        path=event["path"],
        start_s=start_s,
        end_s=min(event["end_s"] + margin_s, start_s + longest_s),
        chosen_for=event["source"],
        score=None if pd.isna(event["score"]) else event["score"],
        freq_low_hz=event["freq_low_hz"],
        freq_high_hz=event["freq_high_hz"],
    )


def _ranks(events: pd.DataFrame, seed: int | None) -> np.ndarray:
    """Return what events are chosen by, the lowest first."""
    if seed is None:
        return np.asarray(-events.score.fillna(0.0).to_numpy())
    names = (f"{one['path']}\0{one['source']}\0{one['start_s']:.6f}" for one in events.to_dict("records"))
    return np.array([xxhash.xxh32_intdigest(name.encode(), seed=seed) for name in names], dtype=np.int64)


def apart(rank: np.ndarray, recording: np.ndarray, start_s: np.ndarray, end_s: np.ndarray, count: int) -> list[int]:
    """Return the events of the lowest rank, none of which overlaps another.

    Parameters
    ----------
    rank
        Rank of each event, shape (event,); of equal ones the earlier row comes first.
    recording
        What recording it is in, shape (event,).
    start_s, end_s
        Where in it, seconds, each shape (event,).
    count
        How many, at most.

    Returns
    -------
    Rows of the events, in order of rank.
    """
    taken: list[int] = []
    stretches_of: dict[object, list[tuple[float, float]]] = {}
    for row in np.argsort(rank, kind="stable"):
        if len(taken) >= count:
            break
        own = stretches_of.setdefault(recording[row], [])
        if all(end_s[row] <= start or start_s[row] >= end for start, end in own):
            own.append((start_s[row], end_s[row]))
            taken.append(int(row))
    return taken


def stretches(
    recordings: pd.DataFrame, start: pd.Timestamp | None, end: pd.Timestamp | None, longest_s: float
) -> Iterator[Moment]:
    """Yield what recordings hold of a stretch of time, in order of deployment and time, in pieces.

    Parameters
    ----------
    recordings
        Recordings with :data:`RECORDING_COLUMNS`.
    start, end
        The stretch, the end not included; None: open.
    longest_s
        Longest piece, seconds.
    """
    some = recordings.sort_values(["deployment", "start_time", "path"])
    for recording in some.to_dict("records"):
        first = recording["start_time"]
        start_s = max(0.0, (start - first).total_seconds()) if start is not None else 0.0
        end_s = min(recording["duration_s"], (end - first).total_seconds() if end is not None else math.inf)
        if end_s <= start_s:
            continue
        cut = pieces(start_s, end_s, longest_s)
        for place, (begin_s, stop_s) in enumerate(cut):
            yield Moment(recording["path"], begin_s, stop_s, INTERVAL, (place == 0, place == len(cut) - 1))


def pieces(start_s: float, end_s: float, longest_s: float) -> list[tuple[float, float]]:
    """Return beginning and end of equal pieces of a stretch, none longer than ``longest_s``, all in seconds."""
    count = max(1, math.ceil((end_s - start_s) / longest_s - 1e-9))
    edges = [start_s + (end_s - start_s) * place / count for place in range(count)] + [end_s]
    return list(itertools.pairwise(edges))
