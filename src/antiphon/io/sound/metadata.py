"""What a recording says of its recorder and of its start: GUANO, makers' headers, file names.

Sources in the order of trust: GUANO (guano-md.org), OpenSoundscape's JSON (which is right for a file that was cut,
unlike the comment that it quotes), AudioMoth's comment (every firmware since 1.0), Frontier Labs' FLAC comments,
Wildlife Acoustics' wamd chunk (wa_meta.h 1.0), the file name.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import reduce

import guano

from antiphon.io.sound.filenames import NameTime
from antiphon.io.sound.recordings import Header

__all__ = ["Candidate", "RecorderFacts", "recorder_facts"]

_MINUTE = timedelta(minutes=1)
_OPENSOUNDSCAPE = "opso_metadata"

# The library warns on standard error of every value that it cannot convert, once for each of a million files.
guano.log.disabled = True


@dataclass(frozen=True, slots=True)
class Candidate:
    """One source's word on when a recording starts.

    Attributes
    ----------
    local
        Start on that source's clock, without a zone, to the microsecond.
    offset_min
        Minutes that the clock is ahead of UTC where the source itself says (0 for UTC); None where the deployment must.
    source
        ``guano``, ``opensoundscape``, ``audiomoth``, ``frontier``, ``wamd``, ``filename_offset`` or ``filename``.
    """

    local: datetime
    offset_min: int | None
    source: str


@dataclass(frozen=True, slots=True)
class RecorderFacts:
    """What a recording says of itself.

    Attributes
    ----------
    candidates
        All starts that were found, the most trusted first; empty if none was.
    recorder
        Make and model, as ``AudioMoth``.
    serial
        Serial number.
    latitude, longitude
        Decimal degrees.
    battery_v
        Battery in volts; AudioMoth's ``less than 2.5V`` is 2.5.
    temperature_c
        Degrees Celsius, inside the recorder where it has two sensors.
    gain
        Gain in the recorder's own words: AudioMoth's ``low`` to ``high``, Wildlife Acoustics' decibels.
    """

    candidates: tuple[Candidate, ...] = ()
    recorder: str | None = None
    serial: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    battery_v: float | None = None
    temperature_c: float | None = None
    gain: str | None = None

    @property
    def start(self) -> Candidate | None:
        """The most trusted start."""
        return self.candidates[0] if self.candidates else None


def recorder_facts(header: Header, name_time: NameTime | None) -> RecorderFacts:
    """Gather what a recording says of itself, the most trusted source first.

    Parameters
    ----------
    header
        What :func:`antiphon.io.sound.recordings.probe` found.
    name_time
        What :func:`antiphon.io.sound.filenames.parse_name` found.
    """
    said = [facts for reader in _READERS if (facts := reader(header.texts))] if header.texts else []
    if name_time:
        said.append(_name_facts(name_time))
    return reduce(_joined, said) if said else RecorderFacts()


def _joined(facts: RecorderFacts, others: RecorderFacts) -> RecorderFacts:
    """Return ``facts`` with its gaps filled from the less trusted ``others``; a place is taken whole or not at all."""
    gaps = {one.name: getattr(others, one.name) for one in fields(facts) if getattr(facts, one.name) is None}
    if facts.latitude is not None:
        gaps.pop("longitude", None)
    return replace(facts, **gaps, candidates=facts.candidates + others.candidates)


def _guano_facts(texts: Mapping[str, str]) -> RecorderFacts | None:
    # The library refuses a chunk that has a line without a colon, as a note that runs over two lines has.
    lines = [line for line in texts.get("guano", "").splitlines() if ":" in line]
    if not lines:
        return None
    try:
        said = guano.GuanoFile.from_string("\n".join(lines))
    except OverflowError:  # an offset of 10^10 hours
        return None
    latitude, longitude = _position(str(said.get("Loc Position", "")))
    return RecorderFacts(
        candidates=_candidates(said.get("Timestamp"), "guano"),
        recorder=_recorder(said.get("Make"), said.get("Model")),
        serial=said.get("Serial") or None,
        latitude=latitude,
        longitude=longitude,
        battery_v=_number(said.get("OAD|Battery Voltage")),
        temperature_c=_number(said.get("Temperature Int") or said.get("Temperature Ext")),
        gain=_guano_gain(lines),
    )


# AudioMoth writes `250 GAIN 2 …`, Wildlife Acoustics JSON with the gain of each channel.
_OAD_GAIN = re.compile(r"OAD\|Recording Settings: ?\d+ GAIN ([0-4])\b")
_WA_GAIN = re.compile(r'"gain": ?"?(-?\d+(?:\.\d+)?)')


def _guano_gain(lines: Sequence[str]) -> str | None:
    for line in lines:
        if found := _OAD_GAIN.match(line):
            return _AUDIOMOTH_GAINS[int(found[1])]
        if line.startswith("WA|Song Meter|Audio settings:") and (gains := _WA_GAIN.findall(line)):
            return " ".join(f"{float(gain):g} dB" for gain in gains)
    return None


def _opensoundscape_facts(texts: Mapping[str, str]) -> RecorderFacts | None:
    comment = texts.get("comment", "")
    if not comment.startswith(_OPENSOUNDSCAPE):
        return None
    try:
        said = json.loads(comment.removeprefix(_OPENSOUNDSCAPE))
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    quoted = {name: text for name in ("comment", "artist") if isinstance(text := said.get(name), str)}
    own = RecorderFacts(_candidates(said.get("recording_start_time"), "opensoundscape"))
    moth = _audiomoth_facts(quoted)
    return _joined(own, moth) if moth else own


_AUDIOMOTH_START = re.compile(
    r"Recorded at (?P<time>\d\d:\d\d:\d\d(?:\.\d{1,6})?) (?P<day>\d\d)/(?P<month>\d\d)/(?P<year>\d{4})"
    r"(?: \(UTC(?P<sign>[+-])?(?P<hours>\d{1,2})?(?::(?P<minutes>\d\d))?\))?",
    re.ASCII,
)
_AUDIOMOTH_SERIAL = re.compile(r"(AudioMoth|HydroMoth) ([0-9A-F]{16})\b")
_AUDIOMOTH_BATTERY = re.compile(r"battery (?:state )?was (?:less than |greater than |[<>] ?)?(\d+\.\d+)V")
# Older firmware wrote the number of the setting.
_AUDIOMOTH_GAIN = re.compile(r" at (?:gain setting ([0-4])|((?:low|medium|high)(?:-medium|-high)?) gain)\b")
_AUDIOMOTH_GAINS = ("low", "low-medium", "medium", "medium-high", "high")
_AUDIOMOTH_TEMPERATURE = re.compile(r"temperature was (-?\d+\.\d+)C")


def _audiomoth_facts(texts: Mapping[str, str]) -> RecorderFacts | None:
    comment = texts.get("comment", "")
    maker = _AUDIOMOTH_SERIAL.search(texts.get("artist", "")) or _AUDIOMOTH_SERIAL.search(comment)
    start = _AUDIOMOTH_START.match(comment)
    if not maker and not start:
        return None
    battery, temperature = _AUDIOMOTH_BATTERY.search(comment), _AUDIOMOTH_TEMPERATURE.search(comment)
    gain = _AUDIOMOTH_GAIN.search(comment)
    return RecorderFacts(
        candidates=_candidates(_audiomoth_time(start), "audiomoth") if start else (),
        recorder=maker[1] if maker else "AudioMoth",
        serial=maker[2] if maker else None,
        battery_v=_number(battery[1]) if battery else None,
        temperature_c=_number(temperature[1]) if temperature else None,
        gain=(gain[2] or _AUDIOMOTH_GAINS[int(gain[1])]) if gain else None,
    )


def _audiomoth_time(start: re.Match[str]) -> str:
    """Return a comment's time as ISO 8601; firmware 1.0 names no zone, and means UTC."""
    offset = f"{start['sign'] or '+'}{int(start['hours'] or 0):02}:{start['minutes'] or '00'}"
    return f"{start['year']}-{start['month']}-{start['day']}T{start['time']}{offset}"


