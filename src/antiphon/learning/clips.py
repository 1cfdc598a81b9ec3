"""Clip classifiers: which sources sound anywhere in a clip, learned from the tiles that separators learn from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from antiphon.learning.features import features
from antiphon.learning.tiles import Batch, Examples, Tiles
from antiphon.learning.updates import improve, seeded
from antiphon.networks.resnet50 import ResNet50
from antiphon.networks.vgg16 import VGG16
from antiphon.signal.levels import NOT_HEARD

__all__ = ["clip_scores", "learn_clips", "make_classifier"]


def make_classifier(network: str, *, sources: int, seed: int) -> nn.Module:
    """Return ``resnet50`` or ``vgg16`` with fresh weights.

    Raises
    ------
    ValueError
        If there is no such network.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        match network:
            case "resnet50":
                return ResNet50(sources)
            case "vgg16":
                return VGG16(sources)
    raise ValueError(f"there is no classifier '{network}'")


def learn_clips(
    network: nn.Module,
    tiles: Tiles,
    steps: int,
    learning_rate: float,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
) -> Iterator[float]:
    """Train a classifier with binary cross entropy and Adam, down in a cosine; a tile is a clip.

    Parameters
    ----------
    network
        Trained in place, on ``device``.
    tiles
        What it learns from.
    steps
        Updates.
    learning_rate
        Step size of the first update.
    device, dtype
        Where and how exactly it computes.

    Yields
    ------
    The loss of each step.
    """
    network.to(device).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    sources = len(tiles.examples.sources)
    for step in range(steps):
        batch = tiles.batch(step)
        truth, known = (torch.from_numpy(one).to(device) for one in _present(batch, sources))
        mixed = torch.autocast(device.type, dtype, enabled=dtype != torch.float32)
        with seeded(tiles.seed, step, device), mixed:
            logits = network(_features(batch.level, batch.floor, batch.background, device))
        summed = F.binary_cross_entropy_with_logits(logits.float(), truth, weight=known, reduction="sum")
        loss = summed / known.sum().clamp(min=1)
        improve(network, optimizer, loss)
        schedule.step()
        yield float(loss.detach())


@torch.inference_mode()
def clip_scores(network: nn.Module, examples: Examples, tile_frames: int, device: torch.device) -> np.ndarray:
    """Return the highest probability of each source in any piece of a clip, shape (example, source), float64.

    Parameters
    ----------
    network
        A trained classifier.
    examples
        The clips.
    tile_frames
        Length of a piece: that of the tiles it learned from; the last piece ends with the clip.
    device
        Where it computes.
    """
    network.to(device).eval()
    found = []
    for level, floor, background in zip(examples.level, examples.floor, examples.background, strict=True):
        last = max(len(level) - tile_frames, 0)
        starts = sorted({*range(0, last, tile_frames), last})
        pieces = np.stack([level[start : start + tile_frames] for start in starts])
        quiet, usual = (np.repeat(one[None], len(pieces), axis=0) for one in (floor, background))
        found.append(network(_features(pieces, quiet, usual, device)).sigmoid().amax(0).double().cpu().numpy())
    return np.stack(found)


def _features(level: np.ndarray, floor: np.ndarray, background: np.ndarray, device: torch.device) -> Tensor:
    return features(*(torch.from_numpy(one).to(device) for one in (level, floor, background)))


def _present(batch: Batch, sources: int) -> tuple[np.ndarray, np.ndarray]:
    """Return whether each source sounds in each tile and whether that is known, both (tile, source), float32."""
    bit = np.uint8(1) << np.arange(sources, dtype=np.uint8)
    true = np.bitwise_or.reduce(batch.mask_bits, axis=(1, 2))[:, None] & bit > 0
    if batch.known_bits is None:
        return true.astype(np.float32), np.ones(true.shape, dtype=np.float32)
    known = np.where(batch.level == NOT_HEARD, np.uint8(255), batch.known_bits)
    all_known = np.bitwise_and.reduce(known, axis=(1, 2))[:, None] & bit > 0
    return true.astype(np.float32), (true | all_known).astype(np.float32)
