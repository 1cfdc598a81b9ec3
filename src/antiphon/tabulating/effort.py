"""The tables that no model is needed for: recordings, effort and ltsa."""

from __future__ import annotations

from typing import Any

from antiphon.io.tables import interval_columns
from antiphon.progress import log
from antiphon.stats.calendar.effort import Effort, Recorded, effort_by_schedule, effort_columns
from antiphon.stats.calendar.schedule import Schedule
from antiphon.stats.long_term import hourly_columns
from antiphon.tabulating.job import Job

__all__ = ["sum_effort", "write_effort_tables"]


def sum_effort(job: Job) -> tuple[Effort, Schedule | None]:
    """Add up what was recorded, analysed and lost; return it with the schedule that the recordings show, if any."""
    grid, recordings = job.grid, []
    for row, decoded in job.holdings.analysed():
        read_us = round(decoded["samples"] * 1e6 / row.rate_hz)
        lost_us = max(0, round(row.frames * 1e6 / row.rate_hz) - read_us)
        recordings.append(Recorded(row.start_us, read_us, lost_us, decoded["frames"], grid.heard_bins(row.rate_hz)))
    bad = list(job.holdings.quarantined())
    recordings += [Recorded(start_us, 0, length_us, 0, 0) for start_us, length_us in bad if length_us]
    unread_us = [start_us for start_us, length_us in bad if not length_us]
    return effort_by_schedule(recordings, unread_us, job.intervals, 2 * grid.first_centre_us, grid.hop_us)


def write_effort_tables(job: Job) -> None:
    """Write what was recorded, what was analysed and how loud it was."""
    sums, schedule = sum_effort(job)
    columns = effort_columns(sums, job.grid.bin_edges_hz(), schedule_known=schedule is not None)
    lost = f"{columns['lost_gap_s'].sum() / 3600:.1f} h lost to gaps" if schedule else "no schedule to be seen"
    log(f"tabulate {job.deployment}: {columns['analysed_s'].sum() / 3600:.1f} h analysed; {lost}")
    job.write("recordings", job.holdings.pieces())
    job.write("effort", [job.timed(columns)])
    job.write("ltsa", [_long_term(job)])


def _long_term(job: Job) -> dict[str, Any]:
    """Return the rows of the table ltsa."""
    hours = [(hour.start_us, hour.frames, hour.level_db) for hour in job.holdings.hours()]
    columns = hourly_columns(hours, job.grid.bin_edges_hz(), job.grid.hop_us)
    columns["level_db"] += job.holdings.reference.offset_db
    columns |= interval_columns(columns.pop("start_us"), 3_600_000_000, job.holdings.utc_offset_min)
    return {**columns, "level_reference": job.holdings.reference.name}
