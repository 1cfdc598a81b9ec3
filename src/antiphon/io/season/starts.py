"""When a recording starts: the word of its header and of its name, weighed by trust."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import NamedTuple

from antiphon.io.season.clock import LocalTimeError, clock_is_set, local_time, offset_min, to_utc_us
from antiphon.io.season.deployments import Deployment
from antiphon.io.sound.metadata import Candidate
from antiphon.io.sound.reasons import MEANINGS, Reason

__all__ = ["Start", "resolve_start"]


class Start(NamedTuple):
    """When a recording starts, or why that is not known.

    Attributes
    ----------
    start_us
        Microseconds UTC; None where unknown.
    utc_offset_min
        Offset of the deployment's wall clock at that time, minutes.
    start_local
        That wall clock, ISO 8601 with offset.
    source
        Who said so: ``source`` of the :class:`~antiphon.io.sound.metadata.Candidate`.
    reason
        Why there is no start, or ``times_disagree``; None where there is nothing to say.
    detail
        One line for people.
    """

    start_us: int | None = None
    utc_offset_min: int | None = None
    start_local: str | None = None
    source: str | None = None
    reason: str | None = None
    detail: str | None = None


def resolve_start(candidates: Sequence[Candidate], deployment: Deployment, tolerance_s: float) -> Start:
    """Return the start that the most trusted source with a clock that was set says.

    Parameters
    ----------
    candidates
        What header and name say, the most trusted first.
    deployment
        Its zone and the clock of its file names.
    tolerance_s
        Difference of another source above which it is reported, seconds.
    """
    times: list[tuple[str, int]] = []
    faults: list[tuple[Reason, str]] = []
    for candidate in candidates:
        try:
            time_us = _utc_us(candidate, deployment)
        except LocalTimeError as error:
            faults.append((Reason(error.reason), f"{candidate.source}: {error}"))
            continue
        if clock_is_set(time_us) or _expected(time_us, deployment):
            times.append((candidate.source, time_us))
        else:
            faults.append((Reason.CLOCK_NOT_SET, f"{candidate.source} says {candidate.local.isoformat()}"))
    if times:
        return _start(times, faults, deployment, tolerance_s)
    reason, detail = faults[0] if faults else (Reason.NO_TIME, MEANINGS[Reason.NO_TIME])
    return Start(reason=reason, detail=detail)


def _utc_us(candidate: Candidate, deployment: Deployment) -> int:
    if candidate.offset_min is not None:
        return to_utc_us(candidate.local, UTC) - candidate.offset_min * 60_000_000
    if candidate.source == "filename" and deployment.filename_time == "utc":
        return to_utc_us(candidate.local, UTC)
    return to_utc_us(candidate.local, deployment.zone, deployment.fold)


def _expected(time_us: int, deployment: Deployment) -> bool:
    """Return whether the user bounds the deployment, and the time lies within: old recordings are no dead clocks."""
    first_us, last_us = deployment.first_us, deployment.last_us
    return first_us is not None and last_us is not None and first_us <= time_us <= last_us


def _start(
    times: Sequence[tuple[str, int]],
    faults: Sequence[tuple[Reason, str]],
    deployment: Deployment,
    tolerance_s: float,
) -> Start:
    source, start_us = times[0]
    local = local_time(start_us, deployment.zone)
    notes = [detail for _, detail in faults]
    for other, time_us in times[1:]:
        difference_s = (time_us - start_us) / 1e6
        if abs(difference_s) > tolerance_s:
            notes.append(f"{other} is {difference_s:+.0f} s from {source}")
    reason, detail = (Reason.TIMES_DISAGREE, "; ".join(notes)) if notes else (None, None)
    return Start(start_us, offset_min(local), local.isoformat(), source, reason, detail)
