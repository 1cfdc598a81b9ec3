"""A data package in the shape of Camtrap DP 1.0 (camtrap-dp.tdwg.org), the format of camera traps: experimental.

The standard knows no sound: a deployment of a recorder stands for one of a camera, a recording for an image, and the
band of an event goes into its tags. No profile is claimed, so that nobody takes it for a valid Camtrap DP.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from antiphon.exports.findings import Deployment, Event, Recording
from antiphon.exports.lists import csv_text

__all__ = ["camtrap_package"]

_MEDIA_TYPES = {
    "WAV": "audio/wav",
    "WAVEX": "audio/wav",
    "RF64": "audio/wav",
    "FLAC": "audio/flac",
    "MP3": "audio/mpeg",
}
_TIME = {"type": "datetime", "format": "%Y-%m-%dT%H:%M:%S%z"}
_DEPLOYMENTS: Mapping[str, Mapping[str, Any]] = {
    "deploymentID": {"type": "string", "required": True},
    "locationName": {"type": "string"},
    "latitude": {"type": "number"},
    "longitude": {"type": "number"},
    "deploymentStart": {**_TIME, "required": True},
    "deploymentEnd": {**_TIME, "required": True},
    "cameraID": {"type": "string"},
    "cameraModel": {"type": "string"},
}
_MEDIA: Mapping[str, Mapping[str, Any]] = {
    "mediaID": {"type": "string", "required": True},
    "deploymentID": {"type": "string", "required": True},
    "captureMethod": {"type": "string"},
    "timestamp": {**_TIME, "required": True},
    "filePath": {"type": "string", "required": True},
    "filePublic": {"type": "boolean", "required": True},
    "fileName": {"type": "string"},
    "fileMediatype": {"type": "string", "required": True},
}
_OBSERVATIONS: Mapping[str, Mapping[str, Any]] = {
    "observationID": {"type": "string", "required": True},
    "deploymentID": {"type": "string", "required": True},
    "mediaID": {"type": "string"},
    "eventStart": {**_TIME, "required": True},
    "eventEnd": {**_TIME, "required": True},
    "observationLevel": {"type": "string", "required": True},
    "observationType": {"type": "string", "required": True},
    "scientificName": {"type": "string"},
    "classificationMethod": {"type": "string"},
    "classifiedBy": {"type": "string"},
    "classificationProbability": {"type": "number"},
    "observationTags": {"type": "string"},
}
_KEYS = {"deployments": "deploymentID", "media": "mediaID", "observations": "observationID"}
_FIELDS = {"deployments": _DEPLOYMENTS, "media": _MEDIA, "observations": _OBSERVATIONS}


def camtrap_package(deployments: Iterable[Deployment], season: str, model: str) -> dict[str, Any]:
    """Return the files of the package by name: three tables as text, and ``datapackage.json`` as a mapping.

    Parameters
    ----------
    deployments
        What was found; deployments without a recording are left out.
    season, model
        Names.
    """
    rows: dict[str, list[list[str]]] = {name: [] for name in _FIELDS}
    for deployment in deployments:
        if not deployment.recordings:
            continue
        rows["deployments"].append(_deployment(deployment))
        for recording in deployment.recordings:
            rows["media"].append(_media(deployment.name, recording))
            rows["observations"] += _observations(deployment.name, recording, model)
    tables = {f"{name}.csv": csv_text(tuple(fields), rows[name]) for name, fields in _FIELDS.items()}
    return {**tables, "datapackage.json": _package(season, model)}


def _deployment(deployment: Deployment) -> list[str]:
    first, last = deployment.recordings[0], deployment.recordings[-1]
    place = ["" if value is None else f"{value:.6f}" for value in (deployment.latitude, deployment.longitude)]
    ends = [_at(first, 0.0), _at(last, last.duration_s)]
    return [deployment.name, deployment.site, *place, *ends, deployment.serial or "", deployment.recorder or ""]


def _media(deployment: str, recording: Recording) -> list[str]:
    name = PurePosixPath(recording.path).name
    kind = _MEDIA_TYPES.get(recording.format, f"audio/{recording.format.lower()}")
    when = _at(recording, 0.0)
    return [recording.path, deployment, "timeLapse", when, recording.path, "false", name, kind]


def _observations(deployment: str, recording: Recording, model: str) -> list[list[str]]:
    """Return one row an event, or the one that says that nothing was found."""
    if not recording.events:
        ends = [_at(recording, 0.0), _at(recording, recording.duration_s)]
        return [
            [f"{recording.path}#0", deployment, recording.path, *ends, "media", "blank", "", "machine", model, "", ""]
        ]
    return [
        [
            *(f"{recording.path}#{number}", deployment, recording.path),
            *(_at(recording, event.start_s), _at(recording, event.end_s), "media"),
            *("animal" if event.scientific_name else "unknown", event.scientific_name or "", "machine", model),
            *("" if event.score is None else f"{event.score:.4f}", _tags(event)),
        ]
        for number, event in enumerate(recording.events, start=1)
    ]


def _tags(event: Event) -> str:
    band = f"frequencyLow:{event.freq_low_hz:.0f} | frequencyHigh:{event.freq_high_hz:.0f}"
    return f"source:{event.source} | {band} | start:{event.start_s:.3f} | end:{event.end_s:.3f}"


def _at(recording: Recording, second: float) -> str:
    """Return a second of a recording as local time with offset, to the whole second that the standard asks for."""
    return (datetime.fromisoformat(recording.start_local) + timedelta(seconds=second)).isoformat(timespec="seconds")


def _package(season: str, model: str) -> dict[str, Any]:
    return {
        "name": f"{season}-{model}".lower().replace("_", "-"),
        "description": "EXPERIMENTAL: events that antiphon found in sound, in the shape of Camtrap DP 1.0",
        "resources": [
            {
                "name": name,
                "path": f"{name}.csv",
                "profile": "tabular-data-resource",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": _schema(name, fields),
            }
            for name, fields in _FIELDS.items()
        ],
    }


def _schema(name: str, fields: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    described = []
    for field, about in fields.items():
        known = {key: value for key, value in about.items() if key != "required"}
        described.append({"name": field, **known, "constraints": {"required": about.get("required", False)}})
    keys: Sequence[str] = [key for other, key in _KEYS.items() if other != name and key in fields]
    foreign = [
        {"fields": key, "reference": {"resource": next(n for n, k in _KEYS.items() if k == key), "fields": key}}
        for key in keys
    ]
    return {"fields": described, "primaryKey": _KEYS[name], "foreignKeys": foreign, "missingValues": [""]}
