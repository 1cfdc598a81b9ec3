"""What computes: strips of level codes in, probability codes out, several batches under way at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from antiphon.learning.bytewise import Bytewise

__all__ = ["Engine", "Seen", "TorchEngine", "fitting_batch", "strips_that_fit"]

_UNDER_WAY = 2
_MEMORY_SHARE = 0.5
_MOST_STRIPS = 256


@dataclass(frozen=True)
class Seen:
    """Strips of one length that are seen together.

    Attributes
    ----------
    starts
        First frame of each strip, by which it is known.
    codes
        Level codes, shape (strip, time, frequency), uint8.
    floor, background
        Codes of each strip's floor and background, shape (strip, frequency), uint8.
    """

    starts: tuple[int, ...]
    codes: np.ndarray
    floor: np.ndarray
    background: np.ndarray


class Engine(Protocol):
    """Something that computes; what it finds does not depend on how many strips it sees at a time.

    Attributes
    ----------
    batch
        Strips that it sees at a time, at most.
    multiple
        What the number of frames of a strip must be a multiple of.
    """

    @property
    def batch(self) -> int:
        """See the class."""

    @property
    def multiple(self) -> int:
        """See the class."""

    def each(self, batches: Iterable[Seen]) -> Iterator[tuple[Seen, np.ndarray]]:
        """Yield each batch and its probability codes, shape (strip, source, time, frequency), uint8, in order."""


class TorchEngine:
    """torch, on a GPU or the processor.

    On a GPU, batches go up from pinned memory and come back to it while the next one is computed.

    Parameters
    ----------
    bytewise
        The generator, on its device.
    device
        That device.
    batch
        Strips seen at a time.
    """

    def __init__(self, bytewise: Bytewise, device: torch.device, batch: int) -> None:
        self._bytewise = bytewise
        self._device = device
        self._waits = device.type == "cuda"
        self.multiple = bytewise.generator.multiple
        self.batch = batch

    def each(self, batches: Iterable[Seen]) -> Iterator[tuple[Seen, np.ndarray]]:
        """See :meth:`Engine.each`; on a GPU the arrays are views of pinned memory."""
        under_way: deque[tuple[Seen, torch.Tensor, torch.cuda.Event | None]] = deque()
        for seen in batches:
            under_way.append((seen, *self._begin(seen)))
            if not self._waits or len(under_way) > _UNDER_WAY:
                yield _finished(*under_way.popleft())
        while under_way:
            yield _finished(*under_way.popleft())

    @torch.inference_mode()
    def _begin(self, seen: Seen) -> tuple[torch.Tensor, torch.cuda.Event | None]:
        """Start a batch; return where its codes will be, and what tells when (None: they are there)."""
        given = [torch.from_numpy(one) for one in (seen.codes, seen.floor, seen.background)]
        if not self._waits:
            return self._bytewise(*given), None
        found = self._bytewise(*(one.pin_memory().to(self._device, non_blocking=True) for one in given))
        home = torch.empty(found.shape, dtype=found.dtype, pin_memory=True)
        home.copy_(found, non_blocking=True)
        event = torch.cuda.Event()  # type: ignore[no-untyped-call]
        event.record()
        return home, event


def _finished(seen: Seen, codes: torch.Tensor, event: torch.cuda.Event | None) -> tuple[Seen, np.ndarray]:
    """Wait for a batch; return it and its codes."""
    if event is not None:
        event.synchronize()
    return seen, codes.numpy()


def strips_that_fit(memory_bytes: int, strip_bytes: int) -> int:
    """Return how many strips fit into half of a memory, at least 1; a power of two, which convolutions are fast with.

    Parameters
    ----------
    memory_bytes
        All of the memory.
    strip_bytes
        What one strip takes while it is computed.
    """
    fitting = int(_MEMORY_SHARE * memory_bytes / max(1, strip_bytes))
    return min(_MOST_STRIPS, 1 << max(0, fitting.bit_length() - 1))


def fitting_batch(bytewise: Bytewise, device: torch.device, *, strip_frames: int, bins: int) -> int:
    """Return how many strips to see at a time on a GPU, from what one strip takes there.

    Parameters
    ----------
    bytewise
        The generator, on the GPU.
    device
        That GPU.
    strip_frames, bins
        Size of a strip.
    """
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    strip = torch.zeros((1, strip_frames, bins), dtype=torch.uint8, device=device)
    with torch.inference_mode():
        bytewise(strip, strip[:, 0], strip[:, 0])
    taken = torch.cuda.max_memory_allocated(device) - before
    # All of the memory and not what is free just now: the same GPU always sees the same batches.
    return strips_that_fit(torch.cuda.get_device_properties(device).total_memory, taken)
