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

from antiphon.learning.features import features
from antiphon.networks.generator import Generator
from antiphon.signal.levels import NOT_HEARD

__all__ = ["PROBABILITY_NOT_HEARD", "PROBABILITY_SCALE", "Separator", "Strip", "folded", "strips"]

PROBABILITY_SCALE = 254
PROBABILITY_NOT_HEARD = 255
_BATCHES_AHEAD = 4
_TAIL_PARTS = 8


@dataclass(frozen=True)
class Strip:
    """Frames that the generator sees at once.

    Attributes
    ----------
    recording
        Index of the recording.
    start, stop
        First frame and end of what is seen, in the store.
    kept_start, kept_stop
        First frame and end of what is kept of it.
    frames
        Length that it is brought to with cells that are not heard.
    """

    recording: int
    start: int
    stop: int
    kept_start: int
    kept_stop: int
    frames: int


def strips(recordings: Sequence[slice], *, strip_frames: int, margin_frames: int, multiple: int) -> Iterator[Strip]:
    """Cut recordings into overlapping strips that keep every frame exactly once.

    Parameters
    ----------
    recordings
        Frames of each recording in its store, in order.
    strip_frames
        Frames of a strip; the last strip of a recording is cut to an eighth of it that suffices.
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
            f"strips of {strip_frames} frames with margins of {margin_frames}: the strip, and what margins leave of it, "
            f"must be multiples of {multiple}"
        )
    tail = max(multiple, strip_frames // _TAIL_PARTS // multiple * multiple)
    for index, frames in enumerate(recordings):
        start = kept = frames.start
        while kept < frames.stop:
            stop = min(start + strip_frames, frames.stop)
            kept_stop = stop if stop == frames.stop else stop - margin_frames
            yield Strip(index, start, stop, kept, kept_stop, min(strip_frames, -(-(stop - start) // tail) * tail))
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
        own = folded(generator).to(device=device, dtype=dtype, memory_format=torch.channels_last)
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
            yield self._window(window, read(slice(window[0].start, window[-1].stop)), floor, background)

    def _window(
        self, window: Sequence[Strip], codes: np.ndarray, floor: np.ndarray, background: np.ndarray
    ) -> np.ndarray:
        """Separate consecutive strips whose codes begin at the first one's start; strips of one length share a batch."""
        offset, first, bins = window[0].start, window[0].kept_start, codes.shape[1]
        blocks: list[tuple[int, np.ndarray]] = []
        for length in sorted({strip.frames for strip in window}):
            alike = [strip for strip in window if strip.frames == length]
            for some in (alike[i : i + self.batch] for i in range(0, len(alike), self.batch)):
                seen = np.full((len(some), length, bins), NOT_HEARD, dtype=np.uint8)
                for row, strip in zip(seen, some, strict=True):
                    row[: strip.stop - strip.start] = codes[strip.start - offset : strip.stop - offset]
                rows = [strip.recording for strip in some]
                found = self._probabilities(seen, floor[rows], background[rows])
                for strip, one in zip(some, found, strict=True):
                    blocks.append((strip.kept_start, one[:, strip.kept_start - strip.start : strip.kept_stop - strip.start]))
        kept = np.empty((len(blocks[0][1]), window[-1].kept_stop - first, bins), dtype=np.uint8)
        for start, block in blocks:
            kept[:, start - first : start - first + block.shape[1]] = block
        return kept

    @torch.inference_mode()
    def _probabilities(self, codes: np.ndarray, floor: np.ndarray, background: np.ndarray) -> np.ndarray:
        """Return the probability codes of a batch of strips, shape (batch, source, time, frequency), uint8."""
        levels, *references = (torch.from_numpy(np.ascontiguousarray(one)).to(self.device) for one in (codes, floor, background))
        seen = features(levels, *references).to(self.dtype)
        scaled: Tensor = self.generator(seen).float().sigmoid_().mul_(PROBABILITY_SCALE).round_()
        probability = scaled.to(torch.uint8).masked_fill_((levels == NOT_HEARD)[:, None], PROBABILITY_NOT_HEARD)
        return probability.cpu().numpy()


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
