"""The chunks of a WAV file (RIFF, RF64): where its samples lie, and what its maker wrote beside them."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from antiphon.io.sound.reasons import Reason

__all__ = ["WaveLayout", "chunk_texts", "clean_text", "scan_wave"]

Read = Callable[[int, int], bytes]
"""Reads ``(offset, count)`` bytes; fewer at the end of the file."""

_TAIL_BYTES = 65536
_TEXT_BYTES = 65536
_MAX_CHUNKS = 64
_UNKNOWN = 0xFFFFFFFF
_WRAP = 1 << 32
_EXTENSIBLE = 0xFFFE
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
_SUBTYPES = {
    (1, 8): "PCM_U8",
    (1, 16): "PCM_16",
    (1, 24): "PCM_24",
    (1, 32): "PCM_32",
    (3, 32): "FLOAT",
    (3, 64): "DOUBLE",
    (6, 8): "ALAW",
    (7, 8): "ULAW",
}
_SNDFILE_CODES = frozenset({1, 2, 3, 0x11, 0x31, 0x38, 0x40, 0x55})
"""Codings of a WAV file that libsndfile decodes beside those above: unusual PCM, ADPCM, GSM, G.721, MP3."""

_WAMD_FIELDS = {
    0x01: "wamd.model",
    0x02: "wamd.serial",
    0x03: "wamd.firmware",
    0x04: "wamd.prefix",
    0x05: "wamd.timestamp",
    0x06: "wamd.position",
    0x14: "wamd.position_last",
    0x15: "wamd.temperature_internal",
    0x16: "wamd.temperature_external",
}


@dataclass(frozen=True, slots=True)
class WaveLayout:
    """Where the samples of a WAV file lie, as far as its bytes bear the header out.

    Attributes
    ----------
    format
        ``WAV``, ``WAVEX`` or ``RF64``.
    subtype
        Coding in libsndfile's words, None where only libsndfile can decode it (ADPCM, GSM …), if anybody.
    decodable
        Whether the coding is one of ours or of libsndfile's.
    rate_hz, channels
        Samples a second and channels.
    frame_bytes
        Bytes of one sample of all channels.
    data_offset, data_bytes
        First byte of the samples and how many bytes of them are there, whatever the header promises.
    fault
        What was mended: ``truncated``, ``half_sample``, ``length_unknown`` or ``length_wrapped``; else None.
    promised_bytes
        What the header promises; None where it does not say.
    texts
        Metadata, as :attr:`antiphon.io.sound.recordings.Header.texts`.
    """

    format: str
    subtype: str | None
    decodable: bool
    rate_hz: int
    channels: int
    frame_bytes: int
    data_offset: int
    data_bytes: int
    promised_bytes: int | None
    fault: Reason | None
    texts: dict[str, str]

    @property
    def frames(self) -> int:
        """Whole samples of each channel that are there."""
        return self.data_bytes // self.frame_bytes if self.frame_bytes else 0


@dataclass(frozen=True, slots=True)
class _Bytes:
    """A file of ``size`` bytes whose first ones, ``head``, are already at hand."""

    read: Read
    size: int
    head: bytes

    def piece(self, start: int, count: int) -> bytes:
        if start + count <= len(self.head):
            return self.head[start : start + count]
        return self.read(start, count)


def _in_memory(content: bytes) -> _Bytes:
    return _Bytes(lambda start, count: content[start : start + count], len(content), content)


def scan_wave(read: Read, size: int, head: bytes) -> WaveLayout | None:
    """Walk the chunks of a RIFF or RF64 file without touching its samples.

    Parameters
    ----------
    read
        Reads bytes of the file.
    size
        Length of the file in bytes.
    head
        Its first bytes, a few thousand, or all of a shorter file.

    Returns
    -------
    The layout, or None if there is no usable ``fmt`` chunk before a ``data`` chunk.
    """
    source = _Bytes(read, size, head)
    texts: dict[str, str] = {}
    form = b""
    wide_bytes: int | None = None
    for kind, start, length in _chunks(source, 12):
        if kind == b"data":
            promised = wide_bytes if head[:4] != b"RIFF" and length == _UNKNOWN else length
            return _layout(source, form, start, promised, texts) if len(form) >= 16 else None
        if kind == b"fmt ":
            form = source.piece(start, min(length, 64))
        elif kind == b"ds64":
            wide_bytes = int.from_bytes(source.piece(start + 8, 8), "little")
        elif kind in _TEXT_CHUNKS:
            texts |= chunk_texts(kind, source.piece(start, min(length, _TEXT_BYTES)))
    return None


def _layout(source: _Bytes, form: bytes, start: int, promised: int | None, texts: dict[str, str]) -> WaveLayout:
    code, channels, rate_hz, _, frame_bytes, bits = struct.unpack("<HHIIHH", form[:16])
    name = "WAV" if source.head[:4] == b"RIFF" else "RF64"
    if code == _EXTENSIBLE and form[26:40] == _GUID_TAIL:
        code = int.from_bytes(form[24:26], "little")
        name = "WAVEX" if name == "WAV" else name
    subtype = _SUBTYPES.get((code, bits)) if channels * bits == frame_bytes * 8 else None
    # Compressed samples cannot be cut in half: only libsndfile knows their blocks.
    data_bytes, fault = _found_bytes(source, start, promised, frame_bytes if subtype else 1)
    texts |= _texts_after(source, start + data_bytes)
    return WaveLayout(
        format=name,
        subtype=subtype,
        decodable=subtype is not None or code in _SNDFILE_CODES,
        rate_hz=rate_hz,
        channels=channels,
        frame_bytes=frame_bytes,
        data_offset=start,
        data_bytes=data_bytes,
        promised_bytes=promised,
        fault=fault,
        texts=texts,
    )


def _found_bytes(source: _Bytes, start: int, promised: int | None, frame_bytes: int) -> tuple[int, Reason | None]:
    """Return how many bytes of samples there are, and what is wrong with the header's word on it."""
    there = max(0, source.size - start)
    if promised is None or promised == _UNKNOWN:
        return there, Reason.LENGTH_UNKNOWN
    if promised > there:
        return there, Reason.HALF_SAMPLE if promised - there < frame_bytes else Reason.TRUNCATED
    if there - promised >= _WRAP:
        return there, Reason.LENGTH_WRAPPED
    # Zero, or the stub of a header that was never finished: most of the file lies behind what it calls its samples.
    if there - promised > promised and not _chunk_at(source, start + promised):
        return there, Reason.LENGTH_UNKNOWN
    return promised, Reason.HALF_SAMPLE if frame_bytes and promised % frame_bytes else None


