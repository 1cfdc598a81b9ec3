"""Conditions: how loud a source is in an example and whether others sound with it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

__all__ = ["SNR_EDGES_DB", "conditions", "owned_cells"]

SNR_EDGES_DB = (-np.inf, 0.0, 5.0, 10.0, 15.0, np.inf)
"""Edges of the bands of signal-to-noise ratio, dB, each band with its lower edge."""
_OVERLAPPING_SHARE = 0.05


def conditions(snr_db: np.ndarray, mask_cells: np.ndarray, shared_cells: np.ndarray) -> dict[str, np.ndarray]:
    """Return which sources of which examples are in each condition, each (example, source), bool.

    A source that is absent from an example is in the condition ``absent`` alone: what is found of it there is false.
    ``alone``: no other source owns a cell of the example; ``overlapping``: others own at least a twentieth of its
    cells; ``beside others``: the rest.

    Parameters
    ----------
    snr_db
        Mean signal-to-noise ratio of each source's events, shape (example, source); NaN where absent or not known.
    mask_cells
        Cells that each source owns, same shape.
    shared_cells
        Cells of them that another source owns too, same shape.
    """
    there = mask_cells > 0
    bands = {_band(low, high): there & (snr_db >= low) & (snr_db < high) for low, high in pairwise(SNR_EDGES_DB)}
    others = mask_cells.sum(axis=1, keepdims=True) - mask_cells > 0
    overlapping = there & (shared_cells >= _OVERLAPPING_SHARE * mask_cells) & (shared_cells > 0)
    return {
        "absent": ~there,
        **bands,
        "alone": there & ~others,
        "beside others": there & others & ~overlapping,
        "overlapping": overlapping,
    }


def _band(low_db: float, high_db: float) -> str:
    if np.isinf(low_db):
        return f"SNR below {high_db:g} dB"
    return f"SNR from {low_db:g} dB" if np.isinf(high_db) else f"SNR {low_db:g} to {high_db:g} dB"


def owned_cells(mask_bits: np.ndarray, sources: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how many cells each source owns, and how many of them another source owns too.

    Parameters
    ----------
    mask_bits
        Bit ``k`` is set where source ``k`` owns the cell, shape (example, time, frequency), uint8.
    sources
        Number of sources.

    Returns
    -------
    Both (example, source), int64.
    """
    owned, shared = np.zeros((2, len(mask_bits), sources), dtype=np.int64)
    for example, bits in enumerate(mask_bits):
        counts = np.bincount(bits.ravel(), minlength=256)
        for source in range(sources):
            has = (np.arange(256) >> source) & 1 == 1
            owned[example, source] = counts[has].sum()
            shared[example, source] = counts[has & (np.arange(256) != 1 << source)].sum()
    return owned, shared
