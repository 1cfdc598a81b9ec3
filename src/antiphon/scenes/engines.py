"""Engines by formula: stacks of harmonics over a rumble, held, passing by, revved or chopped by blades.

The firing of the cylinders or the passing of the blades sets the fundamental; body and exhaust shape the stack; the
rest is flow and tyre noise. A source that passes at distance d and speed v is heard with the level of 1 / distance and
the Doppler shift of its approach (Pierce 2019, Acoustics, Springer, chapters 4 and 9).
"""

from __future__ import annotations

import numpy as np

from antiphon.scenes.noises import Response, band, shaped_noise
from antiphon.scenes.tones import angles, log_uniform, raised_cosine, slow_curve, wavetable, wavetable_sound
from antiphon.scenes.voice import Voice

__all__ = ["engine"]

_SOUND_SPEED_M_S = 340.0


def engine(rng: np.random.Generator) -> Voice:
    """Return a machine of a random kind."""
    kinds = (_motor, _vehicle, _aircraft, _jet, _helicopter, _chainsaw, _beeper)
    return kinds[rng.choice(len(kinds), p=(0.18, 0.24, 0.16, 0.12, 0.1, 0.16, 0.04))](rng)


def _stack(
    rng: np.random.Generator, fundamental_hz: float, fall_db_octave: float, highest_hz: float, rate_hz: int
) -> np.ndarray:
    """Return a wavetable of harmonics that fall with frequency and ring with a few resonances of body and exhaust."""
    count = max(2, int(min(highest_hz, 0.42 * rate_hz) / (1.2 * fundamental_hz)))
    number = np.arange(1, count + 1)
    level_db = -fall_db_octave * np.log2(number) + rng.normal(0, 4, count)
    for _ in range(3):
        octaves = np.log2(number * fundamental_hz / log_uniform(rng, 100, 3000))
        level_db += rng.uniform(0, 14) * np.exp(-((octaves / 0.35) ** 2))
    return wavetable(rng, 10 ** (level_db / 20))


