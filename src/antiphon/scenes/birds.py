"""Bird song by formula: syllables of frequency-modulated partials, repeated as phrases, joined to songs.

A bird's syrinx gives a nearly pure tone or a stack of harmonics whose frequency follows a smooth curve (Nowicki 1987,
Nature 325, 53-55); syllables that repeat are phrases and phrases make songs (Catchpole and Slater 2008, Bird Song,
Cambridge University Press). Each kind below is a row of ranges; a bird draws its own values once and then repeats
itself with small deviations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from antiphon.scenes.tones import log_uniform, partials, raised_cosine
from antiphon.scenes.voice import Voice

__all__ = ["bird"]

Range = tuple[float, float]
_NONE: Range = (0.0, 0.0)


@dataclass(frozen=True)
class _Kind:
    """Ranges that a kind of song is drawn from; see :class:`_Syllable` for the meaning."""

    name: str
    weight: float
    centre_hz: Range
    duration_s: Range
    sweep_octaves: Range
    notes: tuple[int, int]
    repeats: tuple[int, int]
    gap_s: Range
    phrases: tuple[int, int] = (1, 1)
    spread_octaves: float = 0.25
    vibrato_hz: Range = _NONE
    vibrato_octaves: Range = _NONE
    tremolo_hz: Range = _NONE
    harmonics: tuple[int, int] = (1, 3)
    harmonic_db: Range = (-45.0, -18.0)
    width_hz: Range = _NONE
    pause_s: Range = (0.3, 3.0)


_KINDS = (
    _Kind("whistle", 1.2, (1200, 6000), (0.15, 1.1), (0.0, 0.12), (1, 4), (1, 3), (0.04, 0.35), spread_octaves=0.4),
    _Kind("sweep", 1.4, (1800, 7500), (0.03, 0.25), (0.15, 0.7), (1, 3), (1, 5), (0.03, 0.3)),
    _Kind("trill", 1.4, (2200, 8000), (0.015, 0.09), (0.1, 0.8), (1, 1), (8, 40), (0.01, 0.07)),
    _Kind("warble", 1.4, (1800, 6500), (0.04, 0.22), (0.1, 0.7), (4, 9), (1, 1), (0.01, 0.09), phrases=(1, 3),
          spread_octaves=0.5, vibrato_hz=(10, 60), vibrato_octaves=(0.0, 0.12)),
    _Kind("two notes", 1.0, (1800, 6500), (0.06, 0.3), (0.0, 0.2), (2, 3), (2, 8), (0.02, 0.2), spread_octaves=0.45),
    _Kind("buzz", 0.8, (2500, 7500), (0.2, 1.2), (0.0, 0.25), (1, 2), (1, 3), (0.05, 0.3), vibrato_hz=(60, 220),
          vibrato_octaves=(0.05, 0.25), tremolo_hz=(20, 90)),
    _Kind("harsh call", 1.1, (450, 2200), (0.06, 0.5), (0.05, 0.4), (1, 2), (1, 6), (0.05, 0.4), harmonics=(5, 14),
          harmonic_db=(-22.0, 4.0), width_hz=(5, 120)),
    _Kind("squawk", 1.2, (700, 3500), (0.06, 0.6), (0.05, 0.5), (1, 3), (1, 8), (0.04, 0.4), spread_octaves=0.3,
          vibrato_hz=(25, 150), vibrato_octaves=(0.02, 0.3), tremolo_hz=(15, 120), harmonics=(3, 10),
          harmonic_db=(-14.0, 2.0), width_hz=(80, 900)),
    _Kind("quack", 0.8, (180, 600), (0.05, 0.35), (0.02, 0.35), (1, 2), (1, 12), (0.05, 0.4), harmonics=(10, 24),
          harmonic_db=(-9.0, 3.0), width_hz=(5, 90)),
    _Kind("crow", 0.6, (300, 1200), (0.2, 1.4), (0.1, 0.6), (1, 4), (1, 2), (0.03, 0.2), harmonics=(5, 16),
          harmonic_db=(-10.0, 2.0), width_hz=(3, 40), pause_s=(1.0, 5.0)),
    _Kind("chatter", 0.8, (2200, 5500), (0.02, 0.08), (0.0, 0.4), (1, 2), (4, 25), (0.02, 0.09), harmonics=(2, 6),
          harmonic_db=(-25.0, -3.0), width_hz=(150, 900)),
    _Kind("coo", 0.6, (300, 900), (0.15, 0.9), (0.0, 0.2), (1, 3), (1, 5), (0.08, 0.5), spread_octaves=0.15,
          harmonics=(1, 4), pause_s=(0.6, 4.0)),
    _Kind("seep", 0.6, (6000, 9500), (0.08, 0.6), (0.0, 0.15), (1, 2), (1, 5), (0.05, 0.3), vibrato_hz=(15, 80),
          vibrato_octaves=(0.0, 0.06)),
    _Kind("flourish", 0.9, (2000, 6500), (0.02, 0.12), (0.1, 0.8), (1, 3), (2, 10), (0.01, 0.06), phrases=(2, 4),
          spread_octaves=0.5, pause_s=(0.8, 4.0)),
)  # fmt: skip
_WEIGHTS = np.array([kind.weight for kind in _KINDS]) / sum(kind.weight for kind in _KINDS)


@dataclass(frozen=True)
class _Syllable:
    """One note.

    Attributes
    ----------
    duration_s
        Its length.
    centre_hz
        Frequency in the middle of its range.
    bends_octaves
        Weights of the Legendre polynomials of degree 1, 2, 3 over the note: slope, arch, S.
    vibrato_hz, vibrato_octaves
        Rate and depth of a sinusoidal frequency modulation.
    tremolo_hz, tremolo_depth
        Rate and depth (0-1) of a sinusoidal amplitude modulation.
    amplitudes
        Amplitude of partial 1, 2, ...
    width_hz
        Spread of the fundamental's fast wandering: 0 is a pure tone, hundreds of hertz are hoarse.
    attack_share
        Share of the note over which it rises; it falls over the rest that is not held.
    """

    duration_s: float
    centre_hz: float
    bends_octaves: tuple[float, float, float]
    vibrato_hz: float
    vibrato_octaves: float
    tremolo_hz: float
    tremolo_depth: float
    amplitudes: tuple[float, ...]
    width_hz: float
    attack_share: float


@dataclass(frozen=True)
class _Phrase:
    notes: tuple[_Syllable, ...]
    gaps_s: tuple[float, ...]
    repeats: int
    drift_octaves: float


def bird(rng: np.random.Generator) -> Voice:
    """Return a bird of a random kind with its own repertoire."""
    kind = _KINDS[rng.choice(len(_KINDS), p=_WEIGHTS)]
    centre_hz = log_uniform(rng, *kind.centre_hz)
    songs = [_song(rng, kind, centre_hz) for _ in range(rng.integers(1, 4))]

    def sound(rng: np.random.Generator, rate_hz: int, longest_s: float) -> np.ndarray:
        return _render(rng, songs[rng.integers(len(songs))], rate_hz, longest_s)

    return Voice(kind.name, sound, kind.pause_s)


def _whole(rng: np.random.Generator, low_high: tuple[int, int]) -> int:
    return int(rng.integers(low_high[0], low_high[1] + 1))


def _song(rng: np.random.Generator, kind: _Kind, centre_hz: float) -> tuple[_Phrase, ...]:
    """Return a song: phrases of notes that share the bird's timbre."""
    harmonics = _whole(rng, kind.harmonics)
    order = np.arange(harmonics)
    falls_db = rng.uniform(*kind.harmonic_db) * np.sqrt(order) + rng.normal(0, 4, harmonics) * (order > 0)
    amplitudes = tuple(float(a) for a in 10 ** (np.minimum(falls_db, 6.0) / 20))
    width_hz = log_uniform(rng, *kind.width_hz) if kind.width_hz[1] else 0.0
    phrases = []
    for _ in range(_whole(rng, kind.phrases)):
        notes = tuple(_note(rng, kind, centre_hz, amplitudes, width_hz) for _ in range(_whole(rng, kind.notes)))
        gaps_s = tuple(log_uniform(rng, *kind.gap_s) for _ in notes)
        phrases.append(_Phrase(notes, gaps_s, _whole(rng, kind.repeats), float(rng.normal(0, 0.1))))
    return tuple(phrases)


