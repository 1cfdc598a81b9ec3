"""Stage tabulate: turn sources into numbers.

Without a model: what was recorded, what was analysed and how loud it was (tables recordings, effort and ltsa). With
one: what was heard (tables events, occupancy, frequency, overlap and
indices), from sums that each unit keeps, so that a new recording
costs its own unit only.
"""

from __future__ import annotations

from pathlib import Path

from antiphon.config import Stft, Tabulate, section
from antiphon.io.holdings import read_holdings
from antiphon.io.tables import table_path, write_data_dictionary
from antiphon.io.whole import read_json, sweep
from antiphon.progress import log
from antiphon.tabulating.activity import write_activity
from antiphon.tabulating.effort import sum_effort, write_effort_tables
from antiphon.tabulating.events import write_events
from antiphon.tabulating.found import read_found
from antiphon.tabulating.job import Job
from antiphon.tabulating.season import reduce_deployments
from antiphon.tabulating.site_tables import SiteTables
from antiphon.tabulating.soundscape import write_soundscape
from antiphon.tabulating.units import sum_units

__all__ = ["VERSION", "run", "sites"]

VERSION = 6


def run(
    *,
    season: str,
    deployment: str,
    manifests: list[Path],
    set_aside: Path,
    stft_records: list[Path],
    stft: str,
    settings: str,
    tables: Path,
    sums: Path,
    infer_records: list[Path] | None = None,
    card: Path | None = None,
    model: str | None = None,
) -> None:
    """Write a deployment's tables: recordings, effort and ltsa, or with a card those of what the model found.

    Parameters
    ----------
    season, deployment
        Names of the season and of the deployment.
    manifests
        Manifests of the deployment's batches.
    set_aside
        What of the deployment is not analysed, as stage ingest listed it.
    stft_records
        Records of the batches from stage stft; the level stores lie beside them.
    stft, settings
        Sections ``stft`` and ``tabulate`` of the settings as JSON, in this order.
    tables, sums
        Folders of the season's tables and of the sums that its units keep, in this order.
    infer_records
        Records of the batches from stage infer; the probability stores lie beside them.
    card
        The model's card.
    model
        Name of the model; by default the card's.

    Raises
    ------
    AntiphonError
        If records, stores and settings do not fit together.
    """
    holdings = read_holdings(manifests, set_aside, stft_records)
    job = Job(season, deployment, holdings, section(Stft, stft), section(Tabulate, settings), tables, VERSION)
    if card is None:
        write_effort_tables(job)
    else:
        found = read_found(job, model, card, infer_records or [])
        units = sum_units(job, found, sums)
        counts, span = write_events(job, found, units), sum_effort(job)[0].span
        write_activity(job, found, units, counts, span)
        write_soundscape(job, found, units, span)
    write_data_dictionary(tables)


def sites(
    *,
    season: str,
    catalogue: Path,
    model: str,
    settings: str,
    tables: Path,
    matrices: Path,
    workers: int = 1,
    reduce_on: str = "local",
) -> None:
    """Write the tables of the season's sites: detection_history, diel and site_order.

    Parameters
    ----------
    season
        Name of the season.
    catalogue
        The file ``batches.json`` of stage ingest, which names the deployments.
    model
        Name of the model.
    settings
        The section ``tabulate`` of the settings as JSON.
    tables
        Folder of the season's tables, which holds occupancy and events of every deployment.
    matrices
        Folder of the detection histories as matrices, one CSV a source and one of effort.
    workers
        Deployments that are worked on at a time.
    reduce_on
        ``local``, or ``slurm`` for jobs of dask-jobqueue.

    Raises
    ------
    AntiphonError
        If a table is missing or of another version, or dask-jobqueue is asked for and absent.
    """
    deployments = sorted(read_json(catalogue)["deployments"])
    pairs = [
        (table_path(tables, "occupancy", one, model), table_path(tables, "events", one, model)) for one in deployments
    ]
    reduced = reduce_deployments(pairs, workers, "slurm" if reduce_on == "slurm" else "local")
    written = SiteTables(season, model, reduced, section(Tabulate, settings), tables, VERSION)
    sweep(matrices)
    written.write_history(matrices)
    written.write_hours()
    written.write_order()
    log(f"tabulate: {len(deployments)} deployments at {reduced.days['site'].nunique()} sites")
