"""The comparison runs piecewise, goes on where it was left, and writes its table."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from benchmarks import accuracy, accuracy_methods
from benchmarks.accuracy_material import Cut, FormulaMaterial
from benchmarks.accuracy_table import markdown

from antiphon.learning.contenders import nothing_and_everything
from antiphon.signal.spectrogram import level_codes

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
SMALL = ["--scenes", "10", "--duration-s", "1", "--sounds", "1", "--threads", "1", "--budget-s", "1"]
METHODS = ["ours", "shipped model", "wiener", "identity", "rule 1 dB stricter", "mfcc"]


@pytest.fixture(scope="module")
def done(tmp_path_factory, root):
    folder = tmp_path_factory.mktemp("accuracy")
    run(root, folder, "--folds", "0", "--methods", *METHODS)
    return folder


def run(root, folder, *more):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setattr(sys, "argv", ["accuracy", *SMALL, "--out", str(folder), *more])
        accuracy.main()


def test_run__keeps_what_is_done(done, root, capsys):
    files = {path.name: path.stat().st_mtime_ns for path in done.glob("*.npz")}
    assert len(files) == len(METHODS)
    run(root, done, "--folds", "0", "1", "--methods", "wiener", "identity")
    again = {path.name: path.stat().st_mtime_ns for path in done.glob("*.npz")}
    assert {name: again[name] for name in files} == files
    assert len(again) == len(METHODS) + 2
    assert "| wiener |" in capsys.readouterr().out


def test_run__says_what_a_method_cost(done):
    with np.load(done / "ours.fold0.seed1.npz") as kept:
        about = str(kept["about"])
        assert kept["in_domain/hits"].shape == (2, 3)
        assert kept["in_domain/si_sdr_clips"].shape == (2, 3)
    assert all(word in about for word in ('"steps"', '"parameters"', '"budget_s": 1.0', '"from scratch"'))


def test_table__goes_between_the_marks_of_a_page(done, root, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    run(root, done, "--write", str(page))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith(f"{END}\nafter\n")
    assert "\nold\n" not in text
    assert "### in-domain" in text
    assert "limit: rule 1 dB stricter" in text
    assert "(indicative)" in text


def test_page__has_marks_for_the_table(root):
    text = (root / "docs" / "accuracy.md").read_text(encoding="utf-8")
    for name in ("table", "networks", "species", "boxed"):
        assert text.count(f"<!-- {name}: begin -->") == text.count(f"<!-- {name}: end -->") == 1


def test_folds__test_each_scene_once(grid):
    rule = {"above_background_db": 6.0, "below_peak_db": 50.0, "other_margin_db": 6.0, "least_cells": 12}
    material = FormulaMaterial(10, 1.0, 0.0, 20.0, rule, grid, folds=5, seed=1)
    folds = [material.fold(number) for number in range(5)]
    tested = [group for fold in folds for group in fold.tests["in_domain"].groups]
    assert sorted(tested) == sorted(set(tested))
    assert len(tested) == 10
    for fold in folds:
        parts = [set(part.groups) for part in (fold.train, fold.validation, fold.tests["in_domain"])]
        assert not parts[0] & parts[1]
        assert not parts[0] & parts[2]
        assert not parts[1] & parts[2]


@pytest.mark.data
def test_mixtures__are_mixed_again_equal_to_the_byte(data_folder, root, tmp_path, monkeypatch):
    monkeypatch.setenv("ANTIPHON_DATA", str(data_folder))
    monkeypatch.chdir(root)
    few = tmp_path / "few.yaml"
    few.write_text("pair: { mixtures: { train: 3, validation: 2, test_in_domain: 2, test_transfer: 2 } }\n")
    given = ["--settings", "config/accuracy.yaml", str(few), "--out", str(tmp_path), "--folds", "1"]
    monkeypatch.setattr(sys, "argv", ["accuracy", *given])
    options, settings = accuracy.arguments(), {}
    for path in ("config/config.yaml", *options.settings):
        settings = accuracy.laid_over(settings, yaml.safe_load(Path(path).read_text(encoding="utf-8")))
    material = accuracy.chosen_material(options, settings)
    fold = material.fold(1)
    assert set(fold.tests) == {"in_domain", "transfer"}
    for part in (fold.train, *fold.tests.values()):
        scene = material.scene(int(part.place[1]))
        frames = part.level.shape[1]
        assert np.array_equal(level_codes(scene.mixture, scene.rate_hz, material.grid)[:frames], part.level[1])
        truth = np.stack([part.mask_bits[1] >> k & 1 for k in range(3)]) > 0
        assert (material.masks(scene)[:, :frames] == truth).mean() > 0.99


def test_budget__gives_a_heavy_network_smaller_batches():
    # A tile costs a second, and a clock that only plays move says so.
    clock = {"s": 0.0}
    terms = SimpleNamespace(now_s=lambda: clock["s"])

    def play(batch):
        def step(_):
            clock["s"] += batch

        return step

    assert accuracy_methods._affordable(play, 16, 10_000.0, terms) == (16, (10_000 - 3 * 2 - 3 * 16) // 16)
    assert accuracy_methods._affordable(play, 16, 300.0, terms) == (4, (300 - 3 * 2 - 3 * 4) // 4)
    assert accuracy_methods._affordable(play, 16, 30.0, terms) == (2, (30 - 3 * 2) // 2)
    assert accuracy_methods._affordable(play, 1, 30.0, terms) == (1, 27)


def test_table__leaves_out_what_is_not_done_on_every_fold(done, grid):
    assert "| wiener |" in markdown(done, grid, [0, 1])
    assert "| ours |" in markdown(done, grid, [0], complete=True)
    assert "| ours |" not in markdown(done, grid, [0, 2], complete=True)


def test_boxes__tell_how_much_of_what_is_found_lies_in_them():
    bits = np.zeros((1, 8, 8), dtype=np.uint8)
    bits[0, :4] = 1
    level = np.full((1, 8, 8), 60, dtype=np.uint8)
    quiet = np.full((1, 8), 20, dtype=np.uint8)
    test = Cut(level, bits, bits, quiet, quiet, np.zeros((1, 1)), ("a",), ("bird",), np.zeros(1, dtype=int))
    everything = nothing_and_everything(1)[0]
    found = accuracy_methods._besides(everything, [127], None, test, SimpleNamespace(sounds=0))
    assert found["energy_in_boxes"] == pytest.approx(0.5)
    assert found["energy_in_boxes_clips"] == 1
