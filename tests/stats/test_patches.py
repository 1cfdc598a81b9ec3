"""Patches: the same count as labelling the whole mask, however it is cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

from antiphon.stats.patches import Patches


def streamed(mask: np.ndarray, least_cells: int, lengths: list[int]) -> list[int]:
    """Return the first frames of the patches, the mask cut into pieces of ``lengths`` and the rest."""
    return streamed_sources(mask[None], least_cells, lengths)[0]


def streamed_sources(masks: np.ndarray, least_cells: int, lengths: list[int]) -> list[list[int]]:
    patches, found, begin = Patches(least_cells), [], 0
    for length in [*lengths, masks.shape[1]]:
        found.append(patches.feed(masks[:, begin : begin + length]))
        begin += length
    source, first = (np.concatenate(column) for column in zip(*found, patches.finish(), strict=True))
    return [sorted(first[source == index].tolist()) for index in range(len(masks))]


def labelled(mask: np.ndarray, least_cells: int) -> list[int]:
    """Return the first frames of the patches by scipy, the whole mask at once."""
    if not mask.any():
        return []
    labels, _ = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel())[1:]
    places = ndimage.find_objects(labels)
    return sorted(place[0].start for place, size in zip(places, sizes, strict=True) if size >= least_cells)


@settings(max_examples=200, deadline=None)
@given(
    arrays.arrays(bool, st.tuples(st.integers(0, 30), st.integers(1, 12))),
    st.integers(1, 8),
    st.lists(st.integers(0, 9), max_size=6),
)
def test_patches__are_those_of_the_whole_mask(mask, least_cells, lengths):
    assert streamed(mask, least_cells, lengths) == labelled(mask, least_cells)


@pytest.mark.parametrize("density", [0.05, 0.3, 0.6])
def test_patches__are_those_of_a_long_mask(density):
    mask = np.random.default_rng(1).random((3000, 40)) < density
    assert streamed(mask, 5, [700, 1, 0, 1200]) == labelled(mask, 5)


def test_patches__join_over_corners_and_over_a_later_bridge():
    mask = np.zeros((12, 8), dtype=bool)
    mask[2, 0] = mask[3, 1] = True  # corner to corner
    mask[5:9, 4] = mask[5:9, 6] = mask[8, 5] = True  # two legs that meet at their end
    for cut in range(12):
        assert streamed(mask, 1, [cut]) == [2, 5]
        assert streamed(mask, 9, [cut]) == [5]
        assert streamed(mask, 10, [cut]) == []


@settings(max_examples=100, deadline=None)
@given(
    arrays.arrays(bool, st.tuples(st.integers(1, 4), st.integers(0, 12), st.integers(1, 6))),
    st.lists(st.integers(0, 5), max_size=4),
)
def test_patches__never_reach_from_one_source_to_the_next(masks, lengths):
    assert streamed_sources(masks, 2, lengths) == [labelled(mask, 2) for mask in masks]
