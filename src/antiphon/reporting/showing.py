"""What is shown of an event: the levels around it, what the model found there, and both as sound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from antiphon.io.excerpts import Excerpt, read_excerpt, recording_of
from antiphon.io.sound.flac_writing import flac_bytes
from antiphon.io.stores.spectrograms import Span, Store, open_store
from antiphon.progress import log, track
from antiphon.reporting.picks import Pick
from antiphon.signal.resynthesis import resynthesised
from antiphon.stats.judging.scores import code_of_threshold

__all__ = ["Folders", "Shown", "shown_events"]

_LOUDEST = 0.9


@dataclass(frozen=True)
class Folders:
    """Where a season's stores and recordings are.

    Attributes
    ----------
    levels, probabilities
        Folders of the stores of stage stft, and of stage infer for one model.
    audio_root
        Folder that recordings' paths are relative to.
    """

    levels: Path
    probabilities: Path
    audio_root: Path


@dataclass(frozen=True)
class Shown:
    """An event as it is shown.

    Attributes
    ----------
    pick
        The event.
    begin_s
        Second of the recording at which what is shown begins.
    hop_s, bin_hz
        Size of a cell.
    levels
        Level codes, shape (time, frequency), uint8.
    mask
        Cells in which the source is active, same shape, bool; None where the model's probabilities were not kept.
    sounds
        FLAC files by what they are: ``recorded`` and ``separated``, both equally much louder than in the recording.
    note
        Why sounds or a mask are missing; empty where all is there.
    """

    pick: Pick
    begin_s: float
    hop_s: float
    bin_hz: float
    levels: np.ndarray
    mask: np.ndarray | None
    sounds: Mapping[str, bytes]
    note: str


def shown_events(
    picks: Sequence[Pick],
    units: Mapping[tuple[str, str], str],
    folders: Folders,
    thresholds: Mapping[str, float],
    *,
    margin_s: float,
    longest_s: float,
) -> Iterator[Shown]:
    """Yield what is shown of each event; one whose store was deleted is passed over, and that is logged.

    Parameters
    ----------
    picks
        The events.
    units
        Unit that each recording belongs to, by deployment and path.
    folders
        Where things are.
    thresholds
        Probability from which a cell belongs to a source, by source.
    margin_s
        Seconds shown before and after an event.
    longest_s
        Most seconds shown.

    Raises
    ------
    AntiphonError
        If a store is damaged or a recording is another one by now.
    """
    for pick in track(picks, "report: events", lines=False):
        unit = units[pick.deployment, pick.path]
        if not (folders.levels / f"{unit}.zarr").exists():
            log(f"report: the store of {unit} is gone, so its events are not shown")
            continue
        levels = open_store(folders.levels / f"{unit}.zarr")
        span = recording_of(levels, pick.path)
        begin_s = max(0.0, pick.start_s - margin_s)
        end_s = min(pick.end_s + margin_s, begin_s + longest_s)
        hop_s = levels.grid.hop_s
        first, last = (min(span.frames, max(0, round(edge / hop_s))) for edge in (begin_s, end_s))
        codes, missing = _levels(levels, slice(span.first_frame + first, span.first_frame + last))
        mask, sounds, note = _found(pick, unit, folders, thresholds, (begin_s, end_s), last - first)
        yield Shown(pick, first * hop_s, hop_s, levels.grid.bin_hz, codes, mask, sounds, f"{missing}{note}")


def _levels(levels: Store, frames: slice) -> tuple[np.ndarray, str]:
    """Return the level codes of a stretch, or those of nothing heard and why."""
    if not levels.is_hollow:
        return levels.levels(frames), ""
    nothing = np.zeros((frames.stop - frames.start, levels.grid.bins), dtype=np.uint8)
    return nothing, "The levels were dropped to save room (storage.levels), so there is no picture. "


def _found(
    pick: Pick,
    unit: str,
    folders: Folders,
    thresholds: Mapping[str, float],
    stretch_s: tuple[float, float],
    frames: int,
) -> tuple[np.ndarray | None, dict[str, bytes], str]:
    """Return the mask and the sounds of an event, or why there are none."""
    if not (folders.probabilities / f"{unit}.zarr").exists():
        return None, {}, "The model's probabilities were not kept (infer.keep: none), so there is no mask and no sound."
    found = open_store(folders.probabilities / f"{unit}.zarr")
    if found.is_hollow:
        return None, {}, "The model's probabilities were dropped (storage.probabilities): no mask and no sound."
    span, source = recording_of(found, pick.path), found.sources.index(pick.source)
    if not (folders.audio_root / pick.path).is_file():
        return (
            _mask(found, span, source, thresholds[pick.source], stretch_s, frames),
            {},
            ("The recording is not where the report was made, so there is no sound."),
        )
    excerpt = read_excerpt(found, folders.audio_root, span, *stretch_s)
    mask = _mask(found, span, source, thresholds[pick.source], stretch_s, frames)
    return mask, _sounds(excerpt, found, source), ""


def _mask(
    found: Store, span: Span, source: int, least: float, stretch_s: tuple[float, float], frames: int
) -> np.ndarray:
    """Return the active cells of a stretch, shape (time, frequency)."""
    first = span.first_frame + min(span.frames, max(0, round(stretch_s[0] / found.grid.hop_s)))
    codes = found.probabilities(slice(first, first + frames))[source]
    return np.asarray((codes >= code_of_threshold(least)) & (codes < 255))


def _sounds(excerpt: Excerpt, found: Store, source: int) -> dict[str, bytes]:
    """Return a stretch as it was recorded and what of it is the source's, as FLAC, raised by one gain."""
    if not len(excerpt.samples):
        return {}
    parts = resynthesised(excerpt.samples, excerpt.rate_hz, excerpt.probabilities, found.grid, lead_s=excerpt.lead_s)
    gain = _LOUDEST / max(float(np.abs(excerpt.samples).max()), 1e-6)
    return {
        name: flac_bytes((gain * sound).astype(np.float32), excerpt.rate_hz, bits=16)
        for name, sound in (("recorded", excerpt.samples), ("separated", parts[source]))
    }
