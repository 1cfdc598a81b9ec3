"""Sound to levels on the grid: short-time Fourier transform, magnitude, one byte a cell.

The transform runs on whole batches of frames in PyTorch, so that the same code serves a processor and a GPU. Magnitude
is scaled so that a full-scale sine on a bin reads 1.0 (0 dB) whatever the sample rate: off a bin it reads down to
-1.42 dB with the Hann window.

References
----------
Allen, J. B. and Rabiner, L. R. (1977). A unified approach to short-time Fourier analysis and synthesis.
Proceedings of the IEEE 65(11), 1558-1564.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
import soxr
import torch

from antiphon.signal.grid import Grid
from antiphon.signal.levels import ADD_OFFSET_DB, CODE_MAX, NOT_HEARD, SCALE_DB, full_scale

__all__ = ["level_codes", "power", "resampled", "stream_level_codes"]

# On a processor a batch of frames must stay in its cache; on a GPU it must fill the device.
_FRAMES_AT_ONCE = {"cpu": 96, "cuda": 1 << 15}
_STEPS_PER_DOUBLING = 20 * math.log10(2) / SCALE_DB
_CODE_OF_0_DB = -ADD_OFFSET_DB / SCALE_DB
# A float file may hold anything; the transform of what lies beyond would run out of the range of float32.
_LOUDEST = 1e30
# With these vector instructions NumPy's logarithm is four times as fast as PyTorch's, without them a third as fast.
_NUMPY_LOG2 = torch.backends.cpu.get_cpu_capability() == "AVX512"


@lru_cache(maxsize=16)
def _hann(window: int, full: float, device: str) -> torch.Tensor:
    """Return the Hann window scaled so that a sine of amplitude ``full`` on a bin has magnitude 1 in the transform."""
    hann = torch.hann_window(window, periodic=True, dtype=torch.float64)
    return (2 * hann / hann.sum() / full).to(torch.float32).to(device)


def _magnitude(samples: torch.Tensor, window: torch.Tensor, hop: int, bins: int) -> torch.Tensor:
    """Return the magnitude of each frame, shape (frames, bins), float32."""
    frames = samples.unfold(0, len(window), hop)
    magnitude = torch.empty(len(frames), bins, dtype=torch.float32, device=samples.device)
    at_once = _FRAMES_AT_ONCE[samples.device.type]
    # The same memory again and again: fresh memory would drive everything else out of the cache.
    windowed = torch.empty(min(at_once, len(frames)), len(window), device=samples.device)
    spectra = torch.empty(len(windowed), len(window) // 2 + 1, dtype=torch.complex64, device=samples.device)
    for first in range(0, len(frames), at_once):
        count = min(at_once, len(frames) - first)
        torch.mul(frames[first : first + count], window, out=windowed[:count])
        spectrum = torch.fft.rfft(windowed[:count], out=spectra[:count])
        if samples.device.type == "cpu":
            # NumPy computes it with vector instructions: ten times faster than PyTorch on a processor.
            np.abs(spectrum.numpy()[:, :bins], out=magnitude.numpy()[first : first + at_once])
        else:
            torch.abs(spectrum[:, :bins], out=magnitude[first : first + at_once])
    return magnitude


def _encode(magnitude: torch.Tensor, out: np.ndarray) -> None:
    """Write the nearest level code of each magnitude into ``out``, uint8; ``magnitude`` is used up."""
    if _NUMPY_LOG2 and magnitude.device.type == "cpu":
        values = magnitude.numpy()
        with np.errstate(divide="ignore"):
            np.log2(values, out=values)
    else:
        magnitude.log2_()
    # A half more, because the conversion to bytes cuts off what follows the point.
    codes = magnitude.mul_(_STEPS_PER_DOUBLING).add_(_CODE_OF_0_DB + 0.5).clamp_(1, CODE_MAX)
    np.copyto(out, codes.cpu().numpy(), casting="unsafe")


def stream_level_codes(
    blocks: Iterable[np.ndarray], rate_hz: int, grid: Grid, device: str = "cpu"
) -> Iterator[np.ndarray]:
    """Yield level codes of sound that arrives in blocks; the cut into blocks changes nothing.

    Parameters
    ----------
    blocks
        Samples, each (n,), all int16 (full scale 32768) or all float32 (full scale 1.0).
    rate_hz
        Sample rate of the blocks.
    grid
        The time-frequency grid.
    device
        Where the transform runs: ``cpu`` or ``cuda``.

    Yields
    ------
    Codes, each (frames, grid.bins) uint8; cells that the recorder cannot hear are 0.
    """
    rate = grid.analysis_rate_hz(rate_hz)
    hop, bins = grid.hop_samples(rate), _transformed_bins(rate_hz, grid)
    buffer, carried = torch.empty(0, dtype=torch.float32, device=device), 0
    for block in resampled(blocks, rate_hz, rate):
        window = _hann(grid.window_samples(rate), full_scale(block), device)
        buffer, samples = _loaded(buffer, carried, block)
        frames = grid.frames(len(samples), rate)
        if frames:
            codes = np.full((frames, grid.bins), NOT_HEARD, dtype=np.uint8)
            _encode(_magnitude(samples, window, hop, bins), out=codes[:, :bins])
            yield codes
        rest = samples[frames * hop :].clone()
        carried = len(rest)
        buffer[:carried] = rest


def _transformed_bins(rate_hz: int, grid: Grid) -> int:
    """Return how many bins from 0 Hz up are heard and lie below half the rate, where a sine is split in two."""
    return min(grid.heard_bins(rate_hz), grid.window_samples(grid.analysis_rate_hz(rate_hz)) // 2)


def _loaded(buffer: torch.Tensor, carried: int, block: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Put a block behind the samples carried over; return the buffer, replaced if too short, and what it holds.

    The buffer is kept from block to block: fresh memory costs more than what is done with it.
    """
    count = carried + len(block)
    if len(buffer) < count:
        grown = torch.empty(count, dtype=torch.float32, device=buffer.device)
        grown[:carried] = buffer[:carried]
        buffer = grown
    samples = buffer[:count]
    samples[carried:] = torch.from_numpy(block)
    if block.dtype.kind == "f":
        samples[carried:].clamp_(-_LOUDEST, _LOUDEST)
    return buffer, samples


def resampled(blocks: Iterable[np.ndarray], rate_hz: int, to_rate_hz: int) -> Iterator[np.ndarray]:
    """Yield blocks at ``to_rate_hz``; as many samples in all as the duration asks, rounded down.

    Parameters
    ----------
    blocks
        Samples at ``rate_hz``, each (n,); they come back as float32 unless the rates are equal.
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
        out = stream.resample_chunk(np.asarray(block, dtype=np.float32) / np.float32(full_scale(block)))
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
        window, bins = _hann(grid.window_samples(rate), full_scale(sound), "cpu"), _transformed_bins(rate_hz, grid)
        cells = _magnitude(torch.from_numpy(sound), window, grid.hop_samples(rate), bins)
        values[:, :bins] = cells.square_().numpy()
    return values
