"""Physics of the spectrogram: a tone lands in its bin at its level, cuts change nothing."""

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.signal.grid import Grid
from antiphon.signal.levels import NOT_HEARD, code_of_level, code_table, level_of_code
from antiphon.signal.spectrogram import level_codes, power, resampled, stream_level_codes

GRID = Grid(window_s=0.016, hop_s=0.008, bins=256)
RATES_HZ = [8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 50000, 96000, 192000, 250000, 312500, 384000]


def sine(freq_hz: float, rate_hz: int, duration_s: float = 1.0, amplitude: float = 1.0) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * freq_hz * np.arange(int(rate_hz * duration_s)) / rate_hz)).astype(np.float32)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_level_codes__put_a_tone_in_its_bin_at_its_level(rate_hz):
    codes = level_codes(sine(40 * GRID.bin_hz, rate_hz), rate_hz, GRID)
    middle = level_of_code(codes[5:-5])
    assert (np.nanargmax(middle, axis=1) == 40).all()
    assert np.abs(middle[:, 40]).max() <= 0.25  # half a step of 0.5 dB


@pytest.mark.parametrize("rate_hz", [22050, 44100, 48000])
def test_level_codes__read_minus_20_db_for_a_tenth_of_full_scale(rate_hz):
    codes = level_codes(sine(2500.0, rate_hz, amplitude=0.1), rate_hz, GRID)
    assert np.abs(level_of_code(codes[5:-5])[:, 40] + 20).max() <= 0.25


def test_level_codes__lose_no_more_than_scalloping_off_the_bin():
    codes = level_codes(sine(40.5 * GRID.bin_hz, 48000), 48000, GRID)
    assert level_of_code(codes[5:-5])[:, 40].min() >= -1.42 - 0.25


@pytest.mark.parametrize(("rate_hz", "heard"), [(8000, 64), (22050, 159), (24000, 192), (32000, 256), (48000, 256)])
def test_level_codes__mark_what_the_recorder_cannot_hear(rate_hz, heard):
    noise = np.random.default_rng(1).normal(0, 0.1, rate_hz).astype(np.float32)
    codes = level_codes(noise, rate_hz, GRID)
    assert (codes[:, heard:] == NOT_HEARD).all()
    assert (codes[:, :heard] != NOT_HEARD).all()


def test_power__agrees_with_an_independent_transform():
    rate = 48000
    noise = np.random.default_rng(2).normal(0, 0.2, rate).astype(np.float32)
    window = scipy.signal.get_window("hann", 768)
    reference = scipy.signal.ShortTimeFFT(window, hop=384, fs=rate, scale_to=None)
    columns = reference.stft(noise.astype(np.float64), p0=1, p1=1 + GRID.frames(len(noise), rate))
    expected = np.abs(columns[:256].T * 2 / window.sum()) ** 2
    np.testing.assert_allclose(power(noise, rate, GRID), expected, rtol=2e-3, atol=1e-10)


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 30000), max_size=8), rate_hz=st.sampled_from([22050, 44100, 48000]))
def test_stream__gives_the_same_codes_however_the_sound_is_cut(cuts, rate_hz):
    noise = np.random.default_rng(3).normal(0, 0.1, 30000).astype(np.float32)
    blocks = np.split(noise, sorted(cuts))
    streamed = list(stream_level_codes(blocks, rate_hz, GRID))
    np.testing.assert_array_equal(np.concatenate(streamed), level_codes(noise, rate_hz, GRID))


@pytest.mark.parametrize("samples", [0, 1, 5, 767, 768, 769, 1152])
def test_level_codes__have_a_frame_for_each_whole_window(samples):
    codes = level_codes(np.ones(samples, dtype=np.float32), 48000, GRID)
    assert codes.shape == (GRID.frames(samples, 48000), 256)
    assert len(codes) == (0 if samples < 768 else 1 + (samples - 768) // 384)


def test_resampled__keeps_band_limited_levels():
    """A recorder of 44.1 kHz agrees with one of 48 kHz within a step on what both hear."""
    tones = [500.0, 3000.0, 7500.0, 11000.0]
    sounds = {rate: np.sum([sine(f, rate, amplitude=0.1) for f in tones], axis=0) for rate in (44100, 48000)}
    levels = {rate: level_of_code(level_codes(sound, rate, GRID))[5:110] for rate, sound in sounds.items()}
    bins = [round(f / GRID.bin_hz) for f in tones]
    assert np.abs(levels[44100][:, bins] - levels[48000][:, bins]).max() <= 0.5


def test_resampled__gives_as_many_samples_as_the_duration_asks():
    out = np.concatenate(list(resampled([np.zeros(22050 * 3 + 7, dtype=np.float32)], 22050, 24000)))
    assert len(out) == (22050 * 3 + 7) * 24000 // 22050


def test_code_table__errs_by_at_most_its_half_step_and_its_bits():
    powers = (10 ** np.random.default_rng(4).uniform(-12.2, 0.45, 100_000)).astype(np.float32)
    codes = code_table(1.0)[powers.view(np.uint32) >> 16]
    error = level_of_code(codes) - 10 * np.log10(powers.astype(np.float64))
    assert np.abs(error).max() <= 0.25 + 0.018


def test_code_of_level__is_the_inverse_of_level_of_code():
    codes = np.arange(1, 256, dtype=np.uint8)
    np.testing.assert_array_equal(code_of_level(level_of_code(codes)), codes)
    assert np.isnan(level_of_code(np.array([NOT_HEARD], dtype=np.uint8))).all()


def test_grid__refuses_a_rate_that_no_analysis_rate_fits():
    with pytest.raises(ValueError, match="no analysis rate"):
        GRID.analysis_rate_hz(1_000_001)
