"""Random sound: noise of a wanted spectrum, sparse impulses, and the way sound takes to a microphone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.fft

from antiphon.scenes.tones import log_uniform

__all__ = ["Response", "band", "impulse_noise", "shaped_noise", "through_air"]

Response = Callable[[np.ndarray], np.ndarray]
"""Gain at frequencies in hertz."""


def band(low_hz: float, high_hz: float, order: int = 2) -> Response:
    """Return the gain of a band-pass with Butterworth flanks of ``order`` (6 dB an octave each)."""

    def gain(frequency_hz: np.ndarray) -> np.ndarray:
        ratio = np.maximum(frequency_hz, 1.0)
        return 1.0 / np.sqrt((1.0 + (low_hz / ratio) ** (2 * order)) * (1.0 + (ratio / high_hz) ** (2 * order)))

    return gain


def _frequencies(length: int, rate_hz: int) -> np.ndarray:
    return np.arange(length // 2 + 1, dtype=np.float32) * np.float32(rate_hz / length)


def shaped_noise(rng: np.random.Generator, samples: int, rate_hz: int, response: Response) -> np.ndarray:
    """Return Gaussian noise with the spectrum of ``response``, shape (samples,), float32.

    White noise of unit variance would have ``response`` 1 everywhere. The noise is drawn in the frequency domain: one
    transform instead of two.
    """
    length = scipy.fft.next_fast_len(max(samples, 2), real=True)
    length += length % 2
    frequency_hz = _frequencies(length, rate_hz)
    parts = rng.standard_normal(2 * len(frequency_hz), dtype=np.float32)
    spectrum = parts.view(np.complex64)
    spectrum *= (response(frequency_hz) * np.sqrt(length / 2)).astype(np.float32)
    return scipy.fft.irfft(spectrum, n=length)[:samples]


def impulse_noise(
    rng: np.random.Generator, samples: int, rate_hz: int, per_second: float, response: Response
) -> np.ndarray:
    """Return impulses at random times with heavy-tailed heights, coloured by ``response``, shape (samples,), float32."""
    count = rng.poisson(per_second * samples / rate_hz)
    train = np.zeros(samples, dtype=np.float32)
    heights = np.exp(1.1 * rng.standard_normal(count)) * rng.choice([-1.0, 1.0], count)
    np.add.at(train, rng.integers(0, max(samples, 1), count), heights.astype(np.float32))
    return _filtered(train, rate_hz, response)


def _filtered(sound: np.ndarray, rate_hz: int, response: Response) -> np.ndarray:
    length = scipy.fft.next_fast_len(len(sound), real=True)
    length += length % 2
    spectrum = scipy.fft.rfft(sound, n=length)
    spectrum *= response(_frequencies(length, rate_hz)).astype(np.float32)
    return scipy.fft.irfft(spectrum, n=length)[: len(sound)]


def through_air(rng: np.random.Generator, sound: np.ndarray, rate_hz: int, response: Response) -> np.ndarray:
    """Return ``sound`` as a distant microphone in a wood hears it.

    Air and leaves take the high frequencies (in dB about in proportion to the frequency over the kilohertz that matter
    here) and trunks scatter a tail behind the direct sound, as exponentially decaying noise (Wiley and Richards 1978,
    Behav. Ecol. Sociobiol. 3, 69-94).

    Parameters
    ----------
    rng
        Draws distance and tail.
    sound
        Dry sound, shape (samples,), float32.
    rate_hz
        Sample rate.
    response
        Gain of the microphone.

    Returns
    -------
    Sound, float32, longer than the dry one by the tail.
    """
    tail_s = log_uniform(rng, 0.03, 0.4) if rng.random() < 0.75 else 0.0
    tail = round(tail_s * rate_hz)
    length = scipy.fft.next_fast_len(len(sound) + tail + 1, real=True)
    length += length % 2
    frequency_hz = _frequencies(length, rate_hz)
    loss_db_per_khz = rng.uniform(0.0, 1.6)
    gain = response(frequency_hz) * np.float32(10.0) ** (frequency_hz * np.float32(-loss_db_per_khz / 20e3))
    spectrum = scipy.fft.rfft(sound, n=length)
    spectrum *= gain.astype(np.float32)
    if tail:
        echo = np.zeros(tail + 1, dtype=np.float32)
        echo[1:] = rng.standard_normal(tail, dtype=np.float32)
        echo[1:] *= np.exp(np.linspace(0.0, -6.9, tail, dtype=np.float32))
        echo *= np.float32(10.0 ** (rng.uniform(-26.0, -8.0) / 20)) / np.sqrt(np.sum(echo**2))
        echo[0] = 1.0
        spectrum *= scipy.fft.rfft(echo, n=length)
    return scipy.fft.irfft(spectrum, n=length)[: len(sound) + tail]
