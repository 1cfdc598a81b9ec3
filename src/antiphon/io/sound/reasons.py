"""Why a recording is not simply "ok": the documented list of reason codes."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["MEANINGS", "DecodeError", "Reason", "meaning"]


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
    DECODE_ERROR = "decode_error"
    CHANGED = "changed_since_ingest"
    DIGITAL_SILENCE = "digital_silence"
    STUCK_CHANNEL = "stuck_channel"
    CLIPPED = "clipped"
    DC_OFFSET = "dc_offset"
    DUPLICATE = "duplicate"
    NAME_NOT_UTF8 = "name_not_utf8"
    MISSING = "missing"
    NOT_A_FILE = "not_a_file"
    READ_TIMEOUT = "read_timeout"
    CHANNEL_MISSING = "channel_missing"
    NO_TIME = "no_time"
    CLOCK_NOT_SET = "clock_not_set"
    LOCAL_TIME_MISSING = "local_time_missing"
    LOCAL_TIME_TWICE = "local_time_twice"
    TIMES_DISAGREE = "times_disagree"
    SETUP_CHANGED = "setup_changed"
    OUTSIDE_DEPLOYMENT = "outside_deployment"
    OUTSIDE_SEASON = "outside_season"
    OVERLAPS = "overlaps"


MEANINGS: dict[Reason, str] = {
    Reason.EMPTY: "the file has no bytes",
    Reason.NO_SAMPLES: "a sound header without a single sample",
    Reason.ZERO_BYTES: "nothing but zero bytes: the card was reserved but never written",
    Reason.GIT_LFS_POINTER: "a Git LFS pointer stands in place of the recording; fetch it with `git lfs pull`",
    Reason.TEXT: "text, not sound",
    Reason.WAC: "Wildlife Acoustics WAC; convert it with the maker's tool",
    Reason.M4A: "AAC or another codec in MP4, which has no decoder here; convert it to FLAC",
    Reason.UNSUPPORTED: "a known container or coding that has no decoder here; convert it to FLAC",
    Reason.NOT_SOUND: "no known sound format",
    Reason.RATE_ZERO: "the header says 0 samples a second",
    Reason.BAD_HEADER: "the header is cut or contradicts itself",
    Reason.UNREADABLE: "the file cannot be opened or read from its disk",
    Reason.TRUNCATED: "the header promises more than the file holds; what is there is used",
    Reason.HALF_SAMPLE: "the last sample is cut in half and left out",
    Reason.LENGTH_UNKNOWN: "the recorder never wrote the length; all to the end of the file is used",
    Reason.LENGTH_WRAPPED: "more than 4 GiB in a WAV whose length counter wrapped; all to the end of the file is used",
    Reason.NOT_FINITE: "a sample is NaN or infinite",
    Reason.DECODE_ERROR: "the sound cannot be decoded to its end",
    Reason.CHANGED: "the file is not the one that was listed; run `snakemake -R ingest`",
    Reason.DIGITAL_SILENCE: "every sample is zero",
    Reason.STUCK_CHANNEL: "every sample has the same value, which is not zero: a dead microphone or channel",
    Reason.CLIPPED: "more than 1 % of the samples are clipped (stft.clipping_level)",
    Reason.DC_OFFSET: "the mean of the samples is more than 5 % of full scale away from zero",
    Reason.DUPLICATE: "an earlier recording of the deployment has the same samples: they would count twice",
    Reason.NAME_NOT_UTF8: "the file's name is no UTF-8; rename it",
    Reason.MISSING: "the name leads to no file: a broken link, or a file removed while it was listed",
    Reason.NOT_A_FILE: "a pipe, device or socket under a recording's name",
    Reason.READ_TIMEOUT: "reading did not come back; check the disk or mount, the next run tries again",
    Reason.CHANNEL_MISSING: "the recording has fewer channels than the one that is to be analysed",
    Reason.NO_TIME: "neither header nor name says when it starts; add a pattern to ingest.filename_patterns",
    Reason.CLOCK_NOT_SET: "the clock was not set: the start is before 2001 or after 2064",
    Reason.LOCAL_TIME_MISSING: "a local time that its zone skipped; the clock does not follow that zone",
    Reason.LOCAL_TIME_TWICE: "a local time that its zone showed twice; fill the column `ambiguous`",
    Reason.TIMES_DISAGREE: "header and name disagree on the start; the more trusted one is used",
    Reason.SETUP_CHANGED: "rate, coding, channels, gain or serial number are new from here on: do levels compare?",
    Reason.OUTSIDE_DEPLOYMENT: "it starts before first_time or after last_time of its deployment",
    Reason.OUTSIDE_SEASON: "it starts before first_day or after last_day of the season",
    Reason.OVERLAPS: "it starts more than 1 s before an earlier recording ends: that time would count twice",
}


def meaning(code: str) -> str:
    """Return the sentence behind a reason code."""
    return MEANINGS[Reason(code)]


class DecodeError(Exception):
    """A recording that cannot be decoded to its end.

    Attributes
    ----------
    second
        Seconds into the recording at which it fails; the blocks before it are sound.
    reason
        ``decode_error``, ``not_finite`` or ``changed_since_ingest``.
    """

    def __init__(self, second: float, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{MEANINGS[reason]}, at {second:.3f} s" + (f": {detail}" if detail else ""))
        self.second = second
        self.reason = reason
