"""Soundscapes by formula: mixtures whose every source is known apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft

from antiphon.scenes.birds import bird
from antiphon.scenes.engines import engine
from antiphon.scenes.insects import insect
from antiphon.scenes.noises import through_air
from antiphon.scenes.tones import log_uniform
from antiphon.scenes.voice import Voice
from antiphon.scenes.weather import Recorder, quiet, recorder, weather

__all__ = ["LABELS", "Scene", "event_snr_db", "make_scene"]

_VOICES: Mapping[str, Callable[[np.random.Generator], Voice]] = {
    "bird": bird,
    "insect": insect,
    "anthropogenic": engine,
}
_MOST_VOICES: Mapping[str, int] = {"bird": 5, "insect": 3, "anthropogenic": 1}
LABELS = tuple(_VOICES)
"""What can be made by formula."""

_BLOCK_S = 0.016
_HIGHEST_PEAK = 0.97
_LEAST_VISIBLE_S = 0.02
_EVENT_SPREAD_DB = 2.0
_USUAL_PRESENCE = 0.6


@dataclass(frozen=True)
class Scene:
    """A mixture and what it was mixed from.

    Attributes
    ----------
    rate_hz
        Sample rate.
    labels
        What each stem is, in order.
    stems
        Sound of each label alone, shape (labels, samples), float32, full scale 1.0; zeros where it is absent.
    bed
        What is heard without them (noise, wind, rain), shape (samples,), float32.
    floor
        The bed of the same place at its quietest, without weather, shape (samples,), float32; not in the mixture. It
        stands for what a long recording of the place would show as its floor.
    snr_db
        Mean signal-to-noise ratio of each label's events in decibels (see :func:`event_snr_db`), shape (labels,); NaN
        where there is none.
    """

    rate_hz: int
    labels: tuple[str, ...]
    stems: np.ndarray
    bed: np.ndarray
    floor: np.ndarray
    snr_db: np.ndarray

    @property
    def mixture(self) -> np.ndarray:
        """The sum of stems and bed, shape (samples,), float32."""
        return np.asarray(self.bed + self.stems.sum(axis=0), dtype=np.float32)


def make_scene(
    rng: np.random.Generator,
    *,
    duration_s: float,
    rate_hz: int,
    labels: Sequence[str] = LABELS,
    snr_low_db: float = -5.0,
    snr_high_db: float = 20.0,
    presence: Mapping[str, float] | None = None,
    empty_share: float = 0.09,
    place: Recorder | None = None,
    gain_db: float | None = None,
) -> Scene:
    """Return a random soundscape.

    Parameters
    ----------
    rng
        Draws everything: the same state gives the same scene.
    duration_s
        Its length.
    rate_hz
        Sample rate of its recorder.
    labels
        Which of :data:`LABELS` may sound.
    snr_low_db, snr_high_db
        Signal-to-noise ratio of an event (:func:`event_snr_db`), drawn uniformly for each voice; a voice's events lie
        within 2 dB of it.
    presence
        Chance of each label to be there, 0-1; labels that are missing or None: 0.6.
    empty_share
        Share of scenes in which no label sounds, whatever ``presence`` says.
    place
        The recorder and its place; None: a random one.
    gain_db
        Root-mean-square level of the quiet bed in dB re full scale; None: random. The whole scene is turned down where
        it would go beyond full scale.

    Raises
    ------
    ValueError
        If a label cannot be made by formula.
    """
    if unknown := set(labels) - set(LABELS):
        raise ValueError(f"no formula for {sorted(unknown)}; there are {LABELS}")
    samples, snr_range_db = round(duration_s * rate_hz), (snr_low_db, snr_high_db)
    place = place or recorder(rng, rate_hz)
    still = quiet(rng, place, samples)
    bed = still * np.float32(10 ** (rng.uniform(-1, 5) / 20)) + weather(rng, place, samples)
    backdrop = _block_power(bed, rate_hz)
    stems = np.zeros((len(labels), samples), dtype=np.float32)
    snr_db = np.full(len(labels), np.nan, dtype=np.float32)
    empty = rng.random() < empty_share
    for index, label in enumerate(labels):
        if not empty and rng.random() < (presence or {}).get(label, _USUAL_PRESENCE):
            snr_db[index] = _fill(rng, stems[index], label, place, backdrop=backdrop, snr_range_db=snr_range_db)
    wanted_db = rng.uniform(-66, -34) if gain_db is None else gain_db
    return _scaled(Scene(rate_hz, tuple(labels), stems, bed, still, snr_db), wanted_db)


def event_snr_db(event: np.ndarray, bed: np.ndarray, rate_hz: int) -> float:
    """Return the strict signal-to-noise ratio of an event in decibels.

    It is the event's energy over the bed's energy, both in the band between the frequencies below which 5 and 95 % of
    the event's energy lie, and both in the event's active frames: blocks of 16 ms in which the event's energy in that
    band is within 20 dB of its loudest block.

    Parameters
    ----------
    event, bed
        Sound of the same stretch of time, each (samples,).
    rate_hz
        Their sample rate.

    Returns
    -------
    The ratio; ``-inf`` if the event is silent.
    """
    return _snr_db(_block_power(event, rate_hz), _block_power(bed, rate_hz))


def _block_power(sound: np.ndarray, rate_hz: int) -> np.ndarray:
    """Return the power of Hann-windowed blocks of 16 ms, shape (blocks, bins), float32."""
    block = round(_BLOCK_S * rate_hz)
    blocks = -(-len(sound) // block)
    padded = np.zeros(blocks * block, dtype=np.float32)
    padded[: len(sound)] = sound
    window = np.hanning(block + 1)[:block].astype(np.float32)
    spectrum = scipy.fft.rfft(padded.reshape(blocks, block) * window)
    return np.asarray(spectrum.real**2 + spectrum.imag**2, dtype=np.float32)


def _snr_db(event_power: np.ndarray, bed_power: np.ndarray) -> float:
    """Return the ratio of :func:`event_snr_db` from block powers, both (blocks, bins)."""
    per_bin = event_power.sum(axis=0, dtype=np.float64)
    total = per_bin.sum()
    if total <= 0:
        return -np.inf
    low, high = np.searchsorted(np.cumsum(per_bin) / total, (0.05, 0.95))
    in_band = event_power[:, low : high + 1].sum(axis=1)
    active = in_band > 0.01 * in_band.max()
    bed = bed_power[active, low : high + 1].sum(dtype=np.float64)
    return float(10 * np.log10(in_band[active].sum(dtype=np.float64) / max(bed, 1e-30)))


def _fill(
    rng: np.random.Generator,
    stem: np.ndarray,
    label: str,
    place: Recorder,
    *,
    backdrop: np.ndarray,
    snr_range_db: tuple[float, float],
) -> float:
    """Let a few voices of a label sound in ``stem``; return the mean ratio of their events in decibels, or NaN."""
    voices = [_VOICES[label](rng) for _ in range(rng.integers(1, _MOST_VOICES[label] + 1))]
    ratios = [
        ratio
        for voice in voices
        for ratio in _let_sound(rng, stem, voice, place, backdrop=backdrop, snr_range_db=snr_range_db)
    ]
    return float(np.mean(ratios)) if ratios else np.nan


def _let_sound(
    rng: np.random.Generator,
    stem: np.ndarray,
    voice: Voice,
    place: Recorder,
    *,
    backdrop: np.ndarray,
    snr_range_db: tuple[float, float],
) -> list[float]:
    """Add the events of ``voice`` to ``stem``; return the signal-to-noise ratio of each in decibels."""
    rate_hz, samples = place.rate_hz, len(stem)
    duration_s = samples / rate_hz
    voice_db = rng.uniform(*snr_range_db)
    onset_s = 0.0 if voice.lasting else rng.uniform(-1.5, 0.5 * duration_s)
    ratios: list[float] = []
    while onset_s < duration_s - _LEAST_VISIBLE_S:
        dry = voice.sound(rng, rate_hz, duration_s - onset_s)
        start = round(onset_s * rate_hz)
        onset_s += len(dry) / rate_hz + log_uniform(rng, *voice.gap_s)
        if start + len(dry) < _LEAST_VISIBLE_S * rate_hz:
            continue
        wet = through_air(rng, dry, rate_hz, place.response)
        heard = wet[max(0, -start) : samples - start]
        wanted_db = float(np.clip(voice_db + rng.uniform(-1, 1) * _EVENT_SPREAD_DB, *snr_range_db))
        if _add_event(stem, heard, max(0, start), backdrop, snr_db=wanted_db, rate_hz=rate_hz):
            ratios.append(wanted_db)
    return ratios


def _add_event(
    stem: np.ndarray, heard: np.ndarray, start: int, backdrop: np.ndarray, *, snr_db: float, rate_hz: int
) -> bool:
    """Add an event at ``snr_db`` above the backdrop; False if nothing of it is heard."""
    block = round(_BLOCK_S * rate_hz)
    first, lead = divmod(start, block)
    event_power = _block_power(np.pad(heard, (lead, 0)) if lead else heard, rate_hz)
    ratio_db = _snr_db(event_power, backdrop[first : first + len(event_power)])
    if not np.isfinite(ratio_db):
        return False
    stem[start : start + len(heard)] += np.float32(10 ** ((snr_db - ratio_db) / 20)) * heard
    return True


def _scaled(scene: Scene, wanted_db: float) -> Scene:
    """Return the scene with its quiet bed at ``wanted_db`` re full scale, or lower if the mixture would clip."""
    gain = 10 ** (wanted_db / 20) / max(float(np.sqrt(np.mean(scene.floor**2))), 1e-12)
    peak = float(np.abs(scene.mixture).max(initial=0.0)) * gain
    scale = np.float32(gain * min(1.0, _HIGHEST_PEAK / max(peak, 1e-12)))
    return Scene(scene.rate_hz, scene.labels, scene.stems * scale, scene.bed * scale, scene.floor * scale, scene.snr_db)
