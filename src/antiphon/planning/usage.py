"""What jobs asked for and what they used, rule by rule, so that a profile can be tuned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["JobUse", "RuleUse", "use_by_rule"]

_COMPLETED = "COMPLETED"


@dataclass(frozen=True)
class JobUse:
    """What one job asked for and used.

    Attributes
    ----------
    rule
        Its rule.
    wildcards
        Its wildcards, where they are known.
    state
        How it ended, in Slurm's words.
    wall_s, core_s
        Seconds it lasted, and seconds its cores computed.
    threads
        Cores it held.
    memory_mb, requested_mb
        Most memory it held, and memory it asked for, MB; None where that is not known.
    requested_min
        Run time it asked for, minutes; None where that is not known.
    """

    rule: str
    wildcards: Mapping[str, str]
    state: str
    wall_s: float
    core_s: float
    threads: int
    memory_mb: float | None
    requested_mb: float | None
    requested_min: float | None


@dataclass(frozen=True)
class RuleUse:
    """What the jobs of one rule asked for and used.

    Attributes
    ----------
    rule
        The rule.
    jobs
        Number of jobs, each attempt counted.
    failures
        How many ended badly, by Slurm's word for it.
    requested_mb, used_mb
        Most memory that a job asked for and that a job held, MB; None where that is not known.
    requested_min, longest_min
        Longest run time that a job asked for, and longest that one lasted, minutes.
    busy_share
        Share of the time of the cores held in which they computed.
    """

    rule: str
    jobs: int
    failures: Mapping[str, int]
    requested_mb: float | None
    used_mb: float | None
    requested_min: float | None
    longest_min: float
    busy_share: float


def use_by_rule(jobs: Sequence[JobUse]) -> list[RuleUse]:
    """Return what the jobs of each rule asked for and used, in order of the rules' names."""
    rules = sorted({job.rule for job in jobs})
    return [_of_rule(rule, [job for job in jobs if job.rule == rule]) for rule in rules]


def _of_rule(rule: str, jobs: Sequence[JobUse]) -> RuleUse:
    held_s = sum(job.wall_s * job.threads for job in jobs)
    return RuleUse(
        rule,
        len(jobs),
        dict(sorted(Counter(job.state for job in jobs if job.state != _COMPLETED).items())),
        _most(job.requested_mb for job in jobs),
        _most(job.memory_mb for job in jobs),
        _most(job.requested_min for job in jobs),
        max(job.wall_s for job in jobs) / 60,
        sum(job.core_s for job in jobs) / held_s if held_s else 0.0,
    )


def _most(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
