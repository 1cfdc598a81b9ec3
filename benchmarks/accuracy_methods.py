"""How each method of the comparison learns, within one budget, and how it is judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import torch

from antiphon.baselines.mfcc import MfccForest, clip_vector
from antiphon.baselines.spectral_gating import gated_image
from antiphon.io.models.cards import CARD
from antiphon.io.models.checkpoints import WEIGHTS, load_card, load_weights
from antiphon.io.models.places import SHIPPED
from antiphon.learning.apply import Separator
from antiphon.learning.clips import clip_scores, learn_clips, make_classifier
from antiphon.learning.contenders import (
    SPECTROGRAM_METHODS,
    Contender,
    by_frequency,
    conventional,
    energy_contender,
    judged,
    limits,
    network_contender,
    nothing_and_everything,
    tuned_codes,
)
from antiphon.learning.devices import choose_dtype
from antiphon.learning.fit import Training, fit
from antiphon.learning.generators import make_generator, parameters, trained_generator
from antiphon.learning.published import published
from antiphon.learning.recipe import Recipe
from antiphon.learning.tiles import Tiles
from antiphon.learning.validation import validate
from antiphon.networks.generator import Generator
from antiphon.scenes.soundscape import Scene
from antiphon.signal.resynthesis import resynthesised
from antiphon.stats.judging.judgement import Judgement, presence
from antiphon.stats.judging.measures import found_cells, picture
from antiphon.stats.judging.presence import best_least_share, clip_measures
from antiphon.stats.judging.scores import codes_of_thresholds
from antiphon.stats.judging.si_sdr import si_sdr_measures
from benchmarks.accuracy_material import Cut, Fold, Material

SEPARATORS: Mapping[str, tuple[str, bool]] = {
    "ours": ("resunet", False),
    "ours with critic": ("resunet", True),
    "pix2pix": ("pix2pix", True),
    "pix2pix without critic": ("pix2pix", False),
    "atrous_segnet": ("atrous_segnet", False),
    "atrous_segnet with critic": ("atrous_segnet", True),
    "deeplabv3": ("deeplabv3", False),
    "deeplabv3 with critic": ("deeplabv3", True),
}
"""Network and whether a critic plays."""
CLASSIFIERS = ("resnet50", "vgg16", "mfcc")
SIMPLE = ("energy threshold", *SPECTROGRAM_METHODS, "spectral_gating", "identity", "silence")
LIMITS = ("oracle", "one cell wider", "one frame late", "one bin higher", "rule 1 dB stricter", "rule 1 dB looser")
SHIPPED_MODEL = "shipped model"
METHODS = (*SEPARATORS, SHIPPED_MODEL, *SIMPLE, *LIMITS, *CLASSIFIERS)
TILE_FRAMES = 256
_LEAST_STEPS, _LEAST_BATCH, _TIMED_STEPS = 60, 2, 2
_CRITIC_WEIGHT = 0.05
_LOOKS, _LEAST_LOOKS, _LOOK_SHARE = 8, 4, 0.2
_LOOK_EXAMPLES, _LEAST_LOOKED_AT = 24, 4
_CLIP_RATE, _CLIP_BATCH = 1e-4, 16


@dataclass(frozen=True)
class Terms:
    """What every method is given alike.

    Attributes
    ----------
    budget_s
        Seconds for training: of the processor on a CPU (all threads together), of the clock on a GPU.
    seed
        Seed of weights and tiles.
    device
        Where networks compute.
    recipe
        Our own recipe.
    widths
        Channels of our own network.
    weights
        Files of pretrained weights by network; those that have none start from scratch.
    sounds
        Test examples of a fold that are turned back into sound.
    """

    budget_s: float
    seed: int
    device: torch.device
    recipe: Recipe
    widths: Sequence[int]
    weights: Mapping[str, Path]
    sounds: int

    def now_s(self) -> float:
        """Return the time that counts."""
        return time.process_time() if self.device.type == "cpu" else time.perf_counter()


@dataclass(frozen=True)
class Outcome:
    """Judgements by protocol, and what they cost."""

    judgements: dict[str, Judgement]
    about: dict[str, Any]


def run_method(name: str, material: Material, fold: Fold, terms: Terms) -> Outcome:
    """Let one method learn on a fold and judge it on the fold's tests."""
    start = terms.now_s()
    if name in CLASSIFIERS:
        return _classified(name, material, fold, terms)
    contender, about = _contender(name, material, fold, terms)
    contender = _found_once(contender, fold.validation)
    about["learning_s"] = round(terms.now_s() - start, 1)
    found = dict(zip(fold.tests, judged(contender, fold.validation, fold.tests.values()), strict=True))
    least = tuned_codes(contender, fold.validation)
    found = {
        protocol: replace(one, measures={**one.measures, **_besides(contender, least, material, test, terms)})
        for (protocol, one), test in zip(found.items(), fold.tests.values(), strict=True)
    }
    return Outcome(found, about)


