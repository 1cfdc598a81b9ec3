"""What the tables' columns are: one explicit Arrow schema a table, each column with its meaning and unit."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

__all__ = ["SCHEMAS", "SCHEMA_VERSION", "data_dictionary"]

SCHEMA_VERSION = 5
"""Raised when a column changes its name, type or meaning."""

_TEXT, _INTEGER, _SMALL, _NUMBER = pa.string(), pa.int64(), pa.int32(), pa.float64()
_TIME = pa.timestamp("us", tz="UTC")


def _column(name: str, kind: pa.DataType, description: str, unit: str = "", *, null: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=null, metadata={"description": description, "unit": unit})


_SEASON = _column("season", _TEXT, "season, as in the settings")
_SITE = _column("site", _TEXT, "site of the deployment")
_DEPLOYMENT = _column("deployment", _TEXT, "deployment: one recorder in one place")
_MODEL = _column("model", _TEXT, "model that separated the sources")
_INTERVAL = (
    _column("interval_start", _TIME, "start of the interval, which holds this instant"),
    _column("interval_end", _TIME, "end of the interval, which does not hold this instant"),
    _column("start_local", _TEXT, "interval_start in the deployment's standard time, ISO 8601 with offset"),
    _column("utc_offset_min", pa.int16(), "standard time of the deployment minus UTC", "min"),
)
_SOURCE = (
    _column("source", _TEXT, "sound source"),
    _column("scientific_name", _TEXT, "taxon of the source; null: no taxon", null=True),
    _column("common_name", _TEXT, "name of the source for people"),
)
_KIND = _column("kind", _TEXT, "source, or class: the union of several sources (tabulate.classes)")
_REFERENCE = _column("level_reference", _TEXT, "what 0 dB is: full scale, 20 uPa (air) or 1 uPa (water)")
_RECORDINGS = (
    *(_SEASON, _SITE, _DEPLOYMENT),
    _column("unit", _TEXT, "deployment and local day that the recording belongs to; null: not analysed", null=True),
    _column("batch", _TEXT, "batch of units that one job worked on; null: not analysed", null=True),
    _column("path", _TEXT, "file, relative to the season's audio root"),
    _column("bytes", _INTEGER, "size of the file", "byte", null=True),
    _column("format", _TEXT, "container, in libsndfile's words", null=True),
    _column("subtype", _TEXT, "coding of the samples, in libsndfile's words", null=True),
    _column("rate_hz", _SMALL, "samples a second", "Hz", null=True),
    _column("channels", _SMALL, "channels in the file", null=True),
    _column("channel", _TEXT, "which channel was analysed: first, mix or a number from 1", null=True),
    _column("frames", _INTEGER, "samples of each channel, as the header promises", null=True),
    _column("duration_s", _NUMBER, "frames / rate_hz", "s", null=True),
    _column("start_time", _TIME, "time of the first sample", null=True),
    _column("start_local", _TEXT, "start_time on the wall clock of the place, ISO 8601 with offset", null=True),
    _column("utc_offset_min", pa.int16(), "that wall clock minus UTC", "min", null=True),
    _column("time_source", _TEXT, "what said the start: guano, audiomoth, filename_offset, filename …", null=True),
    _column("recorder", _TEXT, "make and model of the recorder", null=True),
    _column("serial", _TEXT, "serial number of the recorder", null=True),
    _column("gain", _TEXT, "gain of the recorder in its own words, where the file says", null=True),
    _column(
        "status", _TEXT, "ok, repaired (what is there is used), quarantined (not used) or excluded (not asked for)"
    ),
    _column("reason", _TEXT, "code of what is not ok; null: nothing", null=True),
    _column("detail", _TEXT, "the same in one line for people", null=True),
    _column("failed_at_s", _NUMBER, "second from which it could not be decoded; null: all was", "s", null=True),
    _column("content_hash", _TEXT, "hash of the decoded samples (XXH3, 128 bits)", null=True),
    _column("clipped_share", _NUMBER, "share of the samples at or beyond the clipping level", "1", null=True),
    _column("dc", _NUMBER, "mean of the samples, full scale 1", "1", null=True),
    _column("peak", _NUMBER, "largest magnitude of the samples, full scale 1", "1", null=True),
    _column("analysed_frames", _INTEGER, "frames of its spectrogram", null=True),
)
_EFFORT = (
    *(_SEASON, _SITE, _DEPLOYMENT, *_INTERVAL),
    _column("scheduled_s", _NUMBER, "recorded, or due by the recorder's schedule: analysed_s and all losses", "s"),
    _column("analysed_s", _NUMBER, "frames centred in the interval x hop", "s"),
    _column("lost_gap_s", _NUMBER, "due by the schedule, not recorded; null: no schedule is seen", "s", null=True),
    _column("lost_quarantine_s", _NUMBER, "promised by headers but not readable", "s"),
    _column("lost_clipping_s", _NUMBER, "left out because of clipping", "s"),
    _column("lost_edge_s", _NUMBER, "before a recording's first and after its last hop", "s"),
    _column("heard_low_hz", _NUMBER, "lowest frequency heard; null: nothing was analysed", "Hz", null=True),
    _column("heard_high_hz", _NUMBER, "highest frequency that every analysed recording hears", "Hz", null=True),
)
_OCCUPANCY = (
    *(_SEASON, _SITE, _DEPLOYMENT, _MODEL, *_SOURCE, _KIND, *_INTERVAL),
    _column("effort_s", _NUMBER, "analysed frames that hear any of the band x hop", "s"),
    _column("effort_cells", _INTEGER, "cells heard in the band tabulate.band_low_hz to band_high_hz"),
    _column("active_s", _NUMBER, "frames with an active cell in the band x hop", "s", null=True),
    _column("active_cells", _INTEGER, "active cells in the band", null=True),
    _column("time_occupancy", _NUMBER, "active_s / effort_s", "1", null=True),
    _column("tf_occupancy", _NUMBER, "active_cells / effort_cells: acoustic occupancy", "1", null=True),
    _column("tf_occupancy_corrected", _NUMBER, "tf_occupancy without the model's known errors", "1", null=True),
    _column("tf_occupancy_low", _NUMBER, "lower end of its 95 % interval for one row", "1", null=True),
    _column("tf_occupancy_high", _NUMBER, "upper end of its 95 % interval for one row", "1", null=True),
    _column("n_events", _INTEGER, "rows of the table events whose first frame is centred in the interval", null=True),
    _column("energy_share", _NUMBER, "power in active cells / power in all heard cells of the band", "1", null=True),
    _column("level_db", _NUMBER, "mean power of the active cells, re level_reference; null: none", "dB", null=True),
    _REFERENCE,
    _column("snr_db", _NUMBER, "that power over the median level of the same bins and recordings", "dB", null=True),
)
_EVENTS = (
    *(_SEASON, _SITE, _DEPLOYMENT, _MODEL, *_SOURCE),
    _column("path", _TEXT, "recording that it starts in, as in the table recordings"),
    _column("start_time", _TIME, "start of its first frame"),
    _column("start_local", _TEXT, "start_time in the deployment's standard time, ISO 8601 with offset"),
    _column("utc_offset_min", pa.int16(), "standard time of the deployment minus UTC", "min"),
    _column("start_s", _NUMBER, "start_time in that recording", "s"),
    _column("end_s", _NUMBER, "end of its last frame, in that recording; beyond its end if sound runs on", "s"),
    _column("freq_low_hz", _NUMBER, "lower edge of its lowest cell", "Hz"),
    _column("freq_high_hz", _NUMBER, "upper edge of its highest cell", "Hz"),
    _column("freq_peak_hz", _NUMBER, "centre of its loudest cell", "Hz"),
    _column("cells", _INTEGER, "its cells, each at or above the low threshold"),
    _column("level_db", _NUMBER, "mean power of its cells, re level_reference; null: none", "dB", null=True),
    _REFERENCE,
    _column("snr_db", _NUMBER, "that power over the median level of the same bins and recordings", "dB", null=True),
    _column("score", _NUMBER, "mean probability of its cells; null: infer.keep was none", "1", null=True),
)
_FREQUENCY = (
    *(_SEASON, _SITE, _DEPLOYMENT, _MODEL, *_SOURCE, _KIND, *_INTERVAL),
    _column("freq_low_hz", _NUMBER, "lower edge of the band: it has the bins centred in [low, high)", "Hz"),
    _column("freq_high_hz", _NUMBER, "upper edge of the band", "Hz"),
    _column("effort_s", _NUMBER, "analysed frames that hear any of the band x hop", "s"),
    _column("effort_cells", _INTEGER, "cells heard in the band"),
    _column("active_s", _NUMBER, "frames with an active cell in the band x hop", "s", null=True),
    _column("active_cells", _INTEGER, "active cells in the band", null=True),
    _column("active_fraction", _NUMBER, "active_cells / effort_cells", "1", null=True),
    _column("energy_share", _NUMBER, "power in active cells / power in all heard cells of the band", "1", null=True),
)
_OVERLAP = (
    *(_SEASON, _SITE, _DEPLOYMENT, _MODEL),
    _column("source", _TEXT, "sound source"),
    _column("by_source", _TEXT, "another one"),
    *_INTERVAL,
    _column("effort_cells", _INTEGER, "cells heard in the band tabulate.band_low_hz to band_high_hz"),
    _column("both_cells", _INTEGER, "cells in which both are active", null=True),
    _column("source_cells", _INTEGER, "cells in which source is active", null=True),
    _column("masked_share", _NUMBER, "both_cells / source_cells; null: source is not active", "1", null=True),
    _column("jaccard", _NUMBER, "both_cells / cells in which one of them is active", "1", null=True),
)
_INDICES = (
    *(_SEASON, _SITE, _DEPLOYMENT, _MODEL),
    _column("without_source", _TEXT, "source that is taken out; null: none, the whole soundscape", null=True),
    *_INTERVAL,
    _column("effort_s", _NUMBER, "analysed frames x hop", "s"),
    _column("aci", _NUMBER, "acoustic complexity index", "1", null=True),
    _column("ndsi", _NUMBER, "normalised difference soundscape index: 1 to 11 kHz against 0 to 2 kHz", "1", null=True),
    _column("bi", _NUMBER, "bioacoustic index, 2 to 15 kHz", "dB/Hz", null=True),
    _column("adi", _NUMBER, "acoustic diversity index", "1", null=True),
    _column("aei", _NUMBER, "acoustic evenness index", "1", null=True),
)
_DETECTION_HISTORY = (
    *(_SEASON, _SITE, _MODEL, *_SOURCE, _KIND),
    _column("occasion", _INTEGER, "number of the occasion, from 1, the same at all sites"),
    _column("occasion_start", _TEXT, "first local day of the occasion, YYYY-MM-DD"),
    _column("occasion_days", _INTEGER, "length of the occasion", "day"),
    _column("effort_s", _NUMBER, "analysed seconds of all the site's deployments", "s"),
    _column("active_s", _NUMBER, "active seconds of them; null: nothing was analysed", "s", null=True),
    _column("detected", _SMALL, "1: min_active_s is reached; 0: not; null: less effort than min_effort_s", null=True),
    _column("n_events", _INTEGER, "events that begin in it; null: nothing was analysed, or a class", null=True),
    _column("max_score", _NUMBER, "highest score of an event that begins in it; null: none", "1", null=True),
)
_DIEL = (
    *(_SEASON, _SITE, _MODEL, *_SOURCE, _KIND),
    _column("week_start", _TEXT, "Monday of the local week, YYYY-MM-DD"),
    _column("hour", _SMALL, "hour of the local standard day that the intervals start in, 0 to 23", "h"),
    _column("effort_s", _NUMBER, "analysed seconds of all the site's deployments", "s"),
    _column("active_s", _NUMBER, "active seconds of them; null: nothing was analysed", "s", null=True),
    _column("n_events", _INTEGER, "events that begin in these hours", null=True),
    _column("time_occupancy", _NUMBER, "active_s / effort_s", "1", null=True),
    _column("tf_occupancy", _NUMBER, "active cells / heard cells", "1", null=True),
)
_SITE_ORDER = (
    *(_SEASON, _SITE, _MODEL),
    _column("axis_1", _NUMBER, "first principal coordinate of the sites' profiles; rows are in its order", "1"),
    _column("axis_2", _NUMBER, "second principal coordinate", "1"),
    _column("explained_share", _NUMBER, "share of the variation that the two explain", "1", null=True),
)
_LTSA = (
    *(_SEASON, _SITE, _DEPLOYMENT, *_INTERVAL),
    _column("freq_low_hz", _NUMBER, "lower edge of the bin", "Hz"),
    _column("freq_high_hz", _NUMBER, "upper edge of the bin", "Hz"),
    _column("effort_s", _NUMBER, "analysed frames that hear the bin x hop", "s"),
    _column("level_db", _NUMBER, "mean power of these frames, re level_reference; null: none", "dB", null=True),
    _REFERENCE,
)

SCHEMAS: dict[str, pa.Schema] = {
    "recordings": pa.schema(_RECORDINGS),
    "effort": pa.schema(_EFFORT),
    "ltsa": pa.schema(_LTSA),
    "events": pa.schema(_EVENTS),
    "occupancy": pa.schema(_OCCUPANCY),
    "frequency": pa.schema(_FREQUENCY),
    "overlap": pa.schema(_OVERLAP),
    "indices": pa.schema(_INDICES),
    "detection_history": pa.schema(_DETECTION_HISTORY),
    "diel": pa.schema(_DIEL),
    "site_order": pa.schema(_SITE_ORDER),
}
"""The schema of each table by name; a column's description and unit are its metadata."""

