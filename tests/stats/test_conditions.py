"""Conditions: every source that is there is in one band and one kind of company."""

import numpy as np

from antiphon.stats.judging.conditions import conditions


def test_conditions__part_examples():
    snr = np.array([[-3.0, 5.0], [20.0, np.nan], [7.0, 12.0]])
    cells = np.array([[100, 50], [10, 0], [100, 40]])
    shared = np.array([[10, 10], [0, 0], [1, 1]])
    found = conditions(snr, cells, shared)
    assert found["SNR below 0 dB"].tolist() == [[True, False], [False, False], [False, False]]
    assert found["SNR 5 to 10 dB"].tolist() == [[False, True], [False, False], [True, False]]
    assert found["SNR from 15 dB"].tolist() == [[False, False], [True, False], [False, False]]
    assert found["absent"].tolist() == [[False, False], [False, True], [False, False]]
    assert found["alone"].tolist() == [[False, False], [True, False], [False, False]]
    assert found["overlapping"].tolist() == [[True, True], [False, False], [False, False]]
    assert found["beside others"].tolist() == [[False, False], [False, False], [True, True]]


def test_conditions__of_each_kind_share_nothing():
    rng = np.random.default_rng(0)
    cells = rng.integers(0, 3, (50, 3)) * 40
    snr = np.where(cells > 0, rng.uniform(-5, 20, cells.shape), np.nan)
    others = cells.sum(axis=1, keepdims=True) > cells
    found = conditions(snr, cells, np.where(others & (cells > 0), rng.integers(0, 10, cells.shape), 0))
    bands = sum(mask.astype(int) for name, mask in found.items() if name.startswith("SNR"))
    company = sum(found[name].astype(int) for name in ("absent", "alone", "beside others", "overlapping"))
    assert np.array_equal(bands, cells > 0)
    assert (company == 1).all()
