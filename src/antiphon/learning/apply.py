"""A generator applied: long recordings cut into strips, many short ones seen at once, probabilities as bytes.

Strips are counted from each recording's first frame, so what is found does not depend on how recordings lie in a store
or on how many strips the generator sees at a time.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from antiphon.learning.devices import placed
from antiphon.learning.features import features
from antiphon.networks.generator import Generator
from antiphon.signal.levels import NOT_HEARD, PROBABILITY_NOT_HEARD, PROBABILITY_SCALE

__all__ = ["Separator", "Strip", "folded", "strips"]

_BATCHES_AHEAD = 4


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
        Frames of a strip; the last strip of a recording is only as long as it must be.
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
        start = kept = frames.start
        while kept < frames.stop:
            stop = min(start + strip_frames, frames.stop)
            kept_stop = stop if stop == frames.stop else stop - margin_frames
            padded = -(-(stop - start) // multiple) * multiple
            yield Strip(index, start, stop, slice(kept - start, kept_stop - start), padded)
            start, kept = start + step, kept_stop


@dataclass(frozen=True)
class Separator:
    """A generator made ready to be applied; build it with :meth:`ready`.

    Attributes
    ----------
    generator
        The generator, normalisation folded, on its device.
    strip_frames, margin_frames
        Frames of a strip, and of them those at each cut that are not kept.
    batch
        Strips that the generator sees at a time.
    device, dtype
        Where and how exactly it computes.
    """

    generator: Generator
    strip_frames: int
    margin_frames: int
    batch: int
    device: torch.device
    dtype: torch.dtype

    @classmethod
    def ready(
        cls,
        generator: Generator,
        *,
        strip_frames: int = 2048,
        margin_frames: int = 64,
        batch: int = 4,
        device: torch.device,
        dtype: torch.dtype,
    ) -> Separator:
        """Return a separator that works on a folded copy of ``generator``; attributes as of the class."""
        own = placed(folded(generator), device, dtype)
        return cls(own, strip_frames, margin_frames, batch, device, dtype)

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
        """Separate the recordings of a store, whatever their length, in bounded memory.

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
        floor = np.broadcast_to(floor, background.shape)
        plan = strips(
            recordings,
            strip_frames=self.strip_frames,
            margin_frames=self.margin_frames,
            multiple=self.generator.multiple,
        )
        while window := list(islice(plan, _BATCHES_AHEAD * self.batch)):
            codes = read(slice(window[0].start, window[-1].stop))
            found: dict[int, np.ndarray] = {}
            for some in _alike(window, self.batch):
                seen = _stacked(some, codes, window[0].start)
                rows = [strip.recording for strip in some]
                probabilities = self._probabilities(seen, floor[rows], background[rows])
                found.update(zip((strip.start for strip in some), probabilities, strict=True))
            yield np.concatenate([found[strip.start][:, strip.kept] for strip in window], axis=1)

    @torch.inference_mode()
    def _probabilities(self, codes: np.ndarray, floor: np.ndarray, background: np.ndarray) -> np.ndarray:
        """Return the probability codes of a batch of strips, shape (batch, source, time, frequency), uint8."""
        levels, *references = (torch.from_numpy(one).to(self.device) for one in (codes, floor, background))
        seen = features(levels, *references).to(self.dtype)
        scaled: Tensor = self.generator(seen).float().sigmoid().mul_(PROBABILITY_SCALE).round_()
        probability = scaled.to(torch.uint8).masked_fill_((levels == NOT_HEARD)[:, None], PROBABILITY_NOT_HEARD)
        return probability.cpu().numpy()


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
        for (_, convolution), (name, norm) in pairwise(list(parent.named_children())):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                fused = fuse_conv_bn_eval(convolution, norm)
                convolution.weight, convolution.bias = fused.weight, fused.bias
                setattr(parent, name, nn.Identity())
    return own.requires_grad_(False)
