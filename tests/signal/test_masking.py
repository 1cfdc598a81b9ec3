"""Masks: each clause of the rule, and what a mask leaves of a mixture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.signal.masking import apply_mask, pack_masks, source_masks

RULE = {"above_background_db": 6.0, "below_peak_db": 40.0, "other_margin_db": 6.0, "least_cells": 12}
FRAMES, BINS = 60, 40


def flat_bed(level=1.0):
    return np.full((FRAMES, BINS), level, dtype=np.float32)


def patch(level, frames=slice(20, 30), bins=slice(10, 20)):
    stem = np.zeros((FRAMES, BINS), dtype=np.float32)
    stem[frames, bins] = level
    return stem


def masks(*stems, bed=None, **changed):
    return source_masks(np.stack(stems), flat_bed() if bed is None else bed, **(RULE | changed))


def test_source_masks__take_what_stands_above_the_background():
    (mask,) = masks(patch(100.0))
    assert mask[20:30, 10:20].all()
    # Smoothing reaches one cell further, never more.
    assert not mask[:19].any() and not mask[31:].any()
    assert not mask[:, :9].any() and not mask[:, 21:].any()


def test_source_masks__leave_what_is_hidden_in_the_background():
    assert not masks(patch(3.9)).any()
    assert masks(patch(4.1)).any()


def test_source_masks__measure_the_background_in_each_bin():
    bed = flat_bed()
    bed[:, 15:] = 100.0
    (mask,) = masks(patch(50.0), bed=bed)
    assert mask[21:29, 11:14].all()
    assert not mask[:, 16:].any()


def test_source_masks__leave_what_is_far_below_the_peak():
    loud, faint = patch(1e6), patch(50.0, bins=slice(30, 38))
    (mask,) = masks(loud + faint)
    assert not mask[:, 28:].any()
    assert masks(loud + faint, below_peak_db=60.0)[0][21:29, 31:37].all()


def test_source_masks__leave_what_another_source_covers():
    mine, other = patch(100.0), patch(1000.0, frames=slice(25, 40))
    first, second = masks(mine, other)
    assert first[20:23, 11:19].all()
    assert not first[27:30].any()
    assert second[25:40, 11:19].all()
    near_first, near_second = masks(mine, patch(200.0, frames=slice(25, 40)))
    assert near_first[26:29, 11:19].all() and near_second[26:29, 11:19].all()


def test_source_masks__leave_what_a_gust_covers():
    bed = flat_bed()
    bed[24:] = np.where(np.arange(FRAMES - 24) < 10, 1000.0, 1.0)[:, np.newaxis]
    (mask,) = masks(patch(100.0), bed=bed)
    assert mask[20:22, 11:19].all()
    assert not mask[26:30].any()


def test_source_masks__close_small_gaps_and_drop_specks():
    stem = patch(1e3, frames=slice(10, 15)) + patch(1e3, frames=slice(19, 24))
    (mask,) = masks(stem)
    assert mask[10:24, 11:19].all()
    assert not masks(patch(50.0, slice(5, 6), slice(5, 6)), least_cells=12).any()
    assert masks(patch(50.0, slice(5, 6), slice(5, 6)), least_cells=4).any()


def test_source_masks__keep_what_touches_the_edge():
    (mask,) = masks(patch(100.0, frames=slice(0, 10), bins=slice(0, 10)))
    assert mask[:10, :10].all()


def test_source_masks__know_nothing_of_bins_that_are_not_heard():
    (mask,) = masks(patch(100.0, bins=slice(10, 40)), heard_bins=20)
    assert mask[21:29, 11:19].all()
    assert not mask[:, 20:].any()


def test_source_masks__of_silence_are_empty():
    assert not masks(np.zeros((FRAMES, BINS), dtype=np.float32), bed=flat_bed(0.0)).any()
    empty = source_masks(np.zeros((2, 0, BINS), np.float32), np.zeros((0, BINS), np.float32), **RULE)
    assert empty.shape == (2, 0, BINS)


def test_source_masks__refuse_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match="do not fit"):
        source_masks(np.zeros((1, 4, 5), np.float32), np.zeros((4, 6), np.float32), **RULE)


@given(st.integers(0, 10_000), st.floats(1e-4, 1e4))
def test_source_masks__do_not_depend_on_the_gain(seed, gain):
    rng = np.random.default_rng(seed)
    stems = rng.exponential(20.0, (2, 30, 20)).astype(np.float32)
    bed = rng.exponential(1.0, (30, 20)).astype(np.float32)
    gain = np.float32(2.0 ** round(np.log2(gain)))
    np.testing.assert_array_equal(source_masks(stems, bed, **RULE), source_masks(stems * gain, bed * gain, **RULE))


@given(st.integers(0, 10_000))
def test_source_masks__grow_when_the_rule_is_looser(seed):
    rng = np.random.default_rng(seed)
    stems = rng.exponential(5.0, (2, 30, 20)).astype(np.float32)
    bed = rng.exponential(1.0, (30, 20)).astype(np.float32)
    strict = source_masks(stems, bed, **RULE)
    loose = source_masks(stems, bed, **(RULE | {"above_background_db": 3.0, "least_cells": 4}))
    assert not (strict & ~loose).any()


def test_apply_mask__of_ones_is_the_mixture():
    mixture = np.random.default_rng(0).exponential(1.0, (FRAMES, BINS)).astype(np.float32)
    masked = apply_mask(np.ones((3, FRAMES, BINS), dtype=bool), mixture)
    assert masked.dtype == np.float32
    np.testing.assert_array_equal(masked, np.stack([mixture] * 3))
    assert not apply_mask(np.zeros((FRAMES, BINS), dtype=bool), mixture).any()


def test_pack_masks__sets_one_bit_a_source():
    rng = np.random.default_rng(0)
    stacked = rng.random((8, 5, 6)) < 0.5
    bits = pack_masks(stacked)
    for source in range(8):
        np.testing.assert_array_equal((bits >> source) & 1, stacked[source])
    with pytest.raises(ValueError, match="eight"):
        pack_masks(np.zeros((9, 1, 1), dtype=bool))
