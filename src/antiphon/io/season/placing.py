"""Where recordings belong: their unit and batch, or why they are set aside. Whole columns at a time, no disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from antiphon.io.season.clock import DAY_US, standard_offset_min
from antiphon.io.season.deployments import Deployment
from antiphon.io.season.headers import IGNORED
from antiphon.io.season.setups import first_of_setups
from antiphon.io.sound.reasons import MEANINGS, Reason

__all__ = ["RECORDINGS", "Calendar", "channels_of", "place", "standard_days"]

RECORDINGS = pa.schema(
    [
        pa.field("deployment", pa.string(), nullable=False),
        pa.field("site", pa.string(), nullable=False),
        pa.field("unit", pa.string()),
        pa.field("batch", pa.string()),
        pa.field("path", pa.string(), nullable=False),
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("format", pa.string()),
        pa.field("subtype", pa.string()),
        pa.field("rate_hz", pa.int64()),
        pa.field("channels", pa.int32()),
        pa.field("frames", pa.int64()),
        pa.field("channel", pa.string(), nullable=False),
        pa.field("start", pa.timestamp("us", tz="UTC")),
        pa.field("utc_offset_min", pa.int32()),
        pa.field("start_local", pa.string()),
        pa.field("time_source", pa.string()),
        pa.field("recorder", pa.string()),
        pa.field("serial", pa.string()),
        pa.field("status", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
        pa.field("detail", pa.string()),
        pa.field("gain", pa.string()),
    ]
)
_MINUTE_US = 60_000_000
# Recorders restart a little early or late; more than this inside an earlier recording is no jitter.
_JITTER_US = 1_000_000
_NO_DAY = -1_000_000  # far before any recording


@dataclass(frozen=True)
class Calendar:
    """Which days are analysed, and how they are bundled.

    Attributes
    ----------
    first_day, last_day
        First and last standard day of the season; None: no bound.
    batch_days
        Days in the window of a batch; windows are counted from 1 January of each year.
    """

    first_day: date | None
    last_day: date | None
    batch_days: int


def channels_of(headers: pa.Table, deployment: Deployment) -> list[tuple[str, str]]:
    """Return the names under which a deployment is analysed, each with its channel.

    A deployment with ``channel`` each is as many deployments as its recordings have channels, named ``A1-ch1`` …: its
    channels sound at the same time, so they cannot share a unit.
    """
    if deployment.channel != "each":
        return [(deployment.deployment, deployment.channel)]
    most = pc.max(headers["channels"]).as_py() or 1
    return [(f"{deployment.deployment}-ch{number}", str(number)) for number in range(1, most + 1)]


def place(headers: pa.Table, deployment: Deployment, name: str, channel: str, calendar: Calendar) -> pa.Table:
    """Say of each recording of one deployment where it belongs or why it is set aside.

    Excluded are recordings outside the deployment's or the season's time, and recordings that start more than 1 s
    before an earlier one ends, because that time would count twice. Up to 1 s is a recorder's jitter and stays.

    Parameters
    ----------
    headers
        Table of the schema :data:`~antiphon.io.season.headers.KEPT`.
    deployment
        The deployment.
    name, channel
        Name under which it is analysed, and the channel, see :func:`channels_of`.
    calendar
        Which days are analysed, and how they are bundled.

    Returns
    -------
    Table of the schema :data:`RECORDINGS`, sorted by start and path, unknown starts last.
    """
    table = headers.filter(pc.not_equal(headers["status"], IGNORED)).combine_chunks()
    table = table.sort_by([("start_us", "ascending"), ("path", "ascending")])
    verdicts = _Verdicts(table)
    start_us = pc.fill_null(table["start_us"], 0).to_numpy()
    _judge_headers(verdicts, table, channel)
    _judge_deployment(verdicts, start_us, deployment)
    days = standard_days(np.where(verdicts.usable, start_us, 0), deployment.zone)
    _judge_season(verdicts, days, calendar)
    _judge_overlaps(verdicts, table, start_us)
    _note_setups(verdicts, table)
    units, batches = _units(name, np.where(verdicts.usable, days, _NO_DAY), calendar.batch_days)
    placed = {
        **{column: table[column] for column in RECORDINGS.names if column in table.schema.names},
        "deployment": _repeated(name, len(table)),
        "site": _repeated(deployment.site, len(table)),
        "unit": units,
        "batch": batches,
        "channel": _repeated(channel, len(table)),
        "start": table["start_us"].cast(pa.timestamp("us", tz="UTC")),
        "recorder": pc.coalesce(table["recorder"], pa.scalar(deployment.recorder, pa.string())),
        "status": verdicts.status,
        "reason": verdicts.reason,
        "detail": verdicts.detail,
    }
    return pa.table([placed[column] for column in RECORDINGS.names], schema=RECORDINGS)


def standard_days(times_us: np.ndarray, zone: tzinfo) -> np.ndarray:
    """Return the standard days in which instants lie.

    Parameters
    ----------
    times_us
        Microseconds since 1970-01-01 UTC, shape (n,), int64, in the years 2 to 9998.
    zone
        The zone.

    Returns
    -------
    Days since 1970-01-01, shape (n,), int64.
    """
    utc_years = times_us.astype("datetime64[us]").astype("datetime64[Y]").astype(np.int64) + 1970
    days = np.empty_like(times_us)
    open_cases = np.ones(times_us.shape, dtype=bool)
    # A zone may change its standard time at a turn of the year: a day belongs to the year it is dated in.
    for step in (0, 1, -1, 0):
        if not open_cases.any():
            break
        known, places = np.unique(utc_years[open_cases] + step, return_inverse=True)
        offset = np.array([standard_offset_min(zone, year) for year in known.tolist()], dtype=np.int64)[places]
        day = (times_us[open_cases] + offset * _MINUTE_US) // DAY_US
        days[open_cases] = day
        dated = day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
        open_cases[open_cases] = dated != known[places]
    return days


class _Verdicts:
    """Status, reason and detail of each recording, changed where something new is found out."""

    def __init__(self, table: pa.Table) -> None:
        self.status, self.reason, self.detail = (_whole(table, name) for name in ("status", "reason", "detail"))

    @property
    def usable(self) -> np.ndarray:
        """Which recordings are ok or repaired, shape (n,), bool."""
        return _mask(pc.is_in(self.status, pa.array(["ok", "repaired"])))

    def set_aside(self, where: np.ndarray, status: str, reason: Any, detail: Any) -> None:
        """Set usable recordings aside; ``reason`` and ``detail`` are one text or a column."""
        mask = pa.array(where & self.usable)
        self.status = pc.if_else(mask, status, self.status)
        self.reason = pc.if_else(mask, reason, self.reason)
        self.detail = pc.if_else(mask, detail, self.detail)

    def note(self, where: np.ndarray, reason: Any, detail: Any) -> None:
        """Tell something of usable recordings, behind what is told of them already."""
        mask = pa.array(where & self.usable)
        both = pc.binary_join_element_wise(self.detail, detail, "; ")
        self.reason = pc.if_else(mask, pc.coalesce(self.reason, reason), self.reason)
        self.detail = pc.if_else(mask, pc.coalesce(both, detail), self.detail)


def _judge_headers(verdicts: _Verdicts, table: pa.Table, channel: str) -> None:
    """Set aside what has no such channel or no known start, and note where sources disagree on the start."""
    number = int(channel) if channel.isdigit() else 1
    fewer = _mask(pc.less(table["channels"], number))
    reason = Reason.CHANNEL_MISSING
    verdicts.set_aside(fewer, "quarantined", reason.value, f"{MEANINGS[reason]}: channel {number}")
    timeless = _mask(table["start_us"].is_null())
    time_reason, time_detail = _whole(table, "time_reason"), _whole(table, "time_detail")
    verdicts.set_aside(timeless, "quarantined", time_reason, time_detail)
    verdicts.note(_mask(time_reason.is_valid()), time_reason, time_detail)


def _judge_deployment(verdicts: _Verdicts, start_us: np.ndarray, deployment: Deployment) -> None:
    """Exclude what starts before the recorder stood in its place, or after."""
    outside = np.zeros(len(start_us), dtype=bool)
    if deployment.first_us is not None:
        outside |= start_us < deployment.first_us
    if deployment.last_us is not None:
        outside |= start_us > deployment.last_us
    reason = Reason.OUTSIDE_DEPLOYMENT
    verdicts.set_aside(outside, "excluded", reason.value, MEANINGS[reason])


def _judge_season(verdicts: _Verdicts, days: np.ndarray, calendar: Calendar) -> None:
    """Exclude what belongs to no day of the season."""
    outside = np.zeros(len(days), dtype=bool)
    if calendar.first_day is not None:
        outside |= days < np.datetime64(calendar.first_day, "D").astype(np.int64)
    if calendar.last_day is not None:
        outside |= days > np.datetime64(calendar.last_day, "D").astype(np.int64)
    reason = Reason.OUTSIDE_SEASON
    verdicts.set_aside(outside, "excluded", reason.value, MEANINGS[reason])


def _judge_overlaps(verdicts: _Verdicts, table: pa.Table, start_us: np.ndarray) -> None:
    """Exclude what starts inside an earlier recording that counts."""
    places = np.flatnonzero(verdicts.usable)
    rates = pc.fill_null(table["rate_hz"], 1).to_numpy()[places]
    # Whole seconds first: samples times a million would overflow in a long recording.
    frames = table["frames"].fill_null(0).to_numpy()[places]
    lengths_us = frames // rates * 1_000_000 + frames % rates * 1_000_000 // rates
    starts = start_us[places]
    if not (starts[1:] < (np.maximum.accumulate(starts + lengths_us) - _JITTER_US)[:-1]).any():
        return
    details: list[str | None] = [None] * len(table)
    end_us, longest = np.iinfo(np.int64).min, 0
    for place_, start, length in zip(places.tolist(), starts.tolist(), lengths_us.tolist(), strict=True):
        if start < end_us - _JITTER_US:
            details[place_] = f"starts {(end_us - start) / 1e6:.3f} s before the end of {table['path'][longest]}"
        elif start + length > end_us:
            end_us, longest = start + length, place_
    where = np.array([detail is not None for detail in details])
    verdicts.set_aside(where, "excluded", Reason.OVERLAPS.value, pa.array(details, pa.string()))


def _note_setups(verdicts: _Verdicts, table: pa.Table) -> None:
    """Note where a recorder was set up anew or exchanged."""
    reason = Reason.SETUP_CHANGED
    verdicts.note(first_of_setups(table, verdicts.usable), reason.value, MEANINGS[reason])


def _units(name: str, days: np.ndarray, batch_days: int) -> tuple[pa.Array, pa.Array]:
    """Return the names of unit and batch of each day, null where there is none."""
    known, places = np.unique(days, return_inverse=True)
    dates = known.astype("datetime64[D]")
    new_year = dates.astype("datetime64[Y]").astype("datetime64[D]")
    windows = new_year + (dates - new_year) // batch_days * batch_days
    named = known != _NO_DAY
    return tuple(
        pa.array(
            [f"{name}.{day}" if is_day else None for day, is_day in zip(column, named, strict=True)], pa.string()
        ).take(pa.array(places))
        for column in (dates, windows)
    )


def _whole(table: pa.Table, name: str) -> pa.Array:
    """Return a column in one piece."""
    return table[name].combine_chunks()


def _repeated(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), count)


def _mask(column: Any) -> np.ndarray:
    """Return a column of truth values as an array, unknown as False."""
    mask: np.ndarray = pc.fill_null(column, False).to_numpy(zero_copy_only=False)
    return mask
