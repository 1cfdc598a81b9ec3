"""Folders of spectrogram pictures with masks of the same size, as BirdSoundsDenoising and AtrousSegNet have them.

``train``, ``val`` and ``test`` (or ``Training``, ``Valid``, ``Test``), in each a folder of images and one of masks; a
mask has its image's name, perhaps with ``_mask`` behind it. Brightness is the mean of red, green and blue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from antiphon.errors import AntiphonError

__all__ = ["PicturePair", "picture_pairs", "read_picture"]

_SPLITS: Mapping[str, tuple[str, ...]] = {
    "train": ("train", "training"),
    "validation": ("val", "valid", "validation"),
    "test_in_domain": ("test", "testing"),
}
_IMAGES, _MASKS = ("images", "image", "imgs"), ("masks", "mask", "labels")
_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
_SIDES = re.compile(r"[_-](left|right)$", re.IGNORECASE)


@dataclass(frozen=True)
class PicturePair:
    """A picture and its mask.

    Attributes
    ----------
    split
        Split that its folder says.
    image, mask
        The two files.
    recording
        Its recording: the name without ``_left`` or ``_right``, two channels of one.
    columns
        Width of the picture in pixels.
    """

    split: str
    image: Path
    mask: Path
    recording: str
    columns: int


def picture_pairs(folder: Path) -> list[PicturePair]:
    """Return the pictures of a data set, in order of split and name.

    Raises
    ------
    AntiphonError
        If a folder is missing or a picture has no mask.
    """
    pairs = []
    for split, names in _SPLITS.items():
        if part := _inside(folder, names):
            images, masks = _inside(part, _IMAGES), _inside(part, _MASKS)
            if images is None or masks is None:
                raise AntiphonError(f"{part}: no folders of images and masks in it; name them images and masks")
            pairs += [_pair(split, image, masks) for image in sorted(images.iterdir()) if _is_picture(image)]
    if not pairs:
        raise AntiphonError(f"{folder}: no pictures in train, val or test; check pair.mask_pictures.folder")
    return pairs


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")


def _inside(folder: Path, names: tuple[str, ...]) -> Path | None:
    """Return the folder in ``folder`` that has one of the names, whatever its case."""
    if not folder.is_dir():
        return None
    return next((path for path in sorted(folder.iterdir()) if path.is_dir() and path.name.lower() in names), None)


def _pair(split: str, image: Path, masks: Path) -> PicturePair:
    wanted = [masks / f"{image.stem}{ending}{suffix}" for ending in ("", "_mask") for suffix in _SUFFIXES]
    mask = next((path for path in wanted if path.is_file()), None)
    if mask is None:
        raise AntiphonError(f"{image}: no mask of that name in {masks}; add it or take the picture out")
    with _opened(image) as picture:
        columns = picture.width
    return PicturePair(split, image, mask, _SIDES.sub("", image.stem), columns)


def read_picture(path: Path) -> np.ndarray:
    """Return the brightness of a picture, 0-1, shape (row, column), float32, the upper row first.

    Raises
    ------
    AntiphonError
        If it is no picture.
    """
    with _opened(path) as picture:
        return np.asarray(np.asarray(picture.convert("RGB"), dtype=np.float32).mean(axis=2) / np.float32(255))


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path) as picture:
            yield picture
    except (OSError, SyntaxError, Image.DecompressionBombError, ValueError) as error:
        raise AntiphonError(f"{path}: not a picture that can be read ({error}); take it out") from None
