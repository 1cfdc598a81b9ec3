"""Mixtures: exact stems, wanted ratios, and clips that leave their own background at home."""

import numpy as np
import pytest

from antiphon.scenes.mixing import Clip, bed_window, gated, mixture, passed_hz
from antiphon.scenes.soundings import event_snr_db

RATE = 16_000


def call(freq_hz=3000.0, duration_s=0.4):
    t = np.arange(round(duration_s * RATE)) / RATE
    return (np.hanning(len(t)) * np.sin(2 * np.pi * freq_hz * t)).astype(np.float32)


def noise(seconds, scale=0.01, seed=0):
    return np.random.default_rng(seed).normal(0, scale, round(seconds * RATE)).astype(np.float32)


def test_gate__passes_everything_where_it_asks_nothing():
    sound = noise(1.0)
    passed = gated(sound, RATE, above_floor_db=-np.inf, below_peak_db=np.inf)
    np.testing.assert_allclose(passed, sound, atol=1e-6)


def test_gate__takes_the_background_and_leaves_the_call():
    alone = np.zeros(2 * RATE, dtype=np.float32)
    alone[8000:14400] = call()
    cleaned = gated(alone + noise(2.0), RATE, above_floor_db=10.0, below_peak_db=40.0)
    assert np.square(cleaned[:7000]).mean() < 0.02 * np.square(noise(2.0)).mean()
    assert np.square(cleaned - alone)[8000:14400].mean() < 0.02 * np.square(alone[8000:14400]).mean()


def test_gate__keeps_a_song_that_never_pauses():
    t = np.arange(2 * RATE) / RATE
    song = (0.2 * np.sin(2 * np.pi * 5000 * t)).astype(np.float32)
    cleaned = gated(song + noise(2.0, 0.001), RATE, above_floor_db=10.0, below_peak_db=40.0)
    assert np.square(cleaned[2000:-2000]).mean() == pytest.approx(np.square(song).mean(), rel=0.05)


def test_gate__keeps_to_its_band_and_survives_silence():
    both = call(1000.0) + call(5000.0)
    low = gated(both, RATE, above_floor_db=-np.inf, below_peak_db=np.inf, band_hz=(0.0, 3000.0))
    assert np.square(low - call(1000.0)).mean() < 0.01 * np.square(low).mean()
    assert not gated(np.zeros(RATE, dtype=np.float32), RATE, above_floor_db=10.0, below_peak_db=40.0).any()
    assert not gated(call(1000.0), RATE, above_floor_db=10.0, below_peak_db=40.0, band_hz=(9000.0, 9500.0)).any()


@pytest.mark.parametrize("seconds", [0.3, 1.9, 5.0])
def test_bed__has_the_length_asked_for_and_no_seam(seconds):
    bed = bed_window(np.random.default_rng(1), noise(seconds), 2 * RATE, RATE)
    assert bed.shape == (2 * RATE,) and bed.dtype == np.float32
    levels = np.sqrt(np.square(bed).reshape(-1, 800).mean(axis=1))
    assert levels.min() > 0.008 and levels.max() < 0.013


@pytest.mark.parametrize("snr_db", [-5.0, 5.0, 20.0])
@pytest.mark.parametrize("distant", [False, True])
def test_mixture__has_exact_stems_at_the_wanted_ratio(snr_db, distant):
    bed = noise(2.0)
    scene = mixture(np.random.default_rng(3), bed, [Clip(1, call(), snr_db, distant)], ["bird", "frog"], RATE)
    np.testing.assert_array_equal(scene.mixture, scene.bed + scene.stems.sum(axis=0))
    assert not scene.stems[0].any() and np.array_equal(scene.bed, bed)
    (sounding,) = scene.soundings
    assert (sounding.stem, sounding.snr_db) == (1, snr_db)
    assert event_snr_db(scene.stems[1], bed, RATE) == pytest.approx(snr_db, abs=0.7)
    assert sounding.freq_low_hz < 3000 < sounding.freq_high_hz
    assert scene.snr_db[1] == snr_db and np.isnan(scene.snr_db[0])


def test_mixture__hears_what_belongs_to_nobody():
    bed = noise(2.0)
    scene = mixture(np.random.default_rng(3), bed, [Clip(None, call(500.0), 10.0, False)], ["bird"], RATE)
    assert not scene.soundings and not scene.stems.any()
    assert np.array_equal(scene.floor, bed) and not np.array_equal(scene.bed, bed)


def lowpassed(sound, edge_hz):
    spectrum = np.fft.rfft(sound)
    spectrum[np.fft.rfftfreq(len(sound), 1 / RATE) > edge_hz] = 0
    return np.fft.irfft(spectrum, n=len(sound)).astype(np.float32)


@pytest.mark.parametrize("edge_hz", [2500.0, 5200.0])
def test_passed__finds_where_a_coded_background_ends(edge_hz):
    assert passed_hz(lowpassed(noise(3.0), edge_hz), RATE) == pytest.approx(edge_hz, abs=350)


def test_passed__takes_a_slope_for_no_cliff():
    falling = np.cumsum(noise(3.0)).astype(np.float32)
    assert passed_hz(falling - falling.mean(), RATE) == RATE / 2
    assert passed_hz(noise(3.0), RATE) == RATE / 2


def test_mixture__holds_nothing_that_the_recorder_of_its_background_could_not_hear():
    bed = lowpassed(noise(2.0), 5000.0)
    clips = [Clip(0, call(3000.0) + call(7000.0), 10.0, False)]
    stem = mixture(np.random.default_rng(3), bed, clips, ["bird"], RATE).stems[0]
    power = np.square(np.abs(np.fft.rfft(stem)))
    frequency_hz = np.fft.rfftfreq(len(stem), 1 / RATE)
    assert power[frequency_hz > 6000].sum() < 1e-4 * power[frequency_hz < 5000].sum()
