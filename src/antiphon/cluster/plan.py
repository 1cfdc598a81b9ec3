"""``antiphon plan``: what a season will cost on a machine, before it is computed, and what is done already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from antiphon.config import Model, Settings
from antiphon.errors import AntiphonError
from antiphon.io.benchmarks import read_benchmarks
from antiphon.io.models import model_folder
from antiphon.io.profiles import Profile, read_profile
from antiphon.io.records import read_record
from antiphon.io.season.catalogue import Batch, read_batches
from antiphon.io.settings import read_settings
from antiphon.io.tables import table_path
from antiphon.io.whole import read_json
from antiphon.planning.costs import Measured, costs_of_season
from antiphon.planning.queueing import Places, wall_s
from antiphon.planning.season import BatchWork, ModelWork, RuleSum, SeasonWork, season_jobs, sums_by_rule

__all__ = ["run"]


def run(
    *,
    configfile: list[Path],
    profile: Path = Path("profiles/slurm"),
    defaults: Path = Path("config/config.yaml"),
    queue_s: float = 60.0,
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
    brief
        Whether to say only, in one line, what is listed and what is done.

    Raises
    ------
    AntiphonError
        If settings or profile are wrong, or if there is no catalogue yet.
    """
    settings = read_settings([defaults, *configfile])
    season = _Season(settings, Path(settings.results) / settings.season)
    work = season.work()
    if brief:
        print(_brief(settings.season, season.counts, work))
        return
    given = read_profile(profile)
    jobs = season_jobs(work, costs_of_season(season.measured()), threads=settings.machine.workers, gpus=given.gpus)
    places = Places(given.jobs, given.cores, given.gpus_at_a_time, queue_s if given.has_queue else 0.0)
    lasts_s = wall_s([job for job in jobs if job.seconds], places)
    sums = sums_by_rule(jobs)
    print("\n".join([*_page(settings.season, season, work, sums, given, lasts_s), *_short_jobs(sums, places.queue_s)]))


@dataclass(frozen=True)
class _Season:
    """A season on the disk."""

    settings: Settings
    folder: Path

    @property
    def catalogue(self) -> Path:
        return self.folder / "catalogue" / "batches.json"

    @property
    def counts(self) -> dict[str, int]:
        """Counts of the catalogue."""
        counts: dict[str, int] = read_json(self.catalogue)["counts"]
        return counts

    @property
    def bytes(self) -> int:
        """Bytes of the recordings listed."""
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        return int(pc.sum(pq.read_table(self.catalogue.with_name("recordings.parquet"), columns=["bytes"])["bytes"]))

    def batches(self) -> dict[str, Batch]:
        """Return the batches; without a catalogue there is nothing to plan."""
        if not self.catalogue.exists():
            make = f"snakemake {self.catalogue} --profile …"
            raise AntiphonError(f"{self.catalogue}: no catalogue yet; run `{make}` first")
        return read_batches(self.catalogue)

    def work(self) -> SeasonWork:
        """Return what is to do and what is done."""
        batches, models = self.batches(), self.settings.seasons[self.settings.season].models
        tabled: set[str | tuple[str, str]] = set()
        for deployment in {batch.deployment for batch in batches.values()}:
            if table_path(self.folder / "tables", "effort", deployment).exists():
                tabled.add(deployment)
            tables = {model: table_path(self.folder / "tables", "occupancy", deployment, model) for model in models}
            tabled |= {(deployment, model) for model, path in tables.items() if path.exists()}
        works = [
            BatchWork(
                name,
                batch.deployment,
                batch.hours,
                _left(batch, self.folder / "stft" / f"{name}.json"),
                {model: _left(batch, self.folder / "infer" / model / f"{name}.json") for model in models},
            )
            for name, batch in batches.items()
        ]
        made = [_model(name, self.settings) for name in models]
        reported = (self.folder / "report" / "index.html").exists()
        return SeasonWork(self.counts["listed"], works, made, frozenset(tabled), reported)

    def measured(self) -> list[Measured]:
        """Return what the season's own jobs measured, those of whole batches and deployments."""
        batches = self.batches()
        hours = {name: batch.hours for name, batch in batches.items()}
        for batch in batches.values():
            hours[batch.deployment] = hours.get(batch.deployment, 0.0) + batch.hours
        amounts = {"ingest": float(self.counts["listed"]), "report": sum(batch.hours for batch in batches.values())}
        found = []
        for job in read_benchmarks(self.folder / "benchmarks"):
            place = job.wildcards.get("batch") or job.wildcards.get("deployment") or ""
            amount = amounts.get(job.rule, hours.get(place, 0.0))
            found.append(Measured(job.rule, amount, job.core_s, job.wall_s))
        return found


def _left(batch: Batch, record: Path) -> float:
    """Return the share of a batch's units that ``record`` does not list with a store that is there."""
    if not record.exists():
        return 1.0
    stored = {unit.unit for unit in read_record(record).units if (record.parent / unit.store).is_dir()}
    return 1 - len(stored.intersection(batch.units)) / len(batch.units)


def _model(name: str, settings: Settings) -> ModelWork:
    model: Model = settings.models[name]
    train = settings.train
    trained = model.weights == "train"
    folder = model_folder(model.weights, Path(settings.results) / "models" / name)
    return ModelWork(
        name,
        model.network,
        model.widths,
        len(model.sources),
        settings.pair.examples_made() * settings.pair.duration_s if trained else 0.0,
        train.steps * train.batch_size * train.tile_frames * settings.stft.hop_s if trained else 0.0,
        (folder / "card.json").exists(),
    )


def _brief(season: str, counts: Mapping[str, int], work: SeasonWork) -> str:
    """Return one line: what is listed, what is bad, what is done."""
    done = sum(not batch.stft_left and not any(batch.infer_left.values()) for batch in work.batches)
    end = "complete" if done == len(work.batches) and work.reported else "not complete"
    return (
        f"season {season}: {counts['listed']} recordings, {counts['quarantined']} bad, {work.hours:.1f} h; "
        f"{done} of {len(work.batches)} batches separated; {end}"
    )


def _page(
    name: str, season: _Season, work: SeasonWork, sums: Sequence[RuleSum], profile: Profile, seconds: float
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
    return [*lines, f"wall time with {limit}: about {_duration(seconds)}"]


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
