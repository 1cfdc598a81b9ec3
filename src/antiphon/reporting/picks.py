"""Which events a person is shown: the surest, the least sure, and some drawn at random."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xxhash

__all__ = ["COLUMNS", "KINDS", "Pick", "picked"]

KINDS = ("random", "sure", "unsure")
"""Why an event is shown. Only those drawn at random say how often the model is right."""
_BOX = ("start_s", "end_s", "freq_low_hz", "freq_high_hz")
COLUMNS = ("site", "source", "path", "start_local", *_BOX, "snr_db", "score")
"""Columns of the table events that are read here."""

Tables = Iterable[tuple[str, pd.DataFrame]]
"""The deployments' tables of events one after the other, each with the deployment's name."""


@dataclass(frozen=True, order=True)
class Pick:
    """An event that is shown.

    Attributes
    ----------
    source, kind
        Its source, and one of :data:`KINDS`.
    deployment, site, path
        Where it was recorded, and the recording relative to the season's audio root.
    start_local
        Local standard time of its start, ISO 8601.
    start_s, end_s, freq_low_hz, freq_high_hz
        Its box, seconds of the recording and hertz.
    score, snr_db
        As in the table events; None where that has none.
    """

    source: str
    kind: str
    deployment: str
    site: str
    path: str
    start_local: str
    start_s: float
    end_s: float
    freq_low_hz: float
    freq_high_hz: float
    score: float | None
    snr_db: float | None


def picked(tables: Tables, sources: Sequence[str], count: int, seed: int) -> list[Pick]:
    """Return the events that are shown, ``count`` at most of each source and kind, no event twice.

    Parameters
    ----------
    tables
        Tables of events with :data:`COLUMNS`.
    sources
        Sources in the model's order.
    count
        How many of each source and kind.
    seed
        Draws other events at random.

    Returns
    -------
    By source, then by kind as in :data:`KINDS`. Random ones are those whose names have the lowest hashes, so each event
    is as likely as any other, and new recordings only add to the draw. Of sure and unsure ones a recording gives one at
    most.
    """
    drawn = {source: _Drawn(count) for source in sources}
    for deployment, table in tables:
        for source, events in table.groupby("source", observed=True):
            if (name := str(source)) in drawn:
                drawn[name].look_at(deployment, name, events, seed)
    return [pick for source in sources for pick in drawn[source].picks()]


class _Drawn:
    """The events of one source that lead so far."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.found: dict[str, list[tuple[float, int, Pick]]] = {kind: [] for kind in KINDS}

    def look_at(self, deployment: str, source: str, events: pd.DataFrame, seed: int) -> None:
        """Let the events of one table compete."""
        named = events.assign(_hash=_hashes(events, f"{seed} {deployment}"))
        # Twice as many lead as are shown, for the others' sake: no event is shown twice.
        self._keep("random", deployment, source, named.assign(_rank=0.0), self.count)
        scored = named[named["score"].notna()]
        for kind, sign in (("sure", -1.0), ("unsure", 1.0)):
            ranked = scored.assign(_rank=sign * scored["score"]).sort_values(["_rank", "_hash"])
            self._keep(kind, deployment, source, ranked.drop_duplicates("path"), 3 * self.count)

    def _keep(self, kind: str, deployment: str, source: str, events: pd.DataFrame, count: int) -> None:
        best = events.sort_values(["_rank", "_hash"]).head(count).to_dict("records")
        rows = [(float(row["_rank"]), int(row["_hash"]), _pick(source, kind, deployment, row)) for row in best]
        self.found[kind] = sorted([*self.found[kind], *rows])[:count]

    def picks(self) -> list[Pick]:
        """Return what leads in the end."""
        shown: set[int] = set()
        picks = []
        for kind in KINDS:
            free = [one for one in self.found[kind] if one[1] not in shown][: self.count]
            shown |= {name for _, name, _ in free}
            picks += [pick for _, _, pick in free]
        return picks


def _hashes(events: pd.DataFrame, salt: str) -> np.ndarray:
    """Return a number for each event that follows from its recording and the corner of its box alone, uint64."""
    codes, paths = pd.factorize(events["path"])
    of_path = np.array([xxhash.xxh64_intdigest(f"{salt} {path}".encode()) for path in paths], dtype=np.uint64)
    mixed = of_path[codes]
    for column, step in (("start_s", 1e-4), ("freq_low_hz", 0.1)):
        mixed = _mixed(mixed ^ np.round(events[column].to_numpy(float) / step).astype(np.int64).view(np.uint64))
    return mixed


def _mixed(values: np.ndarray) -> np.ndarray:
    """Scatter 64-bit numbers evenly: the finaliser of SplitMix64 (Steele, Lea & Flood 2014, OOPSLA)."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(values ^ (values >> np.uint64(31)))


def _pick(source: str, kind: str, deployment: str, row: Mapping[Any, Any]) -> Pick:
    start_s, end_s, low_hz, high_hz = (float(row[name]) for name in _BOX)
    score, snr_db = (None if pd.isna(row[name]) else float(row[name]) for name in ("score", "snr_db"))
    site, path, start_local = (str(row[name]) for name in ("site", "path", "start_local"))
    return Pick(
        source, kind, deployment, site, path, start_local, start_s, end_s, low_hz, high_hz, score=score, snr_db=snr_db
    )
