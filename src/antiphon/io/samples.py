"""What only the samples tell: checks and hash of a recording, made while it is decoded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from antiphon.io.season.catalogue import RecordingRow
from antiphon.io.sound.reasons import MEANINGS, DecodeError, Reason
from antiphon.io.sound.recordings import blocks, probe
from antiphon.signal.levels import full_scale

__all__ = ["SampleFacts", "checked_blocks"]

_BLOCK_SAMPLES = 1 << 18
_COLUMNS = 4096
# Flags for people: the measured shares stand beside them in the table recordings.
_MUCH_CLIPPED = 0.01
_MUCH_DC = 0.05


@dataclass
class SampleFacts:
    """What decoding a recording found out; filled block by block.

    Attributes
    ----------
    samples
        Samples decoded.
    clipped
        Samples at or beyond the clipping level.
    total
        Sum of the samples, full scale 1.0.
    low, high
        Least and largest sample, full scale 1.0; meaningless before the first sample.
    failed_at_s
        Second of the recording from which it could not be decoded; None: it was decoded to its end.
    status, reason, detail
        Verdict: None until something other than what ingest said is found.
    """

    samples: int = 0
    clipped: int = 0
    total: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    failed_at_s: float | None = None
    status: str | None = None
    reason: str | None = None
    detail: str | None = None
    _hash: xxhash.xxh3_128 = field(default_factory=xxhash.xxh3_128)

    def add(self, block: np.ndarray, clipping_level: float) -> None:
        """Take in the next block of samples, shape (n,), int16 or float32; not empty."""
        full = full_scale(block)
        self._hash.update(block.data)
        self.samples += len(block)
        self.total += _sum(block) / full
        low, high = float(block.min()) / full, float(block.max()) / full
        self.low, self.high = min(self.low, low), max(self.high, high)
        if max(high, -low) >= clipping_level:
            limit = clipping_level * full
            self.clipped += int(np.count_nonzero(block >= limit)) + int(np.count_nonzero(block <= -limit))

    def as_row(self, row: RecordingRow) -> dict[str, Any]:
        """Return the facts for the batch record: the verdict of decoding, else of ingest, then what the samples show.

        The first of several reasons is the row's; ``detail`` tells them all.
        """
        verdict = self if self.status else row
        notes = [(verdict.reason, verdict.detail)] if verdict.reason else []
        notes += [(reason, MEANINGS[reason]) for reason in self._flags()]
        sound = max(1, self.samples)
        return {
            "status": verdict.status,
            "reason": notes[0][0] if notes else None,
            "detail": "; ".join(detail for _, detail in notes if detail) or None,
            "failed_at_s": self.failed_at_s,
            "samples": self.samples,
            "content_hash": self._hash.hexdigest(),
            "clipped_share": self.clipped / sound,
            "dc": self.total / sound,
            "peak": max(self.high, -self.low, 0.0),
        }

    def discarded(self) -> SampleFacts:
        """Return the facts of a recording that failed and of which nothing is kept."""
        return SampleFacts(
            failed_at_s=self.failed_at_s,
            status="quarantined",
            reason=self.reason,
            detail=f"{self.detail}; what was decoded before is left out (stft.keep_before_fault)",
        )

    def _flags(self) -> Iterator[Reason]:
        """Yield what is odd about the samples as a whole; each is used nevertheless."""
        if not self.samples:
            return
        if self.low == self.high:
            yield Reason.STUCK_CHANNEL if self.low else Reason.DIGITAL_SILENCE
            return
        if self.clipped > _MUCH_CLIPPED * self.samples:
            yield Reason.CLIPPED
        if abs(self.total) > _MUCH_DC * self.samples:
            yield Reason.DC_OFFSET


def _sum(block: np.ndarray) -> float:
    """Return the exact sum of int16 samples, or the sum of floats in double precision."""
    if block.dtype != np.int16:
        return float(block.sum(dtype=np.float64))
    # Columns of at most 65,535 samples cannot overflow, and add up three times as fast as 64-bit numbers.
    whole = len(block) // _COLUMNS * _COLUMNS
    columns = np.add.reduce(block[:whole].reshape(-1, _COLUMNS), axis=0, dtype=np.int32)
    return float(columns.sum(dtype=np.int64) + block[whole:].sum(dtype=np.int64))


def checked_blocks(path: Path, row: RecordingRow, facts: SampleFacts, clipping_level: float) -> Iterator[np.ndarray]:
    """Yield a recording's samples and gather ``facts`` on the way; a bad file ends the samples, not the batch.

    Parameters
    ----------
    path
        The file.
    row
        What ingest found in its header.
    facts
        Filled while the samples pass.
    clipping_level
        Magnitude from which a sample counts as clipped, 1.0 = full scale.

    Yields
    ------
    Blocks of samples, each (n,) int16 or float32.
    """
    header = probe(path)
    if header.status == "quarantined" or (header.rate_hz, header.frames) != (row.rate_hz, row.frames):
        facts.status, facts.reason = "quarantined", Reason.CHANGED
        facts.detail = f"{header.detail or 'another header than ingest saw'}; run `snakemake -R ingest`"
        return
    try:
        for block in blocks(path, header, row.channel, _BLOCK_SAMPLES):
            facts.add(block, clipping_level)
            yield block
        if facts.samples < row.frames:
            facts.status, facts.reason = "repaired", Reason.TRUNCATED
            facts.detail = f"{row.frames} samples promised, {facts.samples} decoded"
            facts.failed_at_s = facts.samples / header.rate_hz
    except DecodeError as error:
        # What was decoded before the fault is sound.
        facts.status = "repaired" if facts.samples else "quarantined"
        facts.reason, facts.detail, facts.failed_at_s = error.reason, str(error), error.second
