"""Conventional methods: what they do to noise, a whistle, a click; and that classes are learned by counting."""

import numpy as np
import pytest

from antiphon.baselines.cell_bayes import CellBayes
from antiphon.baselines.hpss import harmonic_and_percussive, harmonic_share
from antiphon.baselines.median_clipping import median_clipped
from antiphon.baselines.nmf import Nmf
from antiphon.baselines.spectral_gating import gated_image
from antiphon.baselines.wiener import wiener_gain, wiener_image
from antiphon.signal.spectrogram import level_codes

FRAMES, BINS = 200, 64
WHISTLE, CLICK = np.s_[60:140, 20:22], np.s_[100:102, 30:60]


@pytest.fixture
def codes():
    """Noise around code 100 with a whistle and a click of 25 dB; the highest four bins are not heard."""
    rng = np.random.default_rng(0)
    power = rng.exponential(1, (FRAMES, BINS))
    power[WHISTLE] += 300
    power[CLICK] += 300
    found = np.clip(20 * np.log10(power) + 100, 1, 255).astype(np.uint8)
    found[:, -4:] = 0
    return found


@pytest.fixture
def background(codes):
    return np.median(codes, axis=0).astype(np.uint8)


VIEWS = (median_clipped, wiener_image, harmonic_and_percussive)


@pytest.mark.parametrize("view", VIEWS)
def test_view__is_one_byte_a_cell_and_knows_what_was_not_heard(codes, background, view):
    image = view(codes, background)
    assert image.dtype == np.uint8
    assert image.shape[1:] == codes.shape
    assert (image[:, :, -4:] == 255).all()
    assert (image[:, :, :-4] < 255).all()


@pytest.mark.parametrize("view", VIEWS)
def test_view__does_not_depend_on_gain(codes, background, view):
    louder = np.where(codes > 0, codes.astype(int) + 24, 0).astype(np.uint8)
    changed = view(louder, np.where(background > 0, background + 24, 0).astype(np.uint8))
    # faint cells end at the lowest code at one of the two gains
    loud = view(codes, background) > 10
    np.testing.assert_allclose(view(codes, background)[loud], changed[loud], atol=1)


def test_median_clipping__keeps_what_stands_out_of_bin_and_frame(codes, background):
    image = median_clipped(codes, background)[0]
    assert np.median(image[WHISTLE]) > 35
    noise = np.ones_like(codes, dtype=bool)
    noise[WHISTLE] = noise[CLICK] = noise[:, -4:] = False
    assert np.median(image[noise]) < 10
    steady = np.where(codes > 0, 150, 0).astype(np.uint8)
    assert median_clipped(steady, steady[0])[0, :, :-4].max() == 0


def test_median_clipping__of_nothing_heard_finds_nothing():
    assert (median_clipped(np.zeros((4, 5), np.uint8), np.zeros(5, np.uint8)) == 255).all()


def test_wiener__passes_sound_and_stops_noise(codes, background):
    gain = wiener_gain(codes, background)
    assert ((gain >= 0) & (gain <= 1)).all()
    assert gain[70:140, 20:22].min() > 0.9
    assert np.median(gain[:50, :-4]) < 0.1


def test_hpss__parts_whistles_from_clicks(codes):
    share = harmonic_share(codes)
    assert np.median(share[70:130, 20:22]) > 0.9
    assert np.median(share[100:102, 40:55]) < 0.1


def test_hpss__agrees_with_librosa(codes):
    decompose = pytest.importorskip("librosa").decompose
    amplitude = 10 ** (codes[:, :-4].T / 40.0)
    mask, _ = decompose.hpss(amplitude, mask=True)
    np.testing.assert_allclose(harmonic_share(codes[:, :-4]).T, mask, atol=1e-3)


