"""Clips are trimmed, normalised and cut; no sound is lost on the way, and none is made."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from antiphon.signal.chunks import cut, normalised, trimmed

RATE = 1000


def burst(before, sound, behind):
    rng = np.random.default_rng(0)
    return np.concatenate([np.zeros(before), rng.normal(0, 0.1, sound), np.zeros(behind)]).astype(np.float32)


def test_trimmed__takes_silence_off_both_ends_only():
    clip = burst(300, 500, 200)
    clip[500:520] = 0
    assert np.array_equal(trimmed(clip, RATE, 40), clip[300:800])


def test_trimmed__hears_silence_relative_to_the_loudest_frame():
    clip = np.concatenate([np.full(100, 1e-3), np.full(100, 0.5), np.full(100, 1e-2)]).astype(np.float32)
    assert len(trimmed(clip, RATE, 20)) == 100
    assert len(trimmed(clip, RATE, 40)) == 200
    assert len(trimmed(clip, RATE, 60)) == 300


@pytest.mark.parametrize("clip", [np.zeros(0, np.float32), np.zeros(500, np.float32)])
def test_trimmed__leaves_nothing_of_silence(clip):
    assert len(trimmed(clip, RATE, 40)) == 0


def test_normalised__has_no_mean_and_a_peak_of_nine_tenths():
    clip = normalised(burst(0, 500, 0) + np.float32(0.3))
    assert abs(float(clip.mean())) < 1e-6
    assert np.abs(clip).max() == pytest.approx(0.9)
    assert not normalised(np.full(10, 0.2, np.float32)).any()


@pytest.mark.parametrize(("length", "chunks"), [(10, 1), (250, 1), (374, 1), (376, 2), (500, 2), (1000, 4)])
def test_cut__gives_equal_chunks(length, chunks):
    pieces = cut(burst(0, length, 0), 250, RATE, 40)
    assert [len(piece) for piece in pieces] == [250] * chunks


def test_cut__leaves_out_chunks_in_which_nothing_sounds():
    pieces = cut(burst(0, 250, 500) + np.concatenate([np.zeros(500), burst(0, 250, 0)]), 250, RATE, 40)
    assert len(pieces) == 2


@given(
    hnp.arrays(np.float32, st.integers(0, 400), elements=st.floats(-1, 1, width=32)),
    st.integers(1, 200),
    st.floats(1, 90),
)
@settings(max_examples=60, deadline=None)
def test_chunks__of_any_clip_are_whole_and_finite(clip, samples, below_peak_db):
    short = normalised(trimmed(clip, RATE, below_peak_db))
    assert len(short) <= len(clip) + 10
    for piece in cut(short, samples, RATE, below_peak_db) if short.any() else []:
        assert piece.shape == (samples,)
        assert np.isfinite(piece).all()
        assert np.abs(piece).max() <= 0.9 + 1e-6
