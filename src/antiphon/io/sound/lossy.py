"""Sound that has been an MP3 once: cells that the coder thought nobody hears are empty, and steady noise has holes."""

from __future__ import annotations

import io

import numpy as np
import soundfile

__all__ = ["MP3_RATES_HZ", "through_mp3"]

MP3_RATES_HZ = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000})


def through_mp3(sound: np.ndarray, rate_hz: int, compression: float) -> np.ndarray:
    """Return what is left of a sound after it was an MP3 file.

    Parameters
    ----------
    sound
        Samples, (n,) float32, within ±1.
    rate_hz
        Sample rate; one of ``MP3_RATES_HZ``, because the format knows no other.
    compression
        From 0 (largest file) to 1 (smallest), as libsndfile counts; 0.5 to 0.8 is some 60 to 100 kbit/s of rain.

    Returns
    -------
    numpy.ndarray
        As many samples, float32, in time with those given: LAME notes its delay, and libsndfile takes it off.
    """
    file = io.BytesIO()
    with soundfile.SoundFile(
        file, "w", rate_hz, channels=1, format="MP3", subtype="MPEG_LAYER_III", compression_level=compression
    ) as coded:
        coded.write(sound)
    file.seek(0)
    decoded: np.ndarray = soundfile.read(file, dtype="float32")[0]
    return decoded
