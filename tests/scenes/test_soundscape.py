"""Scenes: exact sums, wanted ratios, equal seeds."""

import numpy as np
import pytest

from antiphon.scenes.soundings import event_snr_db
from antiphon.scenes.soundscape import LABELS, make_scene
from antiphon.scenes.weather import recorder

RATE = 24_000


def scene(seed, **given):
    given = {"duration_s": 3.0, "rate_hz": RATE} | given
    return make_scene(np.random.default_rng(seed), **given)


def test_scene__is_the_sum_of_its_parts():
    one = scene(3, empty_share=0.0, presence=dict.fromkeys(LABELS, 1.0))
    assert one.stems.shape == (3, 3 * RATE)
    assert one.mixture.dtype == one.stems.dtype == one.bed.dtype == one.floor.dtype == np.float32
    np.testing.assert_array_equal(one.mixture, one.bed + one.stems.sum(axis=0))


def test_scene__is_the_same_for_the_same_seed_and_another_for_another():
    np.testing.assert_array_equal(scene(5).mixture, scene(5).mixture)
    assert not np.array_equal(scene(5).mixture, scene(6).mixture)


@pytest.mark.parametrize("seed", range(12))
def test_scene__stays_below_full_scale_and_is_finite(seed):
    mixture = scene(seed, snr_low_db=40.0, snr_high_db=60.0, gain_db=-20.0).mixture
    assert np.isfinite(mixture).all()
    assert np.abs(mixture).max() < 1


def test_scene__has_the_wanted_level_where_nothing_clips():
    floor = scene(8, gain_db=-50.0, snr_low_db=0.0, snr_high_db=0.0, empty_share=1.0).floor
    assert 20 * np.log10(np.sqrt(np.mean(floor**2))) == pytest.approx(-50.0, abs=0.05)


def test_scene__leaves_out_what_may_not_sound():
    one = scene(1, labels=("insect", "bird"), presence={"insect": 1.0, "bird": 0.0}, empty_share=0.0)
    assert one.labels == ("insect", "bird")
    assert one.stems[0].any()
    assert not one.stems[1].any()
    assert np.isfinite(one.snr_db[0])
    assert np.isnan(one.snr_db[1])


def test_scene__is_empty_now_and_then():
    silent = sum(not scene(seed, duration_s=0.3).stems.any() for seed in range(150)) / 150
    assert 0.05 < silent < 0.35


def test_scene__names_a_label_that_it_cannot_make():
    with pytest.raises(ValueError, match="frog"):
        scene(1, labels=("frog",))


@pytest.mark.parametrize("wanted_db", [-5.0, 10.0, 20.0])
def test_scene__sets_the_ratio_of_a_lasting_sound(wanted_db):
    ratios = []
    for seed in range(40):
        one = scene(
            seed,
            labels=("anthropogenic",),
            presence={"anthropogenic": 1.0},
            snr_low_db=wanted_db,
            snr_high_db=wanted_db,
        )
        if one.stems.any():
            assert one.snr_db[0] == pytest.approx(wanted_db)
            ratios.append(event_snr_db(one.stems[0], one.bed, RATE))
    # A scene holds one or more events, so the ratio of all together is near that of each.
    assert np.median(ratios) == pytest.approx(wanted_db, abs=1.5)


def test_event_snr__is_that_of_a_tone_in_white_noise():
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.01, 4 * RATE).astype(np.float32)
    low_hz, high_hz = 3000, 4000
    spectrum = np.fft.rfft(rng.normal(0, 0.1, 4 * RATE))
    frequency_hz = np.fft.rfftfreq(4 * RATE, 1 / RATE)
    spectrum[(frequency_hz < low_hz) | (frequency_hz > high_hz)] = 0
    event = np.fft.irfft(spectrum).astype(np.float32)
    # In its own band the noise of 0.1 lies 20 dB over the noise of 0.01, whatever the rest of the spectrum holds.
    assert event_snr_db(event, noise, RATE) == pytest.approx(20.0, abs=0.5)
    assert event_snr_db(np.zeros_like(event), noise, RATE) == -np.inf


def test_event_snr__counts_active_frames_only():
    noise = np.random.default_rng(1).normal(0, 0.01, 4 * RATE).astype(np.float32)
    burst = np.zeros(4 * RATE, dtype=np.float32)
    burst[RATE : RATE + 4000] = 0.1 * np.sin(2 * np.pi * 3000 * np.arange(4000) / RATE)
    alone = event_snr_db(burst[RATE - 384 : RATE + 4224], noise[RATE - 384 : RATE + 4224], RATE)
    assert event_snr_db(burst, noise, RATE) == pytest.approx(alone, abs=0.6)


def test_recorder__hears_nothing_below_its_low_cut():
    place = recorder(np.random.default_rng(2), RATE)
    gain = place.response(np.array([place.low_cut_hz / 3, 1000.0, 0.5 * RATE]))
    assert gain[0] < 0.01 * gain[1]
    assert gain[2] < gain[1]