def _contender(name: str, material: Material, fold: Fold, terms: Terms) -> tuple[Contender, dict[str, Any]]:
    if name in SEPARATORS:
        return _trained(name, fold, terms)
    if name == SHIPPED_MODEL:
        return _shipped(material, terms)
    if name == "energy threshold":
        return energy_contender(fold.validation, lambda one: _ready(one, terms)), {}
    if name in SPECTROGRAM_METHODS:
        return conventional(name, fold.train), {}
    if name == "spectral_gating":
        return by_frequency("spectral gating", _gated(material), fold.train), {}
    others = [*nothing_and_everything(len(material.sources)), *limits(), *_other_rules(material)]
    return next(one for one in others if one.name == name or one.name.endswith(name) or name in one.name), {}


def _shipped(material: Material, terms: Terms) -> tuple[Contender, dict[str, Any]]:
    """Return the model that comes with antiphon, with its own thresholds."""
    card = load_card(SHIPPED / CARD)
    if tuple(card.sources) != tuple(material.sources):
        raise SystemExit(f"the shipped model separates {', '.join(card.sources)}; leave it out")
    generator = trained_generator(card, load_weights(SHIPPED / WEIGHTS, card))
    least = codes_of_thresholds(card.thresholds, card.sources)
    about = {"parameters": parameters(generator), "weights": f"shipped, sha256 {card.weights_sha256[:8]}"}
    return network_contender(SHIPPED_MODEL, generator, _ready(generator, terms), least), about


def _found_once(contender: Contender, validation: Cut) -> Contender:
    """Return a method that looks at the validation examples once, however often it is asked what it finds there."""
    kept: list[np.ndarray] = []

    def find(examples: Cut) -> Iterable[np.ndarray]:
        if examples is not validation:
            return contender.find(examples)
        kept.extend(contender.find(examples) if not kept else ())
        return kept

    return replace(contender, find=find)


def _ready(generator: Generator, terms: Terms) -> Separator:
    return Separator.ready(generator, device=terms.device, dtype=choose_dtype("auto", terms.device))


def _gated(material: Material) -> Callable[[Cut, int], np.ndarray]:
    """Return what noisereduce makes of an example's sound."""

    def view(examples: Cut, number: int) -> np.ndarray:
        scene = _scene(material, int(examples.place[number]))
        image = gated_image(scene.mixture, scene.rate_hz, material.grid, examples.background[number])
        return image[:, : examples.level.shape[1]]

    return view


def _scene(material: Material, place: int) -> Scene:
    scene = material.scene(place)
    if scene is None:
        raise SystemExit(
            "spectral_gating and the other rules need sound, which these examples have not; leave them out"
        )
    return scene


def _other_rules(material: Material) -> list[Contender]:
    """Return the truth as it would be if the rule asked for 1 dB more or less above the background."""

    def find(examples: Cut, change_db: float) -> Any:
        for number, place in enumerate(examples.place):
            masks = material.masks(_scene(material, int(place)), change_db)[:, : examples.level.shape[1]]
            codes = np.where(masks, 254, 0).astype(np.uint8)
            yield np.where(examples.level[number] == 0, np.uint8(255), codes)

    return [
        Contender("limit: rule 1 dB stricter", lambda examples: find(examples, 1.0)),
        Contender("limit: rule 1 dB looser", lambda examples: find(examples, -1.0)),
    ]


def _recipe(network: str, with_critic: bool, terms: Terms) -> Recipe:
    own = replace(
        terms.recipe, seed=terms.seed, tile_frames=TILE_FRAMES if network != "resunet" else terms.recipe.tile_frames
    )
    recipe = published(network, own)
    if not with_critic:
        return replace(recipe, critic=replace(recipe.critic, weight=0.0))
    light = own.critic if own.critic.weight else replace(own.critic, weight=_CRITIC_WEIGHT)
    return replace(recipe, critic=light) if not recipe.critic.weight else recipe


