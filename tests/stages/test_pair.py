"""Stage pair: the same bytes from any number of workers, splits that share nothing, honest labels."""

import json

import numpy as np
import pytest

from antiphon.errors import AntiphonError
from antiphon.io.examples.pairs import read_examples
from antiphon.stages import pair

SPLITS = ("train", "validation", "test_in_domain")

STFT = {
    "window_s": 0.016,
    "hop_s": 0.008,
    "bins": 256,
    "chunk_frames": 256,
    "shard_frames": 256,
    "clipping_level": 0.999,
    "keep_before_fault": True,
}
PAIR = {
    "label_map": None,
    "split": {"folds": 3, "fold": 0, "in_domain_share": 0.2, "seed": 1},
    "mixtures": None,
    "generated": None,
    "boxes": None,
    "mask_pictures": None,
    "duration_s": 2.0,
    "formula": {
        "train": 6,
        "validation": 3,
        "test": 3,
        "snr_low_db": 5.0,
        "snr_high_db": 20.0,
        "rates_hz": [16_000],
        "seed": 4,
    },
    "mask_rule": {"above_background_db": 6.0, "below_peak_db": 40.0, "other_margin_db": 6.0, "least_cells": 12},
}


def source(*labels):
    return {"labels": list(labels), "scientific_name": None, "common_name": "a sound"}


def run(output, sources, workers=1, seed=4):
    settings = PAIR | {"formula": PAIR["formula"] | {"seed": seed}}
    model = {"network": "resunet", "weights": "train", "widths": [4, 4], "sources": sources}
    pair.run(
        settings=json.dumps(settings),
        model_settings=json.dumps(model),
        stft=json.dumps(STFT),
        output=output,
        workers=workers,
    )
    return output


@pytest.fixture(scope="module")
def community(tmp_path_factory):
    sources = {label: source(label) for label in ("bird", "insect", "anthropogenic")}
    return run(tmp_path_factory.mktemp("community"), sources)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_pair__writes_examples_recipe_and_contact_sheet(community):
    assert sorted(path.name for path in community.iterdir()) == ["contact.png", "pairs.json", "pairs.zarr"]
    assert (community / "contact.png").read_bytes().startswith(b"\x89PNG")
    recipe = json.loads((community / "pairs.json").read_text(encoding="utf-8"))
    assert recipe["examples"] == {"train": 6, "validation": 3, "test_in_domain": 3}
    assert recipe["settings"] == PAIR
    assert recipe["version"] == pair.VERSION
    assert set(recipe["splits"]["train"]["positive_share"]) == {"bird", "insect", "anthropogenic"}
    assert sum(recipe["splits"]["train"]["positive_share"].values()) > 0


def test_pair__gives_every_scene_its_own_sound(community):
    seen = [level.tobytes() for split in SPLITS for level in read_examples(community / "pairs.zarr", split).level]
    assert len(set(seen)) == 12
    groups = [group for split in SPLITS for group in read_examples(community / "pairs.zarr", split).groups]
    assert len(set(groups)) == 12


def test_pair__leaves_bins_that_the_recorder_cannot_hear(community):
    examples = read_examples(community / "pairs.zarr", "train")
    # 16 kHz hear up to 8 kHz: the bin centred there reaches beyond it.
    for codes in (examples.level, examples.floor, examples.background):
        assert (codes[..., :128] > 0).all()
        assert not codes[..., 128:].any()
    assert not examples.mask_bits[..., 128:].any()


def test_pair__labels_what_is_louder_than_the_floor(community):
    examples = read_examples(community / "pairs.zarr", "train")
    masks = examples.masks().any(axis=1)
    over_floor = examples.level.astype(int) - examples.floor[:, np.newaxis]
    heard = np.zeros_like(masks)
    heard[..., :128] = True
    # Codes are half decibels: what is labelled stands well above the floor.
    assert over_floor[masks].mean() > over_floor[heard & ~masks].mean() + 8
    absent = np.isnan(examples.snr_db)
    assert not examples.masks().any(axis=(2, 3))[absent].any()


@pytest.mark.slow
def test_pair__gives_the_same_bytes_from_any_number_of_workers(community, tmp_path):
    sources = {label: source(label) for label in ("bird", "insect", "anthropogenic")}
    assert contents(run(tmp_path, sources, workers=2)) == contents(community)


def test_pair__unites_labels(community, tmp_path):
    run(tmp_path, {"sound": source("bird", "insect", "anthropogenic")})
    apart, united = (read_examples(folder / "pairs.zarr", "train") for folder in (community, tmp_path))
    np.testing.assert_array_equal(apart.level, united.level)
    found = united.masks()[:, 0]
    each = apart.masks().any(axis=1)
    # Sources apart hide each other and have peaks of their own; together they own nearly the same cells.
    assert np.count_nonzero(found & each) > 0.8 * np.count_nonzero(each)


def test_pair__names_a_label_that_nothing_makes(tmp_path):
    with pytest.raises(AntiphonError, match="nothing makes frog"):
        run(tmp_path, {"frog": source("frog")})
    assert not (tmp_path / "pairs.zarr").exists()
