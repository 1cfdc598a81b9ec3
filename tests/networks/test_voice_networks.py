"""Voice networks: as published, any length of sound, told a class or not."""

from itertools import pairwise

import pytest
import torch

from antiphon.learning.voice_recipe import NETWORKS
from antiphon.learning.voices import made_sounds, make_voices
from antiphon.networks.specgan import Moved, Scatter
from antiphon.networks.wavegan import PhaseShuffle
from antiphon.signal.log_spectrogram import LogSpectrogram


def size(network):
    return sum(one.numel() for one in network.parameters())


def dense_size(*widths):
    return sum((before + 1) * after for before, after in pairwise(widths))


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("samples", [1000, 2203])
@pytest.mark.parametrize("classes", [0, 3])
def test_voices__make_sounds_of_any_length_and_judge_them(network, samples, classes):
    voices = make_voices(network, samples=samples, rate_hz=8000, noise=7, classes=classes, width=4, seed=1)
    sounds = made_sounds(voices, voices.generator, [0, 1, 2, 0], seed=5)
    assert sounds.shape == (4, samples)
    assert abs(sounds).max() <= 1
    label = voices.label([0, 1, 2, 0])
    verdicts = voices.critic(voices.seen(torch.from_numpy(sounds)), label)
    assert verdicts.shape == (4,)
    again = made_sounds(voices, voices.generator, [0, 1, 2, 0], seed=5)
    assert (again == sounds).all()
    assert (made_sounds(voices, voices.generator, [0, 1, 2, 0], seed=6) != sounds).any()


@pytest.mark.parametrize("network", NETWORKS)
def test_voices__hear_which_class_is_asked_for(network):
    voices = make_voices(network, samples=1000, rate_hz=8000, noise=7, classes=2, width=4, seed=1)
    noise = torch.randn(2, 7).expand(2, 7)[:1].repeat(2, 1)
    voices.generator.eval()
    with torch.no_grad():
        one, other = voices.generator(noise, voices.label([0, 1]))
    assert not torch.equal(one, other)


def test_dense__has_the_layers_that_were_published():
    with torch.device("meta"):
        voices = make_voices("dense", samples=64_000, rate_hz=16_000, noise=500, classes=0, width=4, seed=1)
        other = make_voices("dense_dropout", samples=64_000, rate_hz=16_000, noise=512, classes=0, width=4, seed=1)
    assert size(voices.generator) == dense_size(500, 256, 512, 1024, 64_000)
    assert size(voices.critic) == dense_size(64_000, 1024, 512, 1024, 1)
    assert size(other.generator) == dense_size(512, 512, 1024, 1024, 64_000)
    assert size(other.critic) == dense_size(64_000, 1024, 512, 256, 1)


def test_wavegan__of_16384_samples_has_five_layers_down_to_sixteen():
    voices = make_voices("wavegan", samples=16_384, rate_hz=16_000, noise=100, classes=0, width=64, seed=1)
    convolutions = [one for one in voices.critic.modules() if isinstance(one, torch.nn.Conv1d)]
    assert [one.out_channels for one in convolutions] == [64, 128, 256, 512, 1024]
    assert voices.critic.verdict.in_features == 16 * 1024
    assert not any(isinstance(one, torch.nn.BatchNorm1d) for one in voices.generator.modules())


def test_specgan__lays_hiss_on_a_level():
    voices = make_voices("specgan", samples=1000, rate_hz=8000, noise=7, classes=0, width=4, seed=1)
    voices.generator.eval()
    noise, label = torch.ones(400, 7), voices.label([0] * 400)
    with torch.no_grad():
        for scatter in (one for one in voices.generator.modules() if isinstance(one, Scatter)):
            scatter.strength.zero_()
        drawn = voices.generator(noise, label)
        hiss = voices.picture.hiss(400, torch.device("cpu"))
        voices.generator.layers[-1].bias[1] = -1
        whistle = voices.generator(noise, label)
    assert float(drawn.std(0).mean()) == pytest.approx(float(hiss.std(0).mean()), rel=0.1)
    assert float(whistle.std(0).mean()) < 0.2 * float(hiss.std(0).mean())


def test_specgan_critic__sees_whether_a_class_sings_one_song():
    voices = make_voices("specgan", samples=1000, rate_hz=8000, noise=7, classes=2, width=4, seed=1)
    critic, label = voices.critic.eval(), voices.label([0, 0, 0, 1])
    many = torch.rand(4, voices.picture.frames, voices.picture.bins)
    with torch.no_grad():
        alone = critic(many, label)[0]
        again = critic(many[[0, 0, 0, 3]], label)[0]
        others = critic(many[[0, 1, 2, 1]], label)[0]
    assert alone != again
    assert torch.allclose(alone, others)  # only its own class counts


def test_moved__leaves_digital_silence_silent():
    pictures = torch.full((8, 32, 6), 0.1)
    pictures[:, 20:] = -1
    moved = Moved(LogSpectrogram(1000, 8000))
    seen = moved.train()(pictures)
    assert set(seen[seen < -0.5].tolist()) == {-1.0}
    assert seen[seen > -0.5].unique().numel() == 8
    assert torch.equal(moved.eval()(pictures), pictures)


def test_phase_shuffle__moves_by_at_most_two_and_mirrors_the_ends():
    shuffle, ramp = PhaseShuffle(2), torch.arange(20.0).expand(50, 3, 20)
    moved = shuffle(ramp)
    shifts = (moved - ramp)[:, 0, 10]
    assert set(shifts.tolist()) == {-2.0, -1.0, 0.0, 1.0, 2.0}
    assert torch.equal(moved[:, 0], moved[:, 2])
    assert moved.min() >= 0
    assert moved.max() <= 19
    assert torch.equal(shuffle.eval()(ramp), ramp)


def test_make_voices__knows_its_networks():
    with pytest.raises(ValueError, match="no network 'wavenet'"):
        make_voices("wavenet", samples=10, rate_hz=8000, noise=1, classes=0, width=4, seed=1)
