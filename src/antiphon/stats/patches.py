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
    """Stretches of active cells along time, sorted by lane and start; ``stop`` is exclusive.

    The bins of all sources are lanes beside each other, with an empty lane between two sources: so all sources are
    labelled at once, and no patch reaches from one to the next.
    """

    lane: np.ndarray
    start: np.ndarray
    stop: np.ndarray


class Patches:
    """Counts the patches of one recording, source by source.

    Parameters
    ----------
    least_cells
        Cells below which a patch does not count.
    """

    def __init__(self, least_cells: int) -> None:
        self._least_cells = least_cells
        self._frames = 0
        self._source, self._cells, self._first = np.empty((3, 0), dtype=np.int64)
        self._tip_lane, self._tip_patch = np.empty((2, 0), dtype=np.int64)

    def feed(self, masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Take in the next frames.

        Parameters
        ----------
        masks
            Active cells, shape (sources, frames, bins), bool.

        Returns
        -------
        Source and first frame, counted from the start of the recording, of every patch that is now known to be over.
        """
        _, frames, bins = masks.shape
        begin, self._frames = self._frames, self._frames + frames
        active = [source for source, mask in enumerate(masks) if mask.any()]
        if not active and not (frames and len(self._cells)):
            return self._source[:0], self._first[:0]
        runs = _runs_of(masks, active)
        label = self._labels(runs)
        cells, source = np.zeros((2, int(label.max()) + 1), dtype=np.int64)
        first = np.full(len(cells), self._frames)
        np.add.at(cells, label, np.concatenate([self._cells, runs.stop - runs.start]))
        np.minimum.at(first, label, np.concatenate([self._first, runs.start + begin]))
        source[label] = np.concatenate([self._source, runs.lane // (bins + 1)])
        at_seam = runs.stop == frames
        growing, self._tip_patch = np.unique(label[len(self._cells) :][at_seam], return_inverse=True)
        self._tip_lane = runs.lane[at_seam]
        self._source, self._cells, self._first = source[growing], cells[growing], first[growing]
        over = cells >= self._least_cells
        over[growing] = False
        return source[over], first[over]

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        """End the recording; return source and first frame of the patches that were still growing."""
        large = self._cells >= self._least_cells
        return self._source[large], self._first[large]

    def _labels(self, runs: _Runs) -> np.ndarray:
        """Return the patch that each growing patch and each run belongs to, in this order."""
        growing, nodes = len(self._cells), len(self._cells) + len(runs.lane)
        side, other = _touching(runs)
        patch, continued = _across_seam(self._tip_lane, self._tip_patch, runs)
        rows = np.concatenate([side + growing, patch])
        columns = np.concatenate([other + growing, continued + growing])
        return _components(nodes, rows, columns)


def _runs_of(masks: np.ndarray, active: list[int]) -> _Runs:
    """Return the stretches of active cells of masks (sources, frames, bins), of which only ``active`` have any."""
    _, frames, bins = masks.shape
    change = np.empty((len(active), frames + 1, bins), dtype=bool)
    for changed, mask in zip(change, masks[active], strict=True):
        changed[0], changed[-1] = mask[0], mask[-1]
        np.not_equal(mask[1:], mask[:-1], out=changed[1:-1])
    row, column = _divided(np.flatnonzero(change), bins)
    place, frame = _divided(row, frames + 1)
    lane = np.array(active, dtype=np.int64)[place] * (bins + 1) + column
    # Sorted by lane, changes alternate: on, off, on, off.
    order = np.argsort(lane.astype(np.min_scalar_type(len(masks) * (bins + 1))), kind="stable")
    return _Runs(lane[order[::2]], frame[order[::2]], frame[order[1::2]])


def _divided(number: np.ndarray, by: int) -> tuple[np.ndarray, np.ndarray]:
    """Return quotient and remainder; several times as fast as divmod()."""
    quotient: np.ndarray = number // by
    return quotient, number - quotient * by


def _touching(runs: _Runs) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of runs in neighbouring lanes that share a frame or touch at a corner."""
    # One number orders runs by lane and time; the runs of the next lane that reach into a run are then neighbours.
    width = int(runs.stop.max(initial=0)) + 1
    start, stop, above = (runs.lane * width + runs.start, runs.lane * width + runs.stop, (runs.lane + 1) * width)
    first = np.searchsorted(stop, above + runs.start, side="left")
    count = np.searchsorted(start, above + runs.stop, side="right") - first
    side = np.repeat(np.arange(len(runs.lane)), count)
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


def _across_seam(tip_lane: np.ndarray, tip_patch: np.ndarray, runs: _Runs) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of a growing patch and a run that continues it from the first frame on."""
    begins = np.flatnonzero(runs.start == 0)
    tip, run = np.nonzero(np.abs(tip_lane[:, None] - runs.lane[begins]) <= 1)
    return tip_patch[tip], begins[run]
