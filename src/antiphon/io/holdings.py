"""A deployment's recordings, good and bad: what ingest listed and what decoding found out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from antiphon.errors import AntiphonError
from antiphon.io.copies import copies_of
from antiphon.io.records import read_record
from antiphon.io.season.catalogue import Manifest, RecordingRow, SetAside, read_manifest, read_set_aside
from antiphon.io.sound.reasons import Reason
from antiphon.io.stores.spectrograms import open_store
from antiphon.signal.calibration import LevelReference, level_reference
from antiphon.signal.long_term import HourlySpectra

__all__ = ["Holdings", "UnitStores", "read_holdings"]

_LISTED = (
    *("path", "bytes", "format", "subtype", "rate_hz", "channels", "channel", "frames"),
    *("utc_offset_min", "start_local", "time_source", "recorder", "serial", "gain"),
)
_VERDICT = ("status", "reason", "detail")
_DECODED = ("content_hash", "clipped_share", "dc", "peak")
_NAMES = (*_LISTED, *_VERDICT, "failed_at_s", *_DECODED, "start_time", "duration_s", "analysed_frames", "unit", "batch")


@dataclass(frozen=True)
class UnitStores:
    """The two stores of a unit.

    Attributes
    ----------
    unit
        Name of the unit.
    fingerprint
        What the probabilities were made from, levels included.
    levels, probabilities
        Paths of the stores.
    copies
        Recordings in them that are copies of others and do not count.
    """

    unit: str
    fingerprint: str
    levels: Path
    probabilities: Path
    copies: frozenset[str]


@dataclass(frozen=True)
class Holdings:
    """What a deployment has.

    Attributes
    ----------
    manifests
        Its batches in order of time.
    set_aside
        What is not analysed.
    decoded
        What decoding found out of each recording, by batch and path: the rows of stage stft's records.
    levels
        Path of each unit's level store, units in order of time.
    """

    manifests: tuple[Manifest, ...]
    set_aside: SetAside
    decoded: dict[tuple[str, str], dict[str, Any]]
    levels: dict[str, Path]

    @property
    def site(self) -> str:
        """Name of the deployment's site."""
        return self.manifests[0].site if self.manifests else self.set_aside.site

    @property
    def reference(self) -> LevelReference:
        """What its levels are relative to."""
        about = self.manifests[0] if self.manifests else self.set_aside
        return level_reference(about.sensitivity_db, about.medium)

    @property
    def utc_offset_min(self) -> int:
        """Standard time minus UTC, minutes: the first batch's for the whole season, so that intervals never shift."""
        return self.manifests[0].utc_offset_min if self.manifests else self.set_aside.utc_offset_min

    @cached_property
    def copies(self) -> dict[str, str]:
        """Recordings that have the very samples of an earlier one, by path: the path of that one.

        A copy is excluded, so that nothing counts twice. Which of the two has the right time is not known; the earlier
        one stays. Only recordings of this deployment are compared: what deployments share, ``antiphon verdicts`` tells.
        """
        return copies_of(decoded for _, decoded in self._decoded())

    def _decoded(self) -> Iterator[tuple[RecordingRow, dict[str, Any]]]:
        for manifest in self.manifests:
            for rows in manifest.units.values():
                yield from ((row, self.decoded[manifest.batch, row.path]) for row in rows)

    def analysed(self) -> Iterator[tuple[RecordingRow, dict[str, Any]]]:
        """Yield every recording that was decoded and counts, with what decoding found out."""
        return ((row, decoded) for row, decoded in self._decoded() if row.path not in self.copies)

    def quarantined(self) -> Iterator[tuple[int, int | None]]:
        """Yield start and length, microseconds, of every recording that was set aside as bad, where it has a start.

        The length is None where the header does not say.
        """
        for row in self.set_aside.rows:
            if row["status"] == "quarantined" and row["start_us"] is not None:
                known = row["frames"] and row["rate_hz"]
                yield row["start_us"], round(row["frames"] * 1e6 / row["rate_hz"]) if known else None

    def stores(self, infer_records: Sequence[Path]) -> tuple[UnitStores, ...]:
        """Return the stores of every unit in order of time.

        Parameters
        ----------
        infer_records
            A model's records of the deployment's batches; probability stores lie beside them.

        Raises
        ------
        AntiphonError
            If the records are not of the same units.
        """
        found = {unit.unit: (unit, path.parent) for path in infer_records for unit in read_record(path).units}
        if differing := sorted(found.keys() ^ self.levels.keys()):
            raise AntiphonError(f"{differing[0]}: not a unit of both stft and infer; run stage infer again")
        copies = {
            name: frozenset(row.path for row in rows if row.path in self.copies)
            for manifest in self.manifests
            for name, rows in manifest.units.items()
        }
        stores = []
        for name, levels in self.levels.items():
            unit, folder = found[name]
            stores.append(UnitStores(name, unit.fingerprint, levels, folder / unit.store, copies[name]))
        return tuple(stores)

    def hours(self) -> list[HourlySpectra]:
        """Read the long-term average that each unit's store of levels keeps."""
        return [open_store(path).hours() for path in self.levels.values()]

    def pieces(self) -> Iterator[dict[str, list[Any]]]:
        """Yield the columns of the table recordings, batch by batch, then what was set aside."""
        for manifest in self.manifests:
            yield _columns(
                {
                    **_listed(row),
                    **_decoded(self.decoded[manifest.batch, row.path]),
                    "unit": unit,
                    "batch": manifest.batch,
                    **self._copied(row.path),
                }
                for unit, rows in manifest.units.items()
                for row in rows
            )
        nothing = dict.fromkeys(("unit", "batch", "analysed_frames", "failed_at_s", *_DECODED))
        yield _columns(
            {**row, **_times(row["start_us"], row["frames"], row["rate_hz"]), **nothing} for row in self.set_aside.rows
        )

    def _copied(self, path: str) -> dict[str, str | None]:
        """Return what is different for a copy, nothing for any other recording."""
        if path not in self.copies:
            return {}
        verdict = {"status": "excluded", "reason": Reason.DUPLICATE, "detail": f"same samples as {self.copies[path]}"}
        return {**verdict, **dict.fromkeys(("unit", "batch", "analysed_frames"))}