def _frontier_facts(texts: Mapping[str, str]) -> RecorderFacts | None:
    if not any(name.startswith("frontier.") for name in texts):
        return None
    latitude, longitude = _position(texts.get("frontier.position", ""))
    # As "95%  4.02 V".
    battery = re.search(r"(\d+\.\d+) ?V", texts.get("frontier.battery", ""))
    return RecorderFacts(
        candidates=_candidates(texts.get("frontier.start"), "frontier"),
        recorder="Frontier Labs",
        serial=texts.get("frontier.serial"),
        latitude=latitude,
        longitude=longitude,
        battery_v=_number(battery[1]) if battery else None,
    )


_WAMD_PLACE = re.compile(r"WGS84, ?(\d+\.?\d*), ?([NS]), ?(\d+\.?\d*), ?([EW])", re.ASCII)


def _wamd_facts(texts: Mapping[str, str]) -> RecorderFacts | None:
    if not any(name.startswith("wamd.") for name in texts):
        return None
    model = texts.get("wamd.model")
    # Echo Meter Touch for Android writes the numbers alone and without their signs: such a place is not believed.
    place = _WAMD_PLACE.match(texts.get("wamd.position", "") or texts.get("wamd.position_last", ""))
    temperature = texts.get("wamd.temperature_internal") or texts.get("wamd.temperature_external", "")
    return RecorderFacts(
        candidates=_candidates(texts.get("wamd.timestamp"), "wamd"),
        recorder=_recorder("Wildlife Acoustics", model) if model else None,
        serial=texts.get("wamd.serial"),
        latitude=float(place[1]) * (-1 if place[2] == "S" else 1) if place else None,
        longitude=float(place[3]) * (-1 if place[4] == "W" else 1) if place else None,
        temperature_c=_number(temperature.rstrip("C ")),
    )


