"""The truth of the demo: which cells of each recording each source owns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from antiphon.errors import AntiphonError
from antiphon.io.whole import whole_file

__all__ = ["Truth", "read_truth", "truth_path", "write_truth"]


@dataclass(frozen=True)
class Truth:
    """The truth of one recording.

    Attributes
    ----------
    mask_bits
        Bit k set where source k owns the cell, shape (time, frequency), uint8.
    heard_bins
        Number of bins from 0 Hz up that the recorder hears.
    sources
        Names of the sources, in the order of the bits.
    """

    mask_bits: np.ndarray
    heard_bins: int
    sources: tuple[str, ...]


def truth_path(folder: Path, recording: str) -> Path:
    """Return where the truth of ``recording`` (path relative to the audio root) lies below ``folder``."""
    return (folder / recording).with_suffix(".npz")


def write_truth(path: Path, truth: Truth) -> None:
    """Write the truth of one recording, whole or not at all; equal truth gives equal bytes."""
    sources: Sequence[str] = truth.sources
    with whole_file(path) as scratch, scratch.open("wb") as file:
        np.savez_compressed(
            file, mask_bits=truth.mask_bits, heard_bins=np.int64(truth.heard_bins), sources=np.array(sources)
        )


def read_truth(path: Path) -> Truth:
    """Read the truth of one recording.

    Raises
    ------
    AntiphonError
        If it is missing.
    """
    if not path.is_file():
        raise AntiphonError(f"{path}: no truth there; write the demo's season again with `antiphon demo-write`")
    with np.load(path, allow_pickle=False) as held:
        return Truth(held["mask_bits"], int(held["heard_bins"]), tuple(str(name) for name in held["sources"]))