def read_holdings(manifests: Sequence[Path], set_aside: Path, stft_records: Sequence[Path]) -> Holdings:
    """Read what a deployment has.

    Parameters
    ----------
    manifests
        Manifests of its batches.
    set_aside
        What is not analysed.
    stft_records
        Stage stft's records of the same batches; level stores lie beside them.

    Raises
    ------
    AntiphonError
        If a file is missing or damaged, or a manifest and its record do not list the same recordings.
    """
    batches = sorted((read_manifest(path) for path in manifests), key=lambda manifest: manifest.batch)
    records = sorted(((read_record(path), path) for path in stft_records), key=lambda pair: pair[0].batch)
    decoded = {
        (record.batch, row["path"]): row for record, _ in records for unit in record.units for row in unit.recordings
    }
    levels = {unit.unit: path.parent / unit.store for record, path in records for unit in record.units}
    for manifest in batches:
        for row in (row for rows in manifest.units.values() for row in rows):
            if (manifest.batch, row.path) not in decoded:
                raise AntiphonError(f"batch {manifest.batch}: {row.path} was not decoded; run stage stft again")
    return Holdings(tuple(batches), read_set_aside(set_aside), decoded, dict(sorted(levels.items())))


def _listed(row: RecordingRow) -> dict[str, Any]:
    """Return what ingest knows of a recording."""
    return {name: getattr(row, name) for name in _LISTED} | _times(row.start_us, row.frames, row.rate_hz)


def _times(start_us: int | None, frames: int | None, rate_hz: int | None) -> dict[str, Any]:
    return {"start_time": start_us, "duration_s": frames / rate_hz if frames and rate_hz else None}


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    """Return what decoding found out; a recording without a sample has no hash and no level."""
    sound = {name: row[name] if row["samples"] else None for name in _DECODED}
    return {**{name: row[name] for name in (*_VERDICT, "failed_at_s")}, **sound, "analysed_frames": row["frames"]}


def _columns(rows: Iterable[dict[str, Any]]) -> dict[str, list[Any]]:
    """Turn rows into the columns of the table recordings."""
    held = list(rows)
    return {name: [row[name] for row in held] for name in _NAMES}
