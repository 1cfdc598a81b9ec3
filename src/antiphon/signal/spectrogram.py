"""Sound to levels on the grid: short-time Fourier transform, power, one byte a cell.

The transform runs on whole batches of frames in PyTorch, so that the same code serves a processor and a GPU. Power is
scaled so that a full-scale sine on a bin reads 1.0 (0 dB) whatever the sample rate: off a bin it reads down to
-1.42 dB with the Hann window. Levels become bytes through a table over the upper 16 bits of each float
(:func:`antiphon.signal.levels.code_table`).

References
----------
Allen, J. B. and Rabiner, L. R. (1977). A unified approach to short-time Fourier analysis and synthesis.
Proceedings of the IEEE 65(11), 1558-1564.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
import soxr
import torch

from antiphon.signal.grid import Grid
from antiphon.signal.levels import NOT_HEARD, code_table

__all__ = ["level_codes", "power", "resampled", "stream_level_codes"]

_FRAMES_AT_ONCE = 256


@lru_cache(maxsize=16)
def _hann(window: int, device: str) -> torch.Tensor:
    """Return the Hann window scaled so that a full-scale sine on a bin has magnitude 1 in the transform."""
    hann = torch.hann_window(window, periodic=True, dtype=torch.float64)
    return (2 * hann / hann.sum()).to(torch.float32).to(device)


@lru_cache(maxsize=1)
def _codes() -> np.ndarray:
    return code_table(reference_power=1.0)


def _frame_power(samples: torch.Tensor, window: int, hop: int, bins: int) -> torch.Tensor:
    """Return the power of each frame, shape (frames, min(bins, window // 2)), float32."""
    frames = samples.unfold(0, window, hop) * _hann(window, str(samples.device))
    spectrum = torch.view_as_real(torch.fft.rfft(frames))[:, : min(bins, window // 2)]
    return spectrum[..., 0].square().addcmul_(spectrum[..., 1], spectrum[..., 1])


def _encode(power: np.ndarray, out: np.ndarray) -> None:
    """Write the level code of each power into ``out``, uint8."""
    upper_bits = power.view(np.uint16)[:, 1::2]
    np.take(_codes(), upper_bits, out=out, mode="clip")


def stream_level_codes(
    blocks: Iterable[np.ndarray], rate_hz: int, grid: Grid, device: str = "cpu"
) -> Iterator[np.ndarray]:
    """Yield level codes of sound that arrives in blocks; the cut into blocks changes nothing.

    Parameters
    ----------
    blocks
        Samples, each (n,) float32, full scale 1.0.
    rate_hz
        Sample rate of the blocks.
    grid
        The time-frequency grid.
    device
        Where the transform runs.

    Yields
    ------
    Codes, each (frames, grid.bins) uint8; cells that the recorder cannot hear are 0.
    """
    rate = grid.analysis_rate_hz(rate_hz)
    window, hop, heard = grid.window_samples(rate), grid.hop_samples(rate), grid.heard_bins(rate_hz)
    carry = np.empty(0, dtype=np.float32)
    for block in resampled(blocks, rate_hz, rate):
        samples = np.concatenate([carry, block]) if len(carry) else np.ascontiguousarray(block)
        frames = grid.frames(len(samples), rate)
        for first in range(0, frames, _FRAMES_AT_ONCE):
            count = min(_FRAMES_AT_ONCE, frames - first)
            piece = torch.from_numpy(samples[first * hop : (first + count - 1) * hop + window]).to(device)
            codes = np.zeros((count, grid.bins), dtype=np.uint8)
            values = _frame_power(piece, window, hop, heard).cpu().numpy()
            _encode(values, out=codes[:, : values.shape[1]])
            yield codes
        carry = samples[frames * hop :]


def resampled(blocks: Iterable[np.ndarray], rate_hz: int, to_rate_hz: int) -> Iterator[np.ndarray]:
    """Yield blocks at ``to_rate_hz``; as many samples in all as the duration asks, rounded down.

    Parameters
    ----------
    blocks
        Samples at ``rate_hz``, each (n,) float32.
    rate_hz, to_rate_hz
        Sample rates before and after.
    """
    if rate_hz == to_rate_hz:
        yield from blocks
        return
    stream = soxr.ResampleStream(rate_hz, to_rate_hz, 1, dtype="float32", quality="HQ")
    given = made = 0
    for block in blocks:
        given += len(block)
        out = stream.resample_chunk(np.ascontiguousarray(block, dtype=np.float32))
        made += len(out)
        yield out
    rest = stream.resample_chunk(np.empty(0, dtype=np.float32), last=True)
    yield rest[: max(0, given * to_rate_hz // rate_hz - made)]


def level_codes(samples: np.ndarray, rate_hz: int, grid: Grid) -> np.ndarray:
    """Return the level codes of a whole sound, shape (frames, grid.bins), uint8; see :func:`stream_level_codes`."""
    blocks = list(stream_level_codes([np.asarray(samples, dtype=np.float32)], rate_hz, grid))
    return np.concatenate(blocks) if blocks else np.full((0, grid.bins), NOT_HEARD, dtype=np.uint8)


def power(samples: np.ndarray, rate_hz: int, grid: Grid) -> np.ndarray:
    """Return the power of each cell of a whole sound, 1.0 = full-scale sine on a bin.

    Parameters
    ----------
    samples
        Shape (n,), float32, full scale 1.0.
    rate_hz
        Their sample rate.
    grid
        The time-frequency grid.

    Returns
    -------
    Shape (frames, grid.bins), float32; cells that the recorder cannot hear are 0.
    """
    rate = grid.analysis_rate_hz(rate_hz)
    sound = np.concatenate(list(resampled([np.asarray(samples, dtype=np.float32)], rate_hz, rate)))
    frames = grid.frames(len(sound), rate)
    values = np.zeros((frames, grid.bins), dtype=np.float32)
    if frames:
        heard = grid.heard_bins(rate_hz)
        cells = _frame_power(
            torch.from_numpy(np.ascontiguousarray(sound)), grid.window_samples(rate), grid.hop_samples(rate), heard
        )
        values[:, : cells.shape[1]] = cells.numpy()
    return values
