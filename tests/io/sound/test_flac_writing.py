"""FLAC files that say what they are."""

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.io.sound.flac_writing import flac_bytes
from antiphon.io.sound.recordings import probe

NOISE = np.random.default_rng(0).normal(0, 0.1, 5000).astype(np.float32)


@pytest.mark.parametrize("bits", [16, 24])
def test_flac_bytes__hold_the_sound(bits):
    sound, rate_hz = soundfile.read(io.BytesIO(flac_bytes(NOISE, 22_050, bits=bits)), dtype="float32")
    assert rate_hz == 22_050
    assert np.abs(sound - NOISE).max() <= 2.0 ** (1 - bits)


def test_flac_bytes__are_the_same_for_the_same_sound():
    assert flac_bytes(NOISE, 48_000, {"DATE": "2025"}) == flac_bytes(NOISE, 48_000, {"DATE": "2025"})


def test_flac_bytes__say_what_libsndfile_and_our_reader_find(tmp_path):
    path = tmp_path / "one.flac"
    path.write_bytes(
        flac_bytes(NOISE, 48_000, {"TITLE": "Grünspecht", "DATE": "2025-04-01T04:30:00Z", "COMMENT": "a bird"})
    )
    with soundfile.SoundFile(path) as sound:
        assert (sound.title, sound.date) == ("Grünspecht", "2025-04-01T04:30:00Z")
    header = probe(path)
    assert (header.status, header.frames) == ("ok", len(NOISE))
    assert header.texts["comment"] == "a bird"


def test_flac_bytes__of_nothing_are_refused():
    with pytest.raises(ValueError, match="no samples"):
        flac_bytes(NOISE[:0], 48_000)


@settings(deadline=None, max_examples=40)
@given(
    st.dictionaries(
        st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7D, exclude_characters="="), min_size=1),
        st.text(st.characters(exclude_categories=["Cs"])),
    ),
    st.integers(1, 200),
)
def test_flac_bytes__stay_a_flac_whatever_the_comments(comments, length):
    sound, _ = soundfile.read(io.BytesIO(flac_bytes(NOISE[:length], 48_000, comments)), dtype="float32")
    assert len(sound) == length
