"""Tiles: seeded, of the right shape, and changed only in ways that keep the truth."""

from dataclasses import dataclass

import numpy as np
import pytest

from antiphon.learning import tiles
from antiphon.learning.tiles import Tiles


@dataclass(frozen=True)
class Examples:
    level: np.ndarray
    mask_bits: np.ndarray
    floor: np.ndarray
    background: np.ndarray
    sources: tuple[str, ...] = ("a", "b")
    known_bits: np.ndarray | None = None


@pytest.fixture
def examples():
    rng = np.random.default_rng(1)
    level = rng.integers(50, 250, (5, 40, 16), dtype=np.uint8)
    level[2, :, 12:] = 0
    bits = rng.integers(0, 4, (5, 40, 16), dtype=np.uint8) * (level > 0)
    floor = np.where(level[:, 0] > 0, 60, 0).astype(np.uint8)
    return Examples(level, bits.astype(np.uint8), floor, np.where(floor, 70, 0).astype(np.uint8))


def test_tiles__are_the_same_for_the_same_step(examples):
    one, two = (Tiles(examples, frames=32, batch_size=4, seed=3).batch(7) for _ in range(2))
    for name in ("level", "mask_bits", "floor", "background"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
    other = Tiles(examples, frames=32, batch_size=4, seed=3).batch(8)
    assert not np.array_equal(one.level, other.level)


@pytest.mark.parametrize("frames", [8, 32, 96])
def test_tiles__have_the_length_asked_for(examples, frames):
    batch = Tiles(examples, frames=frames, batch_size=6, seed=0).batch(0)
    assert batch.level.shape == batch.mask_bits.shape == (6, frames, 16)
    assert batch.floor.shape == batch.background.shape == (6, 16)
    assert {batch.level.dtype, batch.mask_bits.dtype, batch.floor.dtype} == {np.dtype(np.uint8)}


def test_tiles__leave_the_examples_alone(examples):
    before = examples.level.copy(), examples.mask_bits.copy(), examples.floor.copy()
    for step in range(20):
        Tiles(examples, frames=32, batch_size=4, seed=0).batch(step)
    assert all(map(np.array_equal, before, (examples.level, examples.mask_bits, examples.floor)))


def test_tiles__without_change_are_pieces_of_a_ring(examples, monkeypatch):
    monkeypatch.setattr(tiles, "_BAND_LIMITED_SHARE", 0.0)
    monkeypatch.setattr(tiles, "_CUTOUTS", 0)
    ring = np.concatenate([examples.level, examples.level], axis=1)
    batch = Tiles(examples, frames=24, batch_size=8, seed=0).batch(0)
    pieces = [ring[e, s : s + 24] for e in range(5) for s in range(40)]
    assert all(any(np.array_equal(level, piece) for piece in pieces) for level in batch.level)


def test_tiles__band_limits_are_not_heard_and_not_true(examples, monkeypatch):
    monkeypatch.setattr(tiles, "_BAND_LIMITED_SHARE", 1.0)
    batch = Tiles(examples, frames=32, batch_size=8, seed=0).batch(0)
    silent = ~batch.level.any(axis=1)
    assert silent[:, -1].all()
    for array in (batch.mask_bits.any(axis=1), batch.floor > 0, batch.background > 0):
        assert not (array & silent).any()


def test_tiles__cutouts_change_the_mixture_only(examples, monkeypatch):
    monkeypatch.setattr(tiles, "_BAND_LIMITED_SHARE", 0.0)
    monkeypatch.setattr(tiles, "_REFERENCE_SHIFT_DB", 0.0)
    monkeypatch.setattr(tiles, "_CUTOUTS", 0)
    whole = Tiles(examples, frames=32, batch_size=8, seed=5).batch(0)
    monkeypatch.setattr(tiles, "_CUTOUTS", 3)
    cut = Tiles(examples, frames=32, batch_size=8, seed=5).batch(0)
    assert np.array_equal(whole.mask_bits, cut.mask_bits)
    assert np.array_equal(whole.level == 0, cut.level == 0)
    changed = whole.level != cut.level
    assert changed.any()
    assert np.array_equal(cut.level[changed], np.broadcast_to(cut.background[:, None], cut.level.shape)[changed])


def test_tiles__references_move_by_a_few_decibels(examples):
    moved = [Tiles(examples, frames=8, batch_size=64, seed=s).batch(0).floor.astype(int) - 60 for s in range(3)]
    heard = np.concatenate(moved).ravel()
    heard = heard[heard > -60]
    assert heard.min() == -6
    assert heard.max() == 6
