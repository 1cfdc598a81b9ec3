"""Insect song by formula: trains of short pulses, tonal or noisy, and choruses.

A cricket's wing resonates at one frequency and each wing stroke is one pulse of it; a bush-cricket's stroke is a
volley of broadband clicks; a cicada's timbals give a noise band that pulses tens to hundreds of times a second
(Gerhardt and Huber 2002, Acoustic Communication in Insects and Anurans, University of Chicago Press).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from antiphon.scenes.noises import band, shaped_noise
from antiphon.scenes.tones import angles, log_uniform, partials, raised_cosine, slow_curve
from antiphon.scenes.voice import Voice

__all__ = ["insect"]

Pulse = Callable[[np.random.Generator, int], np.ndarray]


def insect(rng: np.random.Generator) -> Voice:
    """Return an insect, or many of them, of a random kind."""
    kinds = (_cricket, _trilling_cricket, _bush_cricket, _ticking_bush_cricket, _cicada, _chorus)
    return kinds[rng.choice(len(kinds), p=(0.24, 0.16, 0.18, 0.1, 0.16, 0.16))](rng)


def _pulse_train(
    rng: np.random.Generator, onsets_s: np.ndarray, gains: np.ndarray, pulse: np.ndarray, *, rate_hz: int, samples: int
) -> np.ndarray:
    """Return ``pulse`` set at each onset with its gain, shape (samples,), float32.

    ``pulse`` has shape (variants, pulse samples): each onset draws a variant, so noisy pulses are not copies.
    """
    length = pulse.shape[1]
    sound = np.zeros(samples + length, dtype=np.float32)
    starts = np.rint(onsets_s * rate_hz).astype(int)
    variants = rng.integers(len(pulse), size=len(starts))
    for start, gain, variant in zip(starts.tolist(), gains.astype(np.float32), variants.tolist(), strict=True):
        if 0 <= start < samples:
            sound[start : start + length] += gain * pulse[variant]
    return sound[:samples]


def _tonal_pulse(rng: np.random.Generator, carrier_hz: float, pulse_s: float, rate_hz: int) -> np.ndarray:
    """Return one stroke of a cricket: the carrier falls, towards its end most, with weak harmonics; (1, samples)."""
    samples = max(round(pulse_s * rate_hz), 16)
    # As the wings close: some per cent in trills, up to a seventh in field crickets.
    fall = 1 - np.float32(log_uniform(rng, 0.01, 0.14)) * np.linspace(0, 1, samples, dtype=np.float32) ** 2
    harmonics = (1.0, 10 ** (rng.uniform(-45, -14) / 20), 10 ** (rng.uniform(-50, -16) / 20))
    sound = partials(carrier_hz * fall, harmonics, rate_hz)
    sound *= raised_cosine(samples, samples // 3, samples // 2)
    return sound[np.newaxis]


def _noise_pulses(
    rng: np.random.Generator, band_hz: tuple[float, float], pulse_s: float, click_hz: float, rate_hz: int
) -> np.ndarray:
    """Return eight strokes of a bush-cricket: broadband noise cut into the clicks of single teeth; (8, samples)."""
    samples = max(round(pulse_s * rate_hz), 16)
    noise = shaped_noise(rng, 8 * samples, rate_hz, band(*band_hz, order=3)).reshape(8, samples)
    seconds = np.arange(samples, dtype=np.float32) / np.float32(rate_hz)
    teeth = 0.6 + 0.4 * np.cos(2 * np.pi * click_hz * seconds, dtype=np.float32)
    noise *= teeth * raised_cosine(samples, round(samples * rng.uniform(0.2, 0.8)), samples // 5)
    return noise


def _chirp_onsets(
    rng: np.random.Generator, duration_s: float, chirp_s: float, pulses: int, period_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return onsets and gains of chirps of ``pulses`` pulses that come every ``chirp_s``; each is (onsets,)."""
    chirps = np.arange(0.0, duration_s, chirp_s)
    chirps = chirps + rng.normal(0, 0.02 * chirp_s, len(chirps))
    within = np.arange(pulses) * period_s
    swell = np.linspace(rng.uniform(0.4, 1.0), 1.0, pulses)
    onsets = (chirps[:, np.newaxis] + within).ravel()
    gains = np.tile(swell, len(chirps)) * 10 ** (rng.normal(0, 0.7, len(onsets)) / 20)
    return onsets + rng.normal(0, 0.01 * period_s, len(onsets)), gains


def _length_s(rng: np.random.Generator, low_s: float, high_s: float, longest_s: float) -> float:
    return min(log_uniform(rng, low_s, high_s), longest_s)


def _cricket(rng: np.random.Generator) -> Voice:
    """Return a cricket that chirps: a few tonal pulses, again and again."""
    carrier_hz, pulse_s = log_uniform(rng, 2200, 8000), log_uniform(rng, 0.008, 0.035)
    period_s = pulse_s * rng.uniform(1.3, 2.6)
    pulses = int(rng.integers(1, 9))
    chirp_s = pulses * period_s + log_uniform(rng, 0.06, 1.5)

    def sound(rng: np.random.Generator, rate_hz: int, longest_s: float) -> np.ndarray:
        length_s = _length_s(rng, 2.0, 40.0, longest_s)
        onsets, gains = _chirp_onsets(rng, length_s, chirp_s, pulses, period_s)
        pulse = _tonal_pulse(rng, carrier_hz, pulse_s, rate_hz)
        return _pulse_train(rng, onsets, gains, pulse, rate_hz=rate_hz, samples=round(length_s * rate_hz))

    return Voice("cricket", sound, (1.0, 10.0))


