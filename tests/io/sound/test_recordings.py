"""Recordings: every container and coding, and every way in which a file can be broken."""

import csv
import io
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_sound import chunk, flac_comments, fmt, info, ramp, wave

from antiphon.io.sound.pcm import SAMPLE_BYTES
from antiphon.io.sound.reasons import MEANINGS, DecodeError, Reason
from antiphon.io.sound.recordings import Header, blocks, probe
from antiphon.signal.levels import full_scale

RATE = 16000


def tone(channels: int = 1, samples: int = 4000) -> np.ndarray:
    t = np.arange(samples) / RATE
    return np.stack([0.5 * np.sin(2 * np.pi * 440 * (k + 1) * t) for k in range(channels)], axis=1).astype(np.float32)


def writable(major: str, minor: str, channels: int) -> bool:
    """Tell whether libsndfile writes this coding and soundfile reads it back (it cannot seek in DWVW)."""
    if minor.startswith("DWVW"):
        return False
    try:
        soundfile.write(io.BytesIO(), tone(channels, 400), RATE, format=major, subtype=minor)
    except soundfile.LibsndfileError:
        return False
    return True


CODINGS = [
    (major, minor, channels)
    for major in ("WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "FLAC", "OGG", "MP3")
    for minor in soundfile.available_subtypes(major)
    for channels in (1, 2)
    if writable(major, minor, channels)
]


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def decoded(path: Path, channel: str = "first", block_frames: int = 777) -> np.ndarray:
    """Return the samples of all blocks at full scale 1, float32."""
    parts = list(blocks(path, probe(path), channel, block_frames))
    assert all(part.dtype in (np.int16, np.float32) and part.flags.c_contiguous for part in parts)
    whole = np.concatenate(parts) if parts else np.empty(0, np.float32)
    return whole.astype(np.float32) / np.float32(full_scale(whole))


def verdict(header: Header) -> tuple[str, str | None]:
    return header.status, header.reason


# --- what is whole ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("major", "minor", "channels"), CODINGS)
def test_probe_and_blocks__agree_with_libsndfile(tmp_path: Path, major: str, minor: str, channels: int) -> None:
    path = tmp_path / "sound.bin"
    soundfile.write(path, tone(channels), RATE, format=major, subtype=minor)
    expected, _ = soundfile.read(path, dtype="float32", always_2d=True)
    header, known = probe(path), soundfile.info(path)
    assert verdict(header) == ("ok", None), header
    assert (header.format, header.subtype) == (known.format, known.subtype)
    assert (header.rate_hz, header.channels, header.frames) == (known.samplerate, known.channels, known.frames)
    for channel in range(channels):
        samples = decoded(path, str(channel + 1))
        # libmpg123 rounds the first frames differently after a seek, which soundfile.read begins with.
        np.testing.assert_allclose(samples, expected[:, channel], rtol=0, atol=1e-6 if major == "MP3" else 0)


@pytest.mark.parametrize(("major", "minor", "channels"), CODINGS)
def test_blocks__stay_16_bits_where_that_is_all_a_file_holds(tmp_path, major, minor, channels):
    path = tmp_path / "sound.bin"
    soundfile.write(path, tone(channels), RATE, format=major, subtype=minor)
    short = minor in ("PCM_16", "PCM_S8", "PCM_U8")
    for channel in ("first", "mix"):
        expected = np.int16 if short and (channel == "first" or channels == 1) else np.float32
        assert {block.dtype.type for block in blocks(path, probe(path), channel, 999)} == {expected}


@pytest.mark.parametrize("major", ["FLAC", "AIFF", "WAV"])
def test_blocks__mix_16_bits_at_the_right_scale(tmp_path, major):
    sound = np.stack([np.full(500, 0.5), np.full(500, -0.25)], axis=1)
    soundfile.write(tmp_path / "sound", sound, RATE, format=major, subtype="PCM_16")
    np.testing.assert_array_equal(decoded(tmp_path / "sound", "mix"), np.full(500, 0.125, np.float32))


@pytest.mark.parametrize("minor", ["PCM_16", "PCM_24", "FLOAT", "ULAW", "VORBIS", "MPEG_LAYER_III"])
def test_blocks__never_depend_on_their_size(tmp_path: Path, minor: str) -> None:
    major = {"VORBIS": "OGG", "MPEG_LAYER_III": "MP3"}.get(minor, "WAV")
    path = tmp_path / "sound"
    sound = np.random.default_rng(5).normal(0, 0.1, 30000).astype(np.float32)
    soundfile.write(path, sound, RATE, format=major, subtype=minor)
    whole = decoded(path, block_frames=1 << 20)
    for size in (999, 4096, 30000):
        np.testing.assert_array_equal(decoded(path, block_frames=size), whole)


def test_blocks__are_as_long_as_asked_but_the_last(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", wave(fmt(), chunk(b"data", ramp(1000).tobytes())))
    assert [len(block) for block in blocks(path, probe(path), "first", 300)] == [300, 300, 300, 100]


@pytest.mark.parametrize(("major", "minor", "channels"), [one for one in CODINGS if one[2] == 2])
def test_blocks__may_begin_anywhere(tmp_path: Path, major: str, minor: str, channels: int) -> None:
    path = tmp_path / "sound.bin"
    soundfile.write(path, tone(channels, 9000), RATE, format=major, subtype=minor)
    header, whole = probe(path), decoded(path, "2")
    for first in (1, 4097, 8999, 9000):
        parts = list(blocks(path, header, "2", 777, first))
        rest = np.concatenate(parts) if parts else np.zeros(0, np.float32)
        np.testing.assert_array_equal(rest.astype(np.float32) / np.float32(full_scale(rest)), whole[first:])


def test_blocks__of_a_cut_flac_may_begin_anywhere_before_the_cut(tmp_path: Path) -> None:
    path, cut = tmp_path / "sound.flac", tmp_path / "cut.flac"
    rng = np.random.default_rng(0)
    soundfile.write(path, rng.normal(0, 0.1, 200_000), RATE, subtype="PCM_16")
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    whole = decoded(path)
    for first in (1, 30_000, 60_000):
        part = next(blocks(cut, probe(cut), "first", 1000, first)).astype(np.float32) / 32768
        np.testing.assert_array_equal(part, whole[first : first + 1000])


def test_blocks__stay_valid_when_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(), RATE, subtype="FLOAT")
    kept = list(blocks(path, probe(path), "first", 100))
    np.testing.assert_array_equal(np.concatenate(kept), tone()[:, 0])


def test_blocks__hold_no_more_than_a_few_blocks(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros((2_000_000, 2), np.float32), RATE, subtype="PCM_16")
    header = probe(path)
    tracemalloc.start()
    for _ in blocks(path, header, "mix", 10_000):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize("name", ["a.mp3", "a.raw", "a.flac", "a", "a.WAV", "名前 [1 2].txt"])
def test_probe__goes_by_content_and_not_by_name(tmp_path: Path, name: str) -> None:
    assert probe(write(tmp_path / name, wave(fmt(), chunk(b"data", ramp().tobytes())))).format == "WAV"
    soundfile.write(tmp_path / "other", tone(), RATE, format="FLAC")
    assert probe((tmp_path / "other").rename(tmp_path / name)).format == "FLAC"


def test_probe__opens_names_that_are_no_text(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.flac"
    try:
        Path(os.fsdecode(name)).write_bytes(b"")
    except OSError:
        pytest.skip("this file system wants UTF-8")
    soundfile.write(tmp_path / "a", tone(), RATE, format="FLAC")
    (tmp_path / "a").replace(os.fsdecode(name))
    assert verdict(probe(Path(os.fsdecode(name)))) == ("ok", None)


def test_float_files__are_not_clipped(tmp_path: Path) -> None:
    loud = 8 * tone()
    for major in ("WAV", "AIFF"):
        soundfile.write(tmp_path / "loud", loud, RATE, format=major, subtype="FLOAT")
        assert np.abs(decoded(tmp_path / "loud")).max() == np.abs(loud).max()


# --- channels --------------------------------------------------------------------------------------------------------


@pytest.fixture
def four_channels(tmp_path: Path) -> Path:
    samples = np.stack([100 * ramp(50), 200 * ramp(50), 300 * ramp(50), -100 * ramp(50)], axis=1)
    return write(tmp_path / "four.wav", wave(fmt(channels=4), chunk(b"data", samples.tobytes())))


def test_channels__are_first_numbered_or_mixed(four_channels: Path) -> None:
    unit = ramp(50) / np.float32(32768)
    np.testing.assert_array_equal(decoded(four_channels, "first"), 100 * unit)
    np.testing.assert_array_equal(decoded(four_channels, "3"), 300 * unit)
    np.testing.assert_array_equal(decoded(four_channels, "4"), -100 * unit)
    np.testing.assert_allclose(decoded(four_channels, "mix"), 125 * unit, rtol=1e-6)


@pytest.mark.parametrize("channel", ["0", "5", "-1", "left", "each"])
def test_channels__that_are_not_there_are_refused_at_once(four_channels: Path, channel: str) -> None:
    with pytest.raises(ValueError, match="channel"):
        blocks(four_channels, probe(four_channels), channel, 100)


def test_mix__of_opposite_channels_is_silent(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", np.concatenate([tone(), -tone()], axis=1), RATE)
    assert np.abs(decoded(tmp_path / "a.flac", "mix")).max() < 1e-4


# --- what is broken --------------------------------------------------------------------------------------------------

_DATA = ramp(1000).tobytes()
_HEAD = wave(fmt(), info(IART="AudioMoth 247AA5075E06337D"))


def broken(samples: bytes, claimed: int | None = None, after: bytes = b"") -> bytes:
    return _HEAD + chunk(b"data", samples, claimed, pad=False) + after


REPAIRED = {
    "cut in the middle": (broken(_DATA[:600], 2000), "truncated", 300),
    "cut in a sample": (broken(_DATA[:-1], 2000), "half_sample", 999),
    "odd by its own word": (broken(_DATA + b"\x07"), "half_sample", 1000),
    "length never written": (broken(_DATA, 0), "length_unknown", 1000),
    "length of a stub": (broken(_DATA, 44), "length_unknown", 1000),
    "stream": (broken(_DATA, 0xFFFFFFFF), "length_unknown", 1000),
    "stream of an odd number of bytes": (broken(_DATA + b"\x07", 0xFFFFFFFF), "length_unknown", 1000),
    "RF64 without ds64": (wave(fmt(), chunk(b"data", _DATA, 0xFFFFFFFF), riff=b"RF64"), "length_unknown", 1000),
    "RF64 with lengths of zero": (
        wave(chunk(b"ds64", bytes(28)), fmt(), chunk(b"data", _DATA, 0xFFFFFFFF), riff=b"RF64"),
        "length_unknown",
        1000,
    ),
}


@pytest.mark.parametrize("case", REPAIRED)
def test_unfinished_waves__give_all_the_samples_that_are_there(tmp_path: Path, case: str) -> None:
    content, reason, frames = REPAIRED[case]
    path = write(tmp_path / "a.wav", content)
    header = probe(path)
    assert (*verdict(header), header.frames) == ("repaired", reason, frames)
    assert header.detail
    np.testing.assert_array_equal(decoded(path), ramp(1000)[:frames] / np.float32(32768))


@pytest.mark.parametrize("minor", ["PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"])
def test_unfinished_waves__are_read_in_every_coding(tmp_path: Path, minor: str) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(2), RATE, subtype=minor)
    expected, _ = soundfile.read(path, dtype="float32")
    content = path.read_bytes()
    mark = content.index(b"data")
    path.write_bytes(content[: mark + 4] + bytes(4) + content[mark + 8 :])
    assert verdict(probe(path)) == ("repaired", "length_unknown")
    np.testing.assert_array_equal(decoded(path, "2"), expected[:, 1])


# A field whose length steps back onto itself: libsndfile 1.2.2 never comes back from it.
_LOOP = chunk(b"LIST", b"INFO" + chunk(b"xxxx", b"", 0xFFFFFFF8) + b"\xff" * 100)

WHOLE = {
    "metadata that goes round in a circle": wave(fmt(), _LOOP, chunk(b"data", _DATA)),
    "junk behind the samples": broken(_DATA, after=b"\x00\x01\x02 junk " * 60),
    "metadata behind an empty-looking odd chunk": broken(_DATA, after=chunk(b"LIST", b"INFO")),
    "wrong RIFF length": b"RIFF\x10\x00\x00\x00" + broken(_DATA)[8:],
    "a forgotten padding byte": wave(fmt(), chunk(b"junk", b"odd", pad=False), chunk(b"data", _DATA)),
    "a long header": wave(chunk(b"JUNK", bytes(70000)), fmt(), chunk(b"data", _DATA)),
    "an unfinished fact": wave(fmt(), chunk(b"fact", bytes(4)), chunk(b"data", _DATA)),
}


@pytest.mark.parametrize("case", WHOLE)
def test_odd_but_whole_waves__are_ok(tmp_path: Path, case: str) -> None:
    path = write(tmp_path / "a.wav", WHOLE[case])
    assert (*verdict(probe(path)), probe(path).frames) == ("ok", None, 1000)
    np.testing.assert_array_equal(decoded(path), ramp(1000) / np.float32(32768))


QUARANTINED = {
    "empty": (b"", "empty"),
    "header only": (_HEAD + chunk(b"data", b""), "no_samples"),
    "header only, metadata behind": (_HEAD + chunk(b"data", b"") + info(ICMT="later"), "no_samples"),
    "header cut after one byte": (wave(fmt(44100, 2)) + chunk(b"data", b"\0", 116, pad=False), "no_samples"),
    "rate zero": (wave(fmt(0), chunk(b"data", _DATA)), "rate_zero"),
    "rate of no recorder": (wave(fmt(2**32 - 1), chunk(b"data", _DATA)), "bad_header"),
    "rate of a clock": (wave(fmt(1), chunk(b"data", _DATA)), "bad_header"),
    "no channels": (wave(fmt(channels=0), chunk(b"data", _DATA)), "bad_header"),
    "no fmt": (wave(chunk(b"data", _DATA)), "bad_header"),
    "no data": (wave(fmt()), "bad_header"),
    "short fmt": (wave(chunk(b"fmt ", b"\1\0\1\0"), chunk(b"data", _DATA)), "bad_header"),
    "unknown coding": (wave(fmt(code=0x1234), chunk(b"data", _DATA)), "unsupported"),
    "header that ends in its metadata": (wave(fmt(), _LOOP), "bad_header"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "git_lfs_pointer"),
    "text": (("Summary of the card\nnaïve café\n" * 500).encode(), "text"),
    "page": (b"<!DOCTYPE html><html></html>", "text"),
    "WAC": (b"WAac\x02\x01\x00\x01 \x00\x14\x00" + bytes(range(256)), "wac"),
    "M4A": (b"\0\0\0\x1cftypM4A \0\0\0\0" + bytes(64), "m4a"),
    "WavPack": (b"wvpk" + bytes(range(200)), "unsupported"),
    "zeros": (bytes(10_000), "zero_bytes"),
    "noise": (np.random.default_rng(3).bytes(5000), "not_sound"),
}


@pytest.mark.parametrize("case", QUARANTINED)
def test_what_is_no_recording__is_a_row_with_a_reason(tmp_path: Path, case: str) -> None:
    content, reason = QUARANTINED[case]
    header = probe(write(tmp_path / "a.wav", content))
    assert verdict(header) == ("quarantined", reason), header
    assert header.bytes == len(content) and header.frames == 0
    assert header.detail and "\n" not in header.detail and str(tmp_path) not in header.detail


def test_probe__of_what_cannot_be_opened_is_a_row(tmp_path: Path) -> None:
    assert verdict(probe(tmp_path)) == ("quarantined", "unreadable")
    assert verdict(probe(tmp_path / "not there.wav")) == ("quarantined", "unreadable")


def test_waves_over_4_gib__whose_counter_wrapped_are_read_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "big.wav"
    with path.open("wb") as file:
        file.write(broken(b"", 1 << 20))
        start = file.tell()
        file.truncate(start + (1 << 32) + (1 << 20))
    header = probe(path)
    assert (*verdict(header), header.frames) == ("repaired", "length_wrapped", ((1 << 32) + (1 << 20)) // 2)


def test_cut_containers__of_libsndfile_are_repaired(tmp_path: Path) -> None:
    for major, minor in [("AIFF", "PCM_16"), ("W64", "PCM_16"), ("WAV", "IMA_ADPCM"), ("WAV", "MS_ADPCM")]:
        path = tmp_path / f"{major}.{minor}"
        soundfile.write(path, tone(), RATE, format=major, subtype=minor)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        header = probe(path)
        assert verdict(header) == ("repaired", "truncated"), (major, minor)
        assert 0 < len(decoded(path)) == header.frames < 4000


def test_flac_without_length__is_counted(tmp_path: Path) -> None:
    path = tmp_path / "stream.flac"
    soundfile.write(path, tone(), RATE, format="FLAC")
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    path.write_bytes(content)
    header = probe(path)
    assert (*verdict(header), header.frames) == ("repaired", "length_unknown", 4000)
    assert len(decoded(path)) == 4000


@pytest.mark.parametrize("major", ["FLAC", "MP3", "OGG"])
def test_cut_streams__end_early_or_name_the_second(tmp_path: Path, major: str) -> None:
    path = tmp_path / "cut"
    sound = np.random.default_rng(1).normal(0, 0.1, 5 * RATE).astype(np.float32)
    soundfile.write(path, sound, RATE, format=major)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    header = probe(path)
    assert header.status != "quarantined"
    done = 0
    try:
        for block in blocks(path, header, "first", 1000):
            done += len(block)
    except DecodeError as error:
        assert error.reason == "decode_error"
        assert error.second == pytest.approx(done / RATE)
    assert 0.3 * 5 * RATE < done < 0.7 * 5 * RATE


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("major", ["WAV", "AIFF"])
def test_samples_that_are_no_numbers__end_the_blocks_at_their_second(tmp_path: Path, bad: float, major: str) -> None:
    sound = tone()[:, 0].copy()
    sound[2500] = bad
    soundfile.write(tmp_path / "nan", sound, RATE, format=major, subtype="FLOAT")
    done = 0
    with pytest.raises(DecodeError, match=MEANINGS[Reason.NOT_FINITE]) as caught:
        for block in blocks(tmp_path / "nan", probe(tmp_path / "nan"), "first", 1000):
            done += len(block)
    assert done == 2500
    assert caught.value.reason == "not_finite" and caught.value.second == 2500 / RATE


def test_doubles_beyond_float32__are_no_numbers(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([0.0, 1e300]), RATE, subtype="DOUBLE")
    with pytest.raises(DecodeError):
        decoded(tmp_path / "a.wav")


def test_blocks__of_a_file_that_changed_since_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", wave(fmt(), chunk(b"data", _DATA)))
    header = probe(path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DecodeError) as caught:
        list(blocks(path, header, "first", 100))
    assert caught.value.reason == "changed_since_ingest"
    path.unlink()
    with pytest.raises(DecodeError) as caught:
        list(blocks(path, header, "first", 100))
    assert caught.value.reason == "decode_error"


def test_reasons__each_have_one_sentence() -> None:
    assert set(MEANINGS) == set(Reason)
    assert all(text and "\n" not in text for text in MEANINGS.values())
    assert all(len(reason) < 25 and reason == reason.lower() for reason in Reason)


# --- texts -----------------------------------------------------------------------------------------------------------


def test_texts__are_found_before_and_behind_the_samples(tmp_path: Path) -> None:
    guano = chunk(b"guan", b"GUANO|Version: 1.0\nMake: x", pad=False)
    before = wave(info(IART="who", ICMT="what"), guano, fmt(), chunk(b"data", _DATA))
    behind = wave(fmt(), chunk(b"data", _DATA), info(ICMT="what", IART="who"), guano)
    for content in (before, behind):
        header = probe(write(tmp_path / "a.wav", content))
        assert header.texts == {"artist": "who", "comment": "what", "guano": "GUANO|Version: 1.0\nMake: x"}
        assert (header.status, header.frames) == ("ok", 1000)


def test_texts__behind_odd_samples_need_no_padding(tmp_path: Path) -> None:
    for pad in (True, False):
        content = wave(fmt(bits=8), chunk(b"data", b"\x80" * 101, pad=pad), info(ICMT="what"))
        header = probe(write(tmp_path / "a.wav", content))
        assert (header.texts, header.frames, header.status) == ({"comment": "what"}, 101, "ok")


def test_texts__that_are_no_utf8_are_read_as_latin1(tmp_path: Path) -> None:
    content = wave(fmt(), chunk(b"LIST", b"INFO" + chunk(b"ICMT", b"for\xeat\0junk")), chunk(b"data", _DATA))
    assert probe(write(tmp_path / "a.wav", content)).texts == {"comment": "forêt"}


def test_texts__of_flac_and_ogg_come_along(tmp_path: Path) -> None:
    for major in ("FLAC", "OGG", "AIFF", "MP3"):
        with soundfile.SoundFile(tmp_path / major, "w", RATE, 1, format=major) as sound:
            sound.comment, sound.artist = "what", "who"
            sound.write(tone())
        texts = probe(tmp_path / major).texts
        assert texts.get("comment") == "what", major
    path = tmp_path / "frontier"
    soundfile.write(path, tone(), RATE, format="FLAC")
    comments = flac_comments({"RecordingStart": "2024-01-01T00:00:00+10:00", "SensorUid": "7"})
    path.write_bytes(
        path.read_bytes()[:4] + b"\0" + path.read_bytes()[5:42] + comments[42:] + path.read_bytes()[-4000:]
    )
    assert probe(path).texts["frontier.start"] == "2024-01-01T00:00:00+10:00"


# --- fuzz ------------------------------------------------------------------------------------------------------------

_FUZZ = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_names = st.sampled_from([b"fmt ", b"data", b"LIST", b"guan", b"wamd", b"ds64", b"JUNK", b"fact", b"\0\0\0\0", b" ab "])
_chunks = st.builds(
    chunk,
    _names,
    st.one_of(st.binary(max_size=200), st.just(fmt()[8:]), st.just(b"INFO" + chunk(b"ICMT", b"x"))),
    st.one_of(st.none(), st.integers(0, 300), st.integers(0, 0xFFFFFFFF)),
    st.booleans(),
)
_waves = st.builds(
    lambda kind, first, rest: wave(*first, *rest, riff=kind),
    st.sampled_from([b"RIFF", b"RF64", b"BW64"]),
    st.sampled_from([(), (fmt(),), (fmt(channels=3, bits=24),), (fmt(bits=32, code=3),), (fmt(rate_hz=768000),)]),
    st.lists(_chunks, max_size=6),
)


@_FUZZ
@given(content=st.one_of(_waves, st.binary(max_size=300), st.binary(max_size=100).map(lambda b: b"fLaC" + b)))
def test_any_bytes__are_a_header_and_decode_to_no_more_than_it_says(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path / "fuzz", content)
    header = probe(path)
    assert header.status in {"ok", "repaired", "quarantined"}
    assert (header.reason is None) == (header.status == "ok")
    assert header.bytes == len(content)
    if header.status == "quarantined":
        return
    if header.data_offset is not None:
        held = header.frames * header.channels * SAMPLE_BYTES[header.subtype or ""]
        assert 0 < held <= len(content) - header.data_offset
    try:
        samples = np.concatenate(list(blocks(path, header, "mix", 64)))
    except DecodeError as error:
        assert 0 <= error.second <= header.frames / header.rate_hz
    else:
        assert samples.dtype in (np.int16, np.float32) and len(samples) <= header.frames
        assert np.isfinite(samples).all()


@_FUZZ
@given(cut=st.integers(0, 2300), at=st.integers(0, 2300), byte=st.integers(0, 255))
def test_a_cut_or_a_changed_byte__never_raises(tmp_path: Path, cut: int, at: int, byte: int) -> None:
    content = bytearray(wave(fmt(), info(ICMT="Recorded"), chunk(b"data", _DATA), chunk(b"guan", b"Make: x")))
    content[at % len(content)] = byte
    header = probe(write(tmp_path / "fuzz", bytes(content[:cut])))
    assert header.frames <= 2300


# --- real files ------------------------------------------------------------------------------------------------------

VERDICTS = {
    "header_only_45_bytes_2ch.wav": ("quarantined", "no_samples"),
    "wac_wildlife_acoustics.wac": ("quarantined", "wac"),
    "aac.m4a": ("quarantined", "m4a"),
    "lfs_pointer_a.wav": ("quarantined", "git_lfs_pointer"),
    "lfs_pointer_b.flac": ("quarantined", "git_lfs_pointer"),
    "x_truncated_mid_data.wav": ("repaired", "truncated"),
    "x_data_size_zero.wav": ("repaired", "length_unknown"),
    "x_data_size_ffffffff.wav": ("repaired", "length_unknown"),
    "x_odd_bytes.wav": ("repaired", "half_sample"),
    "x_zero_bytes.wav": ("quarantined", "empty"),
    "x_header_44_only.wav": ("quarantined", "no_samples"),
    "x_samplerate_zero.wav": ("quarantined", "rate_zero"),
}
"""Every file of formats.csv that is not simply ok."""

UNDONE = {"x_float_with_nan.wav": 1000 / 48000, "mp3_named.wav": None, "mp3_stereo_44k.mp3": None}
"""Files that decode to fewer samples than their header promises, with the second of the error if they raise one."""


@pytest.mark.data
def test_formats__all_83_files_behave_as_the_table_says(data_folder: Path) -> None:
    with (data_folder / "formats" / "formats.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == 83
    for row in rows:
        path = data_folder / "formats" / row["file"]
        header = probe(path)
        assert verdict(header) == VERDICTS.get(row["file"], ("ok", None)), row
        refused = row["expect"].startswith("refuse") and "or clean" not in row["expect"]
        if refused or "read as empty" in row["expect"]:
            assert header.status == "quarantined", row
            continue
        said = f"{header.format}/{header.subtype} {header.rate_hz} Hz {header.channels} ch {header.frames} fr"
        assert said == row["libsndfile"].replace("1 ch 0 fr", "1 ch 47104 fr"), row
        for channel in range(header.channels):
            _check_samples(path, header, str(channel + 1))


def _check_samples(path: Path, header: Header, channel: str) -> None:
    done = 0
    try:
        for block in blocks(path, header, channel, 1000):
            assert np.isfinite(block).all()
            done += len(block)
    except DecodeError as error:
        assert UNDONE[path.name] == error.second
    else:
        assert done == header.frames or (path.name in UNDONE and 0.9 * header.frames < done)


@pytest.mark.data
def test_formats__samples_are_those_of_libsndfile(data_folder: Path) -> None:
    for path in sorted((data_folder / "formats").iterdir()):
        header = probe(path)
        if header.status == "ok" and path.name not in UNDONE:
            expected, _ = soundfile.read(path, dtype="float32", always_2d=True)
            close = 1e-6 if header.format == "MP3" else 0
            np.testing.assert_allclose(decoded(path), expected[:, 0], rtol=0, atol=close, err_msg=path.name)
