"""Voices: where birds, insects and engines have their energy, and the parts that they are made of."""

import numpy as np
import pytest

from antiphon.scenes.birds import bird
from antiphon.scenes.engines import engine
from antiphon.scenes.insects import insect
from antiphon.scenes.noises import band, impulse_noise, shaped_noise, through_air
from antiphon.scenes.tones import partials, raised_cosine, slow_curve, wavetable, wavetable_sound

RATE = 48_000
MAKERS = {"bird": bird, "insect": insect, "engine": engine}


def energy_quantile_hz(sound, share):
    """Return the frequency that ``share`` of the energy lies below."""
    energy = np.cumsum(np.abs(np.fft.rfft(sound)) ** 2)
    return np.searchsorted(energy, share * energy[-1]) * RATE / len(sound)


def voices(maker, count=40):
    for seed in range(count):
        rng = np.random.default_rng(seed)
        voice = MAKERS[maker](rng)
        yield voice, voice.sound(rng, RATE, 3.0)


@pytest.mark.parametrize("maker", MAKERS)
def test_voice__is_finite_and_sounds(maker):
    for voice, sound in voices(maker):
        assert np.isfinite(sound).all(), voice.name
        assert sound.any(), voice.name
        assert 0 < voice.gap_s[0] < voice.gap_s[1]


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 192_000])
def test_voice__sounds_at_any_rate(maker, rate_hz):
    for seed in range(12):
        rng = np.random.default_rng(seed)
        sound = MAKERS[maker](rng).sound(rng, rate_hz, 1.0)
        assert np.isfinite(sound).all()
        assert len(sound) > 0


def test_voice__has_its_energy_where_its_kind_has_it():
    middles = {maker: [energy_quantile_hz(sound, 0.5) for _, sound in voices(maker)] for maker in MAKERS}
    assert all(250 < hz < 11_000 for hz in middles["bird"])
    assert all(2000 < hz < 20_000 for hz in middles["insect"])
    assert np.median(middles["engine"]) < 1500
    assert np.median(middles["engine"]) < np.median(middles["bird"]) < np.median(middles["insect"])


def test_voices__are_of_many_kinds():
    assert len({voice.name for voice, _ in voices("bird", 60)}) >= 8
    assert len({voice.name for voice, _ in voices("insect", 60)}) == 6
    assert len({voice.name for voice, _ in voices("engine", 80)}) >= 6


def test_partials__put_a_harmonic_at_each_multiple():
    sound = partials(np.full(RATE, 1000.0), (1.0, 0.0, 0.5), RATE)
    level = np.abs(np.fft.rfft(sound)) * 2 / RATE
    assert level[1000] == pytest.approx(1.0, abs=1e-3)
    assert level[2000] == pytest.approx(0.0, abs=1e-3)
    assert level[3000] == pytest.approx(0.5, abs=1e-3)


def test_partials__never_fold_back():
    sound = partials(np.linspace(5000, 12_000, RATE), (1.0, 1.0, 1.0), RATE)
    late = sound[-RATE // 10 :]
    # At 12 kHz the second partial would stand on half the rate and the third beyond it: only the first is left.
    level = np.abs(np.fft.rfft(late * np.hanning(len(late))))
    frequency_hz = np.fft.rfftfreq(len(late), 1 / RATE)
    assert level[frequency_hz > 13_000].max() < 0.01 * level.max()


def test_wavetable_sound__has_the_wanted_fundamental():
    table = wavetable(np.random.default_rng(0), np.array([1.0, 0.3, 0.1]))
    sound = wavetable_sound(table, np.full(RATE, 120.0), RATE)
    level = np.abs(np.fft.rfft(sound))
    assert level.argmax() == 120
    assert np.mean(sound**2) == pytest.approx(1.0, abs=0.01)


def test_shaped_noise__has_the_wanted_spectrum():
    noise = shaped_noise(np.random.default_rng(0), 8 * RATE, RATE, band(2000, 4000))
    power = np.abs(np.fft.rfft(noise)) ** 2 / (8 * RATE)
    frequency_hz = np.fft.rfftfreq(8 * RATE, 1 / RATE)
    for low_hz, high_hz in ((500, 600), (2900, 3100), (9000, 9500)):
        here = (frequency_hz >= low_hz) & (frequency_hz < high_hz)
        wanted = np.mean(band(2000, 4000)(frequency_hz[here]) ** 2)
        assert power[here].mean() == pytest.approx(wanted, rel=0.1)


def test_impulse_noise__has_the_wanted_number_of_impulses():
    train = impulse_noise(np.random.default_rng(0), 20 * RATE, RATE, 5.0, np.ones_like)
    assert 60 < np.count_nonzero(np.abs(train) > 1e-3) < 140


def test_through_air__keeps_the_onset_and_takes_high_frequencies():
    dry = np.zeros(RATE // 2, dtype=np.float32)
    dry[100] = 1.0
    kept, lost = 0.0, 0.0
    for seed in range(20):
        wet = through_air(np.random.default_rng(seed), dry, RATE, np.ones_like)
        assert len(wet) >= len(dry)
        assert np.abs(wet).argmax() == pytest.approx(100, abs=1)
        spectrum = np.abs(np.fft.rfft(wet))
        tenth = len(spectrum) // 10
        kept += spectrum[:tenth].mean()
        lost += spectrum[-tenth:].mean()
    assert lost < kept


def test_raised_cosine__rises_holds_and_falls():
    envelope = raised_cosine(100, 20, 30)
    assert envelope[0] < 0.01
    assert envelope[-1] < 0.01
    assert (envelope[20:70] == 1).all()
    assert (np.diff(envelope[:20]) > 0).all()


def test_slow_curve__is_slow_and_as_long_as_wanted():
    curve = slow_curve(np.random.default_rng(0), 12_345, 8000, 0.5)
    assert curve.shape == (12_345,)
    assert np.abs(np.diff(curve)).max() < 0.02
