"""Random sound: noise of a wanted spectrum, sparse impulses, and the way sound takes to a microphone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.fft

from antiphon.scenes.tones import log_uniform

__all__ = ["Response", "band", "impulse_noise", "shaped_noise", "through_air"]

Response = Callable[[np.ndarray], np.ndarray]
"""Gain at frequencies in hertz."""


def band(low_hz: float, high_hz: float, order: float = 2.0) -> Response:
    """Return the gain of a band-pass with Butterworth flanks of ``order`` (6 dB an octave each)."""

    def gain(frequency_hz: np.ndarray) -> np.ndarray:
        ratio = np.maximum(frequency_hz, 1.0)
        return np.asarray(
            1.0 / np.sqrt((1.0 + (low_hz / ratio) ** (2 * order)) * (1.0 + (ratio / high_hz) ** (2 * order)))
        )

    return gain


_GAIN_STEP_HZ = 4.0
_LONGEST_TAILED_S = 5.0


def _even_fast_length(samples: int) -> int:
    return 2 * int(scipy.fft.next_fast_len(max(1, (samples + 1) // 2), real=True))


def _gain(response: Response, length: int, rate_hz: int) -> np.ndarray:
    """Return ``response`` at the bins of a transform of ``length`` samples, in steps of at most 4 Hz, float32.

    A response costs a power or two at each frequency, and a long sound has hundreds of thousands of bins.
    """
    bins, bin_hz = length // 2 + 1, rate_hz / length
    step = max(1, int(_GAIN_STEP_HZ / bin_hz))
    centres_hz = (np.arange(0, bins, step, dtype=np.float64) + (step - 1) / 2) * bin_hz
    return np.repeat(response(centres_hz).astype(np.float32), step)[:bins]


def shaped_noise(rng: np.random.Generator, samples: int, rate_hz: int, response: Response) -> np.ndarray:
    """Return Gaussian noise with the spectrum of ``response``, shape (samples,), float32.

    White noise of unit variance would have ``response`` 1 everywhere. The noise is drawn in the frequency domain: one
    transform instead of two.
    """
    length = _even_fast_length(samples)
    gain = _gain(response, length, rate_hz) * np.float32(np.sqrt(length / 2))
    spectrum = rng.standard_normal(2 * len(gain), dtype=np.float32).view(np.complex64)
    spectrum *= gain
    return np.asarray(scipy.fft.irfft(spectrum, n=length)[:samples])


def impulse_noise(
    rng: np.random.Generator, samples: int, rate_hz: int, per_second: float, response: Response
) -> np.ndarray:
    """Return impulses at random times of heavy-tailed heights, coloured by ``response``, shape (samples,), float32."""
    count = rng.poisson(per_second * samples / rate_hz)
    train = np.zeros(samples, dtype=np.float32)
    heights = np.exp(1.1 * rng.standard_normal(count)) * rng.choice([-1.0, 1.0], count)
    np.add.at(train, rng.integers(0, max(samples, 1), count), heights.astype(np.float32))
    return _filtered(train, rate_hz, response)


def _filtered(sound: np.ndarray, rate_hz: int, response: Response) -> np.ndarray:
    length = _even_fast_length(len(sound))
    spectrum = scipy.fft.rfft(sound, n=length)
    spectrum *= _gain(response, length, rate_hz)
    return np.asarray(scipy.fft.irfft(spectrum, n=length)[: len(sound)])


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
    Sound, float32, longer than the dry one by the tail, if it has one.
    """
    # The tail of a sound that lasts adds nothing that is seen.
    tail_s = log_uniform(rng, 0.03, 0.4) if rng.random() < 0.75 and len(sound) < _LONGEST_TAILED_S * rate_hz else 0.0
    tail = round(tail_s * rate_hz)
    length = _even_fast_length(len(sound) + tail)
    loss_db_per_khz = rng.uniform(0.0, 1.6)
    spectrum = scipy.fft.rfft(sound, n=length)
    spectrum *= _gain(lambda f: response(f) * 10.0 ** (-loss_db_per_khz / 20e3 * f), length, rate_hz)
    if tail:
        echo = np.zeros(tail + 1, dtype=np.float32)
        echo[1:] = rng.standard_normal(tail, dtype=np.float32)
        echo[1:] *= np.exp(np.linspace(0.0, -6.9, tail, dtype=np.float32))
        echo *= np.float32(10.0 ** (rng.uniform(-26.0, -8.0) / 20)) / np.sqrt(np.sum(echo**2))
        echo[0] = 1.0
        spectrum *= scipy.fft.rfft(echo, n=length)
    return np.asarray(scipy.fft.irfft(spectrum, n=length)[: len(sound) + tail])
