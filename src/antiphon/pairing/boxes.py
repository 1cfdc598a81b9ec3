"""Examples from recordings in which people drew boxes: what is theirs, what is nobody's, and what is not known."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path, PurePosixPath

import numpy as np
import xxhash

from antiphon.config import Boxes
from antiphon.errors import AntiphonError
from antiphon.io.annotations.annotation import Annotation, Picture
from antiphon.io.annotations.reading import Manner, read_annotations
from antiphon.io.examples.lists import BoxedRow, annotation_file, expanded, read_boxed_recordings
from antiphon.io.examples.pairs import Event, Example
from antiphon.io.sound.clips import read_sound
from antiphon.io.sound.recordings import probe
from antiphon.pairing.canvas import FLOOR_SHARE, Canvas, code_quantile, mean_snr_db, padded
from antiphon.pairing.labels import LabelMap
from antiphon.pairing.splits import Piece
from antiphon.signal.boxes import Box, boxed
from antiphon.signal.spectrogram import level_codes

__all__ = ["Annotated", "BoxTask", "box_tasks"]

_MOST_WINDOWS = 32
_MEDIAN = 0.5


@dataclass
class Annotated:
    """The recordings of a recipe, what was drawn in them, and what could not be used.

    Attributes
    ----------
    folder
        What paths are relative to.
    recordings
        Each with its annotations.
    bad
        Rows that cannot be used: file, line, reason.
    """

    folder: Path
    recordings: list[tuple[BoxedRow, tuple[Annotation, ...]]] = field(default_factory=list)
    bad: list[tuple[str, int, str]] = field(default_factory=list)

    @classmethod
    def of(cls, rules: Boxes) -> Annotated:
        """Read the list and every annotation file once; errors as the readers."""
        found = cls(expanded(rules.audio_root, "pair.boxes.audio_root"))
        axes = Picture(**rules.picture.model_dump()) if rules.picture else None
        manner = Manner(rules.label_column, rules.columns, axes)
        listed = expanded(rules.recordings, "pair.boxes.recordings")
        rows = read_boxed_recordings(listed)
        files = {(row.annotations, row.format): annotation_file(found.folder, listed, row) for row in rows}
        for (name, form), path in files.items():
            of_file = [row for row in rows if (row.annotations, row.format) == (name, form)]
            table = read_annotations(path, form, manner)
            found.bad += [(name, row.line, row.reason) for row in table.bad]
            found._hand_out(name, of_file, table.good)
        return found

    def _hand_out(self, name: str, rows: Sequence[BoxedRow], annotations: Sequence[Annotation]) -> None:
        """Give each annotation of a file to the recording that it names; the rest is listed as bad."""
        of_row: dict[BoxedRow, list[Annotation]] = {row: [] for row in rows}
        for one in annotations:
            fitting = rows if one.path is None else _named(rows, one.path)
            if len(fitting) > 1 and one.channel is not None:
                fitting = [row for row in fitting if row.channel == one.channel]
            if len(fitting) != 1:
                where = "names no recording" if one.path is None else f"names {one.path}"
                many = "several recordings of this table fit" if fitting else "pair.boxes.recordings does not list it"
                self.bad.append((name, one.line, f"{where}: {many}"))
            elif one.channel in (None, fitting[0].channel):
                of_row[fitting[0]].append(one)
            else:
                self.bad.append((name, one.line, f"channel {one.channel}, and {fitting[0].channel} is analysed"))
        self.recordings += [(row, tuple(found)) for row, found in of_row.items()]

    def pieces(self, labels: LabelMap) -> list[Piece]:
        """Return what is to be dealt out, each recording under its commonest label."""
        pieces = []
        for row, drawn in self.recordings:
            written = sorted(one.label for one in drawn)
            commonest = max(written, key=written.count) if written else "nothing"
            pieces.append(Piece(row.path, row.group, commonest, labels.classes_of(commonest), row.split))
        return pieces

    def bad_table(self) -> str:
        """Return the rows that cannot be used as CSV."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["file", "line", "reason"])
        writer.writerows(self.bad)
        return text.getvalue()


