"""Physics of the spectrogram: a tone lands in its bin at its level, cuts change nothing."""

import numpy as np
import pytest
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.signal.grid import Grid
from antiphon.signal.levels import NOT_HEARD, code_of_level, full_scale, level_of_code
from antiphon.signal.spectrogram import level_codes, power, resampled, stream_level_codes

GRID = Grid(window_s=0.016, hop_s=0.008, bins=256)
RATES_HZ = [8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 50000, 96000, 192000, 250000, 312500, 384000]


def as_stored(sound: np.ndarray, dtype: str) -> np.ndarray:
    """Return sound, full scale 1, as a file of 16 bits or of floats holds it."""
    return np.rint(sound * 32767).astype(np.int16) if dtype == "int16" else sound.astype(np.float32)


def reference_level_db(sound: np.ndarray, rate_hz: int) -> np.ndarray:
    """Return levels by scipy's own transform in double precision, shape (frames, window // 2 + 1)."""
    window = scipy.signal.get_window("hann", GRID.window_samples(rate_hz))
    transform = scipy.signal.ShortTimeFFT(window, hop=GRID.hop_samples(rate_hz), fs=rate_hz, scale_to=None)
    columns = transform.stft(sound / full_scale(sound), p0=1, p1=1 + GRID.frames(len(sound), rate_hz))
    with np.errstate(divide="ignore"):
        return 20 * np.log10(np.abs(columns.T * 2 / window.sum()))


def sine(freq_hz: float, rate_hz: int, duration_s: float = 1.0, amplitude: float = 1.0) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * freq_hz * np.arange(int(rate_hz * duration_s)) / rate_hz)).astype(np.float32)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_level_codes__put_a_tone_in_its_bin_at_its_level(rate_hz):
    codes = level_codes(sine(40 * GRID.bin_hz, rate_hz), rate_hz, GRID)[5:-5]
    assert (codes.argmax(axis=1) == 40).all()
    assert (level_of_code(codes[:, 40]) == 0).all()


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
    noise = np.random.default_rng(2).normal(0, 0.2, 48000).astype(np.float32)
    expected = 10 ** (reference_level_db(noise, 48000)[:, :256] / 10)
    np.testing.assert_allclose(power(noise, 48000, GRID), expected, rtol=2e-3, atol=1e-10)


@pytest.mark.parametrize("rate_hz", [8000, 48000, 250_000])
@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_level_codes__are_the_nearest_step_to_a_reference_in_double_precision(rate_hz, dtype):
    """Down to the lowest code, or to 80 dB below the loudest cell of the frame, where float32 begins to tell."""
    t = np.arange(rate_hz) / rate_hz
    sound = np.random.default_rng(2).normal(0, 1, rate_hz) * 10 ** np.linspace(-5, -1, rate_hz)
    sound += 0.3 * np.sin(2 * np.pi * 1531 * t) * (t > 0.5)
    sound = as_stored(sound, dtype)
    codes = np.concatenate(list(stream_level_codes([sound], rate_hz, GRID)))
    heard = GRID.heard_bins(rate_hz)
    expected = reference_level_db(sound, rate_hz)[:, :heard]
    error = np.abs(level_of_code(codes)[:, :heard] - expected)
    floor = np.maximum(-122.25, expected.max(axis=1, keepdims=True) - 80)
    assert (expected > floor).mean() > 0.5
    assert error[expected > floor].max() <= 0.25 + 0.001


def test_level_codes__stay_within_a_step_even_100_db_below_a_loud_tone():
    sound = sine(1531.0, 48000, amplitude=0.9) + np.random.default_rng(5).normal(0, 1e-4, 48000).astype(np.float32)
    expected = reference_level_db(sound, 48000)[:, :256]
    error = np.abs(level_of_code(level_codes(sound, 48000, GRID)) - expected)
    assert error[expected > -100].max() <= 0.25 + 0.05


def test_level_codes__of_16_bits_are_those_of_the_same_sound_as_floats():
    short = as_stored(np.random.default_rng(6).normal(0, 0.05, 48000), "int16")
    for rate_hz in (22050, 48000):
        whole = level_codes(short / np.float32(32768), rate_hz, GRID)
        np.testing.assert_array_equal(np.concatenate(list(stream_level_codes([short], rate_hz, GRID))), whole)


