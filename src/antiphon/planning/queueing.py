"""A cluster by formula: when jobs that wait for one another end, and what holds them back.

Events in order of time, as in any discrete simulation. Between two events each running job computes at full speed, or,
where the file system is asked for more than it gives, as fast as its fair share of it allows.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["BOUNDS", "Job", "Places", "Run", "simulate", "wall_s"]

BOUNDS = {
    "file system": "jobs wait for bytes",
    "GPUs": "jobs wait for a GPU",
    "cores": "jobs wait for cores",
    "jobs at a time": "jobs that could be queued are not",
    "chain": "nothing waits but for jobs that run: the longest chain of jobs",
    "queue": "nothing runs: submission, queue and the look that notices an end",
}
"""What may hold a season back, each second one of them, in the order in which they are looked for."""

_NEGLIGIBLE = 1e-9


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
    moved_bytes
        What it reads and writes, evenly while it runs.
    """

    name: str
    rule: str
    seconds: float
    cores: int = 1
    gpus: int = 0
    stored_bytes: float = 0.0
    needs: tuple[str, ...] = ()
    moved_bytes: float = 0.0


@dataclass(frozen=True)
class Places:
    """What a cluster, or one machine, gives at a time.

    Attributes
    ----------
    jobs
        Jobs that are queued or run, until their end is noticed.
    cores, gpus
        Cores and GPUs; infinity where only the queue knows. A job on a GPU finds its cores beside it and takes none of
        these.
    queue_s
        Seconds from a job's submission to the first moment at which it could start.
    notice_s
        Seconds from a job's end to the look that notices it.
    submit_s
        Seconds from one submission to the next.
    bytes_per_s
        What the file system moves for all jobs together.
    """

    jobs: float
    cores: float = float("inf")
    gpus: float = float("inf")
    queue_s: float = 0.0
    notice_s: float = 0.0
    submit_s: float = 0.0
    bytes_per_s: float = float("inf")


@dataclass(frozen=True)
class Run:
    """What became of the jobs.

    Attributes
    ----------
    wall_s
        Seconds until the end of the last is noticed.
    bound_s
        Seconds in which each of :data:`BOUNDS` held them back; they add up to ``wall_s``.
    """

    wall_s: float
    bound_s: Mapping[str, float]

    @property
    def bound(self) -> str:
        """What held them back for the longest time."""
        return max(self.bound_s, key=lambda name: self.bound_s[name])


def wall_s(jobs: Sequence[Job], places: Places) -> float:
    """Return the seconds until all jobs have ended; see :func:`simulate`."""
    return simulate(jobs, places).wall_s


def simulate(jobs: Sequence[Job], places: Places) -> Run:
    """Let jobs run, each as soon as it can, in the order given; a small one may pass a large one that does not fit.

    Parameters
    ----------
    jobs
        The jobs; those that others need come before them.
    places
        Where they run. A job that asks for more than there is gets all there is.
    """
    cluster = _Cluster(jobs, places)
    bound_s = dict.fromkeys(BOUNDS, 0.0)
    while cluster.is_busy:
        cluster.submit()
        cluster.start()
        speeds = fair_speeds([cluster.demand(index) for index in cluster.running], places.bytes_per_s)
        name = cluster.bound(slowed=any(speed < 1 - _NEGLIGIBLE for speed in speeds))
        bound_s[name] += cluster.advance(speeds)
    return Run(cluster.now, bound_s)


def fair_speeds(demands: Sequence[float], bytes_per_s: float) -> list[float]:
    """Return the share of its full speed at which each of several jobs runs.

    Whoever asks for less than an equal share gets it; the others share the rest equally (max-min fairness; Bertsekas
    and Gallager 1992, Data Networks, sec. 6.5.2).

    Parameters
    ----------
    demands
        Bytes a second that each would move at full speed.
    bytes_per_s
        What there is for all.
    """
    if sum(demands) <= bytes_per_s:
        return [1.0] * len(demands)
    left, level = bytes_per_s, 0.0
    for rank, demand in enumerate(sorted(demands)):
        level = left / (len(demands) - rank)
        if demand > level:
            break
        left -= demand
    return [min(1.0, level / demand) if demand else 1.0 for demand in demands]


