"""How much the mask rule itself decides: what a displacement costs, and what an oracle reaches.

Run: ``python -m benchmarks.mask_rule`` (formula scenes; with ANTIPHON_DATA also mixtures of the accuracy recipe, and
the rule inside boxes on the boxed recordings). Prints the tables of docs/annotating.md. No speed is measured here.
"""

import argparse
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import yaml
from scipy import ndimage

from antiphon.config import Pair
from antiphon.io.examples.lists import read_label_map
from antiphon.io.sound.clips import read_sound
from antiphon.pairing.boxes import Annotated
from antiphon.pairing.canvas import Canvas
from antiphon.pairing.labels import LabelMap
from antiphon.pairing.mixtures import Listed, mixture_tasks
from antiphon.pairing.splits import dealt
from antiphon.scenes.soundscape import LABELS, make_scene
from antiphon.signal.boxes import Box, boxed
from antiphon.signal.grid import Grid
from antiphon.signal.masking import smoothed, source_masks, without_specks
from antiphon.signal.spectrogram import level_codes, power

GRID = Grid(0.016, 0.008, 256)


@dataclass(frozen=True)
class Rule:
    """A mask rule on trial."""

    name: str
    above_db: float
    peak_db: float
    smoothing: str

    def masks(self, stems, bed, heard):
        """Return the masks, shape (source, time, frequency)."""
        numbers = {"below_peak_db": self.peak_db, "other_margin_db": 6.0, "least_cells": 12, "heard_bins": heard}
        if self.smoothing == "3x3":
            return source_masks(stems, bed, above_background_db=self.above_db, **numbers)
        if self.smoothing == "5x5":
            wide = np.stack([smoothed(stem) for stem in stems])
            return source_masks(wide, smoothed(bed), above_background_db=self.above_db, **numbers)
        return self._narrow(stems, bed, heard)

    def _narrow(self, stems, bed, heard):
        """Rule A of the trial: stems smoothed [1 2 1] both ways in dB, gaps of 3 x 3 closed."""
        kernel = np.outer([1, 2, 1], [1, 2, 1]) / 16
        level = [ndimage.convolve(10 * np.log10(np.maximum(stem, 1e-14)), kernel) for stem in stems]
        floor = 10 * np.log10(np.median(bed, axis=0) + 1e-14) + 1.6
        masks = np.zeros(stems.shape, dtype=bool)
        for k, own in enumerate(level):
            if not stems[k].any():
                continue
            kept = (own >= floor + self.above_db) & (own >= own.max() - self.peak_db)
            for j, other in enumerate(level):
                kept &= (j == k) | (own >= other - 6)
            masks[k, :, :heard] = without_specks(ndimage.binary_closing(kept[:, :heard], np.ones((3, 3))), 12)
        return masks


RULES = [
    Rule("A: [1 2 1]² in dB, +6 dB, −40 dB, 3×3 closing", 6.0, 40.0, "dB"),
    Rule("v1: 3×3 mean power, +6 dB, −50 dB, 3×5 closing", 6.0, 50.0, "3x3"),
    Rule("v1 with −40 dB", 6.0, 40.0, "3x3"),
    Rule("5×5 mean power, +3 dB, −40 dB, 3×5 closing", 3.0, 40.0, "5x5"),
]


def f1(one, other):
    """Return the F1 of two masks over all cells, NaN where both are empty."""
    total = np.count_nonzero(one) + np.count_nonzero(other)
    return 2 * np.count_nonzero(one & other) / total if total else np.nan


def oracle(truth, level, region):
    """Return the best F1 of one threshold of the level above the background, in a region that is given."""
    best = 0.0
    for least_db in np.arange(0, 24, 1.0):
        best = max(best, f1((level >= least_db) & region, truth))
    return best


def row(rule, scenes):
    """Return shares and sensitivities of a rule, pooled by class and averaged over classes."""
    pooled = {}
    for stems, bed, mixture, heard, labels in scenes:
        truth = rule.masks(stems, bed, heard)
        louder = replace(rule, above_db=rule.above_db + 1).masks(stems, bed, heard)
        softer = replace(rule, above_db=rule.above_db - 1).masks(stems, bed, heard)
        background = np.median(smoothed(bed), axis=0)
        excess = 10 * np.log10((smoothed(mixture) + 1e-14) / (background + 1e-14))
        for k, label in enumerate(labels):
            wide = ndimage.binary_dilation(truth[k], np.ones((3, 3)))
            region = ndimage.binary_dilation(truth[k], np.ones((5, 5)))
            parts = (truth[k], louder[k], softer[k], wide, region, excess)
            pooled.setdefault(label, []).append([part[:, :heard].ravel() for part in parts])
    scores = {}
    for label, many in pooled.items():
        truth, louder, softer, wide, region, excess = (np.concatenate(part) for part in zip(*many, strict=True))
        if truth.any():
            worst = min(f1(truth, louder), f1(truth, softer))
            scores[label] = (truth.mean(), worst, f1(truth, wide), oracle(truth, excess, region))
    return scores