@pytest.mark.parametrize("value", [np.float32(3e38), np.float32(-3e38)])
def test_level_codes__end_at_the_highest_code_whatever_a_float_file_holds(value):
    sound = np.where(np.arange(4800) % 2, value, -value).astype(np.float32)
    sound[2400:] = value
    assert level_codes(sound, 48000, GRID).max() == 255


@settings(max_examples=25, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 150_000), max_size=8),
    rate_hz=st.sampled_from([11025, 22050, 44100, 48000, 192_000]),
    dtype=st.sampled_from(["int16", "float32"]),
)
def test_stream__gives_the_same_codes_however_the_sound_is_cut(cuts, rate_hz, dtype):
    noise = as_stored(np.random.default_rng(3).normal(0, 0.1, 150_000), dtype)
    whole = np.concatenate(list(stream_level_codes([noise], rate_hz, GRID)))
    streamed = list(stream_level_codes(np.split(noise, sorted(cuts)), rate_hz, GRID))
    np.testing.assert_array_equal(np.concatenate(streamed), whole)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_stream__says_the_same_on_a_gpu():
    noise = as_stored(np.random.default_rng(3).normal(0, 0.1, 480_000), "int16")
    here, there = (np.concatenate(list(stream_level_codes([noise], 48000, GRID, d))) for d in ("cpu", "cuda"))
    assert np.abs(here.astype(int) - there).max() <= 1
    assert (here == there).mean() > 0.9999


@pytest.mark.parametrize("samples", [0, 1, 5, 767, 768, 769, 1152])
def test_level_codes__have_a_frame_for_each_whole_window(samples):
    codes = level_codes(np.ones(samples, dtype=np.float32), 48000, GRID)
    assert codes.shape == (GRID.frames(samples, 48000), 256)
    assert len(codes) == (0 if samples < 768 else 1 + (samples - 768) // 384)


def birdsong(rate_hz: int) -> np.ndarray:
    """Return two seconds of tone bursts, each at its own moment, all below 4 kHz, over a hum, float32."""
    t = np.arange(2 * rate_hz) / rate_hz
    sound = 0.02 * np.sin(2 * np.pi * 311 * t)
    for index, freq_hz in enumerate(np.linspace(400, 4000, 13)):
        burst = np.exp(-(((t - 0.1 - 0.137 * index) / 0.012) ** 2))
        sound += 0.2 * burst * np.sin(2 * np.pi * freq_hz * (t - 0.1 - 0.137 * index))
    return sound.astype(np.float32)


@pytest.mark.parametrize("rate_hz", [11025, 22050, 44100])
def test_resampled__agrees_with_a_native_rate_on_band_limited_sound(rate_hz):
    """Within 0.02 dB in cells down to -60 dB: level, frequency and moment of the bursts are those of 48 kHz."""
    with np.errstate(divide="ignore", invalid="ignore"):
        native, other = (10 * np.log10(power(birdsong(rate), rate, GRID)) for rate in (48000, rate_hz))
    frames, heard = min(len(native), len(other)), GRID.heard_bins(rate_hz)
    assert abs(len(native) - len(other)) <= 1
    native, other = native[:frames, :heard], other[:frames, :heard]
    loud = native > -60
    assert loud.sum() > 1000
    assert np.abs(native[loud] - other[loud]).max() <= 0.02


def test_resampled__gives_as_many_samples_as_the_duration_asks():
    out = np.concatenate(list(resampled([np.zeros(22050 * 3 + 7, dtype=np.float32)], 22050, 24000)))
    assert len(out) == (22050 * 3 + 7) * 24000 // 22050


def test_code_of_level__is_the_inverse_of_level_of_code():
    codes = np.arange(1, 256, dtype=np.uint8)
    np.testing.assert_array_equal(code_of_level(level_of_code(codes)), codes)
    assert np.isnan(level_of_code(np.array([NOT_HEARD], dtype=np.uint8))).all()


def test_grid__refuses_a_rate_that_no_analysis_rate_fits():
    with pytest.raises(ValueError, match="no analysis rate"):
        GRID.analysis_rate_hz(1_000_001)
