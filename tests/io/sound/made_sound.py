"""Sound files made byte by byte, so that a test says what is in them."""

import struct

import numpy as np


def chunk(name: bytes, payload: bytes, length: int | None = None, pad: bool = True) -> bytes:
    """Return a RIFF chunk; ``length`` is what its header claims."""
    claimed = len(payload) if length is None else length
    return name + struct.pack("<I", claimed) + payload + b"\0" * (pad and len(payload) % 2)


def fmt(rate_hz: int = 48000, channels: int = 1, bits: int = 16, code: int = 1) -> bytes:
    """Return a ``fmt`` chunk."""
    frame_bytes = channels * bits // 8
    return chunk(
        b"fmt ", struct.pack("<HHIIHH", code, channels, rate_hz, rate_hz * frame_bytes % 2**32, frame_bytes, bits)
    )


def info(**fields: str) -> bytes:
    """Return a LIST/INFO chunk; keys are ``ICMT``, ``IART`` …"""
    return chunk(b"LIST", b"INFO" + b"".join(chunk(k.encode(), v.encode() + b"\0") for k, v in fields.items()))


def wamd(fields: dict[int, str]) -> bytes:
    """Return a Wildlife Acoustics chunk of version 1."""
    texts = b"".join(struct.pack("<HI", key, len(value)) + value.encode() for key, value in fields.items())
    return chunk(b"wamd", struct.pack("<HIH", 0, 2, 1) + texts)


def wave(*chunks: bytes, riff: bytes = b"RIFF") -> bytes:
    """Return a WAV file of these chunks."""
    body = b"WAVE" + b"".join(chunks)
    return riff + struct.pack("<I", len(body)) + body


def ramp(samples: int = 1000) -> np.ndarray:
    """Return samples that say where they are: 1, 2, 3 …, int16."""
    return np.arange(1, samples + 1, dtype="<i2")


def flac_comments(fields: dict[str, str]) -> bytes:
    """Return the head of a FLAC file with these Vorbis comments."""
    vendor = b"made"
    entries = [f"{key}={value}".encode() for key, value in fields.items()]
    block = struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(entries))
    block += b"".join(struct.pack("<I", len(entry)) + entry for entry in entries)
    return (
        b"fLaC"
        + bytes([0])
        + (34).to_bytes(3, "big")
        + bytes(34)
        + bytes([0x84])
        + len(block).to_bytes(3, "big")
        + block
    )