def _note(
    rng: np.random.Generator, kind: _Kind, centre_hz: float, amplitudes: tuple[float, ...], width_hz: float
) -> _Syllable:
    sweep = rng.uniform(*kind.sweep_octaves)
    directions = rng.normal(0, (1.0, 0.6, 0.35))
    bends = sweep * directions / max(float(np.abs(directions).sum()), 1e-6)
    has_tremolo = kind.tremolo_hz[1] > 0
    return _Syllable(
        duration_s=log_uniform(rng, *kind.duration_s),
        centre_hz=centre_hz * 2 ** float(rng.normal(0, kind.spread_octaves)),
        bends_octaves=(float(bends[0]), float(bends[1]), float(bends[2])),
        vibrato_hz=log_uniform(rng, *kind.vibrato_hz) if kind.vibrato_hz[1] else 0.0,
        vibrato_octaves=rng.uniform(*kind.vibrato_octaves),
        tremolo_hz=log_uniform(rng, *kind.tremolo_hz) if has_tremolo else 0.0,
        tremolo_depth=rng.uniform(0.2, 0.9) if has_tremolo else 0.0,
        amplitudes=amplitudes,
        width_hz=width_hz,
        attack_share=rng.uniform(0.1, 0.6),
    )


def _render(rng: np.random.Generator, song: tuple[_Phrase, ...], rate_hz: int, longest_s: float) -> np.ndarray:
    """Return one performance of ``song``, a little different each time, cut off after ``longest_s``."""
    pitch, tempo = 2 ** rng.normal(0, 0.015), 2 ** rng.normal(0, 0.05)
    pieces: list[tuple[int, np.ndarray]] = []
    onset_s = 0.0
    for phrase in song:
        for turn in range(phrase.repeats):
            bend = pitch * 2 ** (phrase.drift_octaves * (turn / max(phrase.repeats - 1, 1) - 0.5))
            for note, gap_s in zip(phrase.notes, phrase.gaps_s, strict=True):
                if onset_s >= longest_s:
                    break
                sung = replace(note, centre_hz=note.centre_hz * bend, duration_s=note.duration_s * tempo)
                loudness = np.float32(10 ** (rng.normal(0, 1.5) / 20))
                pieces.append((round(onset_s * rate_hz), loudness * _syllable(rng, sung, rate_hz)))
                onset_s += sung.duration_s + gap_s * tempo * (1 + 0.05 * rng.standard_normal())
        onset_s += 0.05
    end = max(start + len(piece) for start, piece in pieces)
    sound = np.zeros(end, dtype=np.float32)
    for start, piece in pieces:
        sound[start : start + len(piece)] += piece
    return sound


