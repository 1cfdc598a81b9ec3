"""Quantiles of levels: exact on short recordings, close on long ones, the same however frames arrive."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.signal.background import LevelHistogram


def codes(frames: int, seed: int = 1) -> np.ndarray:
    """Return codes of noise in four bins, the last of which is not heard."""
    made = np.random.default_rng(seed).normal([60, 80, 100, 0], [12, 12, 12, 0], (frames, 4))
    return np.clip(np.rint(made), 0, 255).astype(np.uint8)


def histogram(*blocks: np.ndarray) -> LevelHistogram:
    made = LevelHistogram(4)
    for block in blocks:
        made.add(block)
    return made


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_quantile__is_exact_for_a_short_recording(share):
    block = codes(4096)
    expected = np.quantile(block, share, axis=0, method="inverted_cdf")
    np.testing.assert_array_equal(histogram(block).quantile(share), expected)


def test_quantile__counts_every_eighth_frame_of_a_long_recording():
    block = codes(40_001)
    expected = np.quantile(block[::8], 0.5, axis=0, method="inverted_cdf")
    np.testing.assert_array_equal(histogram(block).quantile(0.5), expected)


@settings(max_examples=40, deadline=None)
@given(frames=st.sampled_from([0, 5, 4096, 4097, 20_000]), cuts=st.lists(st.integers(0, 20_000), max_size=12))
def test_quantile__never_depends_on_how_frames_arrive(frames, cuts):
    block = codes(frames)
    pieces = histogram(*np.split(block, sorted(cuts)))
    for share in (0.1, 0.5):
        np.testing.assert_array_equal(pieces.quantile(share), histogram(block).quantile(share))


def test_include__weighs_recordings_by_their_length():
    """Half an hour of quiet and half an hour of noise in short files: the median lies between the two."""
    unit = LevelHistogram(4)
    unit.include(histogram(np.full((40_960, 4), 50, dtype=np.uint8)))
    for _ in range(11):
        unit.include(histogram(np.full((4096, 4), 90, dtype=np.uint8)))
    assert (unit.quantile(0.45) == 50).all()
    assert (unit.quantile(0.5) == 90).all()


def test_quantile__is_zero_where_nothing_was_ever_heard():
    assert histogram(codes(100)).quantile(0.5)[3] == 0
    assert (LevelHistogram(4).quantile(0.5) == 0).all()
