"""Why a recording is not simply "ok": the documented list of reason codes."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["MEANINGS", "Reason", "meaning"]


class Reason(StrEnum):
    """Code of the ``reason`` column; :data:`MEANINGS` says each in a sentence."""

    EMPTY = "empty"
    NO_SAMPLES = "no_samples"
    ZERO_BYTES = "zero_bytes"
    GIT_LFS_POINTER = "git_lfs_pointer"
    TEXT = "text"
    WAC = "wac"
    M4A = "m4a"
    UNSUPPORTED = "unsupported"
    NOT_SOUND = "not_sound"
    RATE_ZERO = "rate_zero"
    BAD_HEADER = "bad_header"
    UNREADABLE = "unreadable"
    TRUNCATED = "truncated"
    HALF_SAMPLE = "half_sample"
    LENGTH_UNKNOWN = "length_unknown"
    LENGTH_WRAPPED = "length_wrapped"
    NOT_FINITE = "not_finite"
    DECODE_FAILED = "decode_failed"


MEANINGS: dict[Reason, str] = {
    Reason.EMPTY: "the file has no bytes",
    Reason.NO_SAMPLES: "a sound header without a single sample",
    Reason.ZERO_BYTES: "nothing but zero bytes: the card was reserved but never written",
    Reason.GIT_LFS_POINTER: "a Git LFS pointer stands in place of the recording; fetch it with `git lfs pull`",
    Reason.TEXT: "text, not sound",
    Reason.WAC: "Wildlife Acoustics WAC; convert it with the maker's tool",
    Reason.M4A: "AAC or another codec in MP4, which has no decoder here; convert it to FLAC",
    Reason.UNSUPPORTED: "a known container that has no decoder here; convert it to FLAC",
    Reason.NOT_SOUND: "no known sound format",
    Reason.RATE_ZERO: "the header says 0 samples a second",
    Reason.BAD_HEADER: "the header contradicts itself",
    Reason.UNREADABLE: "the file cannot be opened or read from its disk",
    Reason.TRUNCATED: "the header promises more than the file holds; what is there is used",
    Reason.HALF_SAMPLE: "the last sample is cut in half and left out",
    Reason.LENGTH_UNKNOWN: "the recorder never wrote the length; all to the end of the file is used",
    Reason.LENGTH_WRAPPED: "more than 4 GiB in a WAV whose length counter wrapped; all to the end of the file is used",
    Reason.NOT_FINITE: "a sample is NaN or infinite",
    Reason.DECODE_FAILED: "the sound cannot be decoded to its end",
}


def meaning(code: str) -> str:
    """Return the sentence behind a reason code."""
    return MEANINGS[Reason(code)]
