"""Whole sounds: full scale is 1.0 whatever the file holds, and what cannot be read says so."""

import numpy as np
import pytest
import soundfile

from antiphon.errors import AntiphonError
from antiphon.io.sound.clips import read_sound

SOUND = (0.25 * np.sin(np.arange(8000) / 5)).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "subtype"),
    [("a.wav", "PCM_16"), ("a.wav", "PCM_24"), ("a.wav", "FLOAT"), ("a.wav", "PCM_U8"), ("a.flac", "PCM_16")],
)
def test_sound__has_a_full_scale_of_one(tmp_path, name, subtype):
    soundfile.write(tmp_path / name, SOUND, 8000, subtype=subtype)
    sound, rate_hz = read_sound(tmp_path / name)
    assert rate_hz == 8000 and sound.dtype == np.float32
    np.testing.assert_allclose(sound, SOUND, atol=0.01)


def test_sound__that_cannot_be_used_says_so(tmp_path):
    soundfile.write(tmp_path / "a.wav", SOUND, 8000)
    with pytest.raises(AntiphonError, match=r"longer than 0\.5 s"):
        read_sound(tmp_path / "a.wav", most_s=0.5)
    with pytest.raises(AntiphonError, match="name another channel"):
        read_sound(tmp_path / "a.wav", channel="2")
    (tmp_path / "b.wav").write_bytes(b"nothing")
    with pytest.raises(AntiphonError, match="take it off its list"):
        read_sound(tmp_path / "b.wav")
