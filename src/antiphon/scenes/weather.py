"""What is heard without anybody: the recorder's own noise, far traffic of air and water, wind, rain.

None of it is labelled. The recorder's noise is flat, the outdoors add a rise towards low frequencies of 3-6 dB an
octave that ends in flow noise at the microphone (Merchant et al. 2015, Methods Ecol. Evol. 6, 257-265; the shapes here
follow field recordings by eye).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from antiphon.scenes.noises import Response, band, impulse_noise, shaped_noise
from antiphon.scenes.tones import log_uniform, raised_cosine, slow_curve

__all__ = ["Recorder", "quiet", "recorder", "weather"]


@dataclass(frozen=True)
class Recorder:
    """A recorder at its place: what colours every sound and what it hears when nothing happens.

    Attributes
    ----------
    rate_hz
        Sample rate.
    low_cut_hz
        Corner of its high-pass.
    tilt_db_octave
        Slope of its response above 1 kHz.
    ambience_db, ambience_hz
        Height of the outdoors' rise at 60 Hz above the flat noise, and the frequency where the two meet.
    hump_db, hump_hz
        Height and centre of a broad hump: leaves, a stream, a far road.
    """

    rate_hz: int
    low_cut_hz: float
    tilt_db_octave: float
    ambience_db: float
    ambience_hz: float
    hump_db: float
    hump_hz: float

    def response(self, frequency_hz: np.ndarray) -> np.ndarray:
        """Return the gain of microphone, high-pass and anti-alias filter at frequencies in hertz."""
        ratio = np.maximum(frequency_hz, 1.0)
        tilt = np.maximum(ratio / 1000.0, 1.0) ** (self.tilt_db_octave / 6.02)
        return np.asarray(band(self.low_cut_hz, 0.47 * self.rate_hz, order=8)(ratio) * tilt)

    def noise(self, frequency_hz: np.ndarray) -> np.ndarray:
        """Return the amplitude of the quiet bed at frequencies in hertz, 1 in the flat part."""
        ratio = np.maximum(frequency_hz, 20.0)
        steepness = self.ambience_db / 20 / np.log10(self.ambience_hz / 60.0)
        rise = (self.ambience_hz / ratio) ** steepness
        octaves = np.log2(ratio / self.hump_hz)
        hump = (10 ** (self.hump_db / 20) - 1) * np.exp(-((octaves / 1.2) ** 2))
        edges = band(self.low_cut_hz, 0.47 * self.rate_hz, order=8)(ratio)
        return np.asarray(np.sqrt(1 + rise * rise + hump * hump) * edges)


def recorder(rng: np.random.Generator, rate_hz: int) -> Recorder:
    """Return a random recorder at a random place."""
    return Recorder(
        rate_hz=rate_hz,
        low_cut_hz=log_uniform(rng, 8, 250),
        tilt_db_octave=float(rng.normal(-0.5, 1.0)),
        ambience_db=rng.uniform(5, 45),
        ambience_hz=log_uniform(rng, 250, 3000),
        hump_db=rng.uniform(0, 14) if rng.random() < 0.5 else 0.0,
        hump_hz=log_uniform(rng, 400, 5000),
    )


def quiet(rng: np.random.Generator, place: Recorder, samples: int) -> np.ndarray:
    """Return the bed of ``place`` at its quietest, shape (samples,), float32."""
    noise = shaped_noise(rng, samples, place.rate_hz, place.noise)
    return noise * np.exp(np.float32(0.06) * slow_curve(rng, samples, place.rate_hz, 1.0))


def weather(rng: np.random.Generator, place: Recorder, samples: int) -> np.ndarray:
    """Return wind, rain, water and knocks on the case, each there or not, on the scale of :func:`quiet`."""
    total = np.zeros(samples, dtype=np.float32)
    for chance, part in ((0.35, _wind), (0.16, _rain), (0.12, _water), (0.12, _knocks)):
        if rng.random() < chance:
            total += part(rng, place, samples)
    return total


def _coloured(place: Recorder, shape: Response) -> Response:
    return lambda frequency_hz: shape(frequency_hz) * place.response(frequency_hz)


def _wind(rng: np.random.Generator, place: Recorder, samples: int) -> np.ndarray:
    """Return gusts: rumble at the microphone, and leaves that rustle with them."""
    gusts = np.exp(np.float32(rng.uniform(0.3, 1.0)) * slow_curve(rng, samples, place.rate_hz, rng.uniform(0.3, 1.5)))
    corner_hz, order = log_uniform(rng, 60, 500), rng.uniform(1.0, 2.0)
    rumble_db = rng.uniform(15, 50)

    def rumble(frequency_hz: np.ndarray) -> np.ndarray:
        return 10 ** (rumble_db / 20) / (1 + (frequency_hz / corner_hz) ** 2) ** order

    wind = shaped_noise(rng, samples, place.rate_hz, _coloured(place, rumble)) * gusts
    if rng.random() < 0.5:
        low_hz = log_uniform(rng, 500, 3000)
        leaves = shaped_noise(rng, samples, place.rate_hz, _coloured(place, band(low_hz, low_hz * 4, order=1)))
        wind += leaves * gusts * np.float32(10 ** (rng.uniform(-5, 15) / 20))
    return wind


def _rain(rng: np.random.Generator, place: Recorder, samples: int) -> np.ndarray:
    """Return rain: a hiss, drops on leaves, and drops on the case."""
    hiss_db = rng.uniform(-5, 20)
    low_hz = log_uniform(rng, 300, 2000)
    hiss = shaped_noise(rng, samples, place.rate_hz, _coloured(place, band(low_hz, rng.uniform(5e3, 2e4), order=1)))
    hiss *= np.float32(10 ** (hiss_db / 20)) * np.exp(np.float32(0.15) * slow_curve(rng, samples, place.rate_hz, 0.7))
    drops_db = rng.uniform(20, 45)
    leaves = _coloured(place, band(log_uniform(rng, 400, 2500), log_uniform(rng, 3e3, 1.5e4), order=1))
    drops = impulse_noise(rng, samples, place.rate_hz, log_uniform(rng, 3, 250), leaves)
    return hiss + drops * np.float32(10 ** (drops_db / 20))


def _water(rng: np.random.Generator, place: Recorder, samples: int) -> np.ndarray:
    """Return a stream or the sea: a steady or slowly heaving broad band."""
    low_hz = log_uniform(rng, 150, 1200)
    shape = band(low_hz, low_hz * rng.uniform(3, 10), order=1)
    water = shaped_noise(rng, samples, place.rate_hz, _coloured(place, shape))
    heave = np.exp(np.float32(rng.uniform(0, 0.7)) * slow_curve(rng, samples, place.rate_hz, 1.5))
    return water * heave * np.float32(10 ** (rng.uniform(0, 22) / 20))


def _knocks(rng: np.random.Generator, place: Recorder, samples: int) -> np.ndarray:
    """Return twigs and paws on the case: short dull or sharp knocks."""
    total = np.zeros(samples, dtype=np.float32)
    for _ in range(rng.integers(1, 6)):
        length = min(samples, round(log_uniform(rng, 0.01, 0.12) * place.rate_hz))
        start = int(rng.integers(0, samples - length + 1))
        top_hz = log_uniform(rng, 300, 12_000)
        knock = shaped_noise(rng, length, place.rate_hz, _coloured(place, band(40, top_hz, order=1)))
        envelope = raised_cosine(length, max(length // 20, 1), length)
        total[start : start + length] += knock * envelope * np.float32(10 ** (rng.uniform(10, 40) / 20))
    return total
