"""Sound files: what their headers say and the samples they hold. The only code that opens sound."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from antiphon.io.reasons import Reason

__all__ = ["DecodeError", "Header", "blocks", "probe"]


@dataclass(frozen=True, slots=True)
class Header:
    """What can be known of a recording without decoding it.

    Attributes
    ----------
    bytes
        Size of the file.
    format, subtype
        Container and coding in libsndfile's words (``WAV``, ``PCM_16``); None where the file is no sound.
    rate_hz, channels, frames
        Samples a second, channels, samples in each channel; 0 where unknown.
    status
        ``ok``, ``repaired`` (what is there is used) or ``quarantined`` (not used).
    reason
        Code from :class:`~antiphon.io.reasons.Reason` where the status is not ok, else None.
    detail
        One line for people, else None.
    texts
        Raw metadata: ``comment`` (ICMT), ``artist`` (IART), ``guano``, and Wildlife Acoustics' fields as
        ``wamd.model``, ``wamd.serial``, ``wamd.timestamp`` …
    data_offset
        Byte at which the samples of a plain WAV start; None where libsndfile decodes.
    """

    bytes: int
    format: str | None = None
    subtype: str | None = None
    rate_hz: int = 0
    channels: int = 0
    frames: int = 0
    status: str = "ok"
    reason: str | None = None
    detail: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    data_offset: int | None = None

    @property
    def duration_s(self) -> float:
        """Length in seconds; 0 where the rate is unknown."""
        return self.frames / self.rate_hz if self.rate_hz else 0.0


class DecodeError(Exception):
    """A recording that cannot be decoded to its end.

    Attributes
    ----------
    second
        Seconds into the recording at which it fails; blocks before it were good.
    reason
        Code from :class:`~antiphon.io.reasons.Reason`.
    """

    def __init__(self, second: float, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} at {second:.3f} s{': ' if detail else ''}{detail}")
        self.second = second
        self.reason = reason


def probe(path: Path) -> Header:
    """Read a recording's header, whatever the file is."""
    try:
        size = os.stat(path).st_size
    except OSError as error:
        return Header(0, status="quarantined", reason=Reason.UNREADABLE, detail=str(error))
    if size == 0:
        return Header(0, status="quarantined", reason=Reason.EMPTY)
    try:
        info = soundfile.info(str(path))
    except soundfile.LibsndfileError as error:
        return Header(size, status="quarantined", reason=Reason.NOT_SOUND, detail=str(error))
    return Header(size, info.format, info.subtype, info.samplerate, info.channels, info.frames)


def blocks(path: Path, header: Header, channel: str, block_frames: int) -> Iterator[np.ndarray]:
    """Decode one channel, block by block.

    Parameters
    ----------
    path
        The sound file.
    header
        What :func:`probe` said of it.
    channel
        ``first``, ``mix`` (mean of all channels) or a channel's number from 1.
    block_frames
        Samples in a block; the last may be shorter.

    Yields
    ------
    Samples, shape (n,), float32; 1.0 is full scale, which float files may exceed.

    Raises
    ------
    DecodeError
        If the file cannot be decoded to its end, or a sample is NaN or infinite.
    ValueError
        If ``channel`` is not one of the recording's.
    """
    with soundfile.SoundFile(str(path)) as sound:
        for block in sound.blocks(block_frames, dtype="float32", always_2d=True):
            yield block.mean(axis=1) if channel == "mix" else block[:, 0 if channel == "first" else int(channel) - 1].copy()