def _syllable(rng: np.random.Generator, note: _Syllable, rate_hz: int) -> np.ndarray:
    """Return the samples of one note, float32."""
    samples = max(round(note.duration_s * rate_hz), 16)
    x = np.linspace(-1, 1, samples, dtype=np.float32)
    slope, arch, wave = note.bends_octaves
    octaves = x * (slope + wave * (2.5 * x * x - 1.5)) + arch * (1.5 * x * x - 0.5)
    seconds = np.arange(samples, dtype=np.float32) / np.float32(rate_hz)
    if note.vibrato_octaves:
        start = rng.uniform(0, 2 * np.pi)
        octaves += note.vibrato_octaves * np.sin(2 * np.pi * note.vibrato_hz * seconds + start, dtype=np.float32)
    frequency_hz = note.centre_hz * np.exp2(octaves)
    if note.width_hz:
        # Frequency that wanders some 2000 times a second: wide lines whose skirts still fall fast.
        corners = note.width_hz * rng.standard_normal(max(4, round(2000 * note.duration_s)))
        frequency_hz = frequency_hz + np.interp(x, np.linspace(-1, 1, len(corners)), corners)
    sound = partials(frequency_hz, note.amplitudes, rate_hz)
    attack = round(note.attack_share * samples)
    sound *= raised_cosine(samples, attack, round((samples - attack) * 0.8))
    if note.tremolo_depth:
        swing = np.cos(2 * np.pi * note.tremolo_hz * seconds, dtype=np.float32)
        sound *= 1 - np.float32(note.tremolo_depth / 2) * (1 + swing)
    return sound
