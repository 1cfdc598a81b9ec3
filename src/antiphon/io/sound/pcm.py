"""Samples as a plain WAV file stores them: bytes to numbers, block by block, without libsndfile's detours."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import soundfile

__all__ = ["SAMPLE_BYTES", "stored_blocks"]

SAMPLE_BYTES = {"PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8, "ALAW": 1, "ULAW": 1}
"""Bytes of one sample in each coding that :func:`stored_blocks` reads."""

_DTYPES = {"PCM_16": "<i2", "PCM_32": "<i4", "FLOAT": "<f4", "DOUBLE": "<f8"}


def stored_blocks(
    file: io.FileIO, *, subtype: str, channels: int, start: int, frames: int, block_frames: int
) -> Iterator[np.ndarray]:
    """Read interleaved little-endian samples.

    Parameters
    ----------
    file
        An unbuffered file.
    subtype
        Coding, one of :data:`SAMPLE_BYTES`.
    channels
        Number of channels.
    start
        Byte of the first sample.
    frames
        Samples of each channel to read; a file that ends earlier ends the blocks.
    block_frames
        Samples of each channel in a block; the last may be shorter.

    Yields
    ------
    Samples, shape (n, channels), full scale as :func:`antiphon.signal.levels.full_scale` says: int16 where the file
    has at most 16 bits, int32 where it has more, else floats.
    """
    frame_bytes = SAMPLE_BYTES[subtype] * channels
    file.seek(start)
    while frames > 0:
        piece = np.empty(min(block_frames, frames) * frame_bytes, dtype=np.uint8).data
        found = _fill(file, piece) // frame_bytes
        if found:
            yield _numbers(piece[: found * frame_bytes], subtype, channels)
        if found * frame_bytes < len(piece):
            return
        frames -= found


def _fill(file: io.FileIO, piece: memoryview) -> int:
    """Read until ``piece`` is full or the file ends; return the bytes read."""
    filled = 0
    while filled < len(piece) and (count := file.readinto(piece[filled:])):
        filled += count
    return filled


def _numbers(piece: memoryview, subtype: str, channels: int) -> np.ndarray:
    if subtype in _DTYPES:
        return np.frombuffer(piece, dtype=_DTYPES[subtype]).reshape(-1, channels)
    raw = np.frombuffer(piece, dtype=np.uint8)
    if subtype == "PCM_U8":
        return ((raw.astype(np.int16) - 128) << 8).reshape(-1, channels)
    if subtype == "PCM_24":
        # Column by column: one assignment of (n, 3) bytes is five times slower.
        wide = np.zeros((len(raw) // 3, 4), dtype=np.uint8)
        for byte in range(3):
            wide[:, byte + 1] = raw[byte::3]
        return wide.view("<i4").reshape(-1, channels)
    form = {"format": "RAW", "subtype": subtype, "samplerate": 1, "channels": channels, "endian": "LITTLE"}
    samples, _ = soundfile.read(io.BytesIO(piece), dtype="float32", always_2d=True, **form)
    return np.asarray(samples)
