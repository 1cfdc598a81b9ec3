"""Mixtures of recorded clips over recorded backgrounds: every source is known apart, as in a scene by formula.

What is mixed is sound, so stems are exact, and so are the masks that :mod:`antiphon.signal.masking` makes of them. The
idea is scaper's (Salamon et al. 2017, WASPAA): events of given classes at given signal-to-noise ratios over a bed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.fft
from scipy import ndimage

from antiphon.scenes.noises import through_air
from antiphon.scenes.soundings import Sounding, add_event, block_power
from antiphon.scenes.soundscape import Scene

__all__ = ["Clip", "bed_window", "gated", "mixture", "passed_hz"]

_GATE_S = 0.016
_GATE_HOPS = 4
_FLOOR_SHARE = 0.2
_NEIGHBOUR_SHARE = 25
_NEIGHBOURS_HZ = 1500.0
_SILENCE_SHARE = 1e-9
_FADE_S = 0.05
_EDGE_S = 0.005
_LEAST_VISIBLE_S = 0.02
_CLIFF_HZ, _CLIFF_DB, _LOWEST_CLIFF_HZ = 500.0, 20.0, 2000.0
_EDGE_HZ = 200.0


@dataclass(frozen=True)
class Clip:
    """A clip that is to sound in a mixture.

    Attributes
    ----------
    stem
        Index of the stem that it belongs to; None: it is heard and belongs to nobody.
    sound
        Its samples at the mixture's rate, (n,) float32.
    snr_db
        Wanted strict signal-to-noise ratio above the background.
    distant
        Whether it is heard through more air: low-passed, with a tail of echoes.
    """

    stem: int | None
    sound: np.ndarray
    snr_db: float
    distant: bool


def gated(
    sound: np.ndarray,
    rate_hz: int,
    *,
    above_floor_db: float,
    below_peak_db: float,
    band_hz: tuple[float, float] = (0.0, np.inf),
) -> np.ndarray:
    """Return a clip without its own background: what stands above its noise floor and near its peak.

    The noise floor of a bin is the quantile 0.2 of its frames, or the quarter quantile of the floors within 1.5 kHz
    where that is lower, so that a song that never pauses does not count as its own background. Frames that are
    digitally silent do not count. What is kept is widened by one cell and has soft edges, so that no flank is cut.

    Parameters
    ----------
    sound
        Shape (n,), float32.
    rate_hz
        Its sample rate.
    above_floor_db
        Least power of a cell above the floor.
    below_peak_db
        Greatest distance of a cell below the clip's loudest one.
    band_hz
        What lies outside is not kept either.

    Returns
    -------
    Shape (n,), float32.
    """
    hop = max(4, round(_GATE_S * rate_hz / _GATE_HOPS))
    size = hop * _GATE_HOPS
    if len(sound) < size or not sound.any():
        return sound
    window = np.sqrt(np.hanning(size + 1)[:size] / (_GATE_HOPS / 2)).astype(np.float32)
    padded = np.pad(sound, (size, size + -len(sound) % hop))
    spectrum = scipy.fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * window)
    frequency_hz = np.arange(spectrum.shape[1]) * rate_hz / size
    inside = (frequency_hz >= band_hz[0]) & (frequency_hz <= band_hz[1])
    power = ndimage.uniform_filter(spectrum.real**2 + spectrum.imag**2, 3) * inside
    if not power.any():
        return np.zeros_like(sound)
    sounding = power.max(axis=1) > _SILENCE_SHARE * power.max()
    own = np.quantile(power[sounding], _FLOOR_SHARE, axis=0)
    reach = 2 * round(_NEIGHBOURS_HZ * size / rate_hz) + 1
    floor = np.minimum(own, ndimage.percentile_filter(own, _NEIGHBOUR_SHARE, size=reach, mode="nearest"))
    kept = power >= np.maximum(floor * 10 ** (above_floor_db / 10), power.max() * 10 ** (-below_peak_db / 10))
    wide = ndimage.binary_dilation(kept & inside, np.ones((5, 3))).astype(np.float32)
    frames = scipy.fft.irfft(spectrum * ndimage.uniform_filter(wide, (5, 3)), n=size, axis=1) * window
    return _overlapped(frames, hop)[size : size + len(sound)]


def _overlapped(frames: np.ndarray, hop: int) -> np.ndarray:
    """Return frames, shape (frames, size), added up at steps of ``hop``, of which ``size`` is a multiple."""
    count, size = frames.shape
    steps = size // hop
    total = np.zeros((count + steps - 1, hop), dtype=np.float32)
    for step in range(steps):
        total[step : step + count] += frames[:, step * hop : (step + 1) * hop]
    return total.ravel()


def bed_window(rng: np.random.Generator, bed: np.ndarray, samples: int, rate_hz: int) -> np.ndarray:
    """Return a random stretch of a background, shape (samples,); a short one goes on with itself, faded over."""
    fade = min(round(_FADE_S * rate_hz), len(bed) // 4)
    ramp = np.sin(np.linspace(0, np.pi / 2, fade, dtype=np.float32))
    while len(bed) < samples:
        joint = bed[-fade:] * ramp[::-1] + bed[:fade] * ramp if fade else bed[:0]
        bed = np.concatenate([bed[: len(bed) - fade], joint, bed[fade:]])
    start = int(rng.integers(0, len(bed) - samples + 1))
    return np.array(bed[start : start + samples], dtype=np.float32)


def passed_hz(bed: np.ndarray, rate_hz: int) -> float:
    """Return the frequency up to which the recorder of a background heard anything at all.

    Sound that was coded with losses or brought up from a lower rate ends at a cliff: a fall of at least 20 dB within
    half a kilohertz, at 2 kHz or above, beyond which nothing rises again. Whatever is mixed over such a background must
    end there, too, or it would stand alone where no recorder could have heard it.

    Parameters
    ----------
    bed
        The background, shape (n,).
    rate_hz
        Its sample rate.

    Returns
    -------
    The edge of the cliff; half the rate where there is none.
    """
    spectrum = block_power(bed, rate_hz).mean(axis=0, dtype=np.float64)
    bin_hz = rate_hz / (2 * (len(spectrum) - 1))
    level_db = 10 * np.log10(ndimage.uniform_filter1d(spectrum, 3) + 1e-20)
    above = np.maximum.accumulate(level_db[::-1])[::-1]
    first, reach = round(_LOWEST_CLIFF_HZ / bin_hz), round(_CLIFF_HZ / bin_hz)
    falls = np.flatnonzero(level_db[first:-reach] - above[first + reach :] >= _CLIFF_DB)
    return float((first + falls[0] + reach / 2) * bin_hz) if len(falls) else rate_hz / 2


def _below(sound: np.ndarray, rate_hz: int, edge_hz: float) -> np.ndarray:
    """Return a sound without what lies above an edge."""
    if edge_hz >= rate_hz / 2:
        return sound
    spectrum = scipy.fft.rfft(sound)
    frequency_hz = scipy.fft.rfftfreq(len(sound), 1 / rate_hz)
    kept = np.clip((edge_hz - frequency_hz) / _EDGE_HZ + 0.5, 0, 1).astype(np.float32)
    return np.asarray(scipy.fft.irfft(spectrum * kept, n=len(sound)), dtype=np.float32)


def mixture(
    rng: np.random.Generator, bed: np.ndarray, clips: Sequence[Clip], labels: Sequence[str], rate_hz: int
) -> Scene:
    """Return clips over a background.

    Parameters
    ----------
    rng
        Draws where clips lie and how far they are.
    bed
        The background, shape (samples,), float32.
    clips
        What sounds. Ratios are measured against the background without any of them.
    labels
        Name of each stem.
    rate_hz
        Sample rate of all.

    Returns
    -------
    The scene; its floor is the background without what belongs to nobody. It may go beyond full scale.
    """
    stems = np.zeros((len(labels), len(bed)), dtype=np.float32)
    others = np.zeros(len(bed), dtype=np.float32)
    backdrop, edge_hz = block_power(bed, rate_hz), passed_hz(bed, rate_hz)
    soundings: list[Sounding] = []
    for clip in clips:
        heard, start = _placed(rng, clip, len(bed), rate_hz)
        heard = _below(heard, rate_hz, edge_hz)
        into = others if clip.stem is None else stems[clip.stem]
        added = add_event(into, heard, start, backdrop, snr_db=clip.snr_db, rate_hz=rate_hz)
        if clip.stem is not None:
            soundings += [replace(one, stem=clip.stem) for one in added]
    return Scene(rate_hz, tuple(labels), stems, bed + others, bed, tuple(soundings))


def _placed(rng: np.random.Generator, clip: Clip, samples: int, rate_hz: int) -> tuple[np.ndarray, int]:
    """Return what of a clip is heard in ``samples``, and the sample at which it begins."""
    sound = clip.sound
    if len(sound) > samples:
        cut = int(rng.integers(0, len(sound) - samples + 1))
        sound = np.array(sound[cut : cut + samples])
        edge = round(_EDGE_S * rate_hz)
        ramp = np.linspace(0, 1, edge, dtype=np.float32)
        sound[:edge] *= ramp
        sound[len(sound) - edge :] *= ramp[::-1]
    if clip.distant:
        sound = through_air(rng, sound, rate_hz, np.ones_like)
    least = min(len(sound), round(_LEAST_VISIBLE_S * rate_hz))
    latest = max(0, samples - max(least, len(sound) // 2))
    start = int(rng.integers(-(len(sound) // 4), latest + 1)) if len(sound) < samples else 0
    return sound[max(0, -start) : max(0, -start) + samples - max(0, start)], max(0, start)
