"""Sound files: what their headers say and the samples they hold. The only code that opens sound.

A file is known by its content, never by its extension. Plain WAV (RIFF, RF64, extensible; linear, float, A- and µ-law)
is read by a chunk scan and block reads of our own: they read what a recorder left that never finished its header, take
one short read for a header, and decode several times faster. Everything else goes to libsndfile.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from antiphon.io.sound.channels import channel_picker
from antiphon.io.sound.flac import flac_texts
from antiphon.io.sound.foreign import foreign_reason
from antiphon.io.sound.libsndfile import decoded_blocks, opened
from antiphon.io.sound.pcm import SAMPLE_BYTES, stored_blocks
from antiphon.io.sound.reasons import MEANINGS, DecodeError, Reason
from antiphon.io.sound.riff import WaveLayout, scan_wave
from antiphon.signal.grid import ANALYSIS_RATES_HZ
from antiphon.signal.levels import full_scale

__all__ = ["Header", "blocks", "probe"]

_HEAD_BYTES = 4096
_FLAC_HEAD_BYTES = 65536
_COUNTING_FRAMES = 1 << 16
# Infrasound recorders go down to some hundred; a damaged header's 1 Hz would make years out of minutes.
_LOWEST_RATE_HZ = 100
# Digital silence packs at most some 6,000 samples into a byte (FLAC's constant blocks, Opus's silent packets).
_MOST_FRAMES_PER_BYTE = 10_000
_FLOAT_SUBTYPES = frozenset({"FLOAT", "DOUBLE"})


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
        Code from :class:`~antiphon.io.sound.reasons.Reason` where the status is not ok, else None.
    detail
        One line for people, else None.
    texts
        Raw metadata: ``comment`` (ICMT), ``artist`` (IART), ``guano``, Wildlife Acoustics' fields as ``wamd.model``,
        ``wamd.serial``, ``wamd.timestamp`` …, Frontier Labs' as ``frontier.start``, ``frontier.serial`` …
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


def probe(path: Path) -> Header:
    """Read a recording's header, whatever the file is.

    A file that is no sound, or cannot be read, is a header with status ``quarantined`` and a reason, never an error.
    """
    try:
        with path.open("rb", buffering=0) as file:
            return _header(file, os.fstat(file.fileno()).st_size)
    except OSError as error:
        return _quarantined(0, Reason.UNREADABLE, error.strerror or type(error).__name__)


def _header(file: io.FileIO, size: int) -> Header:
    head = file.read(_HEAD_BYTES)
    if not head:
        return _quarantined(0, Reason.EMPTY)
    if head[8:12] == b"WAVE" and head[:4] in (b"RIFF", b"RF64", b"BW64"):
        layout = scan_wave(lambda start, count: _read_at(file, start, count), size, head)
        # Not a case for libsndfile, which never comes back from a header that is cut within its LIST chunk.
        return _wave_header(file, size, layout) if layout else _quarantined(size, Reason.BAD_HEADER, format="WAV")
    if reason := foreign_reason(head):
        return _quarantined(size, reason)
    texts = {}
    if head[:4] == b"fLaC":
        texts = flac_texts(head + file.read(_FLAC_HEAD_BYTES - len(head)))
    header = _sndfile_header(file, size, texts)
    if header.status == "ok" and _promised_bytes(head) > size:
        return replace(header, status="repaired", reason=Reason.TRUNCATED, detail=MEANINGS[Reason.TRUNCATED])
    return header


def _wave_header(file: io.FileIO, size: int, layout: WaveLayout) -> Header:
    """Return the header of a WAV file whose chunks were found."""
    if fault := _rate_fault(layout.rate_hz):
        return _quarantined(size, *fault, format=layout.format, channels=layout.channels, texts=layout.texts)
    if layout.channels == 0:
        return _quarantined(size, Reason.BAD_HEADER, format=layout.format, texts=layout.texts)
    if not layout.decodable:
        return _quarantined(size, Reason.UNSUPPORTED, format=layout.format, texts=layout.texts)
    if layout.subtype is None:
        header = _sndfile_header(file, size, layout.texts)
    else:
        known: dict[str, Any] = {"format": layout.format, "subtype": layout.subtype, "texts": layout.texts}
        known |= {"rate_hz": layout.rate_hz, "channels": layout.channels}
        if layout.frames == 0:
            return _quarantined(size, Reason.NO_SAMPLES, **known)
        header = Header(size, frames=layout.frames, data_offset=layout.data_offset, **known)
    if layout.fault is None or header.status != "ok":
        return header
    detail = MEANINGS[layout.fault]
    if layout.fault == Reason.TRUNCATED:
        detail = f"the header promises {layout.promised_bytes} bytes of samples, the file holds {layout.data_bytes}"
    return replace(header, status="repaired", reason=layout.fault, detail=detail)


def _sndfile_header(file: io.FileIO, size: int, texts: Mapping[str, str]) -> Header:
    """Return what libsndfile says of a file."""
    try:
        with opened(file) as sound:
            tags = sound.copy_metadata()
            known = {"format": sound.format, "subtype": sound.subtype, "channels": sound.channels}
            rate_hz, frames = sound.samplerate, sound.frames
    except soundfile.LibsndfileError as error:
        return _quarantined(size, Reason.NOT_SOUND, error.error_string.rstrip("."))
    known["texts"] = {name: tags[name] for name in ("comment", "artist") if tags.get(name)} | dict(texts)
    if fault := _rate_fault(rate_hz):
        return _quarantined(size, *fault, **known)
    if frames == 0:
        return _quarantined(size, Reason.NO_SAMPLES, rate_hz=rate_hz, **known)
    header = Header(size, rate_hz=rate_hz, frames=frames, **known)
    return header if frames <= size * _MOST_FRAMES_PER_BYTE else _counted(file, header)


def _rate_fault(rate_hz: int) -> tuple[Reason, str] | None:
    """Return why no recorder can have this rate, or None."""
    if rate_hz == 0:
        return Reason.RATE_ZERO, MEANINGS[Reason.RATE_ZERO]
    if not _LOWEST_RATE_HZ <= rate_hz <= ANALYSIS_RATES_HZ[-1]:
        return Reason.BAD_HEADER, f"the header says {rate_hz} samples a second, which no recorder makes"
    return None


def _counted(file: io.FileIO, header: Header) -> Header:
    """Decode a file whose header does not know its length (a FLAC stream), to count its samples."""
    frames = 0
    try:
        for block in decoded_blocks(file, header.subtype, header.rate_hz, _COUNTING_FRAMES):
            frames += len(block)
    except DecodeError as error:
        if not frames:
            return replace(header, frames=0, status="quarantined", reason=error.reason, detail=str(error))
    if not frames:
        return replace(header, frames=0, status="quarantined", reason=Reason.NO_SAMPLES)
    detail = MEANINGS[Reason.LENGTH_UNKNOWN]
    return replace(header, frames=frames, status="repaired", reason=Reason.LENGTH_UNKNOWN, detail=detail)


def _promised_bytes(head: bytes) -> int:
    """Return how long an AIFF or W64 file must be by its own word; 0 for other formats."""
    if head[:4] == b"FORM":
        return int.from_bytes(head[4:8], "big") + 8
    if head[:4] == b"riff":
        return int.from_bytes(head[16:24], "little")
    return 0


def _quarantined(size: int, reason: Reason, detail: str | None = None, **known: Any) -> Header:
    return Header(size, status="quarantined", reason=reason, detail=detail or MEANINGS[reason], **known)


def _read_at(file: io.FileIO, start: int, count: int) -> bytes:
    file.seek(start)
    return file.read(count)


def blocks(path: Path, header: Header, channel: str, block_frames: int, first: int = 0) -> Iterator[np.ndarray]:
    """Decode one channel, block by block.

    A file whose header promises more than can be decoded (a cut MP3 or FLAC) ends early and quietly: count.

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
    first
        Sample to begin with; WAV and FLAC files are read from there, others are decoded from their beginning.

    Returns
    -------
    Blocks of samples, each (n,): int16 where one channel of a file of at most 16 bits is taken, otherwise float32; 1.0
    is then full scale, which float files may exceed.

    Raises
    ------
    DecodeError
        While decoding: if the file cannot be decoded further, or a sample is NaN or infinite.
    ValueError
        At once: if ``channel`` is not one of the recording's.
    """
    pick = channel_picker(channel, header.channels)
    return _checked(path, header, pick, block_frames, first)


def _checked(
    path: Path, header: Header, pick: Callable[[np.ndarray], np.ndarray], block_frames: int, first: int
) -> Iterator[np.ndarray]:
    """Decode, choose the channel, and refuse samples that are no numbers."""
    may_be_nan = header.subtype in _FLOAT_SUBTYPES
    done = first
    try:
        with path.open("rb", buffering=0) as file:
            if os.fstat(file.fileno()).st_size != header.bytes:
                raise DecodeError(0.0, Reason.CHANGED)
            for block in _raw_blocks(file, header, block_frames, first):
                samples = np.ascontiguousarray(pick(block))
                if samples.dtype != np.int16:
                    with np.errstate(over="ignore"):  # a double beyond float32 becomes infinite, and is refused below
                        samples = np.multiply(samples, np.float32(1 / full_scale(block)), dtype=np.float32)
                if may_be_nan and not (finite := np.isfinite(samples)).all():
                    sound = int(finite.argmin())
                    if sound:
                        yield samples[:sound]
                    raise DecodeError((done + sound) / header.rate_hz, Reason.NOT_FINITE)
                done += len(samples)
                yield samples
            if header.data_offset is not None and done < header.frames:
                raise DecodeError(done / header.rate_hz, Reason.CHANGED)
    except OSError as error:
        raise DecodeError(done / header.rate_hz, Reason.DECODE_ERROR, error.strerror or "") from None


def _raw_blocks(file: io.FileIO, header: Header, block_frames: int, first: int) -> Iterator[np.ndarray]:
    """Yield samples of all channels, (n, channels), of any type."""
    if header.data_offset is None or header.subtype is None:
        return decoded_blocks(file, header.subtype, header.rate_hz, block_frames, first)
    return stored_blocks(
        file,
        subtype=header.subtype,
        channels=header.channels,
        start=header.data_offset + first * header.channels * SAMPLE_BYTES[header.subtype],
        frames=header.frames - first,
        block_frames=block_frames,
    )
