"""What the head of a FLAC file says: Vorbis comments, and the RIFF chunks of the WAV file that it was made from."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from antiphon.io.sound.riff import chunk_texts, clean_text

__all__ = ["flac_texts"]

_APPLICATION, _VORBIS_COMMENT = 2, 4
_FIELDS = {
    "comment": "comment",
    "description": "comment",
    "artist": "artist",
    "recordingstart": "frontier.start",
    "sensoruid": "frontier.serial",
    "sensorlocation": "frontier.position",
    "batterylevel": "frontier.battery",
}
"""Vorbis comments that hold a recorder's facts; RecordingStart and the Sensor… are Frontier Labs'."""


def flac_texts(head: bytes) -> dict[str, str]:
    """Return the metadata in the first bytes of a FLAC file; broken blocks hold none."""
    texts: dict[str, str] = {}
    for kind, payload in _blocks(head):
        if kind == _VORBIS_COMMENT:
            texts |= _comments(payload)
        elif kind == _APPLICATION and payload[:4] == b"riff":
            texts |= chunk_texts(payload[4:8], payload[12:])
    return texts


def _blocks(head: bytes) -> Iterator[tuple[int, bytes]]:
    position = 4
    last = False
    while not last and position + 4 <= len(head):
        last, kind = bool(head[position] & 0x80), head[position] & 0x7F
        length = int.from_bytes(head[position + 1 : position + 4], "big")
        yield kind, head[position + 4 : position + 4 + length]
        position += 4 + length


def _comments(payload: bytes) -> dict[str, str]:
    texts: dict[str, str] = {}
    try:
        position = 4 + struct.unpack_from("<I", payload, 0)[0]
        count = struct.unpack_from("<I", payload, position)[0]
        position += 4
        for _ in range(min(count, 256)):
            length = struct.unpack_from("<I", payload, position)[0]
            name, _, value = clean_text(payload[position + 4 : position + 4 + length]).partition("=")
            position += 4 + length
            if name.lower() in _FIELDS and value.strip():
                texts[_FIELDS[name.lower()]] = value.strip()
    except struct.error:
        return texts
    return texts
