"""Soundscapes by formula: mixtures whose every source is known apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from antiphon.scenes.birds import bird
from antiphon.scenes.engines import engine
from antiphon.scenes.insects import insect
from antiphon.scenes.noises import through_air
from antiphon.scenes.soundings import Sounding, add_event, block_power
from antiphon.scenes.tones import log_uniform
from antiphon.scenes.voice import Voice
from antiphon.scenes.weather import Recorder, quiet, recorder, weather

__all__ = ["LABELS", "Scene", "make_scene", "sound_of"]

_VOICES: Mapping[str, Callable[[np.random.Generator], Voice]] = {
    "bird": bird,
    "insect": insect,
    "anthropogenic": engine,
}
_MOST_VOICES: Mapping[str, int] = {"bird": 5, "insect": 3, "anthropogenic": 1}
LABELS = tuple(_VOICES)
"""What can be made by formula."""

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
    soundings
        The events of all stems.
    """

    rate_hz: int
    labels: tuple[str, ...]
    stems: np.ndarray
    bed: np.ndarray
    floor: np.ndarray
    soundings: tuple[Sounding, ...]

    @property
    def snr_db(self) -> np.ndarray:
        """Mean signal-to-noise ratio of each label's events in decibels, shape (labels,), float32; NaN without any."""
        of_label = [[one.snr_db for one in self.soundings if one.stem == index] for index in range(len(self.labels))]
        return np.array([np.mean(ratios) if ratios else np.nan for ratios in of_label], dtype=np.float32)

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
        Strict signal-to-noise ratio of an event (:func:`~antiphon.scenes.soundings.event_snr_db`), drawn uniformly for
        each voice; a voice's events lie within 2 dB of it.
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
    backdrop = block_power(bed, rate_hz)
    stems = np.zeros((len(labels), samples), dtype=np.float32)
    soundings: list[Sounding] = []
    empty = rng.random() < empty_share
    for index, label in enumerate(labels):
        if not empty and rng.random() < (presence or {}).get(label, _USUAL_PRESENCE):
            soundings += _fill(rng, stems, index, label, place, backdrop=backdrop, snr_range_db=snr_range_db)
    wanted_db = rng.uniform(-66, -34) if gain_db is None else gain_db
    return _scaled(Scene(rate_hz, tuple(labels), stems, bed, still, tuple(soundings)), wanted_db)


def sound_of(rng: np.random.Generator, label: str, rate_hz: int, longest_s: float) -> np.ndarray:
    """Return one event of a random voice of a label, heard from near by, at most ``longest_s``, shape (n,), float32.

    Raises
    ------
    ValueError
        If the label cannot be made by formula.
    """
    if label not in _VOICES:
        raise ValueError(f"no formula for {label}; there are {LABELS}")
    sound = _VOICES[label](rng).sound(rng, rate_hz, longest_s)
    return np.asarray(sound[: round(longest_s * rate_hz)], dtype=np.float32)


def _fill(
    rng: np.random.Generator,
    stems: np.ndarray,
    index: int,
    label: str,
    place: Recorder,
    *,
    backdrop: np.ndarray,
    snr_range_db: tuple[float, float],
) -> list[Sounding]:
    """Let a few voices of a label sound in its stem, ``stems[index]``; return their events."""
    voices = [_VOICES[label](rng) for _ in range(rng.integers(1, _MOST_VOICES[label] + 1))]
    return [
        replace(sounding, stem=index)
        for voice in voices
        for sounding in _let_sound(rng, stems[index], voice, place, backdrop=backdrop, snr_range_db=snr_range_db)
    ]


def _let_sound(
    rng: np.random.Generator,
    stem: np.ndarray,
    voice: Voice,
    place: Recorder,
    *,
    backdrop: np.ndarray,
    snr_range_db: tuple[float, float],
) -> list[Sounding]:
    """Add the events of ``voice`` to ``stem``; return them, as events of stem 0."""
    rate_hz, samples = place.rate_hz, len(stem)
    duration_s = samples / rate_hz
    voice_db = rng.uniform(*snr_range_db)
    onset_s = 0.0 if voice.lasting else rng.uniform(-1.5, 0.5 * duration_s)
    soundings: list[Sounding] = []
    while onset_s < duration_s - _LEAST_VISIBLE_S:
        dry = voice.sound(rng, rate_hz, duration_s - onset_s)
        start = round(onset_s * rate_hz)
        onset_s += len(dry) / rate_hz + log_uniform(rng, *voice.gap_s)
        if start + len(dry) < _LEAST_VISIBLE_S * rate_hz:
            continue
        wet = through_air(rng, dry, rate_hz, place.response)
        heard = wet[max(0, -start) : samples - start]
        wanted_db = float(np.clip(voice_db + rng.uniform(-1, 1) * _EVENT_SPREAD_DB, *snr_range_db))
        soundings += add_event(stem, heard, max(0, start), backdrop, snr_db=wanted_db, rate_hz=rate_hz)
    return soundings


def _scaled(scene: Scene, wanted_db: float) -> Scene:
    """Return the scene with its quiet bed at ``wanted_db`` re full scale, or lower if the mixture would clip."""
    gain = 10 ** (wanted_db / 20) / max(float(np.sqrt(np.mean(scene.floor**2))), 1e-12)
    peak = float(np.abs(scene.mixture).max(initial=0.0)) * gain
    scale = np.float32(gain * min(1.0, _HIGHEST_PEAK / max(peak, 1e-12)))
    return Scene(
        scene.rate_hz, scene.labels, scene.stems * scale, scene.bed * scale, scene.floor * scale, scene.soundings
    )
