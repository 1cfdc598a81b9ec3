"""FLAC by dr_flac: the samples that libsndfile gives, and its verdict on what is broken."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_flac import flac, frame

from antiphon.io.sound import libsndfile
from antiphon.io.sound.dr_flac import certain_blocks
from antiphon.io.sound.reasons import DecodeError

pytest.importorskip("miniaudio")

RATE = 48_000
STREAMINFO_BYTES = 42
SUBTYPES = {16: "PCM_16", 24: "PCM_24"}


def noise(samples: int, channels: int, seed: int = 1) -> np.ndarray:
    """Return channels that are alike, so that a stereo file is coded by middle and side."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.1, (samples, 1)) + rng.normal(0, 0.003, (samples, channels))


def encoded(path: Path, sound: np.ndarray, bits: int = 16) -> bytes:
    soundfile.write(path, sound, RATE, format="FLAC", subtype=SUBTYPES[bits])
    return path.read_bytes()


def by_dr_flac(path: Path, block_frames: int) -> list[np.ndarray]:
    with path.open("rb", buffering=0) as file:
        return list(certain_blocks(file, block_frames))


def outcome(path: Path, bits: int, block_frames: int) -> tuple[list[np.ndarray], str | None]:
    """Return the blocks of a file and the words with which it failed, which name the second."""
    given: list[np.ndarray] = []
    with path.open("rb", buffering=0) as file:
        try:
            given.extend(libsndfile.decoded_blocks(file, SUBTYPES[bits], RATE, block_frames))
        except DecodeError as error:
            return given, f"{error.second} {error.reason} {error}"
    return given, None


def assert_as_libsndfile_alone(path: Path, bits: int, block_frames: int) -> str | None:
    """Compare with what libsndfile says where dr_flac is never asked, block for block and bit for bit."""
    ours, verdict = outcome(path, bits, block_frames)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(libsndfile, "certain_blocks", lambda *_: iter(()))
        theirs, expected = outcome(path, bits, block_frames)
    assert verdict == expected
    assert [(len(block), block.dtype) for block in ours] == [(len(block), block.dtype) for block in theirs]
    for block, reference in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(block, reference)
    return verdict


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("samples", [1, 4096, 4097, 300_000])
def test_samples__are_those_of_libsndfile_bit_for_bit(tmp_path: Path, bits: int, channels: int, samples: int) -> None:
    path = tmp_path / "a.flac"
    encoded(path, noise(samples, channels), bits)
    theirs, _ = soundfile.read(path, dtype="int16" if bits == 16 else "float32", always_2d=True)
    for block_frames in (1000, 70_001, 1 << 18):
        blocks = by_dr_flac(path, min(block_frames, 10 * samples))
        np.testing.assert_array_equal(np.concatenate(blocks), theirs)
        assert {len(block) for block in blocks[:-1]} <= {block_frames} and blocks[0].dtype == theirs.dtype
        assert assert_as_libsndfile_alone(path, bits, block_frames) is None


@pytest.mark.parametrize("length", [16, 192, 255, 1000, 4608, 40_000])
def test_frames_of_any_length__are_read(tmp_path: Path, length: int) -> None:
    path, sound = tmp_path / "a.flac", np.random.default_rng(3).integers(-32768, 32767, 41_234).astype(np.int16)
    path.write_bytes(flac(sound, length))
    np.testing.assert_array_equal(np.concatenate(by_dr_flac(path, 5000))[:, 0], sound)
    assert assert_as_libsndfile_alone(path, 16, 5000) is None