def _named(rows: Sequence[BoxedRow], path: str) -> Sequence[BoxedRow]:
    """Return the listed recordings that a name means: those that share the longest end of their path with it.

    Recorders name their files by the time, so at two sites files may be called alike and only the folders differ; an
    annotator's folders may be quite others, so that the file's own name must do. Separators may be either.
    """
    shared = [_shared_end(row.path, path) for row in rows]
    most = max(shared, default=0)
    return [row for row, parts in zip(rows, shared, strict=True) if most and parts == most]


def _shared_end(one: str, other: str) -> int:
    """Return how many parts two paths have in common, counted from their ends."""
    ends = (reversed(PurePosixPath(path.replace("\\", "/")).parts) for path in (one, other))
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*ends, strict=False)))


def box_tasks(rules: Boxes, found: Annotated, split_of: Mapping[str, str], canvas: Canvas) -> list[BoxTask]:
    """Return the tasks of all recordings, a stretch of at most 32 examples each.

    Raises
    ------
    AntiphonError
        If a recording cannot be read.
    """
    tasks = []
    for row, drawn in found.recordings:
        header = probe(found.folder / row.path)
        if header.status == "quarantined":
            raise AntiphonError(f"{found.folder / row.path}: {header.detail or header.reason}; take it off the list")
        rate_hz = canvas.grid.analysis_rate_hz(header.rate_hz)
        frames = canvas.grid.frames(header.frames * rate_hz // header.rate_hz, rate_hz)
        starts = canvas.starts(frames)
        tasks += [
            BoxTask(split_of[row.path], row, drawn, tuple(starts[i : i + _MOST_WINDOWS]), rules, found.folder, canvas)
            for i in range(0, len(starts), _MOST_WINDOWS)
        ]
    return tasks


@dataclass(frozen=True)
class BoxTask:
    """Some examples of one recording."""

    split: str
    row: BoxedRow
    annotations: tuple[Annotation, ...]
    starts: tuple[int, ...]
    rules: Boxes
    folder: Path
    canvas: Canvas

    @property
    def count(self) -> int:
        """Number of examples."""
        return len(self.starts)

    def examples(self) -> list[Example]:
        """Read the recording and cut it."""
        sound, rate_hz = read_sound(self.folder / self.row.path, channel=str(self.row.channel))
        codes = level_codes(sound, rate_hz, self.canvas.grid)
        truth = self._truth(codes)
        content = xxhash.xxh64_hexdigest(sound.tobytes())
        members = (f"group {self.row.group}", f"recording {self.row.path}", f"content {content}")
        floor = code_quantile(codes, FLOOR_SHARE)
        return [self._example(codes, truth, start, floor, members) for start in self.starts]

    def _truth(self, codes: np.ndarray) -> _Truth:
        """Return what is known of every cell of the recording."""
        labels, grid = self.canvas.labels, self.canvas.grid
        truth = _Truth.blank(codes.shape, labels.whole_sources(self.row.exhaustive))
        bands = [(one.freq_low_hz or 0.0, one.freq_high_hz or grid.bins * grid.bin_hz) for one in self.annotations]
        boxes = [
            Box.of(grid, one.start_s, one.end_s, *band, codes.shape)
            for one, band in zip(self.annotations, bands, strict=True)
        ]
        rule = {"above_background_db": self.rules.above_background_db, "below_peak_db": self.rules.below_peak_db}
        least = self.canvas.rule.least_cells
        inside = boxed(codes, boxes, grid, least_cells=least, margin_s=self.rules.margin_s, **rule)
        every = tuple(range(len(labels.sources)))
        # What nobody gave a class may be anything: it is not known of any source.
        sources = [labels.sources_of(one.label) if labels.classes_of(one.label) else every for one in self.annotations]
        vague = [one.freq_low_hz is None or not labels.classes_of(one.label) for one in self.annotations]
        drawn = list(zip(self.annotations, boxes, bands, inside, sources, vague, strict=True))
        # First what is not known beside boxes, then what boxes say, then what they show: later words weigh more.
        for one, _, _, stands, of, _ in drawn:
            for source in of if one.present else ():
                truth.forget(source, (stands.span, slice(None)), where=stands.standing)
        for _, box, _, _, of, is_vague in drawn:
            for source in of:
                (truth.forget if is_vague else truth.know)(source, box.cells)
        for one, box, band, stands, of, is_vague in drawn:
            for source in of if one.present and not is_vague else ():
                truth.own(source, box.cells, stands.mask)
                truth.events.append(Event(source, one.start_s, one.end_s, band[0], band[1], stands.snr_db))
        self._forget_outside(truth, codes)
        return truth

    def _forget_outside(self, truth: _Truth, codes: np.ndarray) -> None:
        """Forget what lies outside the stretch that was annotated."""
        hop_s = self.canvas.grid.hop_s
        first = round(self.row.from_s / hop_s)
        end = len(codes) if self.row.to_s is None else min(len(codes), round(self.row.to_s / hop_s))
        truth.known_bits[:first] = 0
        truth.known_bits[end:] = 0

    def _example(
        self, codes: np.ndarray, truth: _Truth, start: int, floor: np.ndarray, members: tuple[str, ...]
    ) -> Example:
        frames, hop_s = self.canvas.frames, self.canvas.grid.hop_s
        where = slice(start, start + frames)
        level, masks, known = (padded(array[where], frames) for array in (codes, truth.mask_bits, truth.known_bits))
        begin_s, end_s = start * hop_s, start * hop_s + self.canvas.duration_s
        events = tuple(
            replace(one, start_s=max(one.start_s - begin_s, 0.0), end_s=min(one.end_s, end_s) - begin_s)
            for one in truth.events
            if one.start_s < end_s and one.end_s > begin_s
        )
        everything = np.uint8((1 << len(self.canvas.labels.sources)) - 1)
        return Example(
            level=level,
            mask_bits=masks,
            floor=floor,
            background=code_quantile(codes[where], _MEDIAN),
            snr_db=mean_snr_db(events, len(self.canvas.labels.sources)),
            group=self.row.group,
            known_bits=None if (known[level > 0] == everything).all() else known,
            members=members,
            origin="boxes",
            events=events,
        )


@dataclass
class _Truth:
    """What is known of the cells of a recording, bit by source."""

    mask_bits: np.ndarray
    known_bits: np.ndarray
    events: list[Event] = field(default_factory=list)

    @classmethod
    def blank(cls, shape: tuple[int, ...], whole: Sequence[int]) -> _Truth:
        """Return the truth before anything was drawn: sources in ``whole`` are nowhere, others are not known."""
        known = sum(1 << source for source in whole)
        return cls(np.zeros(shape, dtype=np.uint8), np.full(shape, known, dtype=np.uint8))

    def forget(self, source: int, cells: tuple[slice, slice], where: np.ndarray | None = None) -> None:
        """Take back what is known of a source in cells, or where in them."""
        bit = np.uint8(1 << source)
        self.known_bits[cells] &= np.where(True if where is None else where, ~bit, np.uint8(255))

    def know(self, source: int, cells: tuple[slice, slice]) -> None:
        """Make cells known."""
        self.known_bits[cells] |= np.uint8(1 << source)

    def own(self, source: int, cells: tuple[slice, slice], mask: np.ndarray) -> None:
        """Give cells to a source, which makes them known."""
        bits = np.where(mask, np.uint8(1 << source), np.uint8(0))
        self.mask_bits[cells] |= bits
        self.known_bits[cells] |= bits