def _name_facts(name_time: NameTime) -> RecorderFacts:
    source = "filename" if name_time.offset_min is None else "filename_offset"
    candidate = Candidate(name_time.start, name_time.offset_min, source)
    return RecorderFacts((candidate,), latitude=name_time.latitude, longitude=name_time.longitude)


def _candidates(said: object, source: str) -> tuple[Candidate, ...]:
    """Return a start from ISO 8601 or a datetime; none where it is no date with a time of day."""
    try:
        moment = datetime.fromisoformat(_iso_text(said)) if isinstance(said, str) else said
        if not isinstance(moment, datetime):
            return ()
        offset = moment.utcoffset()
    except (ValueError, OverflowError):
        return ()
    offset_min = None if offset is None else offset // _MINUTE
    return (Candidate(moment.replace(tzinfo=None), offset_min, source),)


def _iso_text(text: str) -> str:
    """Return what recorders write as ISO 8601 in the form that Python reads; ValueError for a date without time."""
    text = re.sub(r"\s+(?=[+-]\d\d:?\d\d$)", "", text.strip())
    if ":" not in text:
        raise ValueError(f"{text} has no time of day")
    return text


def _recorder(make: str | None, model: str | None) -> str | None:
    """Return make and model, and no make before a model that everybody knows without."""
    if make == "Open Acoustic Devices" and model:
        return model
    return " ".join(part for part in (make, model) if part) or None


def _number(said: object) -> float | None:
    try:
        value = float(str(said))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _position(text: str) -> tuple[float | None, float | None]:
    """Return latitude and longitude from the first two signed numbers of a text."""
    found = re.findall(r"[+-]?\d+(?:\.\d+)?", text, re.ASCII)
    if len(found) < 2:
        return None, None
    latitude, longitude = float(found[0]), float(found[1])
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else (None, None)


_READERS: tuple[Callable[[Mapping[str, str]], RecorderFacts | None], ...] = (
    _guano_facts,
    _opensoundscape_facts,
    _audiomoth_facts,
    _frontier_facts,
    _wamd_facts,
)
