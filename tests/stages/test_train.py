"""Stages train and evaluate, for real, on examples so small that they take seconds."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
from safetensors.torch import load_file

from antiphon.config import Evaluate, Model, Pair, Stft, Train
from antiphon.errors import AntiphonError
from antiphon.figures.model import training as figures_training
from antiphon.io.examples.pairs import Example, read_examples
from antiphon.io.examples.writers import write_pairs
from antiphon.io.models import checkpoints
from antiphon.io.models.checkpoints import load_card, load_weights
from antiphon.learning.generators import make_generator, trained_generator
from antiphon.learning.validation import validate
from antiphon.signal.grid import Grid
from antiphon.stages import evaluate, train
from antiphon.stats.judging.scores import code_of_threshold

BINS, FRAMES = 32, 64
STFT = {
    "window_s": 0.016,
    "hop_s": 0.008,
    "bins": BINS,
    "chunk_frames": 256,
    "shard_frames": 256,
    "clipping_level": 0.99,
    "keep_before_fault": True,
}
SOURCES = {name: {"labels": [name], "scientific_name": None, "common_name": name} for name in ("bird", "insect")}
MODEL = {"network": "resunet", "weights": "train", "widths": [4, 6], "sources": SOURCES}
TRAIN = {
    "recipe": "settings",
    "start_from": None,
    "freeze": "nothing",
    "steps": 4,
    "batch_size": 2,
    "tile_frames": 32,
    "learning_rate": 0.01,
    "weight_decay": 0.01,
    "momentum": 0.9,
    "schedule": "one_cycle",
    "cross_entropy_weight": 1.0,
    "positive_weight": 2.0,
    "dice_weight": 1.0,
    "image_weight": 0.0,
    "average_decay": 0.9,
    "validate_every": 2,
    "patience": 0,
    "keep": "f1",
    "kernels": "float32",
    "critic": {
        "game": "patch_hinge",
        "weight": 0.1,
        "start": 0.5,
        "ramp": 0.2,
        "width": 4,
        "learning_rate": 0.001,
        "penalty_weight": 0.0,
        "penalty_every": 16,
        "augment": False,
    },
    "seed": 1,
}
PAIR = {
    "label_map": None,
    "split": {"folds": 3, "fold": 0, "in_domain_share": 0.2, "seed": 1},
    "mixtures": None,
    "generated": None,
    "boxes": None,
    "mask_pictures": None,
    "duration_s": 1.0,
    "formula": {
        "train": 4, "validation": 3, "test": 5, "snr_low_db": 0.0, "snr_high_db": 10.0,
        "rates_hz": [48000], "seed": 1,
    },
    "mask_rule": {"above_background_db": 6.0, "below_peak_db": 40.0, "other_margin_db": 6.0, "least_cells": 12},
}  # fmt: skip
EVALUATE = {"bootstrap": 100, "methods": ["median_clipping", "wiener"], "pictures": 3, "classify": None, "seed": 1}


def example(seed, group):
    """Return noise with one loud blob a source, in the lower or the upper half of the bins."""
    rng = np.random.default_rng(seed)
    level = rng.integers(80, 95, (FRAMES, BINS), dtype=np.uint8)
    bits = np.zeros_like(level)
    for source, bottom in ((0, 0), (1, BINS // 2)):
        first, low = rng.integers(0, FRAMES - 12), bottom + rng.integers(0, BINS // 2 - 6)
        level[first : first + 12, low : low + 6] += 40
        bits[first : first + 12, low : low + 6] |= 1 << source
    reference = np.full(BINS, 87, dtype=np.uint8)
    return Example(level, bits, reference, reference, np.zeros(2, dtype=np.float32), group)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    path = tmp_path_factory.mktemp("examples") / "pairs.zarr"
    counts = {"train": 4, "validation": 3, "test_in_domain": 5}
    with write_pairs(
        path, grid=Grid(0.016, 0.008, BINS), sources=list(SOURCES), counts=counts, attributes={}
    ) as writer:
        for number, split in enumerate(counts):
            for i in range(counts[split]):
                writer.append(split, example(100 * number + i, f"{split}-{i}"))
    return path


def run_train(pairs, output, model=MODEL, stft=STFT, **changes):
    train.run(
        pairs=pairs,
        settings=json.dumps({**TRAIN, **changes}),
        model="tiny",
        model_settings=json.dumps(model),
        stft=json.dumps(stft),
        pair=json.dumps(PAIR),
        output=output,
        device="cpu",
        precision="float32",
    )


def run_evaluate(pairs, folder):
    evaluate.run(
        pairs=pairs,
        card=folder / "card.json",
        weights=folder / "generator.safetensors",
        settings=json.dumps(EVALUATE),
        output=folder / "evaluation",
        device="cpu",
        precision="float32",
    )


FILES = ("card.json", "generator.safetensors", "history.csv", "curves.png", "seen.png", "reliability.png")


@pytest.fixture(scope="module")
def trained(pairs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    run_train(pairs, folder)
    run_evaluate(pairs, folder)
    return folder


def test_settings__of_these_tests_are_whole():
    for section, values in ((Stft, STFT), (Model, MODEL), (Train, TRAIN), (Pair, PAIR), (Evaluate, EVALUATE)):
        section.model_validate(values)


def test_train__writes_a_model_that_says_what_it_is(trained):
    card = load_card(trained / "card.json")
    assert (card.model, card.network, card.widths) == ("tiny", "resunet", (4, 6))
    assert list(card.sources) == list(card.thresholds) == list(SOURCES)
    assert card.grid == Grid(0.016, 0.008, BINS)
    assert card.training["steps"] == 4
    assert card.mask_rule == PAIR["mask_rule"]
    assert set(card.scores["validation"]) == {*SOURCES, "macro"}
    weights = load_weights(trained / "generator.safetensors", card)
    assert card.parameters < sum(value.numel() for value in weights.values())
    assert not (trained / "training.part").exists()


def test_train__calibrates_and_counts_on_validation(pairs, trained):
    card = load_card(trained / "card.json")
    heard = 3 * FRAMES * BINS
    for source in SOURCES:
        cells, calibrated = card.validation_cells[source], card.calibration[source]
        assert sum(cells.values()) == heard == sum(row[2] for row in calibrated.reliability)
        f1 = 2 * cells["tp"] / max(1, 2 * cells["tp"] + cells["fp"] + cells["fn"])
        assert card.scores["validation"][source] == pytest.approx(f1)
        assert calibrated.temperature > 0
        assert np.sum(card.validation_groups[source], axis=0).tolist() == list(cells.values())
        assert len(card.validation_groups[source]) == len(set(read_examples(pairs, "validation").groups))
    assert (trained / "reliability.png").read_bytes().startswith(b"\x89PNG")


def test_train__writes_its_history_without_a_clock(trained):
    history = pd.read_csv(trained / "history.csv")
    columns = "step cross_entropy dice image critic adversarial f1_bird f1_insect f1_macro"
    assert list(history.columns) == columns.split()
    assert history.step.tolist() == [2, 4]
    assert history.critic.isna().tolist() == [True, False]
    assert (trained / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_train__twice_gives_the_same_bytes(pairs, trained, tmp_path):
    run_train(pairs, tmp_path)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (trained / name).read_bytes()


def test_train__killed_goes_on_and_ends_as_if_undisturbed(pairs, trained, tmp_path, monkeypatch):
    def save_then_die(*given):
        checkpoints.save_state(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "save_state", save_then_die)
    with pytest.raises(KeyboardInterrupt):
        run_train(pairs, tmp_path)
    assert (tmp_path / "training.part").exists()
    assert not (tmp_path / "card.json").exists()
    monkeypatch.undo()
    run_train(pairs, tmp_path)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (trained / name).read_bytes()


def test_train__does_not_take_up_another_training(pairs, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(train, "save_model", lambda *given: None)
    monkeypatch.setattr(train.Path, "unlink", lambda *given, **more: None)
    run_train(pairs, tmp_path)
    monkeypatch.undo()
    assert (tmp_path / "training.part").exists()
    capsys.readouterr()
    run_train(pairs, tmp_path, seed=2)
    assert "from step 0" in capsys.readouterr().err


def test_train__says_how_it_goes(pairs, tmp_path, capsys):
    run_train(pairs, tmp_path)
    lines = capsys.readouterr().err.splitlines()
    looks = [line for line in lines if "train: step" in line]
    assert len(looks) == 2
    for word in ("cross_entropy", "F1", "bird", "tiles/s", "of the time waiting for tiles"):
        assert all(word in line for line in looks)


@pytest.mark.parametrize(("every_s", "steps"), [(0.0, [2, 4, 4]), (60.0, [2, 4])])
def test_train__shows_what_it_finds_as_it_goes_and_at_the_end(pairs, tmp_path, monkeypatch, every_s, steps):
    drawn = []

    def seen(step, levels, masks, found, sources, cell):
        drawn.append(step)
        assert masks.shape == found.shape == (3, 2, FRAMES, BINS)
        return figures_training.seen(step, levels, masks, found, sources, cell)

    monkeypatch.setattr(train, "seen", seen)
    monkeypatch.setattr(train, "_PICTURE_EVERY_S", every_s)
    run_train(pairs, tmp_path)
    assert drawn == steps


def test_energy__learns_its_threshold(pairs, tmp_path):
    run_train(pairs, tmp_path, model={**MODEL, "network": "energy"})
    run_evaluate(pairs, tmp_path)
    card = load_card(tmp_path / "card.json")
    assert card.network == "energy"
    assert card.scores["validation"]["macro"] == pytest.approx(2 / 3, abs=0.02)
    table = pd.read_csv(tmp_path / "evaluation" / "scores.csv").set_index(["method", "source"])
    ours, baseline = table.loc["tiny"], table.loc["energy threshold"]
    pd.testing.assert_frame_equal(ours, baseline)
    assert baseline.loc["macro", "recall"] > 0.99


def test_evaluate__judges_every_method_on_the_same_examples(trained):
    table = pd.read_csv(trained / "evaluation" / "scores.csv")
    columns = "protocol method source precision recall f1 f1_low f1_high iou image_mse examples"
    assert list(table.columns) == columns.split()
    simple = ["energy threshold", "median clipping", "wiener", "identity", "silence"]
    assert table.method.unique().tolist()[:6] == ["tiny", *simple]
    assert all(method.startswith("limit: ") for method in table.method.unique()[6:])
    assert table.protocol.unique().tolist() == ["in_domain"]
    assert table.groupby("method").source.apply(list).map(lambda found: found == ["bird", "insect", "macro"]).all()
    assert (table.examples == 5).all()
    assert (table.f1_low <= table.f1).all()
    assert (table.f1 <= table.f1_high).all()
    identity = table[(table.method == "identity") & (table.source == "bird")]
    assert float(identity.precision.iloc[0]) == pytest.approx(72 / (FRAMES * BINS), rel=1e-4)
    assert (trained / "evaluation" / "examples.png").read_bytes().startswith(b"\x89PNG")
    values = json.loads((trained / "evaluation" / "scores.json").read_text())
    assert len(values["scores"]) == len(table)
    assert values["weights_sha256"] == load_card(trained / "card.json").weights_sha256


def test_evaluate__writes_tables_that_agree(trained):
    folder = trained / "evaluation"
    scores, conditions, examples = (
        pd.read_parquet(folder / f"{name}.parquet") for name in ("scores", "conditions", "examples")
    )
    main = pd.read_csv(folder / "scores.csv")
    np.testing.assert_allclose(scores.f1, main.f1, rtol=1e-5)
    assert {"clip_f1", "event_recall", "silent_false_share", "occupancy_r", "batch16_iou", "f1_near"} <= set(
        scores.columns
    )
    assert len(examples) == 5 * 2 * scores.method.nunique()
    assert set(conditions.condition) >= {"alone", "beside others", "SNR 0 to 5 dB"}
    perfect = conditions[(conditions.method == "limit: truth one cell wider") & (conditions.condition == "absent")]
    assert perfect.f1.isna().all()


def test_evaluate__knows_what_the_rule_allows(trained):
    macro = pd.read_csv(trained / "evaluation" / "scores.csv").query("source == 'macro'").set_index("method")
    assert macro.loc["limit: truth one frame late", "f1"] == pytest.approx(11 / 12, abs=0.01)
    assert macro.loc["limit: oracle of class and region", "f1"] > macro.loc["energy threshold", "f1"]


def test_evaluate__page_needs_nothing_else(trained):
    page = (trained / "evaluation" / "index.html").read_text(encoding="utf-8")
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page
    assert page.count("data:image/png;base64,") == 3
    for words in ("In domain", "Best, median and worst", "limit: oracle", "F1 ±1 cell", "Clip F1"):
        assert words in page


def test_evaluate__without_the_library_of_a_method_says_what_to_install(pairs, trained, tmp_path, monkeypatch):
    monkeypatch.setitem(EVALUATE, "methods", ["nmf"])
    monkeypatch.setitem(sys.modules, "sklearn.decomposition", None)
    with pytest.raises(AntiphonError, match=r"pip install 'antiphon\[compare\]'"):
        run_evaluate(pairs, trained)


@pytest.mark.parametrize("network", ["pix2pix", "atrous_segnet"])
def test_train__as_published_gives_a_model_that_can_be_applied(pairs, tmp_path, network):
    run_train(pairs, tmp_path, model={**MODEL, "network": network}, recipe="published", steps=1, validate_every=1)
    card = load_card(tmp_path / "card.json")
    assert card.network == network
    assert card.training["settings"]["average_decay"] == 0
    run_evaluate(pairs, tmp_path)
    assert (tmp_path / "evaluation" / "index.html").exists()


def test_evaluate__twice_gives_the_same_bytes(pairs, trained, tmp_path):
    before = {path.name: path.read_bytes() for path in (trained / "evaluation").iterdir()}
    run_evaluate(pairs, trained)
    assert before == {path.name: path.read_bytes() for path in (trained / "evaluation").iterdir()}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stft": {**STFT, "bins": 64}}, "made on another grid"),
        ({"model": {**MODEL, "sources": {"bird": SOURCES["bird"]}}}, "has sources bird, insect, the model has bird;"),
        ({"model": {**MODEL, "widths": [4] * 7}}, r"models.tiny.widths: 7 scales need a multiple of 128 bins"),
        ({"learning_rate": 1e30}, "is not finite"),
    ],
)
def test_train__says_what_does_not_fit(pairs, tmp_path, changes, said):
    with pytest.raises(AntiphonError, match=said) as told:
        run_train(pairs, tmp_path, **changes)
    assert "\n" not in str(told.value)
    assert not (tmp_path / "card.json").exists()


def test_train__without_the_gpu_asked_for_says_so(pairs, tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(AntiphonError, match="no GPU here"):
        train.run(
            pairs=pairs, settings=json.dumps(TRAIN), model="tiny", model_settings=json.dumps(MODEL),
            stft=json.dumps(STFT), pair=json.dumps(PAIR), output=tmp_path, device="cuda",
        )  # fmt: skip


def test_evaluate__refuses_examples_of_another_model(pairs, trained, tmp_path):
    card = load_card(trained / "card.json")
    weights = load_weights(trained / "generator.safetensors", card)
    other = card.model_copy(update={"grid": Grid(0.032, 0.008, BINS)})
    checkpoints.save_model(tmp_path, other, weights)
    with pytest.raises(AntiphonError, match="its grid are not those of model tiny"):
        run_evaluate(pairs, tmp_path)


def test_train__starts_from_a_finished_model_and_can_leave_what_sees_alone(pairs, trained, tmp_path):
    run_train(pairs, tmp_path, start_from=str(trained), freeze="encoder")
    before, after = (load_file(folder / "generator.safetensors") for folder in (trained, tmp_path))
    for name, value in after.items():
        learned = not name.startswith(("stem", "enter", "down", "frequency_bias"))
        if "num_batches_tracked" not in name:
            assert torch.equal(before[name], value) != learned, name
    assert load_card(tmp_path / "card.json").training["settings"]["freeze"] == "encoder"


def test_train__starts_from_another_models_trunk_with_a_fresh_last_layer(trained, tmp_path):
    grid, about = Grid(0.016, 0.008, BINS), Model.model_validate({**MODEL, "sources": {"bird": SOURCES["bird"]}})
    fresh, started = (make_generator("resunet", widths=about.widths, sources=1, bins=BINS, seed=7) for _ in range(2))
    assert train._start(started, about, grid, str(trained)) == load_card(trained / "card.json").weights_sha256
    theirs = load_file(trained / "generator.safetensors")
    for name, value in started.state_dict().items():
        assert torch.equal(value, (fresh.state_dict() if name.startswith("head.") else theirs)[name]), name


def test_train__says_what_does_not_fit_to_start_from(pairs, trained, tmp_path):
    with pytest.raises(AntiphonError, match=r"wants the same network, widths and grid; it has resunet, \[4, 6\]"):
        run_train(pairs, tmp_path, model={**MODEL, "widths": [4, 8]}, start_from=str(trained))
    with pytest.raises(AntiphonError, match="needs start_from"):
        run_train(pairs, tmp_path, freeze="encoder")


def test_train__stores_kernels_in_half_the_room_and_scores_what_it_stores(pairs, tmp_path):
    run_train(pairs, tmp_path, kernels="float16")
    card = load_card(tmp_path / "card.json")
    stored = load_weights(tmp_path / "generator.safetensors", card)
    assert {value.dtype for value in stored.values() if value.ndim == 4} == {torch.float16}
    generator = trained_generator(card, stored)
    codes = {source: code_of_threshold(card.thresholds[source]) for source in SOURCES}
    again = validate(generator, read_examples(pairs, "validation"), torch.device("cpu"), torch.float32, codes)
    assert again.cells == card.validation_cells


def test_evaluate__classifies_clips_where_it_is_asked_to(pairs, trained, tmp_path):
    t = np.arange(4000) / 8000
    for name, hz in (("rain", 300), ("wind", 1500)):
        (tmp_path / name).mkdir()
        for number in range(4):
            soundfile.write(tmp_path / name / f"{number}.wav", 0.3 * np.sin(2 * np.pi * (hz + 20 * number) * t), 8000)
    classify = {
        "audio_root": str(tmp_path), "clips": None, "classes": None, "duration_s": 0.5, "sample_rate_hz": 8000,
        "trim_below_peak_db": 40.0, "classifiers": ["mfcc"], "steps": 1, "folds": 2,
    }  # fmt: skip
    given = {"pairs": pairs, "card": trained / "card.json", "weights": trained / "generator.safetensors"}
    settings = {**EVALUATE, "methods": [], "classify": classify}
    evaluate.run(**given, settings=json.dumps(settings), output=tmp_path / "out", device="cpu", precision="float32")
    table = pd.read_csv(tmp_path / "out" / "classes.csv")
    assert table["class"].tolist() == ["all", "rain", "wind"]
    assert table.accuracy[0] == 1
    assert (tmp_path / "out" / "confusion.png").stat().st_size > 3000
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "Classes of clips" in page and "8\u00a0pieces of 8\u00a0groups" in page
    with pytest.raises(AntiphonError, match=r"evaluate\.classify\.folds"):
        settings["classify"] = {**classify, "folds": 20}
        evaluate.run(**given, settings=json.dumps(settings), output=tmp_path / "out", device="cpu")
