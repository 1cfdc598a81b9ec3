"""Folds: every group is tested once, no leak, every source everywhere it can be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.stats.judging.folds import grouped_folds, indicative


@given(seed=st.integers(0, 500), groups=st.integers(5, 40))
def test_folds__never_part_a_group(seed, groups):
    rng = np.random.default_rng(seed)
    names = [f"g{one}" for one in [*range(groups), *rng.integers(groups, size=60)]]
    present = rng.random((len(names), 3)) < 0.4
    fold = grouped_folds(names, present, 5)
    assert set(fold) == set(range(5))
    for name in set(names):
        assert len({fold[i] for i in range(len(names)) if names[i] == name}) == 1


def test_folds__share_out_a_scarce_source():
    names = [f"g{i}" for i in range(50)]
    present = np.zeros((50, 2), dtype=bool)
    present[:, 0] = True
    present[:5, 1] = True
    fold = grouped_folds(names, present, 5)
    assert sorted(fold[:5]) == [0, 1, 2, 3, 4]
    assert np.bincount(fold).max() <= 12


def test_folds__need_a_group_each():
    with pytest.raises(ValueError, match="3 groups cannot fill 5 folds"):
        grouped_folds(["a", "b", "c", "a"], np.ones((4, 1), dtype=bool), 5)


def test_indicative__is_a_source_in_few_groups():
    names = [f"g{i // 3}" for i in range(18)]
    present = np.zeros((18, 2), dtype=bool)
    present[:, 0] = True
    present[:12, 1] = True
    assert indicative(names, present).tolist() == [False, True]
