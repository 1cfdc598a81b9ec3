"""Chunks: clips of any length, trimmed, normalised and cut into pieces of equal length."""

from __future__ import annotations

import numpy as np

__all__ = ["cut", "normalised", "trimmed"]

_FRAME_S = 0.01
_PEAK = 0.9
_LEAST_SHARE = 0.5
_FADE_S = 0.005


def trimmed(sound: np.ndarray, rate_hz: int, below_peak_db: float) -> np.ndarray:
    """Return a clip without the silence at its ends.

    Parameters
    ----------
    sound
        Shape (n,), float32.
    rate_hz
        Its sample rate.
    below_peak_db
        Frames of 10 ms count as silent this far below the loudest of them, dB.

    Returns
    -------
    Shape (m,); empty if the whole clip is digital silence.
    """
    loud = _loud_frames(sound, rate_hz, below_peak_db)
    if not len(loud):
        return sound[:0]
    size = _frame(rate_hz)
    return sound[loud[0] * size : (loud[-1] + 1) * size]


def normalised(sound: np.ndarray) -> np.ndarray:
    """Return a clip without its mean and with a peak of 0.9; silence stays silence."""
    centred = sound - np.float32(sound.mean(dtype=np.float64)) if len(sound) else sound
    peak = float(np.abs(centred).max(initial=0.0))
    return centred * np.float32(_PEAK / peak) if peak > 0 else centred


def cut(sound: np.ndarray, samples: int, rate_hz: int, below_peak_db: float) -> list[np.ndarray]:
    """Return the chunks of a trimmed clip, each (samples,).

    A clip shorter than a chunk is one chunk, with silence behind it; a fade of 5 ms at its end keeps that from
    beginning with a click. What is left over at the end of a longer one counts if it fills half a chunk. Chunks in
    which nothing rises to ``below_peak_db`` below the clip's loudest frame are left out.
    """
    fade = min(max(1, round(_FADE_S * rate_hz)), len(sound))
    ending = np.linspace(1, 0, fade, dtype=np.float32)
    loud = _loud_frames(sound, rate_hz, below_peak_db) * _frame(rate_hz) // samples
    sound = np.concatenate([sound[: len(sound) - fade], sound[len(sound) - fade :] * ending])
    starts = range(0, max(len(sound), 1), samples)
    pieces = [sound[start : start + samples] for start in starts]
    kept = [piece for place, piece in enumerate(pieces) if place == 0 or len(piece) >= _LEAST_SHARE * samples]
    return [np.pad(piece, (0, samples - len(piece))) for place, piece in enumerate(kept) if np.any(loud == place)]


def _frame(rate_hz: int) -> int:
    return max(1, round(_FRAME_S * rate_hz))


def _loud_frames(sound: np.ndarray, rate_hz: int, below_peak_db: float) -> np.ndarray:
    """Return which frames of 10 ms are not silent, by number."""
    size = _frame(rate_hz)
    padded = np.pad(sound.astype(np.float64), (0, -len(sound) % size)).reshape(-1, size)
    power = np.mean(padded**2, axis=1)
    highest = power.max(initial=0.0)
    return np.flatnonzero((power > 0) & (power >= highest * 10 ** (-below_peak_db / 10)))
