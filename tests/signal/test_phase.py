"""Phase is found again: a sound comes back from its magnitudes, as well as torchaudio brings it back."""

import pytest
import torch

from antiphon.signal.log_spectrogram import LogSpectrogram
from antiphon.signal.phase import griffin_lim, transform
from torchaudio_here import torchaudio

RATE = 16_000


def chirps(count=3, samples=8000):
    t = torch.arange(samples) / RATE
    start = torch.tensor([1500.0, 2500.0, 4000.0])[:count, None]
    return 0.5 * torch.hann_window(samples) * torch.sin(2 * torch.pi * (start * t + 1500 * t**2))


def mismatch(sounds, wanted, window=256, hop=32):
    made, true = (transform(one, window, hop).abs() for one in (sounds, wanted))
    return float((made - true).norm() / true.norm())


def test_griffin_lim__gives_back_a_sound_with_the_same_picture():
    sounds = chirps()
    found = griffin_lim(transform(sounds, 256, 64).abs(), 256, 64, sounds.shape[1], seed=0)
    assert found.shape == sounds.shape
    assert mismatch(found, sounds) < 0.1
    again = griffin_lim(transform(sounds, 256, 64).abs(), 256, 64, sounds.shape[1], seed=0)
    assert torch.equal(found, again)


def test_griffin_lim__needs_windows_that_overlap_by_more_than_half():
    sounds = chirps()
    rough = griffin_lim(transform(sounds, 256, 128).abs(), 256, 128, sounds.shape[1], seed=0)
    fine = griffin_lim(transform(sounds, 256, 64).abs(), 256, 64, sounds.shape[1], seed=0)
    assert mismatch(fine, sounds) < 0.5 * mismatch(rough, sounds)


def test_griffin_lim__is_as_good_as_that_of_torchaudio():
    audio, sounds = torchaudio(), chirps()
    magnitude = transform(sounds, 256, 64).abs()
    theirs = audio.functional.griffinlim(
        magnitude, torch.hann_window(256), 256, 64, 256, power=1.0, n_iter=64, momentum=0.99,
        length=sounds.shape[1], rand_init=True,
    )  # fmt: skip
    ours = griffin_lim(magnitude, 256, 64, sounds.shape[1], seed=0)
    assert mismatch(ours, sounds) < 1.5 * mismatch(theirs, sounds)


def test_log_spectrogram__there_and_back():
    sounds = chirps()
    picture = LogSpectrogram(sounds.shape[1], RATE)
    drawn = picture.drawn(sounds)
    assert drawn.shape == (3, picture.frames, picture.bins) == (3, 126, 128)
    assert drawn.min() == -1
    assert 0.8 < drawn.max() <= 1
    back = picture.sounds(drawn, seed=1)
    assert mismatch(back, sounds) < 0.15


def test_log_spectrogram__full_scale_is_one_and_silence_comes_back_silent():
    t = torch.arange(8000) / RATE
    picture = LogSpectrogram(8000, RATE)
    drawn = picture.drawn(torch.sin(2 * torch.pi * 2000 * t)[None])
    assert abs(float(drawn.max()) - 1) < 0.01
    for nothing in (-1.0, -0.88):  # a tanh comes near silence and never reaches it
        assert picture.sounds(torch.full((1, picture.frames, picture.bins), nothing), seed=0).abs().max() == 0


def test_log_spectrogram__keeps_faint_hiss_and_digital_silence_apart():
    """A classifier of logarithmic spectra hears dither; what is behind a short clip is nothing at all."""
    dither = 1e-4 * torch.randn(2, 8000, generator=torch.Generator().manual_seed(1))
    dither[:, 4000:] = 0
    picture = LogSpectrogram(8000, RATE)
    drawn = picture.drawn(dither)
    assert picture.audible(drawn)[:, :60].mean() > 0.99
    assert (drawn[:, 65:] == -1).all()
    back = picture.sounds(drawn, seed=2)
    level_db = 20 * torch.log10(back[:, :3800].std() / dither[:, :3800].std())
    assert abs(float(level_db)) < 1
    assert back[:, 4100:].abs().max() == 0


def test_hiss__is_what_white_noise_looks_like():
    picture = LogSpectrogram(8000, RATE)
    noise = picture.drawn(0.01 * torch.randn(40, 8000, generator=torch.Generator().manual_seed(1)))[:, 3:-3, 3:]
    hiss = picture.hiss(40, torch.device("cpu"))
    assert hiss.shape == (40, picture.frames, picture.bins)
    hiss = hiss[:, 3:-3, 3:]
    assert abs(float(hiss.mean())) < 0.003
    assert float(hiss.std()) == pytest.approx(float((noise - noise.mean()).std()), rel=0.03)
    for frames, bins in ((1, 0), (2, 0), (0, 1)):
        ours, theirs = (neighbourly(one, frames, bins) for one in (hiss, noise))
        assert ours == pytest.approx(theirs, abs=0.03)


def neighbourly(pictures, frames, bins):
    """Return the correlation of cells so many frames and bins apart."""
    here, there = pictures[:, frames:, bins:], pictures[:, : pictures.shape[1] - frames, : pictures.shape[2] - bins]
    return float(torch.corrcoef(torch.stack([here.flatten(), there.flatten()]))[0, 1])


def test_log_spectrogram__takes_rates_that_4_ms_do_not_divide():
    picture = LogSpectrogram(22_050, 22_050)
    assert picture.drawn(torch.zeros(1, 22_050)).shape == (1, picture.frames, picture.bins)
