"""What the samples of a recording show, whatever blocks they come in."""

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.io.samples import SampleFacts, checked_blocks
from antiphon.io.season.catalogue import RecordingRow
from antiphon.io.sound.recordings import probe

ROW = RecordingRow(
    path="a.wav",
    bytes=1,
    format="WAV",
    subtype="PCM_16",
    rate_hz=8000,
    channels=1,
    frames=8000,
    channel="first",
    start_us=0,
    utc_offset_min=0,
    start_local="",
    time_source="filename",
    recorder=None,
    serial=None,
    status="ok",
    reason=None,
    detail=None,
)
NOISE = np.random.default_rng(1).normal(0, 0.1, 8000).astype(np.float32)
LOUD = np.clip(20 * NOISE, -1, 1)
CASES = {
    "sound": (NOISE, None),
    "silence": (np.zeros(8000, np.float32), "digital_silence"),
    "stuck": (np.full(8000, -0.25, np.float32), "stuck_channel"),
    "stuck at full scale": (np.ones(8000, np.float32), "stuck_channel"),
    "clipped": (LOUD, "clipped"),
    "offset": (NOISE + np.float32(0.06), "dc_offset"),
    "negative offset": (NOISE - np.float32(0.06), "dc_offset"),
    "a click is no clipping": (np.where(np.arange(8000) < 80, np.float32(1), NOISE), None),
    "nothing": (NOISE[:0], None),
}


def facts(sound: np.ndarray, cuts: list[int] | None = None) -> SampleFacts:
    found = SampleFacts()
    for block in np.split(sound, sorted(cuts or [])):
        if len(block):
            found.add(block, 0.999)
    return found


@pytest.mark.parametrize("case", CASES)
def test_flags__name_what_is_odd_and_leave_the_recording_in_use(case):
    sound, reason = CASES[case]
    row = facts(sound).as_row(ROW)
    assert (row["status"], row["reason"]) == ("ok", reason)
    assert (row["detail"] is None) == (reason is None)
    assert row["samples"] == len(sound)


@given(st.sampled_from(sorted(CASES)), st.lists(st.integers(0, 8000), max_size=4))
def test_facts__do_not_depend_on_the_blocks(case, cuts):
    sound, _ = CASES[case]
    whole, cut = facts(sound).as_row(ROW), facts(sound, cuts).as_row(ROW)
    assert cut.pop("dc") == pytest.approx(whole.pop("dc"), abs=1e-12)
    assert cut == whole


def test_flags__all_stand_in_the_detail_behind_what_was_known():
    row = replace(ROW, status="repaired", reason="truncated", detail="cut")
    told = facts(np.abs(LOUD)).as_row(row)
    assert (told["status"], told["reason"]) == ("repaired", "truncated")
    assert [part[:12] for part in told["detail"].split("; ")] == ["cut", "more than 1 ", "the mean of "]


def test_verdict_of_decoding__stands_before_that_of_ingest():
    found = facts(NOISE)
    found.status, found.reason, found.detail = "repaired", "decode_error", "at 1 s"
    told = found.as_row(replace(ROW, reason="times_disagree", detail="an hour"))
    assert (told["status"], told["reason"], told["detail"]) == ("repaired", "decode_error", "at 1 s")


def preallocated(path: Path, written: int, length: int) -> None:
    """Write what a recorder leaves that reserves a minute on its card and dies: a header without a length, zeros."""
    sound = (NOISE[:written] * 32767).astype("<i2").tobytes().ljust(2 * 8000, bytes(1))
    form = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)
    head = b"WAVEfmt " + len(form).to_bytes(4, "little") + form + b"data" + length.to_bytes(4, "little")
    path.write_bytes(b"RIFF" + bytes(4) + head + sound)


@pytest.mark.parametrize(
    ("written", "length", "status", "reason", "flag"),
    [
        (0, 0, "repaired", "length_unknown", "every sample is zero"),
        (0, 16000, "ok", "digital_silence", "every sample is zero"),
        (5000, 0, "repaired", "length_unknown", None),
        (8000, 99_000, "repaired", "truncated", None),
    ],
)
def test_preallocated_files__are_used_as_far_as_they_go(tmp_path, written, length, status, reason, flag):
    preallocated(tmp_path / "a.wav", written, length)
    header = probe(tmp_path / "a.wav")
    known = {name: getattr(header, name) for name in ("bytes", "frames", "status", "reason", "detail")}
    row, found = replace(ROW, **known), SampleFacts()
    assert sum(len(block) for block in checked_blocks(tmp_path / "a.wav", row, found, 0.999)) == 8000
    told = found.as_row(row)
    assert (told["status"], told["reason"]) == (status, reason)
    assert (flag in told["detail"]) if flag else ("zero" not in told["detail"])
