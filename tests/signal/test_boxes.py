"""Boxes: what stands out in them, against a background that boxes do not raise."""

import numpy as np
import pytest

from antiphon.signal.boxes import Box, boxed
from antiphon.signal.grid import Grid

GRID = Grid(0.016, 0.008, 64)
RULE = {"above_background_db": 6.0, "below_peak_db": 40.0, "least_cells": 12}


def noise(frames=1000, seed=0):
    rng = np.random.default_rng(seed)
    level_db = 10 * np.log10(rng.exponential(1e-6, (frames, GRID.bins)))
    return np.clip(np.rint((level_db + 122.5) / 0.5), 1, 255).astype(np.uint8)


def with_call(codes, frames=slice(400, 430), bins=slice(20, 24)):
    codes = codes.copy()
    codes[frames, bins] = 200
    return codes


def test_box__takes_the_cells_whose_centres_lie_in_it():
    box = Box.of(GRID, 1.0, 2.0, 1000.0, 2000.0, (1000, 64))
    # Frame i is centred at 8 i + 8 ms, bin k at 62.5 k Hz.
    assert (box.first, box.end, box.low, box.high) == (124, 250, 16, 33)
    tiny = Box.of(GRID, 1.0, 1.0001, 1000.0, 1000.1, (1000, 64))
    assert tiny.end - tiny.first == tiny.high - tiny.low == 1
    beyond = Box.of(GRID, 7.9, 99.0, 3900.0, 9000.0, (1000, 64))
    assert (beyond.end, beyond.high) == (1000, 64)


def test_boxed__finds_the_call_and_leaves_the_noise():
    box = Box(380, 450, 10, 40)
    (found,) = boxed(with_call(noise()), [box], GRID, **RULE)
    assert found.mask[20:50, 10:14].all()
    outside = found.mask.copy()
    outside[19:51, 9:15] = False
    assert outside.mean() < 0.02
    assert found.snr_db == pytest.approx(37, abs=4)
    (nothing,) = boxed(noise(), [box], GRID, **(RULE | {"above_background_db": 12.0}))
    assert not nothing.mask.any() and np.isnan(nothing.snr_db)


def test_boxed__measures_the_background_outside_of_boxes():
    # A call that lasts as long as the whole neighbourhood but for a second is still found: the rest of it is boxed.
    codes = with_call(noise(), frames=slice(0, 900))
    boxes = [Box(i, i + 90, 15, 30) for i in range(0, 900, 90)]
    for found in boxed(codes, boxes, GRID, **RULE)[5:]:
        assert found.mask[:, 5:9].all()


def test_boxed__sees_what_stands_out_beside_a_box():
    codes = with_call(with_call(noise()), bins=slice(50, 54))
    (found,) = boxed(codes, [Box(400, 430, 15, 30)], GRID, **RULE, margin_s=0.08)
    assert (found.span.start, found.span.stop) == (390, 440)
    assert found.standing[10:40, 50:54].all()


def test_boxed__leaves_what_was_not_heard():
    codes = with_call(noise())
    codes[:, 30:] = 0
    (found,) = boxed(codes, [Box(380, 450, 10, 64)], GRID, **RULE)
    assert not found.mask[:, 20:].any() and not found.standing[:, 30:].any()
