"""The ablation of the critic runs piecewise and writes what the page of a season reads."""

import copy
import json
import sys

import pytest
import yaml
from benchmarks import critic

from antiphon.figures.model.ablation import COLUMNS, Ablation, ablation_rows
from antiphon.io.models.ablations import read_ablation
from antiphon.stages import pair, train


@pytest.fixture(scope="module")
def start(tmp_path_factory, root):
    """A store of one-second scenes, and a model that learned from them for a step."""
    folder = tmp_path_factory.mktemp("start")
    settings = yaml.safe_load((root / "config" / "config.yaml").read_text(encoding="utf-8"))
    made = copy.deepcopy(settings["pair"]) | {"duration_s": 1.0}
    made["formula"] |= {"train": 2, "validation": 2, "test": 2}
    model = settings["models"]["community"] | {"weights": "train", "widths": [4, 4]}
    shared = {"model_settings": json.dumps(model), "stft": json.dumps(settings["stft"]), "output": folder}
    pair.run(settings=json.dumps(made), **shared)
    little = settings["train"] | {"steps": 1, "batch_size": 1, "tile_frames": 32, "validate_every": 1}
    train.run(
        pairs=folder / "pairs.zarr", settings=json.dumps(little), model="community", pair=json.dumps(made), **shared
    )
    return folder


def run(monkeypatch, root, *given):
    monkeypatch.chdir(root)
    monkeypatch.setattr(sys, "argv", ["critic", *map(str, given)])
    critic.main()


def test_ablation__keeps_what_is_done_and_is_what_the_page_reads(start, root, tmp_path, monkeypatch, capsys):
    small = tmp_path / "small.yaml"
    small.write_text("train: { batch_size: 1, tile_frames: 96 }\n", encoding="utf-8")
    terms = ("--settings", small, "--pairs", start / "pairs.zarr", "--start", start, "--steps", 2, "--out", tmp_path)
    run(monkeypatch, root, *terms, "--arms", "none")
    before = (tmp_path / "none.seed1.csv").stat().st_mtime_ns
    run(monkeypatch, root, *terms, "--arms", "none", "multi_scale")
    assert (tmp_path / "none.seed1.csv").stat().st_mtime_ns == before
    assert '"arm": "multi_scale"' in capsys.readouterr().out
    (written := tmp_path / "evaluation").mkdir()
    run(monkeypatch, root, "--out", tmp_path, "--write", written, "--summary", "No difference.")
    rows, about = read_ablation(written, COLUMNS)
    found = Ablation(rows, about)
    assert found.arms == ["start", "none", "multi_scale"]
    assert about["winner"] in ("none", "multi_scale")
    assert about["summary"] == "No difference."
    assert {row["protocol"] for row in rows} == {"validation", "in_domain"}
    assert len(ablation_rows(found)) == 6
