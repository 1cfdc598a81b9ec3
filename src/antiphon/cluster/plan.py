"""``antiphon plan``: what a season will cost on a machine, before it is computed, and what is done already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from antiphon.cluster.standing import Season, season_of
from antiphon.io.jobs.profiles import Profile, read_profile
from antiphon.planning.costs import costs_of_season
from antiphon.planning.queueing import BOUNDS, Places, Run, simulate
from antiphon.planning.season import RuleSum, SeasonWork, season_jobs, sums_by_rule

__all__ = ["run"]


def run(
    *,
    configfile: list[Path],
    profile: Path = Path("profiles/slurm"),
    defaults: Path = Path("config/config.yaml"),
    queue_s: float = 60.0,
    disk_mb_per_s: float = float("inf"),
    brief: bool = False,
) -> None:
    """Say what a season still costs: jobs, hours of cores and GPUs, storage, wall time, and what is done.

    It counts what the catalogue lists against the table of measured costs, and against what the season's own
    benchmarks measured where there are any. What a changed setting would compute anew, only `snakemake -n` says.

    Parameters
    ----------
    configfile
        Your settings files, as you name them to Snakemake.
    profile
        Folder of the profile.
    defaults
        Settings file that yours are laid over.
    queue_s
        Seconds that a job waits in the queue, submission included; without a queue there are none.
    disk_mb_per_s
        What the file system reads and writes for all jobs together, MB/s; by default it bounds nothing.
    brief
        Whether to say only, in one line, what is listed and what is done.

    Raises
    ------
    AntiphonError
        If settings or profile are wrong, or if there is no catalogue yet.
    """
    season = season_of(defaults, configfile)
    settings, work = season.settings, season.work()
    if brief:
        print(_brief(settings.season, season.counts, work))
        return
    given = read_profile(profile)
    jobs = season_jobs(work, costs_of_season(season.measured()), threads=settings.machine.workers, gpus=given.gpus)
    queue_s = queue_s if given.has_queue else 0.0
    places = Places(given.jobs, given.cores, given.gpus_at_a_time, queue_s, bytes_per_s=disk_mb_per_s * 1e6)
    lasts = simulate([job for job in jobs if job.seconds], places)
    sums = sums_by_rule(jobs)
    print("\n".join([*_page(settings.season, season, work, sums, given, lasts), *_short_jobs(sums, places.queue_s)]))


def _brief(season: str, counts: Mapping[str, int], work: SeasonWork) -> str:
    """Return one line: what is listed, what is bad, what is done."""
    done = sum(not batch.stft_left and not any(batch.infer_left.values()) for batch in work.batches)
    end = "complete" if done == len(work.batches) and work.reported else "not complete"
    return (
        f"season {season}: {counts['listed']} recordings, {counts['quarantined']} bad, {work.hours:.1f} h; "
        f"{done} of {len(work.batches)} batches separated; {end}"
    )


def _page(
    name: str, season: Season, work: SeasonWork, sums: Sequence[RuleSum], profile: Profile, lasts: Run
) -> list[str]:
    """Return the plan as lines of text."""
    lines = [
        f"season {name} on {profile.name}: {work.files} recordings, {work.hours:,.1f} h, {season.bytes / 1e12:.3f} TB, "
        f"{len(work.deployments)} deployments, {len(work.batches)} batches",
        f"{'rule':<16}{'jobs':>7}{'done':>7}{'core hours':>12}{'GPU hours':>11}{'longest':>10}{'storage':>11}",
    ]
    for one in sums:
        done = one.jobs - one.left
        lines.append(
            f"{one.rule:<16}{one.jobs:>7}{done:>7}{one.core_hours:>12.2f}{one.gpu_hours:>11.2f}"
            f"{_duration(one.longest_s):>10}{one.stored_bytes / 1e9:>8.1f} GB"
        )
    left, cores, gpus, stored = (
        sum(getattr(one, key) for one in sums) for key in ("left", "core_hours", "gpu_hours", "stored_bytes")
    )
    lines.append(f"still to do: {left} jobs, {cores:.1f} core hours, {gpus:.1f} GPU hours, {stored / 1e12:.3f} TB")
    limit = f"{profile.jobs:g} jobs at a time" if profile.has_queue else f"{profile.cores:g} cores"
    lines.append(f"wall time with {limit}: about {_duration(lasts.wall_s)}")
    return [*lines, f"bound by {_bounds(lasts)}"] if lasts.wall_s else lines


def _bounds(lasts: Run) -> str:
    """Return what holds the season back, the longest first."""
    shares = sorted(((seconds / lasts.wall_s, name) for name, seconds in lasts.bound_s.items()), reverse=True)
    return ", ".join(f"{name} {share:.0%} ({BOUNDS[name]})" for share, name in shares if share >= 0.1)


def _short_jobs(sums: Sequence[RuleSum], queue_s: float) -> list[str]:
    """Return a line for each rule of whose jobs, one a batch, most wait longer than they last."""
    return [
        f"{one.rule}: most jobs last {_duration(one.median_s)} and wait {_duration(queue_s)}: raise ingest.batch_hours"
        for one in sums
        if one.rule in ("stft", "infer") and one.left > 1 and one.median_s < queue_s
    ]


def _duration(seconds: float) -> str:
    """Return seconds, minutes, hours or days, whichever reads best."""
    for unit, length_s in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length_s:
            return f"{seconds / length_s:.1f} {unit}"
    return f"{seconds:.0f} s"
