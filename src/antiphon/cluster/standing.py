"""What of a season stands on the disk: its catalogue, its stores, its tables, and what its jobs measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from antiphon.config import Settings
from antiphon.errors import AntiphonError
from antiphon.io.jobs.benchmarks import read_benchmarks
from antiphon.io.models.injections import RECALL_PICTURE
from antiphon.io.models.places import model_folder
from antiphon.io.records import read_record
from antiphon.io.season.catalogue import Batch, read_batches
from antiphon.io.settings import read_settings
from antiphon.io.tables import table_path
from antiphon.io.whole import read_json
from antiphon.planning.costs import Measured
from antiphon.planning.season import BatchWork, ModelWork, SeasonWork

__all__ = ["Season", "season_of"]


def season_of(defaults: Path, configfile: list[Path]) -> Season:
    """Return the season that the settings speak of.

    Raises
    ------
    AntiphonError
        If the settings are wrong.
    """
    settings = read_settings([defaults, *configfile])
    return Season(settings, Path(settings.results) / settings.season)


@dataclass(frozen=True)
class Season:
    """A season on the disk.

    Attributes
    ----------
    settings
        All settings.
    folder
        Folder of the season's results.
    """

    settings: Settings
    folder: Path

    @property
    def catalogue(self) -> Path:
        """The list of batches."""
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
        made = [self._model(name) for name in models]
        reported = (self.folder / "report" / "index.html").exists()
        return SeasonWork(self.counts["listed"], works, made, frozenset(tabled), reported, self.bytes)

    def _model(self, name: str) -> ModelWork:
        """Return what a model of the season asks for, and what of it stands."""
        settings = self.settings
        model, train = settings.models[name], settings.train
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
            settings.injection.sounds * len(model.sources),
            table_path(self.folder / "tables", "site_order", settings.season, name).exists(),
            (self.folder / "injection" / name / RECALL_PICTURE).exists(),
        )

    def measured(self) -> list[Measured]:
        """Return what the season's own jobs measured, those of whole batches and deployments."""
        batches = self.batches()
        hours = {name: batch.hours for name, batch in batches.items()}
        for batch in batches.values():
            hours[batch.deployment] = hours.get(batch.deployment, 0.0) + batch.hours
        amounts = {"ingest": float(self.counts["listed"])}
        amounts |= dict.fromkeys(("sites", "report"), sum(batch.hours for batch in batches.values()))
        found = []
        for job in read_benchmarks(self.folder / "benchmarks"):
            place = job.wildcards.get("batch") or job.wildcards.get("deployment") or ""
            amount = amounts.get(job.rule, hours.get(place, 0.0))
            if job.rule == "inject":
                amount = float(self._model(job.wildcards["model"]).sounds)
            found.append(Measured(job.rule, amount, job.core_s, job.wall_s))
        return found


def _left(batch: Batch, record: Path) -> float:
    """Return the share of a batch's units that ``record`` does not list with a store that is there."""
    if not record.exists():
        return 1.0
    stored = {unit.unit for unit in read_record(record).units if (record.parent / unit.store).is_dir()}
    return 1 - len(stored.intersection(batch.units)) / len(batch.units)
