"""Sounds of a recipe are kept ready up to so many bytes."""

import numpy as np
import pytest

from antiphon.pairing.prepared import _remembered


@pytest.fixture
def computed():
    return []


@pytest.fixture
def sound(computed):
    @_remembered(1000)
    def sound(samples: int, *, level: float = 1.0) -> np.ndarray:
        computed.append(samples)
        return np.full(samples, level, dtype=np.float32)

    return sound


def test_remembered__computes_once(sound, computed):
    assert sound(10) is sound(10)
    assert computed == [10]
    assert sound(10, level=2.0)[0] == 2.0
    assert computed == [10, 10]


def test_remembered__forgets_what_was_not_used_for_longest(sound, computed):
    for samples in (100, 101, 100, 60):  # 400, 404 and 240 bytes: 101 has to go
        sound(samples)
    sound(100)
    assert computed == [100, 101, 60]
    sound(101)
    assert computed == [100, 101, 60, 101]


def test_remembered__holds_the_last_one_however_large(sound, computed):
    assert len(sound(5000)) == len(sound(5000)) == 5000
    assert computed == [5000]
    sound(10)
    sound(5000)
    assert computed == [5000, 10, 5000]
