"""FLAC by dr_flac (in miniaudio): a third faster than libsndfile, for what is certainly right; libsndfile has the rest.

dr_flac checks the checksum of every frame, but leaves a frame that fails out without a word. So it is given pieces of
whole frames, cut where our own reading of the frame headers says how many samples a piece must have, and a piece that
comes back with another number is not used.

References
----------
van Beurden, M. Q. C. and Weaver, A. (2024). Free Lossless Audio Codec (FLAC). RFC 9639.
"""

from __future__ import annotations

import io
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

try:
    from miniaudio import ffi, lib
except ImportError:  # nobody builds it for Linux on ARM: libsndfile then decodes everything
    ffi = lib = None

__all__ = ["certain_blocks"]

_PIECE_BYTES = 1 << 18
_LONGEST_PIECE_BYTES = 1 << 24
_SYNC = b"\xff\xf8"  # of a stream whose frames are all of one length and numbered
_LONGEST_HEADER_BYTES = 16
_STREAMINFO_BYTES = 42
_BITS_CODES = {16: 4, 24: 6}
# Its length field would let a frame of a damaged file be longer than dr_flac makes room for.
_LONGEST_FRAME = 65535


@dataclass(frozen=True)
class _Stream:
    """What a FLAC file says of itself: frames of ``frame_samples`` from byte ``start`` on, ``samples`` in all."""

    start: int
    frame_samples: int
    channels: int
    bits: int
    samples: int

    @property
    def head(self) -> bytes:
        """Head of a stream of our own around a piece: nothing of the file's is trusted but its frames."""
        # Length of frames, 6 bytes of unknown sizes; rate (1 Hz, which no frame need repeat), channels, bits; no MD5.
        facts = (1 << 44) | (self.channels - 1 << 41) | (self.bits - 1 << 36)
        lengths = (16).to_bytes(2, "big") + _LONGEST_FRAME.to_bytes(2, "big")
        return b"fLaC\x80\x00\x00\x22" + lengths + bytes(6) + facts.to_bytes(8, "big") + bytes(16)


@dataclass(frozen=True)
class _Piece:
    """Whole frames behind a head of our own: ``data``, their ``frames`` and ``samples``, and the byte that follows."""

    data: memoryview
    frames: int
    samples: int
    stop: int


def certain_blocks(file: io.FileIO, block_frames: int) -> Iterator[np.ndarray]:
    """Yield the samples of a FLAC file from its beginning, as far as they are certain to be those that were recorded.

    Parameters
    ----------
    file
        The file; its position stays where it is.
    block_frames
        Samples of each channel in a block; the last may be shorter.

    Yields
    ------
    (n, channels), int16 of a file of 16 bits, float32 of one of 24. They end, without an error, at the first doubt: a
    frame that is broken, missing or odd, a stream of another kind.
    """
    stream = _stream(file) if lib else None
    if stream is None:
        return
    frame, position, given, ready = 0, stream.start, 0, _Blocks(stream, block_frames)
    while given < stream.samples:
        piece = _piece(file, position, frame, stream)
        if piece is None or not ready.decode(piece):
            return
        yield from ready.whole(last=given + piece.samples == stream.samples)
        frame, position, given = frame + piece.frames, piece.stop, given + piece.samples


class _Blocks:
    """Blocks that pieces are decoded into; a block may span several pieces, and a piece several blocks."""

    def __init__(self, stream: _Stream, block_frames: int):
        self._stream, self._block_frames = stream, block_frames
        self._blocks: list[np.ndarray] = []
        self._filled = block_frames  # of the last block

    def decode(self, piece: _Piece) -> bool:
        """Decode a piece; return whether it held what it must, otherwise none of it may be used."""
        decoder = lib.ma_dr_flac_open_memory(ffi.from_buffer(piece.data), len(piece.data), ffi.NULL)
        if not decoder:
            return False
        try:
            left = piece.samples
            while left:
                if self._filled == self._block_frames:
                    self._blocks.append(self._empty(self._block_frames))
                    self._filled = 0
                count = min(left, self._block_frames - self._filled)
                if self._read(decoder, self._blocks[-1][self._filled : self._filled + count]) != count:
                    return False
                self._filled, left = self._filled + count, left - count
            return self._read(decoder, self._empty(1)) == 0
        finally:
            lib.ma_dr_flac_close(decoder)

    def whole(self, *, last: bool) -> Iterator[np.ndarray]:
        """Yield the blocks that are full, and after the ``last`` piece what there is."""
        while self._blocks and (last or len(self._blocks) > 1 or self._filled == self._block_frames):
            block = self._blocks.pop(0)
            block = block if self._blocks else block[: self._filled]
            # As libsndfile scales it: exact, as a float has 24 bits.
            yield block if self._stream.bits == 16 else np.multiply(block, np.float32(2**-31), dtype=np.float32)

    def _empty(self, samples: int) -> np.ndarray:
        return np.empty((samples, self._stream.channels), np.int16 if self._stream.bits == 16 else np.int32)

    def _read(self, decoder: Any, samples: np.ndarray) -> int:
        if self._stream.bits == 16:
            place = ffi.from_buffer("ma_dr_flac_int16[]", samples, require_writable=True)
            return int(lib.ma_dr_flac_read_pcm_frames_s16(decoder, len(samples), place))
        place = ffi.from_buffer("ma_dr_flac_int32[]", samples, require_writable=True)
        return int(lib.ma_dr_flac_read_pcm_frames_s32(decoder, len(samples), place))


