"""Periodic sound: partials that follow a frequency curve, and the envelopes that shape them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["angles", "log_uniform", "partials", "raised_cosine", "slow_curve", "wavetable", "wavetable_sound"]

_TABLE_SAMPLES = 16384
_HIGHEST_SHARE = 0.47
"""Partials above this share of the rate are left out: they would fold back."""


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a positive number whose logarithm is uniform between those of ``low`` and ``high``."""
    return float(low * (high / low) ** rng.random())


def partials(frequency_hz: np.ndarray, amplitudes: Sequence[float], rate_hz: int) -> np.ndarray:
    """Return a sum of harmonic sines that follow a frequency curve.

    Parameters
    ----------
    frequency_hz
        Frequency of the first partial at each sample, shape (samples,).
    amplitudes
        Amplitude of partial 1, 2, ...
    rate_hz
        Sample rate.

    Returns
    -------
    Sound, shape (samples,), float32. A partial is silent where it would lie above 0.47 of the rate.
    """
    turns = np.cumsum(frequency_hz, dtype=np.float64) / rate_hz
    sound = np.zeros(len(frequency_hz), dtype=np.float32)
    top_hz = float(frequency_hz.max(initial=0.0))
    lowest_hz = float(frequency_hz.min(initial=np.inf))
    for number, amplitude in enumerate(amplitudes, start=1):
        if amplitude == 0 or number * lowest_hz > _HIGHEST_SHARE * rate_hz:
            continue
        phase = angles(number * turns)
        partial = np.sin(phase, out=phase)
        partial *= np.float32(amplitude)
        if number * top_hz > _HIGHEST_SHARE * rate_hz:
            partial *= number * frequency_hz <= _HIGHEST_SHARE * rate_hz
        sound += partial
    return sound


def angles(turns: np.ndarray) -> np.ndarray:
    """Return angles in radians, 0 to 2 pi, float32, of a count of turns in float64: the sine of a float32 is fast."""
    return np.asarray((turns - np.floor(turns)).astype(np.float32) * np.float32(2 * np.pi))


def wavetable(rng: np.random.Generator, amplitudes: np.ndarray) -> np.ndarray:
    """Return one period of a harmonic sound with random phases, shape (16384,), float32, of unit mean square."""
    spectrum = np.zeros(_TABLE_SAMPLES // 2 + 1, dtype=np.complex64)
    turns = rng.random(len(amplitudes))
    spectrum[1 : 1 + len(amplitudes)] = amplitudes * np.exp(2j * np.pi * turns)
    table = np.fft.irfft(spectrum)
    table /= np.sqrt(np.mean(table**2))
    return np.asarray(table, dtype=np.float32)


def wavetable_sound(table: np.ndarray, frequency_hz: np.ndarray, rate_hz: int) -> np.ndarray:
    """Return the periodic sound ``table`` read at a varying fundamental.

    Many partials cost as much as one; the caller keeps the highest partial below half the rate.

    Parameters
    ----------
    table
        One period, made by :func:`wavetable`.
    frequency_hz
        Fundamental at each sample, shape (samples,).
    rate_hz
        Sample rate.
    """
    place = np.cumsum(frequency_hz, dtype=np.float64)
    place *= _TABLE_SAMPLES / rate_hz
    return np.asarray(table[place.astype(np.int64) & (_TABLE_SAMPLES - 1)])


def raised_cosine(samples: int, attack: int, release: int) -> np.ndarray:
    """Return an envelope that rises over ``attack`` samples and falls over ``release``, shape (samples,), float32."""
    envelope = np.ones(samples, dtype=np.float32)
    attack, release = min(attack, samples), min(release, samples)
    if attack:
        envelope[:attack] = 0.5 - 0.5 * np.cos((np.arange(attack, dtype=np.float32) + 0.5) * np.float32(np.pi / attack))
    if release:
        fall = np.cos((np.arange(release, dtype=np.float32) + 0.5) * np.float32(np.pi / release))
        envelope[samples - release :] *= 0.5 + 0.5 * fall
    return envelope


def slow_curve(rng: np.random.Generator, samples: int, rate_hz: int, step_s: float) -> np.ndarray:
    """Return a random curve of about unit spread that bends every ``step_s`` seconds, shape (samples,), float32."""
    steps = int(samples / (rate_hz * step_s)) + 3
    corners = rng.standard_normal(steps)
    fine = np.interp(np.linspace(1, steps - 2, 8 * steps), np.arange(steps), corners)
    fine = np.convolve(np.pad(fine, 4, mode="edge"), np.full(9, 1 / 9), mode="valid")
    held = max(1, rate_hz // 4000)
    coarse = np.interp(np.linspace(0, len(fine) - 1, samples // held + 1), np.arange(len(fine)), fine)
    return np.repeat(coarse.astype(np.float32), held)[:samples]
