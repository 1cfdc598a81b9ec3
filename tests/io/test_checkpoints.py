"""Models on disk: the same bytes for the same model, and nothing but the weights the card speaks of."""

import json

import pytest
import torch

from antiphon.config import Source
from antiphon.errors import AntiphonError
from antiphon.io.models.checkpoints import Card, load_card, load_state, load_weights, save_model, save_state
from antiphon.io.models.voices import load_voice_card
from antiphon.signal.grid import Grid

WEIGHTS = {
    "b": torch.arange(24.0).reshape(2, 3, 2, 2).contiguous(memory_format=torch.channels_last),
    "a": torch.tensor(3),
}


@pytest.fixture
def card():
    sources = {name: Source(labels=[name], scientific_name=None, common_name=name) for name in ("wind", "bird", "ant")}
    return Card(
        model="m",
        network="resunet",
        widths=(8, 16),
        sources=sources,
        grid=Grid(0.016, 0.008, 256),
        thresholds={"wind": 0.5, "bird": 0.4, "ant": 0.25},
        scores={"validation": {"wind": 0.9, "macro": 0.8}},
        parameters=25,
        training={"best_step": 3},
        mask_rule={"least_cells": 12},
        versions={"antiphon": "0.1.0", "train": 1},
    )


def test_model__comes_back_as_it_was(tmp_path, card):
    written = save_model(tmp_path, card, WEIGHTS)
    assert load_card(tmp_path / "card.json") == written
    weights = load_weights(tmp_path / "generator.safetensors", written)
    assert all(torch.equal(weights[name], value) for name, value in WEIGHTS.items())


def test_card__keeps_the_order_of_the_sources(tmp_path, card):
    save_model(tmp_path, card, WEIGHTS)
    assert list(load_card(tmp_path / "card.json").sources) == ["wind", "bird", "ant"]


def test_model__has_the_same_bytes_again(tmp_path, card):
    save_model(tmp_path / "one", card, WEIGHTS)
    save_model(tmp_path / "two", card, dict(reversed(WEIGHTS.items())))
    for name in ("card.json", "generator.safetensors"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_weights__of_another_training_are_refused(tmp_path, card):
    written = save_model(tmp_path, card, WEIGHTS)
    save_model(tmp_path / "other", card, {"a": torch.tensor(4)})
    with pytest.raises(AntiphonError, match="not the weights that the card of model m"):
        load_weights(tmp_path / "other" / "generator.safetensors", written)
    with pytest.raises(AntiphonError, match="no such file"):
        load_weights(tmp_path / "gone.safetensors", written)


def test_card__that_is_none_is_said_in_one_line(tmp_path, card):
    save_model(tmp_path, card, WEIGHTS)
    path = tmp_path / "card.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps({**values, "schema": 99, "colour": "red"}))
    with pytest.raises(
        AntiphonError, match=r"card.json: no card of this version.*colour.*train the model again"
    ) as told:
        load_card(path)
    assert "\n" not in str(told.value)
    path.write_text("{")
    with pytest.raises(AntiphonError, match="not valid JSON"):
        load_card(path)


def test_voice_card__that_is_none_is_said_in_one_line_too(tmp_path):
    (tmp_path / "card.json").write_text('{"schema": 1}')
    with pytest.raises(AntiphonError, match=r"card.json: no card of voices .*; run synthesize again") as told:
        load_voice_card(tmp_path)
    assert "\n" not in str(told.value)


def test_state__comes_back_only_to_the_same_training(tmp_path):
    path = tmp_path / "training.part"
    assert load_state(path, "x") is None
    save_state(path, "x", {"step": 3, "loss": float("nan"), "weights": {"w": torch.ones(2)}, "history": [{"a": 1.0}]})
    assert load_state(path, "other") is None
    found = load_state(path, "x")
    assert found["step"] == 3
    assert torch.equal(found["weights"]["w"], torch.ones(2))


def test_state__never_runs_code(tmp_path):
    path = tmp_path / "training.part"
    torch.save({"made_from": "x", "state": {"path": tmp_path}}, path)
    with pytest.raises(AntiphonError, match="delete it"):
        load_state(path, "x")
    path.write_bytes(b"nonsense")
    with pytest.raises(AntiphonError, match="delete it"):
        load_state(path, "x")
