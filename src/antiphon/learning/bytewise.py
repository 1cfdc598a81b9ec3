"""A generator between bytes: level codes in, probability codes out, so that nothing wider is ever moved about."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from antiphon.learning.features import features
from antiphon.networks.generator import Generator
from antiphon.signal.levels import NOT_HEARD, PROBABILITY_NOT_HEARD, PROBABILITY_SCALE, SILENT

__all__ = ["Bytewise", "Kept"]


@dataclass(frozen=True)
class Kept:
    """What is kept of probabilities.

    Attributes
    ----------
    least_codes
        Probability code of each source below which a cell becomes 0.
    flat
        Whether the cells that are left become certain: where a source sounds, and no longer how probable that is.
    """

    least_codes: tuple[int, ...]
    flat: bool = False


class Bytewise(nn.Module):
    """A generator with what comes before and after it.

    Parameters
    ----------
    generator
        The generator.
    dtype
        How exactly it computes.
    kept
        What is kept of the probabilities; None: all.
    """

    def __init__(self, generator: Generator, dtype: torch.dtype, kept: Kept | None = None) -> None:
        super().__init__()
        self.generator = generator
        self.dtype = dtype
        self.flat = kept is not None and kept.flat
        least = torch.tensor(kept.least_codes if kept else [], dtype=torch.uint8).reshape(-1, 1, 1)
        self.register_buffer("least", least if kept and (kept.flat or any(kept.least_codes)) else None)

    def forward(self, codes: Tensor, floor: Tensor, background: Tensor) -> Tensor:
        """Return the probability codes of strips, shape (batch, source, time, frequency), uint8; 255 is not heard.

        A cell without any sound, at the lowest level that there is, is no source's, whatever the generator makes of it.

        Parameters
        ----------
        codes
            Level codes, shape (batch, time, frequency), uint8.
        floor, background
            Codes of each strip's floor and background, each shape (batch, frequency), uint8.
        """
        logits = self.generator(features(codes, floor, background).to(self.dtype))
        found = (logits.float().sigmoid() * PROBABILITY_SCALE).round().to(torch.uint8)
        if self.least is not None:
            above = found >= self.least
            found = torch.where(above, PROBABILITY_SCALE if self.flat else found, 0).to(torch.uint8)
        found = torch.where((codes > SILENT)[:, None], found, 0).to(torch.uint8)
        not_heard = torch.tensor(PROBABILITY_NOT_HEARD, dtype=torch.uint8, device=codes.device)
        return torch.where((codes != NOT_HEARD)[:, None], found, not_heard)
