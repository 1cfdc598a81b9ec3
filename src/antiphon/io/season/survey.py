"""The survey of a deployment: what lies in its folder, read where it is new, remembered where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from antiphon.io.season.deployments import Deployment
from antiphon.io.season.headers import (
    IGNORED,
    Clockwork,
    Patience,
    keep_headers,
    kept_headers,
    known_and_fresh,
    probe_files,
    timed_anew,
)
from antiphon.io.season.listing import list_folder
from antiphon.io.whole import sweep
from antiphon.progress import log

__all__ = ["Survey", "Surveyor"]


@dataclass(frozen=True)
class Survey:
    """What lies in a deployment's folder.

    Attributes
    ----------
    headers
        Table of the schema :data:`~antiphon.io.season.headers.KEPT`, a row for each file that is or may be a recording.
    read
        Number of files whose header was read.
    companions, others
        Number of files that are no recordings, as in :class:`~antiphon.io.season.listing.Listing`.
    """

    headers: pa.Table
    read: int
    companions: int
    others: int


@dataclass(frozen=True)
class Surveyor:
    """How deployments are surveyed.

    Attributes
    ----------
    audio_root
        Folder that the deployments' folders are relative to.
    kept
        Folder that remembers headers from run to run, one file for each deployment.
    version
        Version of the stage; what another one remembered is read again.
    patterns
        The user's patterns of file names.
    tolerance_s
        Difference of two time sources above which it is reported, seconds.
    patience
        How files are read.
    """

    audio_root: Path
    kept: Path
    version: int
    patterns: tuple[str, ...]
    tolerance_s: float
    patience: Patience

    def survey(self, deployment: Deployment) -> Survey:
        """List a deployment's files and read the headers of those that are new.

        Raises
        ------
        AntiphonError
            If a folder cannot be listed or does not answer.
        """
        name, patience = deployment.deployment, self.patience
        clockwork = Clockwork(deployment, self.patterns, self.tolerance_s)
        path = self.kept / f"{name}.parquet"
        listing = list_folder(
            self.audio_root, deployment.folder, threads=patience.threads, timeout_s=patience.timeout_s
        )
        kept, timed = kept_headers(path, self.version, clockwork)
        known, fresh = known_and_fresh(listing.files, kept)
        parts, read = [known if timed else timed_anew(known, clockwork)], 0
        for part in probe_files(self.audio_root, fresh, clockwork, patience):
            parts.append(part)
            read += len(part)
            if read < len(fresh):
                log(f"ingest {name}: {read}/{len(fresh)} headers")
        headers = pa.concat_tables(parts)
        if read or not timed or len(known) < len(kept):
            keep_headers(path, headers, self.version, clockwork)
        unrelated = pc.sum(pc.equal(headers["status"], IGNORED)).as_py() or 0
        return Survey(headers, read, listing.companions, listing.others + unrelated)

    def forget_others(self, deployments: list[Deployment]) -> None:
        """Forget deployments that are no longer in the table."""
        sweep(self.kept)
        names = {deployment.deployment for deployment in deployments}
        for path in self.kept.glob("*.parquet"):
            if path.stem not in names:
                path.unlink()
