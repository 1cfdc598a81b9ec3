"""Stretches of recordings with what a model found in them: what sound can be made of sources from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from antiphon.errors import AntiphonError
from antiphon.io.sound.reasons import DecodeError
from antiphon.io.sound.recordings import blocks, probe
from antiphon.io.stores.spectrograms import Span, Store
from antiphon.signal.levels import PROBABILITY_NOT_HEARD, PROBABILITY_SCALE, full_scale

__all__ = ["Excerpt", "read_excerpt", "read_samples", "recording_of"]

_BLOCK_SAMPLES = 1 << 18


@dataclass(frozen=True)
class Excerpt:
    """A stretch of a recording.

    Attributes
    ----------
    span
        The recording.
    first
        Its first sample in the recording.
    samples
        The sound, shape (n,), float32, full scale 1.0.
    probabilities
        Of each source in each cell that the sound reaches, shape (source, time, frequency), float32, 0 to 1; 0 where
        the recorder does not hear.
    lead_s
        Seconds from the beginning of the probabilities' first frame to the first sample.
    """

    span: Span
    first: int
    samples: np.ndarray
    probabilities: np.ndarray
    lead_s: float

    @property
    def rate_hz(self) -> int:
        """Sample rate."""
        return self.span.rate_hz

    @property
    def start_us(self) -> int:
        """UTC time of the first sample, microseconds since 1970."""
        return self.span.start_us + round(self.first * 1e6 / self.rate_hz)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate_hz


def recording_of(store: Store, path: str) -> Span:
    """Return the recording ``path`` of a store.

    Raises
    ------
    AntiphonError
        If the store does not hold it.
    """
    for span in store.spans:
        if span.path == path:
            return span
    raise AntiphonError(f"{store.path}: {path} is not in it; run the stages infer and tabulate again")


def read_excerpt(found: Store, audio_root: Path, span: Span, start_s: float, end_s: float) -> Excerpt:
    """Read a stretch of a recording and the probabilities found in it.

    Parameters
    ----------
    found
        The probability store that the recording lies in.
    audio_root
        Folder that recordings' paths are relative to.
    span
        The recording.
    start_s, end_s
        The stretch, seconds of the recording; what lies outside the recording is left out.

    Raises
    ------
    AntiphonError
        If the recording is gone, is another one by now, or cannot be decoded there.
    """
    first = max(0, round(start_s * span.rate_hz))
    samples = read_samples(audio_root / span.path, span, first, max(0, round(end_s * span.rate_hz) - first))
    grid = found.grid
    begin_s, stop_s = first / span.rate_hz, (first + len(samples)) / span.rate_hz
    centre = grid.window_s / 2
    low = min(span.frames, max(0, math.floor((begin_s - centre) / grid.hop_s)))
    high = min(span.frames, max(low, math.ceil((stop_s - centre) / grid.hop_s) + 1))
    codes = found.probabilities(slice(span.first_frame + low, span.first_frame + high))
    probabilities = np.where(codes == PROBABILITY_NOT_HEARD, 0, codes).astype(np.float32) / PROBABILITY_SCALE
    return Excerpt(span, first, samples, probabilities, begin_s - low * grid.hop_s)


def read_samples(path: Path, span: Span, first: int, count: int) -> np.ndarray:
    """Read samples of a recording, full scale 1.0, shape (n,), float32.

    Parameters
    ----------
    path
        The file.
    span
        What is known of the recording.
    first, count
        First sample, and how many; fewer come where the recording ends.

    Raises
    ------
    AntiphonError
        If the recording is gone, is another one by now, or cannot be decoded there.
    """
    header = probe(path)
    if header.status == "quarantined" or header.rate_hz != span.rate_hz:
        raise AntiphonError(
            f"{path}: {header.detail or 'another sample rate than when it was analysed'}; "
            "put the recording back, or run `snakemake -R ingest`"
        )
    pieces, held = [], 0
    try:
        stream = blocks(path, header, span.channel, _BLOCK_SAMPLES, first)
        for block in islice(stream, -(-count // _BLOCK_SAMPLES)):
            pieces.append(np.asarray(block, dtype=np.float32) / np.float32(full_scale(block)))
            held += len(block)
    except DecodeError as error:
        if not held:  # what was decoded before a fault is sound, here as in the stage stft
            raise AntiphonError(f"{path}: {error}; choose another stretch") from None
    return np.concatenate(pieces)[:count] if pieces else np.zeros(0, dtype=np.float32)