def _stream(file: io.FileIO) -> _Stream | None:
    """Return what the metadata say; None if this is no stream of frames of one length with 16 or 24 bits."""
    head = os.pread(file.fileno(), _STREAMINFO_BYTES, 0)
    if len(head) < _STREAMINFO_BYTES or head[:4] != b"fLaC" or head[4] & 0x7F or head[5:8] != b"\x00\x00\x22":
        return None
    shortest, longest = int.from_bytes(head[8:10], "big"), int.from_bytes(head[10:12], "big")
    facts = int.from_bytes(head[18:26], "big")
    channels, bits, samples = (facts >> 41 & 7) + 1, (facts >> 36 & 31) + 1, facts & (1 << 36) - 1
    if shortest != longest or not longest or bits not in _BITS_CODES or not samples:
        return None
    start, last = 4, False
    while not last:
        block = os.pread(file.fileno(), 4, start)
        if len(block) < 4:
            return None
        start, last = start + 4 + int.from_bytes(block[1:], "big"), bool(block[0] & 0x80)
    return _Stream(start, longest, channels, bits, samples)


def _piece(file: io.FileIO, position: int, frame: int, stream: _Stream) -> _Piece | None:
    """Read whole frames from a byte on, the first of which has this number; None if they are not there, each once."""
    length, head = _PIECE_BYTES, len(stream.head)
    while length <= _LONGEST_PIECE_BYTES:
        data = bytearray(head + length)
        data[:head] = stream.head
        count = os.preadv(file.fileno(), [memoryview(data)[head:]], position)
        if count < length:  # the file ends here
            del data[head + count :]
            stop, following = len(data), math.ceil(stream.samples / stream.frame_samples)
        else:
            stop, following = next(_frames(data, head + 1, stream), (0, 0))
        if stop and _each_once(data, head, stop, range(frame, following), stream):
            samples = min(following * stream.frame_samples, stream.samples) - frame * stream.frame_samples
            return _Piece(memoryview(data)[:stop], following - frame, samples, position + stop - head)
        if stop:
            return None
        length *= 4
    return None


def _frames(data: bytearray, start: int, stream: _Stream) -> Iterator[tuple[int, int]]:
    """Yield where frames begin in ``data`` and their numbers, from the last one back."""
    at = len(data)
    while (at := data.rfind(_SYNC, start, at + 1)) > 0:
        if (number := _frame_number(data[at : at + _LONGEST_HEADER_BYTES], stream)) is not None:
            yield at, number


def _each_once(data: bytearray, start: int, stop: int, numbers: range, stream: _Stream) -> bool:
    """Return whether these frames, and no others, begin in a piece of ``data``."""
    if _frame_number(data[start : start + _LONGEST_HEADER_BYTES], stream) != numbers.start:
        return False
    # All but the shorter last frame of the stream begin with the same three bytes; counting these is quick, and by an
    # expression twice as quick as by bytearray.count.
    same = re.compile(re.escape(bytes(data[start : start + 3])))
    if stop < len(data) and len(same.findall(data, start, stop)) == len(numbers):
        return True
    found = [number for _, number in _frames(data[:stop], start, stream)]
    return found[::-1] == list(numbers)


def _frame_number(header: bytes | bytearray, stream: _Stream) -> int | None:
    """Return the number in a frame's header; None if this is no such header, or one of another kind of stream."""
    if len(header) < 6 or header[:2] != _SYNC or header[3] >> 1 & 7 != _BITS_CODES[stream.bits] or header[3] & 1:
        return None
    assignment = header[3] >> 4
    if assignment != stream.channels - 1 and not (stream.channels == 2 and 8 <= assignment <= 10):
        return None
    # A number of up to 31 bits, coded as UTF-8 codes a character: the leading ones of the first byte count the bytes.
    extra = {0: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5}.get(8 - (header[4] ^ 0xFF).bit_length())
    if extra is None:
        return None
    number = header[4] & (0x7F >> (extra + 1 if extra else 0))
    for byte in header[5 : 5 + extra]:
        if byte >> 6 != 2:
            return None
        number = number << 6 | byte & 0x3F
    # The length of a frame (codes 6 and 7) and the rate (12 to 14) may follow the number.
    size = 5 + extra + {6: 1, 7: 2}.get(header[2] >> 4, 0) + {12: 1, 13: 2, 14: 2}.get(header[2] & 15, 0)
    return number if len(header) > size and _crc8(header[:size]) == header[size] else None


def _crc8(header: bytes | bytearray) -> int:
    """Return the checksum of a frame's header, polynomial x⁸ + x² + x + 1."""
    crc = 0
    for byte in header:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x107) if crc & 0x80 else crc << 1
    return crc
