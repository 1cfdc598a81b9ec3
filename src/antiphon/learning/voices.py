"""Voices: a generator, its critic and the view that they have of sound, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from antiphon.learning.updates import seeded
from antiphon.networks.dcgan import Dcgan, DcganCritic
from antiphon.networks.dense_dropout_voice import DenseDropoutCritic, DenseDropoutVoice
from antiphon.networks.dense_voice import DenseCritic, DenseVoice
from antiphon.networks.specgan import Specgan, SpecganCritic
from antiphon.networks.voice import VoiceCritic, VoiceGenerator
from antiphon.networks.wavegan import WaveganCritic, wavegan
from antiphon.signal.log_spectrogram import LogSpectrogram

__all__ = ["Voices", "made_sounds", "make_voices"]

_AT_ONCE = 32


@dataclass(frozen=True)
class Voices:
    """Two players and what they see.

    Attributes
    ----------
    generator, critic
        The players.
    picture
        How a sound becomes what they see and back; None: they see samples.
    """

    generator: VoiceGenerator
    critic: VoiceCritic
    picture: LogSpectrogram | None

    def seen(self, sounds: Tensor) -> Tensor:
        """Return what the players see of sounds, shape (sound, samples)."""
        return self.picture.drawn(sounds) if self.picture else sounds

    def heard(self, seen: Tensor, seed: int) -> Tensor:
        """Return the sounds, shape (sound, samples), of what the generator made."""
        return self.picture.sounds(seen, seed) if self.picture else seen

    def label(self, classes: Sequence[int]) -> Tensor:
        """Return what the players are told of classes, shape (sound, classes)."""
        count = self.generator.classes
        if not count:
            return torch.zeros(len(classes), 0)
        return F.one_hot(torch.tensor(list(classes), dtype=torch.int64), count).float()


def make_voices(network: str, *, samples: int, rate_hz: int, noise: int, classes: int, width: int, seed: int) -> Voices:
    """Return voices with fresh weights.

    Parameters
    ----------
    network
        ``dense``, ``dense_dropout``, ``dcgan``, ``wavegan`` or ``specgan``.
    samples, rate_hz
        Length of a sound and its sample rate.
    noise, classes
        As of :class:`VoiceGenerator`.
    width
        Channels of the finest layer, where a network has layers of channels.
    seed
        Seed of the weights.

    Raises
    ------
    ValueError
        If there is no such network.
    """
    picture = LogSpectrogram(samples, rate_hz) if network == "specgan" else None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        match network:
            case "dense":
                return Voices(DenseVoice(samples, noise, classes), DenseCritic(samples, classes), None)
            case "dense_dropout":
                return Voices(DenseDropoutVoice(samples, noise, classes), DenseDropoutCritic(samples, classes), None)
            case "dcgan":
                return Voices(Dcgan(samples, noise, classes, width), DcganCritic(samples, classes, width), None)
            case "wavegan":
                return Voices(wavegan(samples, noise, classes, width), WaveganCritic(samples, classes, width), None)
            case "specgan" if picture:
                generator = Specgan(picture, noise, classes, width)
                return Voices(generator, SpecganCritic(picture, classes, width), picture)
    raise ValueError(f"there is no network '{network}'")


@torch.no_grad()
def made_sounds(voices: Voices, generator: VoiceGenerator, classes: Sequence[int], seed: int) -> np.ndarray:
    """Return new sounds, shape (sound, samples), float32, -1 to 1; the same seed and classes give the same sounds.

    Parameters
    ----------
    voices
        Whose view it is.
    generator
        What makes them: that of ``voices``, or its running average.
    classes
        Class of each sound, by number; only its length matters to a generator that is told none.
    seed
        Seed of the noise and of the phases.
    """
    device = next(generator.parameters()).device
    chance = torch.Generator().manual_seed(seed)
    noise = torch.randn(len(classes), generator.noise, generator=chance)
    label = voices.label(classes)
    playing = generator.training
    generator.eval()
    made = []
    for place, (some, told) in enumerate(zip(torch.split(noise, _AT_ONCE), torch.split(label, _AT_ONCE), strict=True)):
        with seeded(seed, place, device):
            drawn = generator(some.to(device), told.to(device)).cpu()
        made.append(voices.heard(drawn, seed + place))
    generator.train(playing)
    sounds = torch.cat(made)
    loudest = sounds.abs().amax(dim=1, keepdim=True).clamp(min=1)
    return (sounds / loudest).numpy()
