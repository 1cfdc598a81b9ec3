"""The catalogue of a season: every file found, one manifest per batch, and what was set aside.

``batches.json`` lists batches and counts; ``manifests/<batch>.json`` holds the recordings that a batch analyses;
``set_aside/<deployment>.json`` those that are not analysed, each with its reason; ``recordings.parquet`` has them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from antiphon.errors import AntiphonError
from antiphon.io.whole import read_json

__all__ = ["Batch", "Manifest", "RecordingRow", "SetAside", "read_batches", "read_manifest", "read_set_aside"]


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """One recording that is analysed, as its header has it.

    Attributes
    ----------
    path
        Path relative to the audio root, with forward slashes.
    bytes
        Size of the file.
    format, subtype
        Container and coding in libsndfile's words.
    rate_hz, channels, frames
        Samples a second, channels, samples in each channel.
    channel
        Which channel is analysed: ``first``, ``mix`` or a number from 1.
    start_us
        Time of the first sample, microseconds UTC.
    utc_offset_min
        Offset of the zone's wall clock at the start, minutes.
    start_local
        Start in the zone's wall clock, ISO 8601 with offset.
    time_source
        Which source said the start: ``guano``, ``audiomoth``, ``wamd``, …, ``filename_offset`` or ``filename``.
    recorder, serial
        Make and serial number as the file says, else as the table of deployments says.
    status
        ``ok`` or ``repaired``.
    reason
        Code of ``io/sound/reasons.py``; None where there is nothing to say.
    detail
        One line for people.
    gain
        Gain of the recorder in its own words, where the file says.
    """

    path: str
    bytes: int
    format: str
    subtype: str
    rate_hz: int
    channels: int
    frames: int
    channel: str
    start_us: int
    utc_offset_min: int
    start_local: str
    time_source: str
    recorder: str | None
    serial: str | None
    status: str
    reason: str | None
    detail: str | None
    gain: str | None = None

    def identity(self) -> list[Any]:
        """Return what decides the recording's samples, their time and their verdict, for fingerprints."""
        sound = [self.format, self.subtype, self.rate_hz, self.channels, self.frames, self.channel]
        return [self.path, self.bytes, *sound, self.start_us, self.status, self.reason, self.detail]


@dataclass(frozen=True)
class Manifest:
    """What one batch analyses.

    Attributes
    ----------
    batch, deployment, site
        Names.
    latitude, longitude
        WGS 84, degrees; None where the table of deployments does not say.
    utc_offset_min
        Offset of the deployment's standard time from UTC, minutes: unit days begin at its midnight.
    sensitivity_db
        Level that 1 Pa rms reads, dB re full scale; None: not calibrated.
    medium
        What the recorder listens to, ``air`` or ``water``: which sound pressure calibrated levels are relative to.
    units
        Recordings of each unit, sorted by start and path; units in order of their names.
    """

    batch: str
    deployment: str
    site: str
    latitude: float | None
    longitude: float | None
    utc_offset_min: int
    sensitivity_db: float | None
    medium: str
    units: dict[str, tuple[RecordingRow, ...]]


@dataclass(frozen=True)
class SetAside:
    """What of one deployment is not analysed.

    Attributes
    ----------
    deployment, site
        Names.
    latitude, longitude, utc_offset_min, sensitivity_db, medium
        As in :class:`Manifest`; ``utc_offset_min`` is that of the year of the first known start (of 2001 if none is).
    rows
        Recordings that are quarantined or excluded, sorted by path: the fields of :class:`RecordingRow`, None where
        a header or a name did not say, and status ``quarantined`` or ``excluded``.
    """

    deployment: str
    site: str
    latitude: float | None
    longitude: float | None
    utc_offset_min: int
    sensitivity_db: float | None
    medium: str
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Batch:
    """One batch of ``batches.json``.

    Attributes
    ----------
    deployment
        Name of its deployment.
    units
        Names of its units, in order.
    hours
        Hours of sound in it.
    """

    deployment: str
    units: tuple[str, ...]
    hours: float


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Raises
    ------
    AntiphonError
        If the file is missing or no manifest.
    """
    values = _mapping(path, "a manifest")
    try:
        units = {name: _rows(rows) for name, rows in values.pop("units").items()}
        return Manifest(**values, units=units)
    except (AttributeError, KeyError, TypeError) as error:
        raise AntiphonError(f"{path}: not a manifest ({error}); run `snakemake -R ingest`") from None


def read_set_aside(path: Path) -> SetAside:
    """Read what of a deployment is not analysed; errors as :func:`read_manifest`."""
    values = _mapping(path, "a list of recordings set aside")
    try:
        return SetAside(**{**values, "rows": tuple(values["rows"])})
    except (KeyError, TypeError) as error:
        raise AntiphonError(
            f"{path}: not a list of set-aside recordings ({error}); run `snakemake -R ingest`"
        ) from None


def read_batches(path: Path) -> dict[str, Batch]:
    """Read the batches of ``batches.json`` by name; errors as :func:`read_manifest`."""
    values = _mapping(path, "a list of batches")
    try:
        return {
            name: Batch(entry["deployment"], tuple(entry["units"]), float(entry["hours"]))
            for name, entry in values["batches"].items()
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise AntiphonError(f"{path}: not a list of batches ({error}); run `snakemake -R ingest`") from None


def _mapping(path: Path, what: str) -> dict[str, Any]:
    values = read_json(path)
    if not isinstance(values, Mapping):
        raise AntiphonError(f"{path}: not {what}; run `snakemake -R ingest`")
    return dict(values)


def _rows(rows: list[dict[str, Any]]) -> tuple[RecordingRow, ...]:
    return tuple(RecordingRow(**row) for row in rows)
