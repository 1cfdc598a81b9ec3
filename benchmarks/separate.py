"""Sources as sound: how near they come to what was mixed, beside a denoiser, NMF and masks that know the truth.

Run: ``make bench-separate``, or ``python -m benchmarks.separate --model results/models/community``. Scenes by formula
that no model was trained on; every method gives masks (noisereduce: sound), and all masks become sound in the same way.
Scale-invariant signal-to-distortion ratio of each source that sounds, and what is gained over the mixture as it is.
NMF (scikit-learn) and noisereduce take part where they are installed.
"""

import argparse
import importlib.util
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from antiphon.baselines.nmf import Nmf
from antiphon.baselines.spectral_gating import gated
from antiphon.io.models.cards import CARD
from antiphon.io.models.checkpoints import WEIGHTS, Card, load_card, load_weights
from antiphon.learning.apply import Separator
from antiphon.learning.generators import trained_generator
from antiphon.pairing.canvas import FLOOR_SHARE, code_quantile
from antiphon.scenes.soundscape import LABELS, Scene, make_scene
from antiphon.signal.masking import source_masks
from antiphon.signal.resynthesis import resynthesised
from antiphon.signal.spectrogram import level_codes, power
from antiphon.stats.judging.si_sdr import si_sdr_measures

RESULTS = Path(__file__).parent / "results" / "separate.jsonl"
RATES_HZ = (22_050, 32_000, 48_000)
RULE = {"above_background_db": 6.0, "below_peak_db": 50.0, "other_margin_db": 6.0, "least_cells": 12}
DURATION_S, SEED, LEARN_SEED = 12.0, 90_001, 90_002


@dataclass(frozen=True)
class Material:
    """A scene and what is known of it: codes, floor and background, true masks and amplitudes."""

    scene: Scene
    codes: np.ndarray
    floor: np.ndarray
    background: np.ndarray
    masks: np.ndarray
    ratios: np.ndarray


def materials(card: Card, count: int, seed: int) -> list[Material]:
    """Make scenes that hold at least one of the model's sources."""
    made: list[Material] = []
    for number, one in enumerate(np.random.SeedSequence(seed).spawn(2 * count)):
        if len(made) == count:
            break
        rng = np.random.default_rng(one)
        scene = make_scene(rng, duration_s=DURATION_S, rate_hz=RATES_HZ[number % 3], labels=tuple(card.sources))
        if not scene.stems.any():
            continue
        grid, rate_hz = card.grid, scene.rate_hz
        codes = level_codes(scene.mixture, rate_hz, grid)
        stems = np.stack([power(stem, rate_hz, grid) for stem in scene.stems])
        bed = power(scene.bed, rate_hz, grid)
        amplitudes = np.sqrt(np.concatenate([stems, bed[None]]))
        made.append(
            Material(
                scene=scene,
                codes=codes,
                floor=code_quantile(level_codes(scene.floor, rate_hz, grid), FLOOR_SHARE),
                background=code_quantile(codes, 0.5),
                masks=source_masks(stems, bed, heard_bins=grid.heard_bins(rate_hz), **RULE),
                ratios=(amplitudes / np.maximum(amplitudes.sum(axis=0), 1e-12))[:-1],
            )
        )
    return made


def methods(card: Card, folder: Path, learn: int) -> dict[str, Callable[[Material], np.ndarray]]:
    """Return what gives the sounds of a scene's sources, by name."""
    generator = trained_generator(card, load_weights(folder / WEIGHTS, card))
    separator = Separator.ready(generator, device=torch.device("cpu"), dtype=torch.float32)
    least = np.array([card.thresholds[source] for source in card.sources])[:, None, None]

    def found(one: Material) -> np.ndarray:
        codes = separator.separate(one.codes, one.floor, one.background)
        return np.where(codes == 255, 0, codes).astype(np.float32) / 254

    def sounds(masks: Callable[[Material], np.ndarray]) -> Callable[[Material], np.ndarray]:
        return lambda one: resynthesised(one.scene.mixture, one.scene.rate_hz, masks(one), card.grid)[:-1]

    known: dict[str, Callable[[Material], np.ndarray]] = {
        "mixture as it is": lambda one: np.broadcast_to(one.scene.mixture, one.scene.stems.shape),
        "antiphon, probabilities": sounds(found),
        "antiphon, cells above the threshold": sounds(lambda one: (found(one) >= least).astype(np.float32)),
    }
    if importlib.util.find_spec("noisereduce"):
        known["noisereduce, the same for every source"] = lambda one: np.broadcast_to(
            gated(one.scene.mixture, one.scene.rate_hz), one.scene.stems.shape
        )
    if importlib.util.find_spec("sklearn"):
        nmf = Nmf.learned(
            [(one.codes, one.masks) for one in materials(card, learn, LEARN_SEED)], sources=len(card.sources)
        )
        known["NMF, 24 spectra a source"] = sounds(lambda one: nmf.shares(one.codes))
    known["limit: true masks"] = sounds(lambda one: one.masks.astype(np.float32))
    known["limit: true shares of the amplitude"] = sounds(lambda one: one.ratios)
    return known


def report(name: str, card: Card, measured: dict[str, np.ndarray], speed: float) -> None:
    """Show one method and add it to the results."""
    there = measured["si_sdr_clips"].sum(axis=0)
    shown = f"{name:42}"
    for key in ("si_sdr_db", "si_sdr_gain_db"):
        of_source = measured[key].sum(axis=0) / np.maximum(there, 1)
        shown += "".join(f"{value:8.1f}" for value in (*of_source, of_source.mean()))
        figure = {"name": f"separate.{key}", "method": name, "value": round(float(of_source.mean()), 2), "unit": "dB"}
        figure |= {source: round(float(value), 2) for source, value in zip(card.sources, of_source, strict=True)}
        RESULTS.parent.mkdir(exist_ok=True)
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**figure, "model": card.weights_sha256[:12]}) + "\n")
    print(f"{shown}{speed:10.0f}")


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("results/models/community"), help="folder of a model")
    parser.add_argument("--scenes", type=int, default=24, help="scenes that are separated")
    parser.add_argument("--learn", type=int, default=32, help="scenes that NMF learns from")
    asked = parser.parse_args()
    card = load_card(asked.model / CARD)
    if foreign := set(card.sources) - set(LABELS):
        parser.error(f"{', '.join(sorted(foreign))} cannot be made by formula; give a model of {', '.join(LABELS)}")
    tests = materials(card, asked.scenes, SEED)
    print(f"{len(tests)} scenes of {DURATION_S:g} s; SI-SDR in dB, then what is gained over the mixture")
    print(f"{'':42}{''.join(f'{name[:7]:>8}' for name in (*card.sources, 'mean') * 2)}{'x real':>10}")
    for name, separate in methods(card, asked.model, asked.learn).items():
        start = time.process_time()
        columns = [si_sdr_measures(separate(one), one.scene.stems, one.scene.mixture) for one in tests]
        taken_s = time.process_time() - start
        measured = {key: np.stack([one[key] for one in columns]) for key in columns[0]}
        report(name, card, measured, len(tests) * DURATION_S / taken_s)


if __name__ == "__main__":
    main()
