"""Patches: connected active cells of a mask, counted while the mask streams by.

Cells touch across edges and corners (8 neighbours). A patch may run through any number of blocks: only the cells on
the seam and what is known of the patches they belong to are kept, so memory does not grow with the recording.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Patches"]


@dataclass(frozen=True)
class _Runs:
    """Stretches of active cells along time, sorted by bin and start; ``stop`` is exclusive."""

    bin: np.ndarray
    start: np.ndarray
    stop: np.ndarray


class Patches:
    """Counts the patches of one recording's mask.

    Parameters
    ----------
    least_cells
        Cells below which a patch does not count.
    """

    def __init__(self, least_cells: int) -> None:
        self._least_cells = least_cells
        self._frames = 0
        self._cells = np.empty(0, dtype=np.int64)
        self._first = np.empty(0, dtype=np.int64)
        self._tip_bin = np.empty(0, dtype=np.int64)
        self._tip_patch = np.empty(0, dtype=np.int64)

    def feed(self, mask: np.ndarray) -> np.ndarray:
        """Take in the next frames.

        Parameters
        ----------
        mask
            Active cells, shape (frames, bins), bool.

        Returns
        -------
        First frame, counted from the start of the recording, of every patch that is now known to be over, ascending.
        """
        begin, self._frames = self._frames, self._frames + len(mask)
        if not (len(self._cells) and len(mask)) and not mask.any():
            return self._first[:0]
        runs = _runs_of(mask)
        label = self._labels(runs)
        patches = int(label.max(initial=-1)) + 1
        cells = np.zeros(patches, dtype=np.int64)
        np.add.at(cells, label, np.concatenate([self._cells, runs.stop - runs.start]))
        first = np.full(patches, self._frames, dtype=np.int64)
        np.minimum.at(first, label, np.concatenate([self._first, runs.start + begin]))
        at_seam = runs.stop == len(mask)
        growing, tip_patch = np.unique(label[len(self._cells) :][at_seam], return_inverse=True)
        over = np.ones(patches, dtype=bool)
        over[growing] = False
        self._cells, self._first = cells[growing], first[growing]
        self._tip_bin, self._tip_patch = runs.bin[at_seam], tip_patch
        return np.sort(first[over & (cells >= self._least_cells)])

    def finish(self) -> np.ndarray:
        """End the recording; return the first frames of the patches that were still growing, ascending."""
        return np.sort(self._first[self._cells >= self._least_cells])

    def _labels(self, runs: _Runs) -> np.ndarray:
        """Return the patch that each growing patch and each run belongs to, in this order."""
        growing, nodes = len(self._cells), len(self._cells) + len(runs.bin)
        side, other = _touching(runs)
        patch, continued = _across_seam(self._tip_bin, self._tip_patch, runs)
        rows = np.concatenate([side + growing, patch])
        columns = np.concatenate([other + growing, continued + growing])
        return _components(nodes, rows, columns)


def _runs_of(mask: np.ndarray) -> _Runs:
    """Return the stretches of active cells of a mask (frames, bins)."""
    frames, bins = mask.shape
    change = np.empty((frames + 1, bins), dtype=bool)
    change[0], change[-1] = mask[0], mask[-1]
    np.not_equal(mask[1:], mask[:-1], out=change[1:-1])
    frame, column = np.divmod(np.flatnonzero(change), bins)
    # Sorted by bin, changes alternate: on, off, on, off.
    order = np.argsort(column.astype(np.int16), kind="stable")
    return _Runs(column[order[::2]], frame[order[::2]], frame[order[1::2]])


def _touching(runs: _Runs) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of runs in neighbouring bins that share a frame or touch at a corner."""
    # One number orders runs by bin and time; the runs of the next bin that reach into a run are then neighbours.
    width = int(runs.stop.max(initial=0)) + 1
    start, stop, above = (runs.bin * width + runs.start, runs.bin * width + runs.stop, (runs.bin + 1) * width)
    first = np.searchsorted(stop, above + runs.start, side="left")
    count = np.searchsorted(start, above + runs.stop, side="right") - first
    side = np.repeat(np.arange(len(runs.bin)), count)
    other = np.arange(len(side)) + np.repeat(first - (count.cumsum() - count), count)
    return side, other


def _components(nodes: int, side: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the connected component of each node, numbered from 0, given pairs of connected nodes.

    Every node points at a lower one of its component or at itself; in each round the end points of the pairs are hung
    under the lower of the two, and paths are shortened to one step (Shiloach & Vishkin 1982).
    """
    root = np.arange(nodes)
    while True:
        one, two = root[side], root[other]
        apart = one != two
        if not apart.any():
            return np.unique(root, return_inverse=True)[1]
        np.minimum.at(root, np.maximum(one, two)[apart], np.minimum(one, two)[apart])
        while not np.array_equal(higher := root[root], root):
            root = higher


def _across_seam(tip_bin: np.ndarray, tip_patch: np.ndarray, runs: _Runs) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of a growing patch and a run that continues it from the first frame on."""
    begins = np.flatnonzero(runs.start == 0)
    tip, run = np.nonzero(np.abs(tip_bin[:, None] - runs.bin[begins]) <= 1)
    return tip_patch[tip], begins[run]
