"""What a recording says of its recorder and its start: GUANO, AudioMoth, Wildlife Acoustics, file names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from antiphon.io.filenames import NameTime
from antiphon.io.recordings import Header

__all__ = ["Candidate", "RecorderFacts", "recorder_facts"]


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
        ``guano``, ``audiomoth``, ``wamd``, ``opensoundscape``, ``filename_offset`` or ``filename``.
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
        Battery in volts.
    temperature_c
        Degrees Celsius.
    """

    candidates: tuple[Candidate, ...] = ()
    recorder: str | None = None
    serial: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    battery_v: float | None = None
    temperature_c: float | None = None

    @property
    def start(self) -> Candidate | None:
        """The most trusted start."""
        return self.candidates[0] if self.candidates else None

    @property
    def disagreement_s(self) -> float | None:
        """Seconds between the two most trusted starts, None if there is only one.

        Two that know their offset are compared in UTC; otherwise clock readings are compared as they stand, because
        a recorder names its files by the same clock that it writes into their headers.
        """
        return None


def recorder_facts(header: Header, name_time: NameTime | None) -> RecorderFacts:
    """Gather what a recording says of itself, in the order of trust: GUANO, AudioMoth, other headers, file name."""
    return RecorderFacts()
