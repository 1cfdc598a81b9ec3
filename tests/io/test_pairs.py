"""pairs.zarr: a round trip, whole or absent, the same bytes for the same examples."""

from dataclasses import replace

import numpy as np
import pytest

from antiphon.errors import AntiphonError
from antiphon.io.examples.pairs import Event, Example, read_examples, read_pairs_attributes, splits_of
from antiphon.io.examples.writers import write_pairs
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
    write(tmp_path / "pairs.zarr", {"train": 37, "validation": 5, "test_in_domain": 1})
    for split, count in {"train": 37, "validation": 5, "test_in_domain": 1}.items():
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
        write(tmp_path / name, {"train": 70, "validation": 9, "test_in_domain": 9})
    assert contents(tmp_path / "a.zarr") == contents(tmp_path / "b.zarr")
    assert len(contents(tmp_path / "a.zarr")) <= 60


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
    with pytest.raises(AntiphonError, match="no split 'test_in_domain'; it has train"):
        read_examples(tmp_path / "pairs.zarr", "test_in_domain")


def test_pairs__keep_what_is_not_known(tmp_path):
    unknown = np.full((20, GRID.bins), 0b10, dtype=np.uint8)
    with write_pairs(
        tmp_path / "pairs.zarr", grid=GRID, sources=SOURCES, counts={"train": 2, "validation": 1}, attributes={}
    ) as writer:
        writer.append("train", example(0))
        writer.append("train", replace(example(1), known_bits=unknown, origin="boxes", members=("site", "recordist")))
        writer.append("validation", example(2))
    assert splits_of(tmp_path / "pairs.zarr") == ("train", "validation")
    train, validation = (read_examples(tmp_path / "pairs.zarr", split) for split in ("train", "validation"))
    assert validation.known_bits is None
    assert validation.known().all() and validation.known().shape == validation.masks().shape
    assert train.known()[0].all()
    assert not train.known()[1, 0].any() and train.known()[1, 1].all()
    assert train.members == (("place 0",), ("site", "recordist"))
    assert train.origins == ("formula", "boxes")


def test_pairs__keep_events_and_say_which_overlap(tmp_path):
    low, high = Event(0, 1.0, 2.0, 500.0, 900.0, 3.0), Event(1, 1.5, 3.0, 800.0, 2000.0, np.nan)
    beside, twin = Event(1, 2.5, 3.0, 500.0, 700.0, 9.0), Event(0, 1.2, 1.8, 600.0, 700.0, 4.0)
    with write_pairs(tmp_path / "pairs.zarr", grid=GRID, sources=SOURCES, counts={"train": 3}, attributes={}) as writer:
        writer.append("train", replace(example(0), events=(low, high, beside)))
        writer.append("train", example(1))
        writer.append("train", replace(example(2), events=(low, twin)))
    events = read_examples(tmp_path / "pairs.zarr", "train").events
    np.testing.assert_array_equal(events.example, [0, 0, 0, 2, 2])
    np.testing.assert_array_equal(events.source, [0, 1, 1, 0, 0])
    np.testing.assert_array_equal(events.overlaps, [True, True, False, False, False])
    np.testing.assert_array_equal(events.start_s, np.float32([1.0, 1.5, 2.5, 1.0, 1.2]))
    np.testing.assert_array_equal(events.snr_db, np.float32([3.0, np.nan, 9.0, 3.0, 4.0]))
