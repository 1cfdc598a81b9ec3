"""Stage ingest: list the recordings, good and bad.

Every file below the deployments' folders is a row: ok, repaired, quarantined or excluded, with its reason. What can be
analysed becomes units (a deployment's standard day) and batches, one manifest each. Only headers are read, and of files
that an earlier run read not even those.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from antiphon.config import Ingest, section
from antiphon.errors import AntiphonError
from antiphon.io.copies import shared_content
from antiphon.io.records import read_record
from antiphon.io.season.catalogue import read_batches
from antiphon.io.season.catalogue_writer import CatalogueWriter, Counts, write_catalogue
from antiphon.io.season.deployments import Deployment, read_deployments
from antiphon.io.season.drafting import draft_deployments
from antiphon.io.season.headers import Patience
from antiphon.io.season.placing import Calendar, channels_of, place
from antiphon.io.season.setups import setups_of
from antiphon.io.season.survey import Survey, Surveyor
from antiphon.io.sound.filenames import own_patterns
from antiphon.io.sound.reasons import MEANINGS, Reason
from antiphon.io.whole import write_json, write_text
from antiphon.progress import log, track

__all__ = ["VERSION", "draft", "run", "verdicts"]

VERSION = 3

# Headers wait for the disk, not for the processor.
_THREADS_PER_WORKER = 2
_TIMEOUT_S = 60.0
_MOST_HUNG = 16
_MOST_SETUPS = 8


def run(
    *,
    deployments: Path,
    audio_root: Path,
    settings: str,
    season: str,
    first_day: str | None = None,
    last_day: str | None = None,
    catalogue: Path,
    workers: int = 1,
) -> None:
    """Write the catalogue of a season.

    Parameters
    ----------
    deployments
        CSV table of the deployments; config/README.md describes its columns.
    audio_root
        Folder that the deployments' folders are relative to.
    settings
        Section ``ingest`` of the settings as JSON.
    season
        Name of the season.
    first_day, last_day
        First and last standard day that is analysed, as 2024-05-01; empty: no bound.
    catalogue
        Folder to write: ``batches.json``, ``recordings.parquet``, ``manifests/`` and ``set_aside/``. What was read is
        kept in ``headers/`` for the next run.
    workers
        Number of processors; each has a few files read at a time.

    Raises
    ------
    AntiphonError
        If settings, deployments or a folder are wrong, if there is nothing to analyse, or if more recordings are bad
        than ``max_bad_fraction`` allows; in the last two cases the catalogue is complete nevertheless.
    """
    began = time.monotonic()
    options = section(Ingest, settings)
    patterns = tuple(options.filename_patterns)
    own_patterns(patterns)  # refused before the first file is opened
    listed = read_deployments(deployments, audio_root)
    calendar = Calendar(_day(first_day, "first_day"), _day(last_day, "last_day"), options.batch_hours // 24)
    patience = Patience(workers * _THREADS_PER_WORKER, _TIMEOUT_S, _MOST_HUNG)
    kept = catalogue / "headers"
    surveyor = Surveyor(audio_root, kept, VERSION, patterns, options.time_tolerance_s, patience)
    read = 0
    with write_catalogue(catalogue) as writer:
        for deployment in track(listed, f"ingest {season}: deployments"):
            found = surveyor.survey(deployment)
            read += found.read
            _add(writer, deployment, found, calendar)
        counts = writer.counts
        if not counts.listed:
            raise AntiphonError(f"{deployments}: no recording below {audio_root} in any `folder`; check the column")
    surveyor.forget_others(listed)
    beside = f"{counts.companions} companion files and {counts.others} other files ignored"
    log(f"ingest {season}: {counts.in_words()}; {beside}; {read} headers read, {time.monotonic() - began:.1f} s")
    _check(counts, options.max_bad_fraction, catalogue, catalogue / "set_aside")


def verdicts(*, catalogue: Path, stft: Path, settings: str, output: Path) -> None:
    """Stop where too many recordings are bad, now that each has been decoded, and tell what deployments share.

    Parameters
    ----------
    catalogue
        Folder of the season's catalogue.
    stft
        Folder of the records of stage stft.
    settings
        Section ``ingest`` of the settings as JSON.
    output
        JSON file to write: the number of recordings by status and reason, and what deployments have in common.

    Raises
    ------
    AntiphonError
        If more recordings are bad than ``max_bad_fraction`` allows, or if none can be analysed.
    """
    counts = Counts()
    listed = pq.read_table(catalogue / "recordings.parquet", columns=["batch", "status", "reason"])
    counts.add(listed.filter(listed["batch"].is_null()))
    shared = shared_content(_decoded(catalogue, stft, counts))
    log(f"verdicts: {counts.in_words()}")
    for one in shared:
        (first, second), (path, copy) = one.deployments, one.example
        log(
            f"verdicts: {one.recordings} recordings of {second} have the samples of recordings of {first}, as {copy} "
            f"of {path}; both count: remove those that are in the wrong folder"
        )
    _check(counts, section(Ingest, settings).max_bad_fraction, catalogue, stft)
    write_json(output, {"recordings": counts.by_reason(), "shared": [asdict(one) for one in shared]})


def _decoded(catalogue: Path, stft: Path, counts: Counts) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the deployment and what decoding found out of each recording, and count them on the way."""
    for name, batch in track(read_batches(catalogue / "batches.json").items(), "verdicts: batches", lines=False):
        rows = [row for unit in read_record(stft / f"{name}.json").units for row in unit.recordings]
        counts.add(pa.table({key: pa.array([row[key] for row in rows], pa.string()) for key in ("status", "reason")}))
        yield from ((batch.deployment, row) for row in rows)


