"""Classes of clips, cross-validated: cepstral coefficients with a forest beside networks that classify pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from antiphon.baselines.clip_classes import confusion, cross_classified, sound_grid
from antiphon.baselines.mfcc import clip_vector
from antiphon.learning.clips import make_classifier
from antiphon.learning.features import features
from antiphon.learning.updates import improve, seeded
from antiphon.signal.spectrogram import level_codes

__all__ = ["Classified", "ClassifierName", "classified"]

ClassifierName = Literal["mfcc", "resnet50", "vgg16"]
Row = dict[str, str | float]

_LEARNING_RATE = 1e-4
_BATCH, _AT_ONCE = 16, 32
_FLOOR_SHARE = 0.1


@dataclass(frozen=True)
class Classified:
    """What a classifier made of clips that it had not learned from.

    Attributes
    ----------
    classifier
        Its name.
    label, found
        Class of each clip and the class that it was taken for, by number, shape (clip,).
    """

    classifier: str
    label: np.ndarray
    found: np.ndarray

    def counts(self, classes: Sequence[str]) -> np.ndarray:
        """Return how many clips of each class were taken for each, shape (true, found)."""
        return confusion(self.label, self.found, len(classes))

    def rows(self, classes: Sequence[str], groups: Sequence[str], bootstrap: int, seed: int) -> list[Row]:
        """Return a row for all classes (recall and F1 are means over them) and one for each.

        Parameters
        ----------
        classes
            Their names.
        groups
            Group of each clip: intervals (95 %) are from resampling whole groups.
        bootstrap, seed
            Resamples and their seed.
        """
        counts = self.counts(classes)
        hits, true, taken = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
        recall, precision, f1 = (hits / np.maximum(of, 1) for of in (true, taken, (true + taken) / 2))
        low, high = _interval(self.label == self.found, groups, bootstrap, seed)
        member = np.array(list(groups))
        whole: Row = {
            "class": "all",
            "clips": len(self.label),
            "groups": len(set(groups)),
            "accuracy": float(np.mean(self.label == self.found)),
            "accuracy_low": low,
            "accuracy_high": high,
            "recall": float(recall.mean()),
            "f1": float(f1.mean()),
        }
        each: list[Row] = [
            {
                "class": name,
                "clips": int(true[k]),
                "groups": len(np.unique(member[self.label == k])),
                "recall": float(recall[k]),
                "precision": float(precision[k]),
                "f1": float(f1[k]),
            }
            for k, name in enumerate(classes)
        ]
        return [{"classifier": self.classifier, **row} for row in (whole, *each)]


def _interval(right: np.ndarray, groups: Sequence[str], bootstrap: int, seed: int) -> tuple[float, float]:
    """Return the 95 % interval of the share of clips that are right, from resampling whole groups."""
    names, member = np.unique(list(groups), return_inverse=True)
    rng = np.random.default_rng(seed)
    weight = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), bootstrap)[:, member]
    low, high = np.quantile(weight @ right / np.maximum(weight.sum(axis=1), 1), (0.025, 0.975))
    return float(low), float(high)


def classified(
    name: ClassifierName,
    sounds: np.ndarray,
    label: np.ndarray,
    fold: np.ndarray,
    *,
    rate_hz: int,
    steps: int,
    seed: int,
    device: torch.device,
) -> Classified:
    """Let a classifier learn on all folds but one and say the classes of that one, fold by fold.

    Parameters
    ----------
    name
        ``mfcc``: cepstral coefficients and a random forest; ``resnet50``, ``vgg16``: networks from scratch.
    sounds
        Clips of equal length, shape (clip, samples), float32.
    label, fold
        Class and fold of each, by number, shape (clip,).
    rate_hz
        Sample rate.
    steps
        Updates of a network in each fold, in batches of 16.
    seed
        Seed of forest, weights and order.
    device
        Where a network computes.
    """
    grid = sound_grid(rate_hz)
    codes = np.stack([level_codes(sound, rate_hz, grid) for sound in sounds])
    if name == "mfcc":
        vectors = np.stack([clip_vector(one, grid) for one in codes])
        return Classified(name, label, cross_classified(vectors, label, fold, seed))
    seen, found = _seen(codes), np.zeros_like(label)
    for tested in (fold == one for one in np.unique(fold)):
        network = _learned(name, seen[~tested], label[~tested], int(label.max()) + 1, steps, seed, device)
        found[tested] = _answers(network, seen[tested], device)
    return Classified(name, label, found)


def _seen(codes: np.ndarray) -> Tensor:
    """Return clips as separators see them; a clip is its own floor and background."""
    quantiles = np.quantile(codes, (_FLOOR_SHARE, 0.5), axis=1).astype(np.uint8)
    return features(*(torch.from_numpy(one) for one in (codes, *quantiles)))


def _learned(
    name: str, seen: Tensor, label: np.ndarray, classes: int, steps: int, seed: int, device: torch.device
) -> torch.nn.Module:
    """Return a network that learned with cross entropy and Adam, every class drawn equally often."""
    network = make_classifier(name, sources=classes, seed=seed).to(device).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=_LEARNING_RATE)
    rng, there = np.random.default_rng(seed), np.unique(label)
    for step in range(steps):
        chosen = [rng.choice(np.flatnonzero(label == number)) for number in rng.choice(there, _BATCH)]
        with seeded(seed, step, device):
            logits = network(seen[chosen].to(device))
        improve(network, optimizer, F.cross_entropy(logits, torch.from_numpy(label[chosen]).to(device)))
    return network


@torch.inference_mode()
def _answers(network: torch.nn.Module, seen: Tensor, device: torch.device) -> np.ndarray:
    network.eval()
    answers = [network(some.to(device)).argmax(dim=1).cpu() for some in torch.split(seen, _AT_ONCE)]
    return torch.cat(answers).numpy()
