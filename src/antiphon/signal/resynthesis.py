"""Resynthesis: sources back as sound, from masks on the grid and the sound they were found in.

A mask is taken as a function of seconds and hertz and read off at the cells of a transform at the recording's own rate:
root-Hann windows with 75 % overlap, both ways, so the transform alone gives the sound back. Everything is linear, so
sources and residue add up to what was put in.

References
----------
Griffin, D. and Lim, J. (1984). Signal estimation from modified short-time Fourier transform. IEEE Trans. ASSP 32(2).
"""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage

from antiphon.signal.grid import Grid

__all__ = ["resynthesised"]

_HOPS_A_WINDOW = 4


def resynthesised(samples: np.ndarray, rate_hz: int, masks: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the sound of each source and, last, of the residue.

    Parameters
    ----------
    samples
        The recording, shape (n,), float32.
    rate_hz
        Its sample rate.
    masks
        Share of each cell's amplitude that belongs to each source, shape (source, time, frequency), 0 to 1; where their
        sum exceeds 1 they are divided by it. Above the grid and beyond its last frame everything is residue.
    grid
        The grid of the masks.

    Returns
    -------
    Shape (source + 1, n), float32; the sum over the first axis is the recording.
    """
    window = _HOPS_A_WINDOW * round(rate_hz * grid.window_s / _HOPS_A_WINDOW)
    hop = window // _HOPS_A_WINDOW
    root_hann = torch.hann_window(window, periodic=True, dtype=torch.float64).sqrt()
    sound = torch.from_numpy(np.ascontiguousarray(samples, dtype=np.float64))
    padded = torch.nn.functional.pad(sound, (0, -len(sound) % hop + window))
    spectrum = torch.stft(
        padded, window, hop, window=root_hann, pad_mode="constant", return_complex=True
    )  # (bin, frame)
    shares = _at_cells(masks, grid, hop / rate_hz * np.arange(spectrum.shape[1]), rate_hz, window)
    found = [
        torch.istft(spectrum * torch.from_numpy(one), window, hop, window=root_hann, length=len(padded))
        for one in shares
    ]
    sources = torch.stack(found)[:, : len(sound)] if found else torch.empty((0, len(sound)), dtype=torch.float64)
    return torch.cat([sources, (sound - sources.sum(0))[None]]).to(torch.float32).numpy()


def _at_cells(masks: np.ndarray, grid: Grid, centres_s: np.ndarray, rate_hz: int, window: int) -> np.ndarray:
    """Return the masks at the cells of another transform, shape (source, bin, frame), their sum at most 1."""
    total = masks.sum(axis=0)
    shared = masks / np.maximum(total, 1)
    frame = (centres_s - grid.window_s / 2) / grid.hop_s
    bin_ = np.arange(window // 2 + 1) * (rate_hz / window) / grid.bin_hz
    where = np.stack(np.broadcast_arrays(frame[None, :], bin_[:, None]))
    inside = (bin_ <= grid.bins - 0.5)[:, None] & (frame <= masks.shape[1] - 0.5)[None, :]
    read = [ndimage.map_coordinates(one, where, order=1, mode="nearest") * inside for one in shared]
    return np.stack(read).astype(np.float64) if read else np.empty((0, *inside.shape))