def draft(*, audio_root: Path, output: Path) -> None:
    """Draft the table of deployments from a folder tree, for the user to correct.

    Parameters
    ----------
    audio_root
        Folder with a folder for each deployment.
    output
        CSV file to write; one that is there is not touched.

    Raises
    ------
    AntiphonError
        If the folder is missing or holds no recording, or ``output`` is there.
    """
    if output.exists():
        raise AntiphonError(f"{output}: is there already; name another --output, or remove it")
    text = draft_deployments(audio_root)
    write_text(output, text)
    count = text.count("\n") - 1
    log(f"{output}: {count} deployment{'s' * (count != 1)}; fill in utc_offset and filename_time, correct the rest")


def _add(writer: CatalogueWriter, deployment: Deployment, found: Survey, calendar: Calendar) -> None:
    """Place what was found in one deployment and write it."""
    writer.counts.companions += found.companions
    writer.counts.others += found.others
    for name, channel in channels_of(found.headers, deployment):
        placed = place(found.headers, deployment, name, channel, calendar)
        writer.add(deployment, name, placed)
        _warn(name, channel, placed)


def _warn(name: str, channel: str, placed: pa.Table) -> None:
    """Say what is no fault of a single recording but may be one of the deployment."""
    apart = placed.filter(pc.fill_null(pc.equal(placed["reason"], Reason.TIMES_DISAGREE), False))
    if len(apart):
        first = apart.slice(0, 1).to_pylist()[0]
        log(
            f"ingest {name}: in {len(apart)} recordings header and name disagree on the start, as in {first['path']}: "
            f"{first['detail']}; check utc_offset and filename_time"
        )
    setups = setups_of(placed)
    if len(setups) > 1:
        told = "; ".join(f"{setup} from {first} on in {count}" for setup, first, count in setups[:_MOST_SETUPS])
        more = f"; and {len(setups) - _MOST_SETUPS} more" if len(setups) > _MOST_SETUPS else ""
        log(f"ingest {name}: {len(setups)} setups, whose levels may not compare: {told} recordings{more}")
    used = placed.filter(placed["unit"].is_valid())
    if channel == "mix" and (pc.max(used["channels"]).as_py() or 1) > 1:
        log(f"ingest {name}: channels are mixed; what reaches them out of phase cancels out (channel: first does not)")


def _check(counts: Counts, max_bad_fraction: float, catalogue: Path, details: Path) -> None:
    """Stop where too much is bad or nothing is left; ``details`` is where each file stands."""
    bad = counts.statuses["quarantined"]
    most = sorted(counts.reasons.items(), key=lambda item: (-item[1], item[0]))
    reasons = ", ".join(
        f"{count} {reason} ({MEANINGS[Reason(reason)]})"
        for (status, reason), count in most
        if status in ("quarantined", "excluded")
    )
    if counts.listed == bad + counts.statuses["excluded"]:
        raise AntiphonError(f"{catalogue}: none of {counts.listed} recordings can be analysed: {reasons}")
    if bad > max_bad_fraction * counts.listed:
        raise AntiphonError(
            f"{catalogue}: {bad} of {counts.listed} recordings ({bad / counts.listed:.1%}) are bad, "
            f"ingest.max_bad_fraction allows {max_bad_fraction:.1%}: {reasons}; see {details}, then "
            "mend the files or raise the limit"
        )


def _day(text: str | None, key: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise AntiphonError(f"--{key.replace('_', '-')}: {text!r} is no day; write it as 2024-05-01") from None
