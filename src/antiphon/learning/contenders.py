"""Contenders: whatever finds sources in examples, judged alike.

A contender gives score codes; what it knows of classes it learned on the training examples, its thresholds are chosen
on the validation examples, and it is judged on others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial, reduce
from operator import add

import numpy as np
from scipy import ndimage

from antiphon.baselines.cell_bayes import CellBayes
from antiphon.baselines.energy import EnergyThreshold, excess_codes
from antiphon.baselines.hpss import harmonic_and_percussive
from antiphon.baselines.median_clipping import median_clipped
from antiphon.baselines.nmf import Nmf
from antiphon.baselines.wiener import wiener_image
from antiphon.learning.apply import Separator
from antiphon.learning.features import UNIT_DB
from antiphon.learning.tiles import Examples
from antiphon.learning.validation import counted, separated, tune
from antiphon.networks.generator import Generator
from antiphon.signal.levels import NOT_HEARD, PROBABILITY_NOT_HEARD, PROBABILITY_SCALE, SCALE_DB
from antiphon.stats.judging.judgement import Judgement, Picture, constant_codes, true_and_known
from antiphon.stats.judging.near import widened
from antiphon.stats.judging.scores import Histogram, unpacked

__all__ = [
    "SPECTROGRAM_METHODS",
    "Contender",
    "by_frequency",
    "conventional",
    "energy_contender",
    "judged",
    "limits",
    "network_contender",
    "nothing_and_everything",
    "tuned_codes",
]

View = Callable[[Examples, int], np.ndarray]
"""Returns the views (view, time, frequency) uint8 of one example."""

SPECTROGRAM_METHODS = ("median_clipping", "wiener", "hpss", "nmf")
"""Conventional methods that need no sound, only its spectrogram."""

_EVEN_ODDS = PROBABILITY_SCALE // 2
_REGION_CELLS = 2
_LEARNED_FROM = 128


@dataclass(frozen=True)
class Contender:
    """One method in the table.

    Attributes
    ----------
    name
        Its name.
    find
        Yields its score codes of each example, shape (source, time, frequency), uint8; 255 is not heard.
    image
        How codes become separated spectrograms.
    least_codes
        Code from which a cell counts as found, for each source; None: the best on validation.
    """

    name: str
    find: Callable[[Examples], Iterable[np.ndarray]]
    image: Picture = "hard"
    least_codes: tuple[int, ...] | None = None


def network_contender(
    name: str, generator: Generator, separator: Separator, least_codes: Iterable[int] | None = None
) -> Contender:
    """Return a trained generator as a contender; ``separator`` applies it."""
    image: Picture = "drawn" if generator.draws else "soft"
    return Contender(name, partial(separated, separator), image, None if least_codes is None else tuple(least_codes))


def energy_contender(validation: Examples, ready: Callable[[Generator], Separator]) -> Contender:
    """Return the energy threshold, one for all sources: what stands out belongs to every one of them.

    Parameters
    ----------
    validation
        What the threshold is chosen on.
    ready
        Makes a generator ready to be applied.
    """
    energy = EnergyThreshold(len(validation.sources), unit_db=UNIT_DB)
    tune(energy, validation)
    even = (_EVEN_ODDS,) * len(validation.sources)
    return Contender("energy threshold", partial(separated, ready(energy)), "soft", even)


def nothing_and_everything(sources: int) -> list[Contender]:
    """Return what any method must beat: the mixture itself as every source, and silence."""
    even = (_EVEN_ODDS,) * sources

    def constant(code: int) -> Callable[[Examples], Iterable[np.ndarray]]:
        return lambda examples: constant_codes(examples.level, sources, code)

    return [
        Contender("identity", constant(PROBABILITY_SCALE), "soft", even),
        Contender("silence", constant(0), "soft", even),
    ]


def conventional(method: str, train: Examples) -> Contender:
    """Return a method that needs no network.

    Parameters
    ----------
    method
        One of ``SPECTROGRAM_METHODS``. ``nmf`` learns the spectra of each source; all others say how far cells stand
        out, and :func:`by_frequency` says whose they are.
    train
        What it learns from.

    Raises
    ------
    ValueError
        If there is no such method.
    """
    views: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
        "median_clipping": median_clipped,
        "wiener": wiener_image,
        "hpss": harmonic_and_percussive,
    }
    if method in views:
        view = views[method]
        return by_frequency(_words(method), lambda examples, i: view(examples.level[i], examples.background[i]), train)
    if method != "nmf":
        raise ValueError(f"there is no method '{method}'; there are {', '.join(SPECTROGRAM_METHODS)}")
    count = len(train.sources)
    nmf = Nmf.learned(
        ((level, unpacked(bits, count)) for level, bits in zip(train.level, train.mask_bits, strict=True)), count
    )
    return Contender(_words(method), lambda examples: map(nmf.codes, examples.level, examples.background))


def _words(method: str) -> str:
    return method.upper() if method in ("hpss", "nmf") else method.replace("_", " ")


def by_frequency(name: str, view: View, train: Examples) -> Contender:
    """Return a method that knows no classes, with classes by level and frequency (:class:`CellBayes`).

    Parameters
    ----------
    name
        Its name.
    view
        What it makes of an example.
    train
        What the classes are learned from: 128 examples of it, evenly spread.
    """
    some = np.linspace(0, len(train.level) - 1, min(_LEARNED_FROM, len(train.level))).astype(int)
    bayes = CellBayes.learned((view(train, i), *true_and_known(train, i)) for i in some)
    return Contender(name, lambda examples: (bayes.codes(view(examples, i)) for i in range(len(examples.level))))


def limits() -> list[Contender]:
    """Return what the mask rule itself allows: methods that know the truth, whose names begin with ``limit:``.

    The oracle knows which source sounds where, up to two cells, and of these cells takes all above one level over the
    background, measured as the rule measures it (mean power of 3 x 3 cells); the others are the truth itself, one cell
    wider or one cell beside.
    """
    changes: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "limit: truth one cell wider": widened,
        "limit: truth one frame late": lambda masks: np.roll(masks, 1, axis=1),
        "limit: truth one bin higher": lambda masks: np.roll(masks, 1, axis=2),
    }
    return [
        Contender("limit: oracle of class and region", _oracle),
        *(Contender(name, partial(_drawn, change=change)) for name, change in changes.items()),
    ]


def _oracle(examples: Examples) -> Iterator[np.ndarray]:
    for level, background, bits in zip(examples.level, examples.background, examples.mask_bits, strict=True):
        power = np.where(level == NOT_HEARD, 0.0, 10 ** (level * (SCALE_DB / 10)))
        smooth = 10 / SCALE_DB * np.log10(np.maximum(ndimage.uniform_filter(power, 3), 1e-9))
        codes = np.where(level == NOT_HEARD, 0, np.clip(np.rint(smooth), 1, 255)).astype(np.uint8)
        region = widened(unpacked(bits, len(examples.sources)), _REGION_CELLS)
        yield np.where(region | (level == NOT_HEARD), excess_codes(codes, background), np.uint8(0))


def _drawn(examples: Examples, *, change: Callable[[np.ndarray], np.ndarray]) -> Iterator[np.ndarray]:
    for level, bits in zip(examples.level, examples.mask_bits, strict=True):
        mask = change(unpacked(bits, len(examples.sources)))
        codes = np.where(mask, PROBABILITY_SCALE, 0).astype(np.uint8)
        yield np.where(level == NOT_HEARD, np.uint8(PROBABILITY_NOT_HEARD), codes)


def tuned_codes(contender: Contender, validation: Examples) -> tuple[int, ...]:
    """Return the code from which a cell counts as found, source by source: the contender's own or the best."""
    if contender.least_codes is not None:
        return contender.least_codes
    count = len(validation.sources)
    histogram = reduce(
        add,
        (
            Histogram.of(counted(codes, validation, number), unpacked(validation.mask_bits[number], count))
            for number, codes in enumerate(contender.find(validation))
        ),
    )
    return tuple(histogram.best_codes().tolist())


def judged(contender: Contender, validation: Examples, tests: Iterable[Examples]) -> Iterator[Judgement]:
    """Yield the judgement on each of several test sets, with thresholds of cells and clips from validation."""
    least = tuned_codes(contender, validation)

    def judge(examples: Examples) -> Judgement:
        return Judgement.of(contender.name, contender.find(examples), least, examples, contender.image)

    least_share = judge(validation).least_share()
    for test in tests:
        yield judge(test).with_presence(least_share)
