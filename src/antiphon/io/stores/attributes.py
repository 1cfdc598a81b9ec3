"""What a store says of itself: attributes by the CF and ACDD conventions.

References
----------
CF Metadata Conventions 1.11, https://cfconventions.org; Attribute Convention for Data Discovery 1.3,
https://wiki.esipfed.org/Attribute_Convention_for_Data_Discovery_1-3.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from antiphon import __version__
from antiphon.io.season.catalogue import Manifest
from antiphon.io.stores.spectrograms import STRUCTURED, Span
from antiphon.signal.calibration import LevelReference, level_reference
from antiphon.signal.grid import Grid
from antiphon.signal.levels import ADD_OFFSET_DB, NOT_HEARD, PROBABILITY_NOT_HEARD, PROBABILITY_SCALE, SCALE_DB

__all__ = [
    "BACKGROUND",
    "FLOOR",
    "FREQUENCY",
    "HOUR",
    "HOURLY_FRAMES",
    "HOURLY_LEVEL",
    "HOURLY_MISSING",
    "HOURLY_STEP_DB",
    "PROBABILITY",
    "RECORDING",
    "TIME",
    "as_text",
    "coverage_attributes",
    "is_place",
    "level_attributes",
    "place_attributes",
    "unit_attributes",
]

HOURLY_STEP_DB = 0.01
HOURLY_MISSING = int(np.iinfo(np.int16).min)
_PLACE = ("site", "geospatial_", "level_reference", "level_offset_db")

_SINCE_1970 = {
    "units": "microseconds since 1970-01-01T00:00:00",
    "calendar": "proleptic_gregorian",
    "units_metadata": "leap_seconds: none",
}
_COUNT = {"units": "1", "coverage_content_type": "auxiliaryInformation"}
FLOOR = {"long_name": "level code that a tenth of the unit's frames lie at or below", **_COUNT}
BACKGROUND = {"long_name": "median level code of each recording", **_COUNT}
TIME = {"standard_name": "time", "long_name": "centre of the frame", "axis": "T", **_SINCE_1970}
HOUR = {"standard_name": "time", "long_name": "start of the hour", **_SINCE_1970}
FREQUENCY = {"standard_name": "sound_frequency", "long_name": "centre of the frequency bin", "units": "Hz"}
RECORDING = {"long_name": "index into the attribute recordings"}
HOURLY_FRAMES = {"long_name": "frames of the hour that hear the bin", **_COUNT}
HOURLY_LEVEL = {
    "long_name": "level of the mean power of the hour",
    "units": "dB",
    "coverage_content_type": "physicalMeasurement",
    "comment": "dB re full scale: add the attribute level_offset_db for the store's level_reference",
    "scale_factor": HOURLY_STEP_DB,
    "_FillValue": HOURLY_MISSING,
}
PROBABILITY = {
    "long_name": "probability that the source sounds in the cell",
    "units": "1",
    "coverage_content_type": "modelResult",
    "scale_factor": 1 / PROBABILITY_SCALE,
    "_FillValue": PROBABILITY_NOT_HEARD,
    "coordinates": "recording",
}


def level_attributes(reference: LevelReference, grid: Grid) -> dict[str, Any]:
    """Return the attributes of the array ``level``: decoded, it is dB re ``reference``."""
    named = {"standard_name": reference.standard_name} if reference.standard_name else {}
    return {
        **named,
        "long_name": "sound pressure level of the cell" if named else "level of the cell",
        "units": "dB",
        "coverage_content_type": "physicalMeasurement",
        "level_reference": reference.name,
        "comment": f"dB re {reference.name}; a full-scale sine on a bin reads {reference.offset_db:g} dB; "
        f"code {NOT_HEARD} (fill value): the recorder does not hear the cell",
        "equivalent_noise_bandwidth_hz": 1.5 * grid.bin_hz,
        "scale_factor": SCALE_DB,
        "add_offset": round(ADD_OFFSET_DB + reference.offset_db, 3),
        "_FillValue": NOT_HEARD,
        "coordinates": "recording",
    }


def is_place(key: str) -> bool:
    """Return whether an attribute follows the table of deployments: it is renewed in a store that stands."""
    return key.startswith(_PLACE)


def place_attributes(batch: Manifest) -> dict[str, Any]:
    """Return what a store says of its place and its recorder."""
    reference = level_reference(batch.sensitivity_db, batch.medium)
    place: dict[str, Any] = {"site": batch.site}
    if batch.latitude is not None and batch.longitude is not None:
        place |= {
            "geospatial_bounds": f"POINT ({batch.latitude:.6g} {batch.longitude:.6g})",
            "geospatial_bounds_crs": "EPSG:4326",
            **{f"geospatial_lat_{end}": batch.latitude for end in ("min", "max")},
            **{f"geospatial_lon_{end}": batch.longitude for end in ("min", "max")},
            "geospatial_lat_units": "degrees_north",
            "geospatial_lon_units": "degrees_east",
        }
    return {**place, "level_reference": reference.name, "level_offset_db": reference.offset_db}


def unit_attributes(stage: str, version: int, deployment: str, unit: str, summary: str) -> dict[str, Any]:
    """Return what a store says of its making; no clock in it, so that the same input gives the same bytes.

    Parameters
    ----------
    stage, version
        The stage that writes it, and its version.
    deployment, unit
        Names.
    summary
        What is in it, in one or two sentences.
    """
    return {
        "title": f"antiphon {stage}: {unit}",
        "summary": summary,
        "id": f"{unit}.{stage}",
        "keywords": "EARTH SCIENCE > OCEANS > OCEAN ACOUSTICS, EARTH SCIENCE > BIOSPHERE > ECOLOGICAL DYNAMICS, "
        "passive acoustic monitoring, soundscape, spectrogram",
        "source": "sound recorded by an autonomous recorder",
        "history": f"antiphon {__version__}, stage {stage}, version {version}",
        "program": f"antiphon {__version__}",
        "processing_level": f"antiphon {stage}",
        "deployment": deployment,
        "unit": unit,
        "stage_version": version,
    }


def coverage_attributes(spans: Sequence[Span], grid: Grid) -> dict[str, Any]:
    """Return conventions, and when the first frame begins and the last ends, where there is one."""
    conventions = {
        "Conventions": "CF-1.11, ACDD-1.3",
        "standard_name_vocabulary": "CF Standard Name Table v86",
        "time_coverage_resolution": f"PT{grid.hop_s:g}S",
    }
    if not any(span.frames for span in spans):
        return conventions
    start_us = min(span.start_us for span in spans if span.frames)
    end_us = max(span.start_us + span.frames * grid.hop_us for span in spans if span.frames)
    moments = np.array([start_us, end_us], dtype="datetime64[us]").astype("datetime64[ms]")
    start, end = (f"{moment}Z" for moment in np.datetime_as_string(moments))
    seconds = round((end_us - start_us) / 1e6, 3)
    covered = {"time_coverage_start": start, "time_coverage_end": end, "time_coverage_duration": f"PT{seconds:g}S"}
    return {**conventions, **covered}


def as_text(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes with those of :data:`~antiphon.io.stores.spectrograms.STRUCTURED` as JSON text.

    Other formats know numbers and text only: with text, ``to_netcdf`` works. They are sorted by name.
    """
    return {key: json.dumps(value) if key in STRUCTURED else value for key, value in sorted(attributes.items())}
