"""Whole sounds in memory: clips and backgrounds, which are short."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from antiphon.errors import AntiphonError
from antiphon.io.sound.reasons import DecodeError
from antiphon.io.sound.recordings import blocks, probe
from antiphon.signal.levels import full_scale

__all__ = ["read_sound"]

_BLOCK_SAMPLES = 1 << 18


def read_sound(path: Path, channel: str = "first", most_s: float = 3600.0) -> tuple[np.ndarray, int]:
    """Read one channel of a sound.

    Parameters
    ----------
    path
        The sound file.
    channel
        ``first``, ``mix`` or a channel's number from 1.
    most_s
        Longest sound that is read.

    Returns
    -------
    Samples, shape (n,) float32, full scale 1.0, and the sample rate.

    Raises
    ------
    AntiphonError
        If it cannot be read whole, or is longer than ``most_s``.
    """
    header = probe(path)
    if header.status == "quarantined":
        raise AntiphonError(f"{path}: {header.detail or header.reason}; mend the file or take it off its list")
    if header.frames > most_s * header.rate_hz:
        raise AntiphonError(f"{path}: longer than {most_s:g} s; cut it into pieces")
    try:
        pieces = [
            np.asarray(block, dtype=np.float32) / np.float32(full_scale(block))
            for block in blocks(path, header, channel, _BLOCK_SAMPLES)
        ]
    except DecodeError as error:
        raise AntiphonError(f"{path}: {error}; mend the file or take it off its list") from None
    except ValueError as error:
        raise AntiphonError(f"{path}: {error}; name another channel") from None
    return (np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.float32)), header.rate_hz
