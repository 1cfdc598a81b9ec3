"""Resynthesis: sources back as sound, from masks on the grid and the sound they were found in.

A mask is taken as a function of seconds and hertz and read off at the cells of a transform at the recording's own rate:
root-Hann windows with 75 % overlap, both ways, so the transform alone gives the sound back. Everything is linear, so
sources and residue, which has a mask of its own, add up to what was put in.

References
----------
Griffin, D. and Lim, J. (1984). Signal estimation from modified short-time Fourier transform. IEEE Trans. ASSP 32(2).
"""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage

from antiphon.signal.grid import Grid

__all__ = ["faded", "resynthesised"]

_HOPS_A_WINDOW = 4


def resynthesised(
    samples: np.ndarray, rate_hz: int, masks: np.ndarray, grid: Grid, *, lead_s: float = 0.0
) -> np.ndarray:
    """Return the sound of each source and, last, of the residue.

    Parameters
    ----------
    samples
        The recording or a stretch of it, shape (n,), float32.
    rate_hz
        Its sample rate.
    masks
        Share of each cell's amplitude that belongs to each source, shape (source, time, frequency), 0 to 1. Where their
        sum exceeds 1 they are divided by it; what it lacks to 1 is the residue's. Above the grid and where no frame's
        window reaches, everything is residue.
    grid
        The grid of the masks.
    lead_s
        Seconds from the beginning of the masks' first frame to the first sample; negative if the sound begins earlier.

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
    centres_s = lead_s + hop / rate_hz * np.arange(spectrum.shape[1])
    parts = np.empty((len(masks) + 1, len(sound)), dtype=np.float32)
    for part, share in zip(parts, _shares(masks, grid, centres_s, rate_hz, window), strict=True):
        masked = spectrum * torch.from_numpy(share)
        part[:] = torch.istft(masked, window, hop, window=root_hann, length=len(padded))[: len(sound)].numpy()
    return parts


def _shares(masks: np.ndarray, grid: Grid, centres_s: np.ndarray, rate_hz: int, window: int) -> np.ndarray:
    """Return the masks of sources and residue at the cells of another transform, shape (source + 1, bin, frame)."""
    frame = (centres_s - grid.window_s / 2) / grid.hop_s
    bin_ = np.arange(window // 2 + 1) * (rate_hz / window) / grid.bin_hz
    shares = np.zeros((len(masks) + 1, len(bin_), len(frame)))
    if masks.size:
        where = np.stack(np.broadcast_arrays(frame[None, :], bin_[:, None]))
        reach = grid.window_s / 2 / grid.hop_s + 1e-9
        seen = (frame >= -reach) & (frame <= masks.shape[1] - 1 + reach)
        inside = (bin_ <= grid.bins - 0.5)[:, None] & seen[None, :]
        for share, mask in zip(shares, masks / np.maximum(masks.sum(axis=0), 1), strict=False):
            ndimage.map_coordinates(mask.astype(np.float64), where, output=share, order=1, mode="nearest")
        shares *= inside
    shares[-1] = 1 - shares.sum(axis=0)
    return shares


def faded(parts: np.ndarray, rate_hz: int, rise_s: float, fall_s: float) -> np.ndarray:
    """Return sounds that rise from nothing and fall to nothing along half a cosine, so that no cut clicks.

    Parameters
    ----------
    parts
        Sounds, shape (..., n), float32.
    rate_hz
        Their sample rate.
    rise_s, fall_s
        Seconds of the rise and of the fall, at most half of the sound each.
    """
    gain = np.ones(parts.shape[-1], dtype=np.float32)
    for end, length_s in ((gain, rise_s), (gain[::-1], fall_s)):
        length = min(round(length_s * rate_hz), len(gain) // 2)
        end[:length] = np.sin(np.pi / 2 * (np.arange(length) + 0.5) / max(1, length)) ** 2
    return np.asarray(parts * gain, dtype=np.float32)
