"""Examples from pictures of spectrograms and masks: laid on the physical grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xxhash

from antiphon.config import MaskPictures
from antiphon.errors import AntiphonError
from antiphon.io.examples.lists import expanded
from antiphon.io.examples.mask_pictures import PicturePair, picture_pairs, read_picture
from antiphon.io.examples.pairs import Example
from antiphon.pairing.canvas import FLOOR_SHARE, Canvas, code_quantile, padded
from antiphon.signal.levels import NOT_HEARD, code_of_level

__all__ = ["PictureTask", "picture_tasks"]

_MEDIAN = 0.5
_LEAST_POWER = 1e-12


def picture_tasks(rules: MaskPictures, canvas: Canvas) -> list[PictureTask]:
    """Return one task a picture, in the splits that its folders say; a picture of two channels is one group.

    Raises
    ------
    AntiphonError
        If the model has no source for the label, or the folder is not as it should be.
    """
    sources = canvas.labels.sources_of(rules.label)
    if not sources:
        raise AntiphonError(f"pair.mask_pictures.label: no source of the model is {rules.label!r}; map it, or add one")
    folder = expanded(rules.folder, "pair.mask_pictures.folder")
    return [PictureTask(pair.split, pair, sources, rules, canvas) for pair in picture_pairs(folder)]


@dataclass(frozen=True)
class PictureTask:
    """The examples of one picture."""

    split: str
    pair: PicturePair
    sources: tuple[int, ...]
    rules: MaskPictures
    canvas: Canvas

    @property
    def count(self) -> int:
        """Number of examples."""
        return len(self.canvas.starts(self._frames))

    def examples(self) -> list[Example]:
        """Read the picture and its mask and cut them."""
        picture, mask = read_picture(self.pair.image), read_picture(self.pair.mask)
        if picture.shape != mask.shape:
            raise AntiphonError(f"{self.pair.mask}: not of the size of {self.pair.image}; make both the same size")
        power, shares = self._on_grid(_power(picture, self.rules)), self._on_grid((mask > 0.5).astype(np.float32))
        heard = ~np.isnan(power)
        codes = code_of_level(10 * np.log10(np.maximum(np.nan_to_num(power), _LEAST_POWER)))
        level = np.where(heard, codes, NOT_HEARD).astype(np.uint8)
        bits = np.uint8(sum(1 << source for source in self.sources))
        mask_bits = np.where(heard & (np.nan_to_num(shares) >= 0.5), bits, np.uint8(0))
        content = f"content {xxhash.xxh64_hexdigest(picture.tobytes())}"
        return [self._example(level, mask_bits, bits, start, content) for start in self.canvas.starts(self._frames)]

    @property
    def _frames(self) -> int:
        return max(1, int(self.pair.columns * self.rules.column_s / self.canvas.grid.hop_s))

    def _example(self, level: np.ndarray, mask_bits: np.ndarray, bits: np.uint8, start: int, content: str) -> Example:
        sources, name = len(self.canvas.labels.sources), self.pair.recording
        where = slice(start, start + self.canvas.frames)
        whole = bits == (1 << sources) - 1
        return Example(
            level=padded(level[where], self.canvas.frames),
            mask_bits=padded(mask_bits[where], self.canvas.frames),
            floor=code_quantile(level, FLOOR_SHARE),
            background=code_quantile(level[where], _MEDIAN),
            snr_db=np.full(sources, np.nan, dtype=np.float32),
            group=name,
            # Masks speak of their own label only.
            known_bits=None if whole else np.full((self.canvas.frames, level.shape[1]), bits, dtype=np.uint8),
            members=(f"group {name}", f"recording {name}", content),
            origin="mask_pictures",
        )

    def _on_grid(self, picture: np.ndarray) -> np.ndarray:
        """Return the mean of the pixels in each cell, shape (time, frequency); NaN where the picture has none."""
        grid, rules = self.canvas.grid, self.rules
        rising = picture[: len(picture) // 2 + 1][::-1] if rules.mirrored else picture[::-1]
        frames = np.floor((np.arange(rising.shape[1]) + 0.5) * rules.column_s / grid.hop_s).astype(int)
        bins = np.rint(np.arange(len(rising)) * rules.row_hz / grid.bin_hz).astype(int)
        return _means(_means(rising.T, frames, self._frames), bins, grid.bins, axis=1)


def _power(picture: np.ndarray, rules: MaskPictures) -> np.ndarray:
    """Return the power that brightness stands for."""
    if rules.range_db is None:
        return np.asarray(np.square(picture) * 10 ** (rules.white_db / 10), dtype=np.float32)
    return np.asarray(10 ** ((rules.white_db - rules.range_db * (1 - picture)) / 10), dtype=np.float32)


def _means(values: np.ndarray, place: np.ndarray, places: int, axis: int = 0) -> np.ndarray:
    """Return the mean along ``axis`` of what falls to each place, ``place`` rising.

    A place that nothing falls to takes what the next one has; places behind the last are NaN.
    """
    inside = int(np.searchsorted(place, places))
    taken, first = np.unique(place[:inside], return_index=True)
    shape = [1, 1]
    shape[axis] = len(taken)
    sums = np.add.reduceat(np.take(values, np.arange(inside), axis=axis), first, axis=axis)
    means = sums / np.diff([*first, inside]).reshape(shape)
    last = int(taken[-1])
    spread = np.take(means, np.searchsorted(taken, np.arange(last + 1)), axis=axis)
    behind = [(0, 0), (0, 0)]
    behind[axis] = (0, places - last - 1)
    return np.pad(spread, behind, constant_values=np.nan)