def _trained(name: str, fold: Fold, terms: Terms) -> tuple[Contender, dict[str, Any]]:
    """Train a separator: as many steps as the budget pays for, looks at validation included."""
    network, with_critic = SEPARATORS[name]
    recipe, count = _recipe(network, with_critic, terms), len(fold.train.sources)

    def begin(of: Recipe) -> Training:
        generator = make_generator(
            network, widths=terms.widths, sources=count, bins=fold.train.level.shape[2], seed=terms.seed
        )
        if network in terms.weights:
            _load_trunk(generator, terms.weights[network])
        return Training.begin(of, generator, count, terms.device, choose_dtype("auto", terms.device))

    trial = replace(recipe, steps=10, critic=replace(recipe.critic, start=0.0, ramp=0.0))
    looked_at, looks, spent_s = _looks(begin(trial), fold.validation, terms)

    def play(batch: int) -> Callable[[int], object]:
        training, tiles = begin(replace(trial, batch_size=batch)), _tiles(fold, recipe, batch, terms)
        return lambda step: training.play(tiles.batch(step))

    batch, steps = _affordable(play, recipe.batch_size, terms.budget_s - spent_s, terms)
    tiles, steps = _tiles(fold, recipe, batch, terms), max(looks, steps)
    recipe = replace(recipe, batch_size=batch, steps=steps, validate_every=ceil(steps / looks))
    training = begin(recipe)
    for _ in fit(training, tiles, looked_at):
        pass
    best = training.best
    assert best is not None
    generator = training.generator
    generator.load_state_dict(best["weights"])
    about = {
        "network": network,
        "parameters": parameters(generator),
        "steps": steps,
        "best_step": best["step"],
        "validation_f1": validate(generator, fold.validation, terms.device, choose_dtype("auto", terms.device)).f1,
        "batch": batch,
        "weights": str(terms.weights.get(network, "from scratch")),
    }
    return network_contender(name, generator, _ready(generator, terms)), about


def _tiles(fold: Fold, recipe: Recipe, batch: int, terms: Terms) -> Tiles:
    return Tiles(fold.train, recipe.tile_frames, batch, terms.seed)


def _looks(training: Training, validation: Cut, terms: Terms) -> tuple[Cut, int, float]:
    """Return the validation examples that are looked at, how often, and what all looks cost, this trial included.

    A look takes at most a twentieth of the budget, all together take a fifth.
    """
    few = validation.at_most(_LEAST_LOOKED_AT)
    start = terms.now_s()
    validate(training.average, few, training.device, training.dtype)
    trial_s = terms.now_s() - start
    example_s, share_s = trial_s / len(few.level), _LOOK_SHARE * terms.budget_s
    count = min(_LOOK_EXAMPLES, max(_LEAST_LOOKED_AT, int(share_s / _LEAST_LOOKS / example_s)))
    looks = max(1, min(_LOOKS, int(share_s / (count * example_s))))
    return validation.at_most(count), looks, trial_s + looks * count * example_s


