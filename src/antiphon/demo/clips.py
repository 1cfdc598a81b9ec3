"""``antiphon demo-clips``: clips by formula, a folder for each class, for ``make demo-voices``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count as numbers
from itertools import islice
from pathlib import Path

import numpy as np

from antiphon.io.sound.flac_writing import flac_bytes
from antiphon.io.whole import whole_file
from antiphon.progress import log
from antiphon.scenes.birds import bird
from antiphon.scenes.engines import engine
from antiphon.scenes.insects import insect
from antiphon.scenes.voice import Voice

__all__ = ["write_clips"]

_VOICES = {"bird": bird, "insect": insect, "anthropogenic": engine}
_SEED = 20240501
_INDIVIDUALS = 5
_NOISE = 0.003
_FAINTEST_PEAK = 0.2


def write_clips(*, folder: Path, count: int = 15, duration_s: float = 1.0, rate_hz: int = 16_000) -> None:
    """Make clips of single sounds by formula, in a folder for each class.

    Parameters
    ----------
    folder
        Where to.
    count
        Clips of each class.
    duration_s
        Length of a clip, seconds.
    rate_hz
        Their sample rate.
    """
    for number, (name, voice) in enumerate(_VOICES.items()):
        singers = list(islice(_heard(voice, number, rate_hz, duration_s), _INDIVIDUALS))
        for place in range(count):
            # Individuals come again, as recordists do: their kind and pitch are theirs, their songs are new.
            singer = singers[place % _INDIVIDUALS]
            rng = np.random.default_rng((_SEED, number, _INDIVIDUALS + place))
            sound = singer.sound(rng, rate_hz, duration_s)[: round(duration_s * rate_hz)]
            clip = 0.5 * sound / max(float(np.abs(sound).max()), 1e-9) + rng.normal(0, _NOISE, len(sound))
            with whole_file(folder / name / f"{place:03d}.flac") as scratch:
                scratch.write_bytes(flac_bytes(clip.astype(np.float32), rate_hz, bits=16))
    log(f"demo: {count} clips of each of {', '.join(_VOICES)} in {folder}")


def _heard(
    voice: Callable[[np.random.Generator], Voice], number: int, rate_hz: int, duration_s: float
) -> Iterator[Voice]:
    """Yield individuals of a class that a sample rate can hold: who sings above half of it leaves hiss."""
    for one in numbers():
        singer = voice(np.random.default_rng((_SEED, number, one)))
        probe = singer.sound(np.random.default_rng((_SEED, number, one)), rate_hz, duration_s)
        if np.abs(probe).max(initial=0) >= _FAINTEST_PEAK:
            yield singer
