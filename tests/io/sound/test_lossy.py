"""Sound that has been an MP3: as long, in time, and with the holes that a coder leaves."""

import numpy as np
import pytest

from antiphon.io.sound.lossy import MP3_RATES_HZ, through_mp3
from antiphon.signal.grid import Grid
from antiphon.signal.levels import SCALE_DB
from antiphon.signal.spectrogram import level_codes

GRID = Grid(window_s=0.016, hop_s=0.008, bins=256)


@pytest.mark.parametrize("rate_hz", sorted(MP3_RATES_HZ))
def test_through_mp3__keeps_length_and_time(rate_hz):
    seconds = np.arange(2 * rate_hz) / rate_hz
    sound = np.sin(2 * np.pi * rate_hz / 40 * seconds) * np.exp(-0.5 * ((seconds - 1.0) / 0.1) ** 2)
    coded = through_mp3((0.5 * sound).astype(np.float32), rate_hz, 0.6)
    assert coded.shape == sound.shape
    assert coded.dtype == np.float32
    # A shift by one sample would leave 15 % of the energy, for a period is 40 samples.
    assert np.sum((coded - 0.5 * sound) ** 2) < 0.01 * np.sum((0.5 * sound) ** 2)


def test_through_mp3__leaves_holes_in_steady_noise():
    rng = np.random.default_rng(1)
    rumble = np.cumsum(rng.normal(0, 1, 4 * 44_100))
    rumble -= np.convolve(rumble, np.ones(200) / 200, "same")
    noise = (0.05 * rumble / np.abs(rumble).max() + rng.normal(0, 2e-4, len(rumble))).astype(np.float32)
    before, after = holes(noise), holes(through_mp3(noise, 44_100, 0.6))
    assert before < 0.003
    assert after > 3 * before


def holes(sound):
    """Return the share of cells, 4 to 12 kHz, that lie 25 dB or more under the median of their bin."""
    codes = level_codes(sound, 44_100, GRID)[:, 64:192].astype(int)
    return float(np.mean((np.median(codes, axis=0) - codes) * SCALE_DB >= 25))
