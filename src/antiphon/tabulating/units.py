"""Units counted: sums of each kind that stand as long as what they were made from does.

A unit's levels and probabilities are read once; every kind of sums is counted in the same pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from antiphon.io.holdings import UnitStores
from antiphon.io.records import fingerprint
from antiphon.io.stores.blocks import Block, blocks_of, refuse_misfits
from antiphon.io.stores.spectrograms import Span, Store, open_store
from antiphon.io.sums import drop_stale_sums, read_sums, read_words, sums_fingerprint, sums_path, write_sums
from antiphon.progress import log, track
from antiphon.stats.activity import Activity
from antiphon.stats.counting import Tally
from antiphon.stats.events import Stretch, joined_at_seam, settled
from antiphon.stats.indices import IndexSums
from antiphon.stats.interval_sums import IntervalSums
from antiphon.stats.labelling import Column, label_block
from antiphon.stats.overlap import Overlap
from antiphon.tabulating.found import Found
from antiphon.tabulating.job import Job

__all__ = ["UnitEvents", "UnitSums", "sum_units"]

_KINDS: dict[str, type[IntervalSums]] = {"activity": Activity, "overlap": Overlap, "indices": IndexSums}
_EVENTS = "events"


@dataclass(frozen=True)
class UnitEvents:
    """A unit's patches of cells.

    Attributes
    ----------
    closed
        Events that end within the unit and do not touch its first frame, (events, columns).
    growing
        The patches that touch its first or last frame; None: no frame was analysed.
    recordings
        Path and UTC start in microseconds of its recordings, in the order of their numbers.
    probable
        Whether the probabilities were stored, or only which cells are active.
    """

    closed: np.ndarray
    growing: Stretch | None
    recordings: list[tuple[str, int]]
    probable: bool


@dataclass(frozen=True)
class UnitSums:
    """Where a unit keeps its sums."""

    paths: dict[str, Path]

    def activity(self) -> Activity:
        """Read what was active in its cells."""
        return Activity(**read_sums(self.paths["activity"]))

    def overlap(self) -> Overlap:
        """Read in which cells two sources were active."""
        return Overlap(**read_sums(self.paths["overlap"]))

    def indices(self) -> IndexSums:
        """Read the indices of its recordings."""
        return IndexSums(**read_sums(self.paths["indices"]))

    def events(self) -> UnitEvents:
        """Read its patches."""
        path = self.paths[_EVENTS]
        rows, words = read_sums(path)["rows"], read_words(path)
        recordings = [(str(name), int(start_us)) for name, start_us in words["recordings"]]
        if words["span"] is None:
            return UnitEvents(rows, None, recordings, words["probable"])
        head, tail = (np.array(words[end], dtype=np.int64).reshape(-1, 3) for end in ("head", "tail"))
        growing = Stretch(rows[: words["growing"]], head, tail, *words["span"])
        return UnitEvents(rows[words["growing"] :], growing, recordings, words["probable"])


def sum_units(job: Job, found: Found, sums: Path) -> list[UnitSums]:
    """Count every unit whose sums do not stand already; return all units' sums in order of time.

    Parameters
    ----------
    job, found
        What the tables are made from.
    sums
        Folder of all sums.
    """
    drop_stale_sums(sums, (*_KINDS, _EVENTS), found.name, job.deployment, keep={one.unit for one in found.stores})
    settings = job.settings.model_dump(mode="json", exclude={"thresholds", "hysteresis", "classes", "detection"})
    codes = (found.counter.least_codes.tolist(), found.counter.members.tolist(), found.rule.low_codes.tolist())
    same = (codes, settings, job.holdings.utc_offset_min, job.version)
    units, counted = [], 0
    for unit in track(found.stores, f"tabulate {job.deployment}"):
        paths = {kind: sums_path(sums, kind, found.name, unit.unit) for kind in (*_KINDS, _EVENTS)}
        made_from = fingerprint(unit.fingerprint, sorted(unit.copies), *same)
        if any(sums_fingerprint(path) != made_from for path in paths.values()):
            _write(paths, _Counting(job, found, unit), made_from)
            counted += 1
        units.append(UnitSums(paths))
    log(f"tabulate {job.deployment}: {counted} of {len(units)} units counted, the others' sums stand")
    return units


def _write(paths: dict[str, Path], counting: _Counting, made_from: str) -> None:
    """Count a unit and write its sums."""
    *sums, events = counting.counted()
    for kind, counted in zip(_KINDS, sums, strict=True):
        write_sums(paths[kind], {field.name: getattr(counted, field.name) for field in fields(counted)}, made_from)
    growing = events.growing
    words = {"recordings": events.recordings, "probable": events.probable, "growing": 0, "span": None}
    rows = events.closed
    if growing is not None:
        rows = np.concatenate([growing.rows, rows])
        words |= {"growing": len(growing.rows), "span": [growing.first_us, growing.last_us]}
        words |= {"head": growing.head.tolist(), "tail": growing.tail.tolist()}
    write_sums(paths[_EVENTS], {"rows": rows}, made_from, words)


class _Counting:
    """Counts one unit, but no copy in it."""

    def __init__(self, job: Job, found: Found, unit: UnitStores) -> None:
        self.job, self.found, self.unit = job, found, unit
        self.levels: Store = open_store(unit.levels)
        self.probabilities: Store = open_store(unit.probabilities)
        refuse_misfits(
            self.levels, self.probabilities, job.grid, tuple(found.card.sources), found.name, found.thresholds
        )
        self.background = self.levels.background()
        self.tally = Tally(found.counter)
        self.closed = [np.empty((0, len(Column)), dtype=np.int64)]
        self.growing: Stretch | None = None
        self.recording = -1

    def counted(self) -> tuple[Activity, Overlap, IndexSums, UnitEvents]:
        """Count all blocks; patches are labelled in another thread beside the other sums."""
        with ThreadPoolExecutor(max_workers=1) as beside:
            for block in self._blocks():
                first_us = block.span.start_us + self.levels.grid.first_centre_us + block.first * self._hop_us
                labelling = beside.submit(self._labelled, block, first_us)
                if block.recording != self.recording:
                    self.tally.begin(block.span.heard_bins, self.background[block.recording])
                self.tally.feed(block.codes, block.probabilities, first_us)
                self._grow(labelling.result(), block.recording)
        recordings = [(span.path, span.start_us) for span in self.levels.spans]
        events = UnitEvents(np.concatenate(self.closed), self.growing, recordings, self._probable)
        return *self.tally.finish(), events

    @property
    def _hop_us(self) -> int:
        return self.levels.grid.hop_us

    @property
    def _probable(self) -> bool:
        settings: dict[str, str] = self.probabilities.attributes.get("settings", {})
        return settings.get("keep") != "none"

    def _blocks(self) -> Iterator[Block]:
        for block in blocks_of(self.levels, self.probabilities):
            span: Span = block.span
            if span.path not in self.unit.copies:
                yield block

    def _labelled(self, block: Block, first_us: int) -> Stretch:
        """Return the patches of a block."""
        found, units = self.found, self.found.counter.table.units
        patches = label_block(
            block.probabilities,
            block.codes,
            found.rule.low_codes,
            found.counter.highest_code,
            units,
            units[self.background[block.recording]],
            found.band,
            (first_us, self._hop_us, block.recording),
        )
        return Stretch(*patches, first_us, first_us + (len(block.codes) - 1) * self._hop_us)

    def _grow(self, stretch: Stretch, recording: int) -> None:
        """Join what was found to what is growing, and put away what cannot grow any more."""
        if self.growing is not None:
            runs_on = recording == self.recording or self.found.rule.runs_on(self.growing, stretch)
            stretch = joined_at_seam(self.growing, stretch, runs_on=runs_on)
        closed, self.growing = settled(stretch, head=True)
        self.closed.append(self.found.rule.events(closed))
        self.recording = recording