_ROWS = {
    "recordings": ("a file that was found, good or bad", ["deployment", "path"]),
    "effort": ("an interval of a deployment", ["deployment", "interval_start"]),
    "ltsa": ("an hour and a bin of the spectrogram", ["deployment", "interval_start", "freq_low_hz"]),
    "events": (
        "an event: connected cells of one source",
        ["deployment", "model", "source", "start_time", "freq_low_hz", "freq_high_hz", "end_s", "cells"],
    ),
    "occupancy": ("an interval and a source", ["deployment", "model", "interval_start", "source"]),
    "frequency": (
        "an interval, a source and a band",
        ["deployment", "model", "interval_start", "source", "freq_low_hz"],
    ),
    "overlap": (
        "an interval and an ordered pair of sources",
        ["deployment", "model", "interval_start", "source", "by_source"],
    ),
    "indices": (
        "an interval, and the whole soundscape or it without a source",
        ["deployment", "model", "interval_start", "without_source"],
    ),
    "detection_history": ("a site, a source and an occasion", ["site", "model", "source", "occasion"]),
    "diel": ("a site, a source, a week and an hour of the day", ["site", "model", "source", "week_start", "hour"]),
    "site_order": ("a site", ["site", "model"]),
}
_KINDS = {"string": "string", "int64": "integer", "int32": "integer", "int16": "integer", "double": "number"}


def data_dictionary() -> dict[str, Any]:
    """Return the meaning of every column as a Frictionless data package: the content of ``datapackage.json``."""
    resources = [
        {
            "name": name,
            "path": f"{name}/",
            "format": "parquet",
            "description": f"A row is {_ROWS[name][0]}. Read the folder.",
            "schema": {"fields": [_entry(field) for field in schema], "primaryKey": _ROWS[name][1]},
        }
        for name, schema in SCHEMAS.items()
    ]
    return {"name": "antiphon-tables", "version": str(SCHEMA_VERSION), "resources": resources}


def _entry(field: pa.Field) -> dict[str, Any]:
    """Return one column in Frictionless' words."""
    entry: dict[str, Any] = {
        "name": field.name,
        "type": _KINDS.get(str(field.type), "datetime"),
        "description": field.metadata[b"description"].decode(),
        "constraints": {"required": not field.nullable},
    }
    if field.metadata[b"unit"]:
        entry["unit"] = field.metadata[b"unit"].decode()
    return entry
