"""What an export is made from: every recording that was analysed, with the events that begin in it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from antiphon.errors import AntiphonError
from antiphon.io.season.catalogue import read_set_aside
from antiphon.io.tables import read_table, table_path

__all__ = ["Deployment", "Event", "Recording", "read_findings"]

_RECORDING = ("path", "start_local", "duration_s", "format", "recorder", "serial", "unit", "channel")
_EVENT = (
    *("path", "source", "scientific_name", "common_name", "start_s", "end_s"),
    *("freq_low_hz", "freq_high_hz", "snr_db", "score"),
)


@dataclass(frozen=True)
class Event:
    """An event, within one recording.

    Attributes
    ----------
    source, scientific_name, common_name
        What sounds; None where a source is no taxon.
    start_s, end_s
        Seconds of its recording; an event that runs on into the next recording ends with this one.
    freq_low_hz, freq_high_hz
        Its band.
    snr_db, score
        As in the table events; None where it has none.
    """

    source: str
    scientific_name: str | None
    common_name: str
    start_s: float
    end_s: float
    freq_low_hz: float
    freq_high_hz: float
    snr_db: float | None
    score: float | None


@dataclass(frozen=True)
class Recording:
    """A recording that was analysed.

    Attributes
    ----------
    path
        Relative to the season's audio root, with forward slashes.
    start_local
        Its start on the wall clock of the place, ISO 8601 with offset.
    duration_s
        Its length.
    format
        Container in libsndfile's words.
    channel
        Number of the channel that was analysed, from 1.
    events
        What begins in it, in order of time; empty: nothing was found.
    """

    path: str
    start_local: str
    duration_s: float
    format: str
    channel: int
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Deployment:
    """A deployment.

    Attributes
    ----------
    name, site
        Names.
    latitude, longitude
        WGS 84, degrees; None where the table of deployments does not say.
    recorder, serial
        As the first of its recordings that says so.
    recordings
        What was analysed, in order of time.
    """

    name: str
    site: str
    latitude: float | None
    longitude: float | None
    recorder: str | None
    serial: str | None
    recordings: tuple[Recording, ...]


def read_findings(season: Path, model: str, least_score: float) -> Iterator[Deployment]:
    """Yield the deployments of a season with what a model found in each recording.

    Parameters
    ----------
    season
        Folder of the season, ``results/<season>``.
    model
        Name of the model.
    least_score
        Events of a lower score are left out; those without one are kept.

    Raises
    ------
    AntiphonError
        If there are no tables, or none of this model.
    """
    tables = season / "tables"
    names = sorted(path.stem for path in (tables / "recordings").glob("*.parquet"))
    if not names:
        raise AntiphonError(f"{tables}: no tables of a season here; give its folder, results/<season>")
    for name in names:
        rows = read_table(table_path(tables, "recordings", name), "recordings", _RECORDING).to_pylist()
        analysed = sorted((row for row in rows if row["unit"]), key=lambda row: (row["start_local"], row["path"]))
        durations = {row["path"]: row["duration_s"] for row in analysed}
        events: dict[str, list[Event]] = {path: [] for path in durations}
        for row in read_table(table_path(tables, "events", name, model), "events", _EVENT).to_pylist():
            path, score = row.pop("path"), row["score"]
            row["end_s"] = min(row["end_s"], durations[path])
            if (score is None or score >= least_score) and row["end_s"] > row["start_s"]:
                events[path].append(Event(**row))
        place = read_set_aside(season / "catalogue" / "set_aside" / f"{name}.json")
        yield Deployment(
            name,
            place.site,
            place.latitude,
            place.longitude,
            next((row["recorder"] for row in analysed if row["recorder"]), None),
            next((row["serial"] for row in analysed if row["serial"]), None),
            tuple(_recording(row, events[row["path"]]) for row in analysed),
        )


def _recording(row: dict[str, object], events: list[Event]) -> Recording:
    channel = str(row["channel"])
    return Recording(
        path=str(row["path"]),
        start_local=str(row["start_local"]),
        duration_s=float(str(row["duration_s"] or math.nan)),
        format=str(row["format"]),
        channel=int(channel) if channel.isdigit() else 1,
        events=tuple(sorted(events, key=lambda event: (event.start_s, event.freq_low_hz, event.source))),
    )