def _trilling_cricket(rng: np.random.Generator) -> Voice:
    """Return a cricket that trills: tonal pulses without a pause."""
    carrier_hz, pulses_hz = log_uniform(rng, 2300, 9500), log_uniform(rng, 18, 90)
    duty = rng.uniform(0.45, 0.85)

    def sound(rng: np.random.Generator, rate_hz: int, longest_s: float) -> np.ndarray:
        length_s = _length_s(rng, 1.5, 60.0, longest_s)
        onsets = np.arange(0.0, length_s, 1 / pulses_hz)
        gains = 10 ** (rng.normal(0, 0.6, len(onsets)) / 20)
        pulse = _tonal_pulse(rng, carrier_hz, duty / pulses_hz, rate_hz)
        train = _pulse_train(rng, onsets, gains, pulse, rate_hz=rate_hz, samples=round(length_s * rate_hz))
        train *= raised_cosine(len(train), round(0.1 * rate_hz), round(0.1 * rate_hz))
        return train

    return Voice("trilling cricket", sound, (0.5, 8.0))


def _bush_cricket(rng: np.random.Generator) -> Voice:
    """Return a bush-cricket: echemes of noisy strokes, mostly above 6 kHz."""
    low_hz = log_uniform(rng, 4500, 11_000)
    high_hz = low_hz * rng.uniform(1.3, 2.5)
    pulse_s = log_uniform(rng, 0.01, 0.08)
    period_s = pulse_s * rng.uniform(1.05, 2.0)
    pulses = int(log_uniform(rng, 2, 30))
    chirp_s = pulses * period_s + log_uniform(rng, 0.05, 1.5)
    click_hz = log_uniform(rng, 150, 1500)

    def sound(rng: np.random.Generator, rate_hz: int, longest_s: float) -> np.ndarray:
        length_s = _length_s(rng, 1.5, 40.0, longest_s)
        onsets, gains = _chirp_onsets(rng, length_s, chirp_s, pulses, period_s)
        pulse = _noise_pulses(rng, (low_hz, high_hz), pulse_s, click_hz, rate_hz)
        return _pulse_train(rng, onsets, gains, pulse, rate_hz=rate_hz, samples=round(length_s * rate_hz))

    return Voice("bush-cricket", sound, (1.0, 8.0))


def _ticking_bush_cricket(rng: np.random.Generator) -> Voice:
    """Return an insect that ticks: single short broadband clicks at an even pace."""
    low_hz, tick_s = log_uniform(rng, 4000, 9000), log_uniform(rng, 0.003, 0.02)
    ticks_hz = log_uniform(rng, 1.5, 14)

    def sound(rng: np.random.Generator, rate_hz: int, longest_s: float) -> np.ndarray:
        length_s = _length_s(rng, 2.0, 40.0, longest_s)
        onsets, gains = _chirp_onsets(rng, length_s, 1 / ticks_hz, 1, tick_s)
        pulse = _noise_pulses(rng, (low_hz, 3 * low_hz), tick_s, 300.0, rate_hz)
        return _pulse_train(rng, onsets, gains, pulse, rate_hz=rate_hz, samples=round(length_s * rate_hz))

    return Voice("ticking bush-cricket", sound, (1.0, 8.0))


def _cicada(rng: np.random.Generator) -> Voice:
    """Return a cicada: a band of noise that pulses fast and swells slowly."""
    centre_hz = log_uniform(rng, 2800, 10_000)
    half_width = rng.uniform(0.04, 0.22)
    pulses_hz, depth = log_uniform(rng, 12, 250), rng.uniform(0.3, 1.0)
    swell_db = rng.uniform(0.0, 5.0)

    def sound(rng: np.random.Generator, rate_hz: int, longest_s: float) -> np.ndarray:
        samples = round(_length_s(rng, 2.0, 60.0, longest_s) * rate_hz)
        noise = shaped_noise(
            rng, samples, rate_hz, band(centre_hz * (1 - half_width), centre_hz * (1 + half_width), order=6)
        )
        turns = np.cumsum(pulses_hz * (1 + 0.02 * slow_curve(rng, samples, rate_hz, 0.5)), dtype=np.float64) / rate_hz
        swing = 0.5 + 0.5 * np.cos(angles(turns))
        noise *= 1 - np.float32(depth) * swing
        noise *= np.exp(np.float32(swell_db / 8.7) * slow_curve(rng, samples, rate_hz, 1.0))
        edge = round(min(0.8, samples / rate_hz / 4) * rate_hz)
        noise *= raised_cosine(samples, edge, edge)
        return noise

    return Voice("cicada", sound, (1.0, 12.0))


def _chorus(rng: np.random.Generator) -> Voice:
    """Return many insects at once: one to four steady bands that fill the whole scene."""
    bands = int(rng.integers(1, 5))
    centres_hz = [log_uniform(rng, 2500, 11_000) for _ in range(bands)]
    widths = [log_uniform(rng, 0.012, 0.12) for _ in range(bands)]
    levels_db = rng.normal(0, 5, bands)

    def response(frequency_hz: np.ndarray) -> np.ndarray:
        gain = np.zeros_like(frequency_hz)
        for centre_hz, width, level_db in zip(centres_hz, widths, levels_db, strict=True):
            # The flanks fall as those of a resonance, the crown is round: singers differ a little.
            distance = (frequency_hz / centre_hz - 1) / width
            gain += np.float32(10 ** (level_db / 20)) / (1 + distance * distance) ** 1.5
        return gain

    def sound(rng: np.random.Generator, rate_hz: int, longest_s: float) -> np.ndarray:
        samples = round(longest_s * rate_hz)
        noise = shaped_noise(rng, samples, rate_hz, response)
        noise *= np.exp(np.float32(0.15) * slow_curve(rng, samples, rate_hz, 0.8))
        return noise

    return Voice("chorus", sound, (5.0, 20.0), lasting=True)
