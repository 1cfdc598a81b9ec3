"""A season as jobs: what each rule still has to do, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from antiphon.planning.costs import Cost, network_work
from antiphon.planning.queueing import Job

__all__ = ["RULES", "BatchWork", "ModelWork", "RuleSum", "SeasonWork", "season_jobs", "sums_by_rule"]

RULES = (
    *("ingest", "stft", "pair", "train", "evaluate", "infer"),
    *("tabulate_effort", "tabulate", "sites", "inject", "report"),
)
"""The rules in the order of the road."""


@dataclass(frozen=True)
class BatchWork:
    """One batch.

    Attributes
    ----------
    name, deployment
        Names.
    hours
        Hours of sound in it.
    stft_left
        Share of it that has no spectrogram yet, 0-1.
    infer_left
        The same of each model's separation.
    """

    name: str
    deployment: str
    hours: float
    stft_left: float
    infer_left: Mapping[str, float]


@dataclass(frozen=True)
class ModelWork:
    """One model of the season.

    Attributes
    ----------
    name
        Its name.
    network, widths
        Its generator.
    sources
        Number of sources.
    scenes_s
        Seconds of scenes that it learns from, is tuned on and judged by; 0 for a finished model.
    tiles_s
        Seconds of tiles that its training sees, one after the other.
    is_made
        Whether it stands.
    sounds
        Sounds that are put into the season's recordings to see which of them it finds.
    has_sites, has_recall
        Whether its tables of the season's sites, and its recall of those sounds, stand.
    """

    name: str
    network: str
    widths: Sequence[int]
    sources: int
    scenes_s: float
    tiles_s: float
    is_made: bool
    sounds: int = 0
    has_sites: bool = False
    has_recall: bool = False


@dataclass(frozen=True)
class SeasonWork:
    """A season as its catalogue has it.

    Attributes
    ----------
    files
        Number of recordings.
    batches
        Its batches.
    models
        Its models.
    tabled
        Deployments whose tables of effort stand, and (deployment, model) of which the tables of sources do.
    reported
        Whether its page stands.
    sound_bytes
        Bytes of its recordings.
    """

    files: int
    batches: Sequence[BatchWork]
    models: Sequence[ModelWork]
    tabled: frozenset[str | tuple[str, str]]
    reported: bool
    sound_bytes: float = 0.0

    @property
    def hours(self) -> float:
        """Hours of sound."""
        return sum(batch.hours for batch in self.batches)

    @property
    def deployments(self) -> dict[str, list[BatchWork]]:
        """Batches of each deployment."""
        found: dict[str, list[BatchWork]] = {}
        for batch in self.batches:
            found.setdefault(batch.deployment, []).append(batch)
        return found


@dataclass(frozen=True)
class RuleSum:
    """What one rule costs.

    Attributes
    ----------
    rule
        The rule.
    jobs, left
        Its jobs, and how many of them are still to run.
    core_hours, gpu_hours
        What those will occupy.
    stored_bytes
        What they will write.
    longest_s, median_s
        The longest of them, and the one in the middle.
    """

    rule: str
    jobs: int
    left: int
    core_hours: float
    gpu_hours: float
    stored_bytes: float
    longest_s: float
    median_s: float


def season_jobs(work: SeasonWork, costs: Mapping[str, Cost], *, threads: int, gpus: Mapping[str, int]) -> list[Job]:
    """Return every job of a season, those that are done with 0 seconds, each after those it needs.

    Parameters
    ----------
    work
        The season.
    costs
        What each rule costs.
    threads
        Cores of a job of a stage that can use several.
    gpus
        GPUs of a job of each rule, as the profile has them.
    """
    jobs = [Job("ingest", "ingest", 0.0, cores=threads)]
    jobs += [job for model in work.models if model.scenes_s for job in _learning(model, costs, threads, gpus)]
    for batch in work.batches:
        jobs.append(_stft(batch, work, costs["stft"], threads))
        jobs += [_infer(batch, model, costs, threads, gpus.get("infer", 0)) for model in work.models]
    jobs += _tables(work, costs)
    to_table = {job.name for job in jobs if job.rule == "tabulate" and job.seconds}
    for model in work.models:
        jobs.append(_sites(work, model, costs["sites"], threads, to_table))
        if model.sounds:
            jobs.append(_inject(work, model, costs["inject"], threads))
    left = 0.0 if work.reported and not any(job.seconds for job in jobs) else work.hours
    seconds = _seconds(costs["report"], left * costs["report"].core_s, left)
    jobs.append(Job("report", "report", seconds, 1, 0, 0.0, tuple(job.name for job in jobs)))
    return jobs


def sums_by_rule(jobs: Sequence[Job]) -> list[RuleSum]:
    """Return what each rule costs, in the order of the road."""
    by_rule: dict[str, list[Job]] = {}
    for job in jobs:
        by_rule.setdefault(job.rule, []).append(job)
    return [_sum(rule, by_rule[rule]) for rule in RULES if rule in by_rule]


def _sum(rule: str, jobs: Sequence[Job]) -> RuleSum:
    left = [job for job in jobs if job.seconds]
    return RuleSum(
        rule,
        len(jobs),
        len(left),
        sum(job.seconds * job.cores for job in left) / 3600,
        sum(job.seconds * job.gpus for job in left) / 3600,
        sum(job.stored_bytes for job in left),
        max((job.seconds for job in left), default=0.0),
        median(job.seconds for job in left) if left else 0.0,
    )


def _seconds(cost: Cost, work_s: float, amount: float) -> float:
    """Return how long a job lasts; nothing where there is nothing to do."""
    return cost.start_s + work_s if amount else 0.0


def _learning(model: ModelWork, costs: Mapping[str, Cost], threads: int, gpus: Mapping[str, int]) -> Iterator[Job]:
    """Yield the jobs that make a model."""
    work = network_work(model.network, model.widths)
    asked = gpus.get("train", 0)
    train = costs["train"]
    amounts = {"pair": model.scenes_s, "train": model.tiles_s, "evaluate": model.scenes_s}
    seconds = {
        "pair": costs["pair"].core_s * model.scenes_s / threads,
        "train": work * model.tiles_s * (train.network_gpu_s if asked else train.network_core_s / threads),
        "evaluate": costs["evaluate"].core_s * model.scenes_s / threads,
    }
    before: tuple[str, ...] = ()
    for rule, work_s in seconds.items():
        amount = 0.0 if model.is_made else amounts[rule]
        name, stored = f"{rule} {model.name}", amount * costs[rule].stored_bytes
        yield Job(name, rule, _seconds(costs[rule], work_s, amount), threads, gpus.get(rule, 0), stored, before)
        before = (name,)


def _stft(batch: BatchWork, work: SeasonWork, cost: Cost, threads: int) -> Job:
    hours = batch.hours * batch.stft_left
    stored = hours * cost.stored_bytes
    moved = stored + hours * work.sound_bytes / work.hours if work.hours else 0.0
    seconds = _seconds(cost, hours * cost.core_s / threads, hours)
    return Job(f"stft {batch.name}", "stft", seconds, threads, 0, stored, ("ingest",), moved)


def _infer(batch: BatchWork, model: ModelWork, costs: Mapping[str, Cost], threads: int, gpus: int) -> Job:
    cost, hours = costs["infer"], batch.hours * batch.infer_left[model.name]
    network_s = cost.network_gpu_s if gpus else cost.network_core_s / threads
    per_hour = cost.core_s / threads + network_s * network_work(model.network, model.widths)
    stored = hours * cost.stored_bytes * model.sources
    return Job(
        f"infer {model.name} {batch.name}",
        "infer",
        _seconds(cost, hours * per_hour, hours),
        threads,
        gpus,
        stored,
        (f"stft {batch.name}", f"train {model.name}"),
        stored + hours * costs["stft"].stored_bytes,
    )


def _tables(work: SeasonWork, costs: Mapping[str, Cost]) -> Iterator[Job]:
    """Yield the jobs that write tables: one of effort a deployment, one a deployment and model."""
    for deployment, batches in work.deployments.items():
        hours = sum(batch.hours for batch in batches)
        needs = tuple(f"stft {batch.name}" for batch in batches)
        fresh = deployment in work.tabled and not any(batch.stft_left for batch in batches)
        yield _table("tabulate_effort", deployment, 0.0 if fresh else hours, costs, needs)
        for model in work.models:
            fresh = (deployment, model.name) in work.tabled
            fresh = fresh and not any(batch.stft_left or batch.infer_left[model.name] for batch in batches)
            needs = tuple(f"infer {model.name} {batch.name}" for batch in batches)
            read = costs["stft"].stored_bytes + costs["infer"].stored_bytes * model.sources
            yield _table("tabulate", f"{model.name} {deployment}", 0.0 if fresh else hours, costs, needs, read)


def _sites(work: SeasonWork, model: ModelWork, cost: Cost, threads: int, to_table: set[str]) -> Job:
    """Return the job that adds up a model's tables of all deployments, site by site."""
    needs = tuple(f"tabulate {model.name} {deployment}" for deployment in work.deployments)
    hours = 0.0 if model.has_sites and to_table.isdisjoint(needs) else work.hours
    seconds = _seconds(cost, hours * cost.core_s / threads, hours)
    return Job(f"sites {model.name}", "sites", seconds, threads, 0, hours * cost.stored_bytes, needs)


def _inject(work: SeasonWork, model: ModelWork, cost: Cost, threads: int) -> Job:
    """Return the job that puts known sounds into the season's recordings."""
    stands = model.has_recall and model.is_made and not any(batch.stft_left for batch in work.batches)
    sounds = 0.0 if stands else float(model.sounds)
    needs = (f"train {model.name}", *(f"stft {batch.name}" for batch in work.batches))
    seconds = _seconds(cost, sounds * cost.core_s / threads, sounds)
    return Job(f"inject {model.name}", "inject", seconds, threads, 0, sounds * cost.stored_bytes, needs)


def _table(
    rule: str, name: str, hours: float, costs: Mapping[str, Cost], needs: tuple[str, ...], read_bytes: float = 0.0
) -> Job:
    cost = costs[rule]
    stored, seconds = hours * cost.stored_bytes, _seconds(cost, hours * cost.core_s, hours)
    return Job(f"{rule} {name}", rule, seconds, 1, 0, stored, needs, stored + hours * read_bytes)
