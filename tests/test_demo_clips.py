"""The clips of ``make demo-voices``: whoever sings in them can be heard."""

import numpy as np
import soundfile

from antiphon.demo import write_clips


def test_clips__hold_no_voice_that_their_rate_leaves_out(tmp_path):
    write_clips(folder=tmp_path, count=5, rate_hz=8000)
    for path in sorted(tmp_path.rglob("*.flac")):
        sound, rate_hz = soundfile.read(path)
        assert rate_hz == 8000
        assert np.abs(sound).max() > 0.4, path  # hiss alone reaches 0.005
    assert len(list(tmp_path.rglob("*.flac"))) == 15
