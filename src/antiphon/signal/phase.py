"""Phase: sound from a spectrogram of which only the magnitude is known.

The alternating projections of Griffin and Lim with the momentum of Perraudin et al., which reaches in 32 rounds what
the plain method does not reach in hundreds.

References
----------
Griffin, D. and Lim, J. (1984). Signal estimation from modified short-time Fourier transform. IEEE Trans. ASSP 32(2).
Perraudin, N., Balazs, P. and Søndergaard, P. L. (2013). A fast Griffin-Lim algorithm. WASPAA.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["griffin_lim", "transform"]

_MOMENTUM = 0.99
_LEAST = 1e-12


def transform(sounds: Tensor, window: int, hop: int) -> Tensor:
    """Return the Hann-windowed transform, frames centred on multiples of ``hop``, shape (sound, bin, frame), complex.

    Parameters
    ----------
    sounds
        Shape (sound, samples).
    window, hop
        Length of the window and step from frame to frame, samples.
    """
    hann = torch.hann_window(window, dtype=sounds.dtype, device=sounds.device)
    return torch.stft(sounds, window, hop, window=hann, pad_mode="constant", return_complex=True)


def griffin_lim(magnitude: Tensor, window: int, hop: int, samples: int, seed: int, rounds: int = 64) -> Tensor:
    """Return sounds whose :func:`transform` has nearly this magnitude, shape (sound, samples).

    Parameters
    ----------
    magnitude
        Shape (sound, bin, frame).
    window, hop
        Length of the window and step from frame to frame, samples.
    samples
        Length of the sounds.
    seed
        Seed of the phases to begin with.
    rounds
        Number of projections.
    """
    hann = torch.hann_window(window, dtype=magnitude.dtype, device=magnitude.device)
    chance = torch.Generator().manual_seed(seed)
    angle = 2 * math.pi * torch.rand(magnitude.shape, generator=chance, dtype=magnitude.dtype).to(magnitude.device)
    phase, before = torch.polar(torch.ones_like(angle), angle), torch.zeros_like(angle)
    for _ in range(rounds):
        sounds = torch.istft(magnitude * phase, window, hop, window=hann, length=samples)
        now = transform(sounds, window, hop)
        phase = now - before * (_MOMENTUM / (1 + _MOMENTUM))
        phase, before = phase / phase.abs().clamp(min=_LEAST), now
    return torch.istft(magnitude * phase, window, hop, window=hann, length=samples)
