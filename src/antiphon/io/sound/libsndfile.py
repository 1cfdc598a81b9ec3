"""What libsndfile decodes: everything but plain WAV, and FLAC from where dr_flac is not certain of it."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator

import numpy as np
import soundfile

from antiphon.io.sound.dr_flac import certain_blocks
from antiphon.io.sound.reasons import DecodeError, Reason

__all__ = ["decoded_blocks", "opened"]

_SHORT_SUBTYPES = frozenset({"PCM_S8", "PCM_U8", "PCM_16"})
_SKIPPED_AT_ONCE = 1 << 16


def opened(file: io.FileIO) -> soundfile.SoundFile:
    """Open by descriptor: libsndfile then sees neither the extension nor a name that it cannot encode."""
    file.seek(0)
    sound = soundfile.SoundFile(file.fileno(), closefd=False)
    # soundfile seeks after every read, which resets the MP3 decoder: samples would depend on the size of the blocks.
    sound.seekable = lambda: False
    return sound


def decoded_blocks(
    file: io.FileIO, subtype: str | None, rate_hz: int, block_frames: int, first: int = 0
) -> Iterator[np.ndarray]:
    """Yield what libsndfile decodes, (n, channels) int16 where that holds all of it, else float32.

    FLAC is decoded by dr_flac, which takes a third less time, as far as that is certain to give the same samples.

    Parameters
    ----------
    file
        An unbuffered file.
    subtype
        Coding in libsndfile's words.
    rate_hz
        Sample rate.
    block_frames
        Samples of each channel in a block; the last may be shorter.
    first
        Sample to begin with.

    Raises
    ------
    DecodeError
        If it cannot be decoded further.
    """
    dtype = "int16" if subtype in _SHORT_SUBTYPES else "float32"
    done = first
    try:
        if first == 0 and (samples := _flac_samples(file)):
            for block in certain_blocks(file, block_frames):
                yield block
                done += len(block)
            if done == samples:
                return
        # Again from the beginning, not by a search: that would step over a broken frame without a word.
        with _opened_at(file, first) as sound:
            at = first
            while len(block := sound.read(block_frames, dtype=dtype, always_2d=True)):
                at += len(block)
                if at > done:
                    yield block[done - at :]
                    done = at
    except soundfile.LibsndfileError as error:
        raise DecodeError(done / rate_hz, Reason.DECODE_ERROR, error.error_string.rstrip(".")) from None


def _flac_samples(file: io.FileIO) -> int:
    """Return the length of a FLAC file; 0 of another, or if libsndfile has anything against its first sample."""
    if os.pread(file.fileno(), 4, 0) != b"fLaC":
        return 0
    try:
        with opened(file) as sound:
            return int(sound.frames) if len(sound.read(1)) else 0
    except soundfile.LibsndfileError:
        return 0


def _opened_at(file: io.FileIO, first: int) -> soundfile.SoundFile:
    """Open at a sample: a FLAC file goes there at once, others by decoding all before it, which is always exact."""
    sound = opened(file)
    if first and sound.format == "FLAC":
        try:
            sound.seek(first)
            return sound
        except soundfile.LibsndfileError:  # a file that was cut has no end to search from
            sound = opened(file)
    while first > 0 and (skipped := len(sound.read(min(first, _SKIPPED_AT_ONCE), dtype="int16", always_2d=True))):
        first -= skipped
    return sound