def _passing(
    rng: np.random.Generator, samples: int, rate_hz: int, speed_m_s: float, nearest_m: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return level (1 at the nearest point) and Doppler factor of something that passes by, each (samples,)."""
    seconds = samples / rate_hz
    nearest_s = rng.uniform(-0.2, 1.2) * seconds
    coarse_s = np.linspace(0.0, seconds, 256)
    along_m = speed_m_s * (coarse_s - nearest_s)
    distance_m = np.hypot(along_m, nearest_m)
    doppler = 1.0 / (1.0 + speed_m_s / _SOUND_SPEED_M_S * along_m / distance_m)
    fine = np.linspace(0.0, 255.0, samples)
    level = np.interp(fine, np.arange(256), nearest_m / distance_m)
    return level.astype(np.float32), np.interp(fine, np.arange(256), doppler)


def _motor(rng: np.random.Generator) -> Voice:
    """Return a motor or generator that runs steadily."""
    fundamental_hz, drift = log_uniform(rng, 25, 160), log_uniform(rng, 0.0005, 0.02)
    fall_db, highest_hz = rng.uniform(3, 9), log_uniform(rng, 600, 6000)
    noise_db, corner_hz = rng.uniform(-25, 3), log_uniform(rng, 200, 2500)
    order = rng.uniform(1, 2)

    def sound(rng: np.random.Generator, rate_hz: int, longest_s: float) -> np.ndarray:
        samples = round(longest_s * rate_hz)
        table = _stack(rng, fundamental_hz, fall_db, highest_hz, rate_hz)
        frequency_hz = fundamental_hz * (1 + drift * slow_curve(rng, samples, rate_hz, 0.7))
        tone = wavetable_sound(table, frequency_hz, rate_hz)
        noise = shaped_noise(rng, samples, rate_hz, band(40, corner_hz, order))
        noise *= np.float32(10 ** (noise_db / 20) / noise.std())
        noise += tone
        noise *= np.exp(np.float32(0.12) * slow_curve(rng, samples, rate_hz, 1.0))
        return noise

    return Voice("motor", sound, (2.0, 10.0), lasting=True)


def _vehicle(rng: np.random.Generator) -> Voice:
    """Return a car, lorry or boat that passes."""
    speed_m_s, nearest_m = rng.uniform(5, 32), log_uniform(rng, 15, 150)
    fundamental_hz, fall_db = log_uniform(rng, 30, 130), rng.uniform(4, 9)
    tyres_db, tyres_hz, order = rng.uniform(-14, 12), log_uniform(rng, 500, 1800), rng.uniform(1.3, 2.5)

    def sound(rng: np.random.Generator, rate_hz: int, longest_s: float) -> np.ndarray:
        samples = round(_seconds(rng, 3.0, 25.0, longest_s) * rate_hz)
        level, doppler = _passing(rng, samples, rate_hz, speed_m_s, nearest_m)
        table = _stack(rng, fundamental_hz, fall_db, 3000, rate_hz)
        shift = 1 + 0.015 * slow_curve(rng, samples, rate_hz, 0.8)
        tone = wavetable_sound(table, fundamental_hz * doppler * shift, rate_hz)
        noise = shaped_noise(rng, samples, rate_hz, band(60, tyres_hz, order))
        noise *= np.float32(10 ** (tyres_db / 20) / noise.std())
        edge = min(samples // 3, rate_hz)
        noise += tone
        noise *= level * raised_cosine(samples, edge, edge)
        return noise

    return Voice("vehicle", sound, (2.0, 15.0))


def _aircraft(rng: np.random.Generator) -> Voice:
    """Return a propeller aircraft: a stack that sinks as it passes."""
    speed_m_s, nearest_m = rng.uniform(40, 110), log_uniform(rng, 200, 1500)
    fundamental_hz, fall_db = log_uniform(rng, 60, 140), rng.uniform(2, 7)
    noise_db = rng.uniform(-18, 2)

    def sound(rng: np.random.Generator, rate_hz: int, longest_s: float) -> np.ndarray:
        samples = round(longest_s * rate_hz)
        level, doppler = _passing(rng, samples, rate_hz, speed_m_s, nearest_m)
        table = _stack(rng, fundamental_hz, fall_db, log_uniform(rng, 800, 4000), rate_hz)
        tone = wavetable_sound(table, fundamental_hz * doppler, rate_hz)
        noise = shaped_noise(rng, samples, rate_hz, band(50, log_uniform(rng, 300, 1200), order=1))
        noise *= np.float32(10 ** (noise_db / 20) / noise.std())
        noise += tone
        noise *= level * np.exp(np.float32(0.25) * slow_curve(rng, samples, rate_hz, 0.6))
        return noise

    return Voice("aircraft", sound, (5.0, 20.0), lasting=True)


def _jet(rng: np.random.Generator) -> Voice:
    """Return a distant jet: low-passed noise with the slowly moving comb of the ground's reflection."""
    corner_hz = log_uniform(rng, 250, 2500)
    depth, order = rng.uniform(0.0, 0.8), rng.uniform(1.0, 2.0)

    def sound(rng: np.random.Generator, rate_hz: int, longest_s: float) -> np.ndarray:
        samples = round(longest_s * rate_hz)
        delays_s = log_uniform(rng, 0.001, 0.006) * np.exp(rng.uniform(-0.5, 0.5) * np.linspace(0, 1, 2))
        combs = [_combed(corner_hz, order, depth, float(delay_s)) for delay_s in delays_s]
        early, late = (shaped_noise(rng, samples, rate_hz, comb) for comb in combs)
        fade = np.linspace(0, np.pi / 2, samples, dtype=np.float32)
        early *= np.cos(fade)
        early += np.sin(fade) * late
        early *= np.exp(np.float32(0.35) * slow_curve(rng, samples, rate_hz, 1.2))
        return early

    return Voice("jet", sound, (5.0, 20.0), lasting=True)


def _combed(corner_hz: float, order: float, depth: float, delay_s: float) -> Response:
    """Return the gain of low-passed noise that meets its own echo ``delay_s`` later."""
    slope = band(40, corner_hz, order)

    def gain(frequency_hz: np.ndarray) -> np.ndarray:
        echo = 1 + depth * depth + 2 * depth * np.cos(2 * np.pi * delay_s * frequency_hz)
        return slope(frequency_hz) * np.sqrt(echo)

    return gain


def _helicopter(rng: np.random.Generator) -> Voice:
    """Return a helicopter: low harmonics and noise chopped by the blades."""
    blades_hz, sharpness = log_uniform(rng, 9, 28), rng.uniform(1.0, 6.0)
    corner_hz, tone_db = log_uniform(rng, 500, 4000), rng.uniform(-12, 4)
    whine_hz, whine_db = log_uniform(rng, 1500, 11_000), rng.uniform(-45, -18)

    def sound(rng: np.random.Generator, rate_hz: int, longest_s: float) -> np.ndarray:
        samples = round(longest_s * rate_hz)
        shift = 1 + 0.01 * slow_curve(rng, samples, rate_hz, 1.0)
        turns = np.cumsum(blades_hz * shift, dtype=np.float64) / rate_hz
        chop = np.exp(np.float32(sharpness) * (np.cos(angles(turns)) - 1))
        noise = shaped_noise(rng, samples, rate_hz, band(60, corner_hz, order=1))
        noise *= chop / noise.std()
        table = _stack(rng, blades_hz, 4.0, 600, rate_hz)
        noise += np.float32(10 ** (tone_db / 20)) * wavetable_sound(table, blades_hz * shift, rate_hz)
        if whine_hz < 0.45 * rate_hz:
            noise += np.float32(10 ** (whine_db / 20)) * np.sin(angles(whine_hz / blades_hz * turns))
        return noise * np.exp(np.float32(0.2) * slow_curve(rng, samples, rate_hz, 0.8))

    return Voice("helicopter", sound, (5.0, 20.0), lasting=True)


def _chainsaw(rng: np.random.Generator) -> Voice:
    """Return a chainsaw, strimmer or motorbike: idles and bursts, bright and rough."""
    idle_hz = log_uniform(rng, 40, 90)
    full_hz = idle_hz * rng.uniform(1.8, 4.0)
    fall_db, noise_db, top_hz = rng.uniform(1, 6), rng.uniform(-12, 3), log_uniform(rng, 2500, 9000)

    def sound(rng: np.random.Generator, rate_hz: int, longest_s: float) -> np.ndarray:
        samples = round(_seconds(rng, 2.0, 20.0, longest_s) * rate_hz)
        revved = 1 / (1 + np.exp(-4 * slow_curve(rng, samples, rate_hz, rng.uniform(0.5, 1.5)) - rng.uniform(-1, 2)))
        flutter = 1 + 0.01 * slow_curve(rng, samples, rate_hz, 0.05)
        frequency_hz = (idle_hz + (full_hz - idle_hz) * revved) * flutter
        table = _stack(rng, full_hz, fall_db, top_hz, rate_hz)
        tone = wavetable_sound(table, frequency_hz, rate_hz)
        noise = shaped_noise(rng, samples, rate_hz, band(150, top_hz, order=1))
        noise *= np.float32(10 ** (noise_db / 20) / noise.std())
        edge = min(samples // 4, rate_hz // 3)
        noise *= revved
        noise += tone
        noise *= (0.12 + 0.88 * revved) * raised_cosine(samples, edge, edge)
        return noise

    return Voice("chainsaw", sound, (1.0, 8.0))


def _beeper(rng: np.random.Generator) -> Voice:
    """Return a reversing beeper or horn: equal tones at an even pace."""
    tone_hz, beep_s, period_s = log_uniform(rng, 350, 1400), rng.uniform(0.25, 0.6), rng.uniform(0.8, 1.3)
    fall_db = rng.uniform(6, 18)

    def sound(rng: np.random.Generator, rate_hz: int, longest_s: float) -> np.ndarray:
        samples = round(_seconds(rng, 2.0, 10.0, longest_s) * rate_hz)
        table = wavetable(rng, 10 ** (-fall_db * np.arange(4) / 20))
        tone = wavetable_sound(table, np.full(samples, tone_hz), rate_hz)
        on = (np.arange(samples) / rate_hz) % period_s < beep_s
        return tone * on

    return Voice("beeper", sound, (2.0, 10.0))


def _seconds(rng: np.random.Generator, low_s: float, high_s: float, longest_s: float) -> float:
    return min(log_uniform(rng, low_s, high_s), longest_s)