def test_nmf__tells_spectra_apart():
    rng = np.random.default_rng(1)
    spectra = np.zeros((2, BINS))
    spectra[0, 5:12] = spectra[1, 30:50] = 1.0

    def mixed(activity):
        amplitude = activity @ spectra + 0.003 * rng.random((len(activity), BINS))
        return np.clip(40 * np.log10(amplitude) + 200, 1, 255).astype(np.uint8)

    activity = rng.random((2, FRAMES, 2)) * (rng.random((2, FRAMES, 2)) < 0.3)
    truth = np.stack([(activity[..., k : k + 1] > 0) & (spectra[k] > 0) for k in range(2)], axis=1)
    learned = Nmf.learned([(mixed(activity[0]), truth[0])], 2)
    test = mixed(activity[1])
    found = learned.codes(test, np.full(BINS, 100, dtype=np.uint8))
    assert found.shape == (2, FRAMES, BINS)
    for source in range(2):
        there = truth[1, source] & (test > 150)
        assert np.median(found[source][there]) > np.median(found[1 - source][there]) + 20
    again = Nmf.learned([(mixed(activity[0] * 0 + activity[0]), truth[0])], 2)
    assert again.spectra.shape == learned.spectra.shape == (3, 24, BINS)


def test_nmf__of_a_source_that_never_sounds_finds_it_nowhere():
    codes = np.full((50, 16), 120, dtype=np.uint8)
    truth = np.zeros((2, 50, 16), dtype=bool)
    truth[0, 10:20, 4:8] = True
    found = Nmf.learned([(codes, truth)], 2).codes(codes, np.full(16, 100, dtype=np.uint8))
    assert found[1].max() == 0


def test_spectral_gating__lowers_noise_and_keeps_the_whistle(grid):
    rng = np.random.default_rng(0)
    t = np.arange(3 * 24_000) / 24_000
    there = (t > 1) & (t < 1.4)
    sound = (0.01 * rng.standard_normal(len(t)) + 0.1 * there * np.sin(2 * np.pi * 4000 * t)).astype(np.float32)
    background = np.median(level_codes(sound, 24_000, grid), axis=0).astype(np.uint8)
    image = gated_image(sound, 24_000, grid, background)
    assert image.shape[0] == 1
    assert np.median(image[0, 135:165, 64]) > 30
    assert np.median(image[0, :100, :180]) == 0
    assert (image[0, :, grid.heard_bins(24_000) :] == 255).all()


def bayes_examples(seed, count=6):
    """One view that tells loud from faint; source 0 is low, source 1 high."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        loud = rng.random((FRAMES, BINS)) < 0.1
        view = np.where(loud, rng.integers(40, 60, loud.shape), rng.integers(0, 20, loud.shape)).astype(np.uint8)
        low = np.arange(BINS) < BINS // 2
        yield view[None], np.stack([loud & low, loud & ~low]), np.ones((2, FRAMES, BINS), dtype=bool)


def test_bayes__learns_level_and_frequency():
    bayes = CellBayes.learned(bayes_examples(0))
    ((views, truth, _),) = bayes_examples(1, 1)
    codes = bayes.codes(views)
    for source in range(2):
        # at the edge of the two bands counts are smoothed
        inside = np.r_[0:26, 38:BINS]
        true = truth[source][:, inside]
        assert codes[source][:, inside][true].min() > codes[source][:, inside][~true].max()


def test_bayes__log_odds_are_those_of_counting():
    view = np.repeat([10, 200], 52)[None, :, None].astype(np.uint8)
    truth = (np.arange(104) % 4 == 0)[None, :, None]
    bayes = CellBayes.learned([(view, truth, np.ones_like(truth))])
    # one cell in four is true whatever its code: pseudo counts pull the odds a little towards even
    assert bayes.by_bin[0, 0] == pytest.approx(np.log(27 / 79))
    assert abs(float(bayes.by_code[0, 0, 10] - bayes.by_code[0, 0, 200])) < 1e-6


def test_bayes__leaves_out_what_is_not_known():
    honest, twisted = list(bayes_examples(0)), []
    for view, truth, known in bayes_examples(0):
        partly = known.copy()
        partly[:, :, ::3] = False
        twisted.append((view, truth ^ ~partly, partly))
    pairs = zip(honest, twisted, strict=True)
    learned = CellBayes.learned([(view, truth, partly) for (view, truth, _), (_, _, partly) in pairs])
    np.testing.assert_array_equal(CellBayes.learned(twisted).by_bin, learned.by_bin)


def test_bayes__marks_what_was_not_heard_and_refuses_nothing():
    bayes = CellBayes.learned(bayes_examples(0))
    ((views, _, _),) = bayes_examples(1, 1)
    views[0, :, 5] = 255
    assert (bayes.codes(views)[:, :, 5] == 255).all()
    with pytest.raises(ValueError, match="no examples"):
        CellBayes.learned([])