def _chunk_at(source: _Bytes, position: int) -> bool:
    """Tell whether a chunk that the file can hold starts here; fewer than eight bytes pass for one."""
    header = source.piece(position, 8)
    if position % 2 and not _is_name(header):
        header = source.piece(position + 1, 8)
    length = int.from_bytes(header[4:], "little")
    return len(header) < 8 or (_is_name(header) is not None and position + 8 + length <= source.size)


def _texts_after(source: _Bytes, end: int) -> dict[str, str]:
    """Return the metadata behind the samples; recorders forget the padding byte that an odd chunk needs."""
    if end + 8 > source.size:
        return {}
    tail = _in_memory(source.piece(end, _TAIL_BYTES))
    texts: dict[str, str] = {}
    for kind, start, length in _chunks(tail, 0 if _is_name(tail.head) else end % 2):
        texts |= chunk_texts(kind, tail.piece(start, length))
    return texts


def _chunks(source: _Bytes, position: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, first byte, length) of each chunk from ``position`` on, until what follows is no chunk."""
    for _ in range(_MAX_CHUNKS):
        header = source.piece(position, 8)
        if len(header) < 8 or not _is_name(header):
            return
        length = int.from_bytes(header[4:], "little")
        yield header[:4], position + 8, length
        position += 8 + length
        if length % 2 and not _is_name(source.piece(position, 4)):
            position += 1


_is_name = re.compile(rb"[!-~][ -~]{3}").match
"""Tells whether bytes start as a chunk's name does: four printable ASCII characters, the first no space."""


def chunk_texts(kind: bytes, payload: bytes) -> dict[str, str]:
    """Return the metadata of one chunk, empty where it holds none that we know."""
    reader = _TEXT_CHUNKS.get(kind)
    return reader(payload) if reader else {}


def clean_text(raw: bytes) -> str:
    """Decode a field: UTF-8 or, failing that, Latin-1; it ends at the first zero byte."""
    raw = raw.split(b"\0", 1)[0]
    try:
        return raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return raw.decode("latin-1").strip()


def _info_texts(payload: bytes) -> dict[str, str]:
    if payload[:4] != b"INFO":
        return {}
    names = {b"ICMT": "comment", b"IART": "artist"}
    found = {
        names[kind]: clean_text(payload[start : start + length])
        for kind, start, length in _chunks(_in_memory(payload), 4)
        if kind in names
    }
    return {name: text for name, text in found.items() if text}


def _guano_texts(payload: bytes) -> dict[str, str]:
    text = clean_text(payload.replace(b"\0", b" "))
    return {"guano": text} if text else {}


def _wamd_texts(payload: bytes) -> dict[str, str]:
    """Return Wildlife Acoustics' fields (their wa_meta.h, version 1)."""
    texts: dict[str, str] = {}
    position = 0
    while position + 6 <= len(payload):
        field, length = struct.unpack_from("<HI", payload, position)
        value = payload[position + 6 : position + 6 + length]
        position += 6 + length
        if field == 0 and value[:2] != b"\x01\x00":
            return texts
        if field in _WAMD_FIELDS and (text := clean_text(value)):
            texts[_WAMD_FIELDS[field]] = text
    return texts


_TEXT_CHUNKS: dict[bytes, Callable[[bytes], dict[str, str]]] = {
    b"LIST": _info_texts,
    b"guan": _guano_texts,
    b"wamd": _wamd_texts,
}
