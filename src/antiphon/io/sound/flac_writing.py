"""Sounds as FLAC, with what they are in their Vorbis comments: the same sound, the same bytes."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping

import numpy as np
import soundfile

__all__ = ["flac_bytes"]

_VORBIS_COMMENT = 4
_LAST = 0x80
_VENDOR = b"antiphon"


def flac_bytes(
    samples: np.ndarray, rate_hz: int, comments: Mapping[str, str] | None = None, *, bits: int = 24
) -> bytes:
    """Return a sound as a FLAC file.

    Parameters
    ----------
    samples
        Shape (n,), float32, at least one, full scale 1.0; what lies beyond is cut.
    rate_hz
        Sample rate, at most 655,350.
    comments
        Vorbis comments, such as ``DATE``; names are ASCII without ``=``.
    bits
        16, or 24, whose rounding lies 144 dB below full scale.

    Raises
    ------
    ValueError
        If there is no sample.
    """
    if not len(samples):
        raise ValueError("no samples: libsndfile writes no header before the first")
    written = io.BytesIO()
    soundfile.write(written, samples, rate_hz, format="FLAC", subtype=f"PCM_{bits}")
    flac = written.getvalue()
    kept, position = [], 4
    for kind, payload in _metadata(flac):
        position += 4 + len(payload)
        if kind != _VORBIS_COMMENT:
            kept.append((kind, payload))
    kept.append((_VORBIS_COMMENT, _comment_block(comments or {})))
    heads = [bytes([kind | (_LAST if place == len(kept) else 0)]) for place, (kind, _) in enumerate(kept, start=1)]
    blocks = (head + len(payload).to_bytes(3, "big") + payload for head, (_, payload) in zip(heads, kept, strict=True))
    return b"".join([flac[:4], *blocks, flac[position:]])


def _metadata(flac: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of the metadata blocks."""
    position, last = 4, False
    while not last:
        last, kind = bool(flac[position] & _LAST), flac[position] & ~_LAST
        length = int.from_bytes(flac[position + 1 : position + 4], "big")
        yield kind, flac[position + 4 : position + 4 + length]
        position += 4 + length


def _comment_block(comments: Mapping[str, str]) -> bytes:
    """Return comments as the content of a Vorbis comment block (xiph.org/vorbis/doc/v-comment.html)."""
    fields = [f"{name}={value}".encode() for name, value in comments.items()]
    counted = (struct.pack("<I", len(one)) + one for one in (_VENDOR, *fields))
    vendor = next(counted)
    return b"".join([vendor, struct.pack("<I", len(fields)), *counted])