def _affordable(
    play: Callable[[int], Callable[[int], object]], published: int, left_s: float, terms: Terms
) -> tuple[int, int]:
    """Return the batch and the steps that what is left of the budget pays for, by the cost of a few steps.

    The batch is the published one, halved as long as the budget pays for fewer than ``_LEAST_STEPS`` steps, but no
    smaller than two: a deviation within a batch takes two. ``play`` gives, for a batch, what plays a step.
    """
    begun_s = terms.now_s()
    least = min(published, _LEAST_BATCH)
    tile_s = _step_s(play(least), terms) / least
    batch = published
    while batch > least and left_s / (batch * tile_s) < _LEAST_STEPS:
        batch = max(least, batch // 2)
    step_s = _step_s(play(batch), terms) if batch != least else tile_s * least
    # What was spent here is part of the budget, too.
    return batch, max(1, int((left_s - (terms.now_s() - begun_s)) / step_s))


def _step_s(play: Callable[[int], object], terms: Terms) -> float:
    """Return the cost of a step; the first one, which lays things out, is played but not counted."""
    play(0)
    start = terms.now_s()
    for step in range(1, 1 + _TIMED_STEPS):
        play(step)
    return (terms.now_s() - start) / _TIMED_STEPS


def _load_trunk(network: torch.nn.Module, path: Path) -> None:
    """Load pretrained weights by name; the last layer, whose classes are others, stays fresh."""
    given = torch.load(path, map_location="cpu", weights_only=True)
    own = network.state_dict()
    fitting = {
        key: value
        for name, value in given.items()
        for key in (name, f"backbone.{name}")
        if key in own and own[key].shape == value.shape
    }
    if not fitting:
        raise SystemExit(f"{path}: holds no weights of {type(network).__name__}")
    network.load_state_dict({**own, **fitting})


def _classified(name: str, material: Material, fold: Fold, terms: Terms) -> Outcome:
    """Train a clip classifier within the budget and judge presence."""
    start = terms.now_s()
    score, about = _mfcc(material, fold, terms) if name == "mfcc" else _network_scores(name, fold, terms)
    about["learning_s"] = round(terms.now_s() - start, 1)
    least = best_least_share(score(fold.validation), _presence(fold.validation))
    outcome = {}
    for protocol, test in fold.tests.items():
        present = _presence(test)
        empty = Judgement.of(name, (np.zeros((len(test.sources), *one.shape), np.uint8) for one in test.level[:1]),
                             [1] * len(test.sources), test.take(np.array([0])), "hard").measures  # fmt: skip
        nothing = {key: np.zeros(present.shape) for key in empty}
        outcome[protocol] = Judgement(
            name, {**nothing, **clip_measures(score(test), present, least), "present": present}
        )
    return Outcome(outcome, about)


def _presence(examples: Cut) -> np.ndarray:
    return np.stack([presence(examples, number) for number in range(len(examples.level))])


def _mfcc(material: Material, fold: Fold, terms: Terms) -> tuple[Callable[[Cut], np.ndarray], dict[str, Any]]:
    def vectors(examples: Cut) -> np.ndarray:
        return np.stack([clip_vector(level, material.grid) for level in examples.level])

    forest = MfccForest.learned(vectors(fold.train), _presence(fold.train), terms.seed)
    return lambda examples: forest.probability(vectors(examples)), {"weights": "random forest of 200 trees"}


def _network_scores(name: str, fold: Fold, terms: Terms) -> tuple[Callable[[Cut], np.ndarray], dict[str, Any]]:
    dtype = choose_dtype("auto", terms.device)

    def fresh() -> torch.nn.Module:
        network = make_classifier(name, sources=len(fold.train.sources), seed=terms.seed)
        if name in terms.weights:
            _load_trunk(network, terms.weights[name])
        return network

    def rounds(batch: int, steps: int, network: torch.nn.Module) -> Iterator[float]:
        tiles = Tiles(fold.train, TILE_FRAMES, batch, terms.seed)
        return learn_clips(network, tiles, steps, _CLIP_RATE, terms.device, dtype)

    def play(batch: int) -> Callable[[int], object]:
        trial = rounds(batch, 1 + _TIMED_STEPS, fresh())
        return lambda _: next(trial)

    batch, steps = _affordable(play, _CLIP_BATCH, terms.budget_s, terms)
    network = fresh()
    for _ in rounds(batch, steps, network):
        pass
    about = {
        "network": name,
        "parameters": sum(one.numel() for one in network.parameters()),
        "steps": steps,
        "batch": batch,
        "weights": str(terms.weights.get(name, "from scratch")),
    }
    return lambda examples: clip_scores(network, examples, TILE_FRAMES, terms.device), about


def _besides(
    contender: Contender, least: Sequence[int], material: Material, test: Cut, terms: Terms
) -> dict[str, np.ndarray]:
    """Return the measures that not every comparison has: of sound, and of what lies outside boxes."""
    sounds = _sounds(contender, least, material, test, terms) if terms.sounds else {}
    if test.known_bits is None:
        return sounds
    boxes_alone = replace(test, known_bits=None)
    measures = Judgement.of(contender.name, contender.find(test), least, boxes_alone, contender.image).measures
    return {
        **sounds,
        "energy_in_boxes": measures["energy_right"],
        "energy_in_boxes_clips": measures["energy_found_clips"],
    }


def _sounds(
    contender: Contender, least: Sequence[int], material: Material, test: Cut, terms: Terms
) -> dict[str, np.ndarray]:
    """Turn some test examples back into sound and hold it against the stems; the others count nowhere."""
    count, sources = len(test.level), len(test.sources)
    columns = {name: np.zeros((count, sources)) for name in ("si_sdr_db", "si_sdr_gain_db", "si_sdr_clips")}
    some = test.take(np.arange(min(terms.sounds, count)))
    for number, codes in enumerate(contender.find(some)):
        scene = material.scene(int(some.place[number]))
        if scene is None:
            break
        mixture = scene.mixture
        masks = _shares(codes, least, picture(some.level[number], some.floor[number]), contender.image)
        estimates = resynthesised(mixture, scene.rate_hz, masks, material.grid)[:-1]
        for name, values in si_sdr_measures(estimates, scene.stems, mixture).items():
            columns[name][number] = values
    return columns


def _shares(codes: np.ndarray, least: Sequence[int], mixture: np.ndarray, image: str) -> np.ndarray:
    """Return the share of each cell's amplitude that a method gives each source."""
    if image == "hard":
        return found_cells(codes, least).astype(np.float32)
    share = np.where(codes == 255, np.float32(0), codes / np.float32(254))
    return share if image == "soft" else np.clip(share / np.maximum(mixture, 1e-3), 0, 1)
