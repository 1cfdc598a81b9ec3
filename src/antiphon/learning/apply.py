"""A generator applied: long recordings cut into strips, many short ones seen at once, probabilities as bytes.

Strips are counted from each recording's first frame, so what is found does not depend on how recordings lie in a store
or on how many strips the generator sees at a time.
"""

from __future__ import annotations

import copy
import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from antiphon.learning.bytewise import Bytewise
from antiphon.learning.devices import choose_device, choose_dtype, placed
from antiphon.learning.engines import Engine, Seen, TorchEngine
from antiphon.networks.generator import Generator
from antiphon.signal.levels import NOT_HEARD

__all__ = ["Separator", "Strip", "folded", "strips"]

Item = TypeVar("Item")
_BATCHES_AT_A_TIME = 4
_LEAST_STRIPS_AT_A_TIME = 16


@dataclass(frozen=True)
class Strip:
    """Frames that the generator sees at once.

    Attributes
    ----------
    recording
        Index of the recording.
    start, stop
        First frame and end of what is seen, in the store.
    kept
        Which of the frames seen are kept.
    frames
        Length that it is brought to with cells that are not heard.
    """

    recording: int
    start: int
    stop: int
    kept: slice
    frames: int


def strips(recordings: Sequence[slice], *, strip_frames: int, margin_frames: int, multiple: int) -> Iterator[Strip]:
    """Cut recordings into overlapping strips that keep every frame exactly once.

    Parameters
    ----------
    recordings
        Frames of each recording in its store, in order.
    strip_frames
        Frames of a strip. The last strip of a recording begins so early that it is as long as the others, because
        some engines compile a network for each length; only recordings shorter than this give shorter strips.
    margin_frames
        Frames at a cut that are seen by both neighbours and kept from the one in whose middle they lie more.
    multiple
        What the length of every strip must be a multiple of.

    Raises
    ------
    ValueError
        If ``strip_frames`` is no such multiple or margins leave nothing of a strip.
    """
    step = strip_frames - 2 * margin_frames
    if strip_frames % multiple or step <= 0 or step % multiple:
        raise ValueError(
            f"strips of {strip_frames} frames with margins of {margin_frames}: the strip and what margins leave of it "
            f"must be multiples of {multiple}"
        )
    for index, frames in enumerate(recordings):
        kept = frames.start
        last = max(0, -(-(frames.stop - frames.start) // multiple) * multiple - strip_frames)
        for offset in itertools.count(0, step):
            if kept == frames.stop:
                break
            start = frames.start + min(offset, last)
            stop = min(start + strip_frames, frames.stop)
            kept_stop = stop if stop == frames.stop else stop - margin_frames
            padded = -(-(stop - start) // multiple) * multiple
            yield Strip(index, start, stop, slice(kept - start, kept_stop - start), padded)
            kept = kept_stop


@dataclass(frozen=True)
class Separator:
    """A generator made ready to be applied; :meth:`ready` builds the one that torch computes.

    Attributes
    ----------
    engine
        What computes.
    strip_frames, margin_frames
        Frames of a strip, and of them those at each cut that are not kept.
    """

    engine: Engine
    strip_frames: int
    margin_frames: int

    @classmethod
    def ready(
        cls,
        generator: Generator,
        *,
        device: torch.device,
        dtype: torch.dtype,
        strip_frames: int = 2048,
        margin_frames: int = 64,
        batch: int = 4,
    ) -> Separator:
        """Return a separator that works on a folded copy of ``generator``.

        Parameters
        ----------
        generator
            The generator.
        device, dtype
            Where and how exactly it computes.
        strip_frames, margin_frames
            As of the class.
        batch
            Strips that it sees at a time.
        """
        own = Bytewise(placed(folded(generator), device, dtype), dtype)
        return cls(TorchEngine(own, device, batch), strip_frames, margin_frames)

    @classmethod
    def chosen(cls, generator: Generator, device: str, precision: str) -> Separator:
        """Return a separator ready on a device and in an arithmetic by name: those of :mod:`antiphon.learning.devices`.

        Raises
        ------
        ValueError
            If there is no such device or precision here.
        """
        place = choose_device(device)
        return cls.ready(generator, device=place, dtype=choose_dtype(precision, place))

    def check(self) -> None:
        """Make sure that strips and margins fit the network.

        Raises
        ------
        ValueError
            If they do not.
        """
        next(self._plan([slice(0, 1)]))

    def separate(self, codes: np.ndarray, floor: np.ndarray, background: np.ndarray) -> np.ndarray:
        """Separate one recording.

        Parameters
        ----------
        codes
            Level codes, shape (time, frequency), uint8.
        floor, background
            Codes of its floor and background, each shape (frequency,), uint8.

        Returns
        -------
        Probability codes, shape (source, time, frequency), uint8: code / 254, 255 is not heard.
        """
        blocks = list(self.stream(codes.__getitem__, [slice(0, len(codes))], floor, background[None]))
        return np.concatenate(blocks, axis=1)

    def stream(
        self,
        read: Callable[[slice], np.ndarray],
        recordings: Sequence[slice],
        floor: np.ndarray,
        background: np.ndarray,
    ) -> Iterator[np.ndarray]:
        """Separate the recordings of a store, whatever their length, in bounded memory; another thread reads ahead.

        Parameters
        ----------
        read
            Returns the level codes of a slice of frames, shape (time, frequency), uint8.
        recordings
            Frames of each recording, in order, one after the other without gaps.
        floor
            Floor codes of all recordings, shape (frequency,), or of each, shape (recording, frequency), uint8.
        background
            Background codes of each recording, shape (recording, frequency), uint8.

        Yields
        ------
        Probability codes of consecutive frames, shape (source, time, frequency), uint8; together all frames.
        """
        batches = self._batches(read, recordings, np.broadcast_to(floor, background.shape), background)
        in_order, early = self._plan(recordings), dict[int, np.ndarray]()
        following = next(in_order, None)
        for seen, found in self.engine.each(_ahead(batches, _BATCHES_AT_A_TIME)):
            early.update(zip(seen.starts, found, strict=True))
            while following is not None and following.start in early:
                yield early.pop(following.start)[:, following.kept]
                following = next(in_order, None)

    def _plan(self, recordings: Sequence[slice]) -> Iterator[Strip]:
        """Return the strips of the recordings, in order."""
        margin, multiple = self.margin_frames, self.engine.multiple
        return strips(recordings, strip_frames=self.strip_frames, margin_frames=margin, multiple=multiple)

    def _batches(
        self,
        read: Callable[[slice], np.ndarray],
        recordings: Sequence[slice],
        floor: np.ndarray,
        background: np.ndarray,
    ) -> Iterator[Seen]:
        """Yield what the engine sees; strips of one length that lie near each other are seen together."""
        plan, most = self._plan(recordings), self.engine.batch
        while window := list(itertools.islice(plan, max(_LEAST_STRIPS_AT_A_TIME, _BATCHES_AT_A_TIME * most))):
            first = window[0].start
            codes = read(slice(first, window[-1].stop))
            for some in _alike(window, most):
                rows = [strip.recording for strip in some]
                starts = tuple(strip.start for strip in some)
                yield Seen(starts, _stacked(some, codes, first), floor[rows], background[rows])


def _ahead(items: Iterator[Item], count: int) -> Iterator[Item]:
    """Yield ``items``; another thread makes up to ``count`` of them before they are asked for."""
    maker = ThreadPoolExecutor(max_workers=1)
    try:
        made = deque(maker.submit(next, items, None) for _ in range(count))
        while (item := made.popleft().result()) is not None:
            made.append(maker.submit(next, items, None))
            yield item
    finally:
        maker.shutdown(cancel_futures=True)


def _alike(window: Sequence[Strip], most: int) -> Iterator[list[Strip]]:
    """Yield at most ``most`` strips of one length at a time."""
    for length in sorted({strip.frames for strip in window}):
        alike = [strip for strip in window if strip.frames == length]
        for first in range(0, len(alike), most):
            yield alike[first : first + most]


def _stacked(some: Sequence[Strip], codes: np.ndarray, offset: int) -> np.ndarray:
    """Return the codes of strips of one length, cut from ``codes``, whose first frame is frame ``offset``."""
    seen = np.full((len(some), some[0].frames, codes.shape[1]), NOT_HEARD, dtype=np.uint8)
    for row, strip in zip(seen, some, strict=True):
        row[: strip.stop - strip.start] = codes[strip.start - offset : strip.stop - offset]
    return seen


def folded(generator: Generator) -> Generator:
    """Return a copy for inference whose batch normalisations are folded into the convolutions before them."""
    own = copy.deepcopy(generator).eval()
    for parent in own.modules():
        for (_, convolution), (name, norm) in itertools.pairwise(list(parent.named_children())):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                fused = fuse_conv_bn_eval(convolution, norm)
                convolution.weight, convolution.bias = fused.weight, fused.bias
                setattr(parent, name, nn.Identity())
    return own.requires_grad_(False)