@pytest.mark.parametrize("kind", ["8 bits", "varying", "no length", "no head", "empty", "another head"])
def test_other_streams__are_left_to_libsndfile(tmp_path: Path, kind: str) -> None:
    path, sound = tmp_path / "a.flac", noise(20_000, 1)
    if kind == "8 bits":
        soundfile.write(path, sound, RATE, subtype="PCM_S8")
    content = bytearray(path.read_bytes() if path.exists() else encoded(path, sound))
    if kind == "varying":
        content[8:10] = (16).to_bytes(2, "big")
    elif kind == "no length":
        content[21], content[22:26] = content[21] & 0xF0, bytes(4)
    elif kind == "another head":
        content[4] = 3
    path.write_bytes({"no head": content[:100], "empty": b"fLaC"}.get(kind, content))
    assert by_dr_flac(path, 1000) == []


def test_broken_frame__fails_at_the_second_that_libsndfile_names(tmp_path: Path) -> None:
    path, sound = tmp_path / "a.flac", noise(400_000, 1)
    content = bytearray(encoded(path, sound))
    content[len(content) * 3 // 4] ^= 1
    path.write_bytes(content)
    assert 0 < sum(map(len, by_dr_flac(path, 10_000))) < 300_000
    verdict = assert_as_libsndfile_alone(path, 16, 10_000)
    assert verdict is not None and float(verdict.split()[0]) == pytest.approx(0.75 * 400_000 / RATE, abs=0.5)


@pytest.mark.parametrize("order", ["013456789", "0123345678", "01234456789", "0213456789", "01 23456789"])
def test_frames_that_are_missing_or_there_twice__are_noticed(tmp_path: Path, order: str) -> None:
    """A frame that is gone leaves no trace in dr_flac's samples but their number."""
    path, sound = tmp_path / "a.flac", np.random.default_rng(4).integers(-999, 999, 10_000).astype(np.int16)
    whole = flac(sound, 1000)
    frames = {str(n): frame(sound[1000 * n :][:1000], n) for n in range(10)} | {" ": b"\xff\xf8 and nothing"}
    path.write_bytes(whole[:STREAMINFO_BYTES] + b"".join(frames[n] for n in order))
    given = by_dr_flac(path, 1000)
    if " " in order:  # what lies between whole frames costs no sample; libsndfile gives up there
        np.testing.assert_array_equal(np.concatenate(given)[:, 0], sound)
    else:
        assert given == []
        assert_as_libsndfile_alone(path, 16, 1000)


def test_numbers_in_the_sound_that_look_like_frames__do_not_mislead(tmp_path: Path) -> None:
    """The samples of a frame spell the header of another."""
    header = np.frombuffer(frame(np.zeros(1000, np.int16), 7)[:10], ">i2").astype(np.int16)
    path, sound = tmp_path / "a.flac", np.zeros(20_000, np.int16)
    sound[3500:3505] = header
    path.write_bytes(flac(sound, 1000))
    assert by_dr_flac(path, 5000) == []
    assert assert_as_libsndfile_alone(path, 16, 5000) is None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage__never_gives_other_samples_or_another_verdict(tmp_path: Path, data: st.DataObject) -> None:
    bits, channels = data.draw(st.sampled_from([16, 24])), data.draw(st.integers(1, 3))
    path = tmp_path / "a.flac"
    content = bytearray(encoded(path, noise(data.draw(st.integers(1, 30_000)), channels), bits))
    at = data.draw(st.integers(8, len(content) - 1))
    damage = data.draw(st.sampled_from(["bit", "cut", "overwritten", "copied over", "taken out"]))
    length = data.draw(st.integers(1, 6000))
    if damage == "bit":
        content[at] ^= 1 << data.draw(st.integers(0, 7))
    elif damage == "cut":
        del content[at:]
    elif damage == "overwritten":
        content[at : at + length] = bytes([data.draw(st.sampled_from([0, 0xFF]))]) * len(content[at : at + length])
    elif damage == "copied over":
        piece = content[STREAMINFO_BYTES:][: min(length, len(content) - at)]
        content[at : at + len(piece)] = piece
    else:
        del content[at : at + length]
    path.write_bytes(content)
    assert_as_libsndfile_alone(path, bits, data.draw(st.sampled_from([777, 4096, 1 << 18])))
