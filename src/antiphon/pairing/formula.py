"""Examples by formula: every scene has a seed of its own, every split a root."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from antiphon.config import Formula
from antiphon.io.examples.pairs import TEST_SPLITS, Example
from antiphon.pairing.canvas import FLOOR_SHARE, Canvas, code_quantile, example_of_scene
from antiphon.scenes.soundscape import LABELS, make_scene
from antiphon.signal.spectrogram import level_codes

__all__ = ["FormulaTask", "formula_tasks"]

_WHOLE = 1e-6


def formula_tasks(formula: Formula, canvas: Canvas) -> list[FormulaTask]:
    """Return one task a scene."""
    counts = {"train": formula.train, "validation": formula.validation, TEST_SPLITS["in_domain"]: formula.test}
    roots = np.random.SeedSequence(formula.seed).spawn(len(counts))
    return [
        FormulaTask(split, number, seed, formula, canvas)
        for (split, count), root in zip(counts.items(), roots, strict=True)
        for number, seed in enumerate(root.spawn(count))
    ]


@dataclass(frozen=True)
class FormulaTask:
    """One scene by formula."""

    split: str
    number: int
    seed: np.random.SeedSequence
    formula: Formula
    canvas: Canvas
    count: int = 1

    def examples(self) -> list[Example]:
        """Make the scene."""
        rng, classes = np.random.default_rng(self.seed), self.canvas.labels.sources.values()
        rate_hz = int(rng.choice(self.formula.rates_hz))
        scene = make_scene(
            rng,
            # Rounded up to a whole sample, or the last frame would be missing at some rates.
            duration_s=ceil(self.canvas.duration_s * rate_hz - _WHOLE) / rate_hz,
            rate_hz=rate_hz,
            labels=tuple(label for label in LABELS if any(label in of for of in classes)),
            snr_low_db=self.formula.snr_low_db,
            snr_high_db=self.formula.snr_high_db,
        )
        quiet = level_codes(scene.floor, scene.rate_hz, self.canvas.grid)
        group = f"formula-{self.split}-{self.number:06d}"
        floor = code_quantile(quiet, FLOOR_SHARE)
        return [example_of_scene(scene, self.canvas, floor=floor, group=group, origin="formula")]
