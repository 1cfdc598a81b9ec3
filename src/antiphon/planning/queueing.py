"""A cluster by formula: when jobs that wait for one another end, if only so many run at once."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Job", "Places", "wall_s"]


@dataclass(frozen=True)
class Job:
    """One job.

    Attributes
    ----------
    name, rule
        Its name, which no other job has, and its rule.
    seconds
        How long it runs.
    cores, gpus
        What it occupies meanwhile.
    stored_bytes
        What it leaves on the disk.
    needs
        Names of the jobs that must have ended before; names of no job count as done.
    """

    name: str
    rule: str
    seconds: float
    cores: int = 1
    gpus: int = 0
    stored_bytes: float = 0.0
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Places:
    """What a cluster, or one machine, gives at a time.

    Attributes
    ----------
    jobs
        Jobs that are queued or run.
    cores, gpus
        Cores and GPUs; infinity where only the queue knows.
    queue_s
        Seconds from a job's turn to its start: submission, queue, and the look that notices its end.
    """

    jobs: float
    cores: float = float("inf")
    gpus: float = float("inf")
    queue_s: float = 0.0


def wall_s(jobs: Sequence[Job], places: Places) -> float:
    """Return the seconds until all jobs have ended, each begun as soon as it can be, in the order given.

    Parameters
    ----------
    jobs
        The jobs; those that others need come before them.
    places
        Where they run. A job that asks for more than there is gets all there is.
    """
    names = {job.name for job in jobs}
    waits = [len(names.intersection(job.needs)) for job in jobs]
    followers: dict[str, list[int]] = defaultdict(list)
    for index, job in enumerate(jobs):
        for need in names.intersection(job.needs):
            followers[need].append(index)
    ready = [index for index, count in enumerate(waits) if not count]
    heapq.heapify(ready)
    running: list[tuple[float, int]] = []
    free = [places.jobs, places.cores, places.gpus]
    now = 0.0
    while ready or running:
        held = []
        while ready and free[0] >= 1:
            index = heapq.heappop(ready)
            asked = _asked(jobs[index], places)
            if all(have >= want for have, want in zip(free, asked, strict=True)):
                free = [have - want for have, want in zip(free, asked, strict=True)]
                heapq.heappush(running, (now + places.queue_s + jobs[index].seconds, index))
            else:
                held.append(index)
        ready = held + ready
        heapq.heapify(ready)
        now, index = heapq.heappop(running)
        free = [have + given for have, given in zip(free, _asked(jobs[index], places), strict=True)]
        for follower in followers[jobs[index].name]:
            waits[follower] -= 1
            if not waits[follower]:
                heapq.heappush(ready, follower)
    return now


def _asked(job: Job, places: Places) -> tuple[float, float, float]:
    return 1, min(job.cores, places.cores), min(job.gpus, places.gpus)
