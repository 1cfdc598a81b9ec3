"""pairs.zarr: a round trip, whole or absent, the same bytes for the same examples."""

import numpy as np
import pytest

from antiphon.errors import AntiphonError
from antiphon.io.pairs import Example, read_examples, read_pairs_attributes, write_pairs
from antiphon.signal.grid import Grid
from antiphon.signal.masking import pack_masks

GRID = Grid(0.016, 0.008, 16)
SOURCES = ("bird", "insect")


def example(seed, frames=20):
    rng = np.random.default_rng(seed)
    return Example(
        level=rng.integers(1, 255, (frames, GRID.bins), dtype=np.uint8),
        mask_bits=pack_masks(rng.random((2, frames, GRID.bins)) < 0.2),
        floor=rng.integers(1, 255, GRID.bins, dtype=np.uint8),
        background=rng.integers(1, 255, GRID.bins, dtype=np.uint8),
        snr_db=np.array([seed, np.nan], dtype=np.float32),
        group=f"place {seed}",
    )


def write(path, counts, **changed):
    given = {"grid": GRID, "sources": SOURCES, "counts": counts, "attributes": {"version": 1}} | changed
    with write_pairs(path, **given) as writer:
        for split, count in counts.items():
            for number in range(count):
                writer.append(split, example(number))


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_pairs__come_back_as_they_were_written(tmp_path):
    write(tmp_path / "pairs.zarr", {"train": 37, "validation": 5, "test": 1})
    for split, count in {"train": 37, "validation": 5, "test": 1}.items():
        examples = read_examples(tmp_path / "pairs.zarr", split)
        assert len(examples) == count
        assert examples.sources == SOURCES
        assert examples.groups == tuple(f"place {number}" for number in range(count))
        for number in range(count):
            wanted = example(number)
            np.testing.assert_array_equal(examples.level[number], wanted.level)
            np.testing.assert_array_equal(examples.mask_bits[number], wanted.mask_bits)
            np.testing.assert_array_equal(examples.floor[number], wanted.floor)
            np.testing.assert_array_equal(examples.background[number], wanted.background)
            np.testing.assert_array_equal(examples.snr_db[number], wanted.snr_db)
    attributes = read_pairs_attributes(tmp_path / "pairs.zarr")
    assert attributes["grid"] == {"window_s": 0.016, "hop_s": 0.008, "bins": 16}
    assert attributes["version"] == 1


def test_examples__unpack_their_masks(tmp_path):
    write(tmp_path / "pairs.zarr", {"train": 3})
    examples = read_examples(tmp_path / "pairs.zarr", "train")
    masks = examples.masks(slice(1, 3))
    assert masks.shape == (2, 2, 20, 16)
    assert masks.dtype == bool
    np.testing.assert_array_equal(pack_masks(masks[0]), examples.mask_bits[1])
    np.testing.assert_array_equal(examples.masks(np.array([2])), masks[1:])


def test_pairs__are_few_files_and_the_same_bytes(tmp_path):
    for name in ("a.zarr", "b.zarr"):
        write(tmp_path / name, {"train": 70, "validation": 9, "test": 9})
    assert contents(tmp_path / "a.zarr") == contents(tmp_path / "b.zarr")
    assert len(contents(tmp_path / "a.zarr")) <= 48


def test_pairs__are_whole_or_absent(tmp_path):
    with (
        pytest.raises(ValueError, match="1 examples written, 2 promised"),
        write_pairs(tmp_path / "pairs.zarr", grid=GRID, sources=SOURCES, counts={"train": 2}, attributes={}) as writer,
    ):
        writer.append("train", example(0))
    assert not list(tmp_path.iterdir())


def test_pairs__refuse_what_does_not_fit(tmp_path):
    with (
        pytest.raises(ValueError, match="among examples"),
        write_pairs(tmp_path / "pairs.zarr", grid=GRID, sources=SOURCES, counts={"train": 2}, attributes={}) as writer,
    ):
        writer.append("train", example(0))
        writer.append("train", example(1, frames=21))
    with pytest.raises(AntiphonError, match="at most 8"):
        write(tmp_path / "pairs.zarr", {"train": 1}, sources=tuple("abcdefghi"))


def test_read_examples__says_what_to_do(tmp_path):
    with pytest.raises(AntiphonError, match="run the stage pair"):
        read_examples(tmp_path / "pairs.zarr", "train")
    write(tmp_path / "pairs.zarr", {"train": 1})
    with pytest.raises(AntiphonError, match="no split 'test'; it has train"):
        read_examples(tmp_path / "pairs.zarr", "test")