@dataclass
class _Cluster:
    """Who waits, who runs, and what is free."""

    jobs: Sequence[Job]
    places: Places
    now: float = 0.0
    running: dict[int, float] = field(default_factory=dict)  # seconds of full speed that are left

    def __post_init__(self) -> None:
        numbers = {job.name: index for index, job in enumerate(self.jobs)}
        needs = [{numbers[name] for name in job.needs if name in numbers} for job in self.jobs]
        self._waits = [len(some) for some in needs]
        self._followers: dict[int, list[int]] = defaultdict(list)
        for index, some in enumerate(needs):
            for need in some:
                self._followers[need].append(index)
        self._ready = [index for index, count in enumerate(self._waits) if not count]
        self._pending: list[int] = []
        self._later: list[tuple[float, bool, int]] = []  # when, whether it has ended, which job
        self._free = [self.places.jobs, self.places.cores, self.places.gpus]
        self._next_submission = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether any job has not ended, or its end has not been noticed."""
        return bool(self._ready or self._pending or self._later or self.running)

    def demand(self, index: int) -> float:
        """Return the bytes a second that a job moves at full speed."""
        job = self.jobs[index]
        return job.moved_bytes / job.seconds if job.seconds else 0.0

    def submit(self) -> None:
        """Put into the queue what is ready, as fast and as far as may be."""
        while self._ready and self._free[0] >= 1 and self.now >= self._next_submission:
            index = heapq.heappop(self._ready)
            self._free[0] -= 1
            self._next_submission = self.now + self.places.submit_s
            self._arrive(self.now + self.places.queue_s, index)

    def _arrive(self, when: float, index: int) -> None:
        if when > self.now:
            heapq.heappush(self._later, (when, False, index))
        else:
            heapq.heappush(self._pending, index)

    def start(self) -> None:
        """Start what fits, in the order given."""
        held = []
        while self._pending and (self._free[1] > 0 or self._free[2] > 0):
            index = heapq.heappop(self._pending)
            if self._missing(index):
                held.append(index)
            else:
                self._take(index, 1)
                self.running[index] = self.jobs[index].seconds
        for index in held:
            heapq.heappush(self._pending, index)

    def _asked(self, index: int) -> tuple[float, float]:
        job = self.jobs[index]
        gpus = min(job.gpus, self.places.gpus)
        return (0 if gpus else min(job.cores, self.places.cores)), gpus

    def _missing(self, index: int) -> str:
        """Return what a job waits for, or nothing."""
        cores, gpus = self._asked(index)
        if gpus > self._free[2]:
            return "GPUs"
        return "cores" if cores > self._free[1] else ""

    def _take(self, index: int, sign: int) -> None:
        cores, gpus = self._asked(index)
        self._free[1] -= sign * cores
        self._free[2] -= sign * gpus

    def bound(self, *, slowed: bool) -> str:
        """Return what holds jobs back just now."""
        if slowed:
            return "file system"
        if self._pending:
            return self._missing(self._pending[0])
        if self._ready and self._free[0] < 1:
            return "jobs at a time"
        return "chain" if self.running else "queue"

    def advance(self, speeds: Iterable[float]) -> float:
        """Go on to the next event; return the seconds until then."""
        pace = dict(zip(self.running, speeds, strict=True))
        ends = [left / pace[index] for index, left in self.running.items()]
        events = [*ends, *(when - self.now for when, _, _ in self._later[:1])]
        if self._ready and self._free[0] >= 1:
            events.append(self._next_submission - self.now)
        step = min(events)
        self.now += step
        for index, left in list(self.running.items()):
            self.running[index] = left - step * pace[index]
            if self.running[index] <= _NEGLIGIBLE * self.jobs[index].seconds:
                del self.running[index]
                self._take(index, -1)
                heapq.heappush(self._later, (self.now + self.places.notice_s, True, index))
        while self._later and self._later[0][0] <= self.now:
            _, has_ended, index = heapq.heappop(self._later)
            if has_ended:
                self._notice(index)
            else:
                heapq.heappush(self._pending, index)
        return step

    def _notice(self, index: int) -> None:
        """Give the place back and see who can follow."""
        self._free[0] += 1
        for follower in self._followers[index]:
            self._waits[follower] -= 1
            if not self._waits[follower]:
                heapq.heappush(self._ready, follower)