def formula_scenes(count):
    """Yield scenes by formula as power."""
    for seed in range(count):
        rate_hz = (22_050, 32_000, 48_000)[seed % 3]
        scene = make_scene(np.random.default_rng(seed), duration_s=6.0, rate_hz=rate_hz)
        yield as_power(scene)


def mixture_scenes(settings, count):
    """Yield transfer mixtures of the accuracy recipe as power."""
    rules = settings.mixtures.model_copy(
        update={"train": 0, "validation": 0, "test_in_domain": 0, "test_transfer": count}
    )
    listed = Listed.of(rules)
    sources = {label: (label,) for label in LABELS}
    labels = LabelMap(sources, read_label_map(Path(settings.label_map)))
    canvas = Canvas(GRID, settings.duration_s, labels, settings.mask_rule)
    for task in mixture_tasks(rules, listed, dealt(listed.pieces(labels), settings.split), canvas):
        yield as_power(task.mixed()[0])


def as_power(scene):
    """Return stems, bed, mixture, heard bins and labels of a scene."""
    bed = power(scene.bed, scene.rate_hz, GRID)
    stems = np.stack(
        [power(s, scene.rate_hz, GRID) if s.any() else np.zeros_like(bed) for s in scene.stems] or [np.zeros_like(bed)]
    )
    mixture = power(scene.mixture, scene.rate_hz, GRID)
    return stems, bed, mixture, GRID.heard_bins(scene.rate_hz), scene.labels


def print_rules(title, scenes):
    """Print the table of one sort of scenes."""
    print(f"\n{title}\n| rule | cells labelled, % | ±1 dB, worst F1 | one cell wider, F1 | oracle F1 | macro oracle |")
    print("|---|---|---|---|---|---|")
    for rule in RULES:
        scores = row(rule, scenes)
        columns = [" / ".join(f"{scores[label][i]:.2f}" for label in sorted(scores)) for i in range(1, 4)]
        shares = " / ".join(f"{100 * scores[label][0]:.1f}" for label in sorted(scores))
        macro = np.mean([score[3] for score in scores.values()])
        print(f"| {rule.name} | {shares} | {' | '.join(columns)} | {macro:.2f} |")


def print_boxes(settings):
    """Print how much of the boxes is labelled at 3, 6 and 9 dB."""
    found = Annotated.of(settings.boxes)
    rows = {3.0: [], 6.0: [], 9.0: []}
    for recording, drawn in found.recordings:
        sound, rate_hz = read_sound(found.folder / recording.path, channel=str(recording.channel))
        codes = level_codes(sound, rate_hz, GRID)
        boxes = [
            Box.of(GRID, one.start_s, one.end_s, one.freq_low_hz or 0.0, one.freq_high_hz or 16_000.0, codes.shape)
            for one in drawn
        ]
        for above_db, masks in rows.items():
            numbers = {"below_peak_db": settings.boxes.below_peak_db, "least_cells": settings.mask_rule.least_cells}
            masks += [one.mask for one in boxed(codes, boxes, GRID, above_background_db=above_db, **numbers)]
    middle = rows[6.0]
    print(
        f"\nInside {len(middle)} boxes\n| above background | share of the boxes' cells | empty boxes | IoU with 6 dB |"
    )
    print("|---|---|---|---|")
    for above_db, masks in rows.items():
        cells, inside = sum(m.sum() for m in masks), sum(m.size for m in masks)
        both = sum((m & n).sum() for m, n in zip(masks, middle, strict=True))
        either = sum((m | n).sum() for m, n in zip(masks, middle, strict=True))
        empty = sum(not m.any() for m in masks) / len(masks)
        print(f"| {above_db:.0f} dB | {cells / inside:.2f} | {100 * empty:.1f} % | {both / either:.2f} |")


def accuracy_settings():
    """Return the section pair of the accuracy recipe, boxes included."""
    values = yaml.safe_load(Path("config/config.yaml").read_text(encoding="utf-8"))["pair"]
    for name in ("accuracy", "accuracy_boxes"):
        values |= yaml.safe_load(Path(f"config/{name}.yaml").read_text(encoding="utf-8"))["pair"]
    return Pair.model_validate(json.loads(json.dumps(values)))


def main():
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=60, help="scenes of each sort")
    scenes = parser.parse_args().scenes
    print_rules("Formula scenes (anthropogenic / bird / insect)", list(formula_scenes(scenes)))
    if os.environ.get("ANTIPHON_DATA"):
        settings = accuracy_settings()
        made = [one for one in mixture_scenes(settings, scenes) if len(one[4])]
        print_rules("Transfer mixtures (anthropogenic / bird / insect)", made)
        print_boxes(settings)


if __name__ == "__main__":
    main()
