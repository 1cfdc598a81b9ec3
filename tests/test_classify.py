"""``antiphon classify``: classes of clips told apart without a model; what is wrong gets one line."""

import json

import numpy as np
import pandas as pd
import pytest
import soundfile

from antiphon.__main__ import main
from test_workflow import Workflow

CLASSIFY = {
    "clips": None, "classes": None, "duration_s": 0.5, "sample_rate_hz": 8000, "trim_below_peak_db": 40.0,
    "classifiers": ["mfcc"], "steps": 1, "folds": 2,
}  # fmt: skip


@pytest.fixture
def clips(tmp_path):
    t = np.arange(4000) / 8000
    for name, hz in (("rain", 300), ("wind", 1500)):
        (tmp_path / "clips" / name).mkdir(parents=True)
        for number in range(3):
            sound = 0.3 * np.sin(2 * np.pi * (hz + 20 * number) * t)
            soundfile.write(tmp_path / "clips" / name / f"{number}.wav", sound, 8000)
    return tmp_path / "clips"


def classify(clips, output, *more, **changes):
    about = {**CLASSIFY, "audio_root": str(clips), **changes} if clips else None
    settings = {"bootstrap": 100, "methods": [], "pictures": 1, "classify": about, "seed": 1}
    return main(["classify", "--settings", json.dumps(settings), "--output", str(output), *more])


def test_classify__needs_clips_alone_and_writes_table_picture_and_page(clips, tmp_path, capsys):
    assert classify(clips, tmp_path / "out", "--device", "cpu") == 0
    table = pd.read_csv(tmp_path / "out" / "classes.csv")
    assert table["class"].tolist() == ["all", "rain", "wind"]
    assert table.accuracy[0] == 1
    assert (tmp_path / "out" / "confusion.png").stat().st_size > 3000
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "rain, wind apart" in page and "6\u00a0pieces of 6\u00a0groups" in page and "data:image/png" in page
    assert "mfcc: accuracy 1.000" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "more", "line"),
    [
        ({"classes": ["rain"]}, (), "evaluate.classify: rain is the only class"),
        ({"classes": ["rain", "hail"]}, (), "no clip of hail"),
        ({"folds": 9}, (), "evaluate.classify.folds: 6 groups cannot fill 9 folds"),
        ({"audio_root": "nowhere"}, (), "nowhere is no folder"),
        ({}, ("--device", "tpu"), "device 'tpu' is none of auto, cpu, cuda"),
    ],
)
def test_classify__says_in_one_line_what_is_wrong(clips, tmp_path, capsys, changes, more, line):
    assert classify(clips, tmp_path / "out", *more, **changes) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert line in told[-1]


def test_classify__without_clips_says_where_they_are_named(tmp_path, capsys):
    assert classify(None, tmp_path) == 2
    assert "evaluate.classify is null" in capsys.readouterr().err


def test_rules__train_nothing_for_a_finished_model_or_for_clips(clips, tmp_path):
    workflow = Workflow(tmp_path)
    (tmp_path / "deployments.csv").write_text(
        "deployment,site,latitude,longitude,folder,recorder,utc_offset,filename_time,channel\n"
        "A1,a,47.5,8.5,A1,made,+02:00,utc,first\n"
    )
    (tmp_path / "audio" / "A1").mkdir(parents=True)
    workflow.settings()
    assert "evaluate.classify is null" in workflow.snakemake("-n", "classify", check=False)
    workflow.settings(
        models={"energy": {"network": "resunet", "weights": "shipped"}},
        evaluate={"classify": {**CLASSIFY, "audio_root": "clips"}},
    )
    planned = workflow.snakemake("-n", "results/models/energy/evaluation/index.html")
    assert "rule evaluate:" in planned and "rule pair:" in planned and "rule train:" not in planned
    assert workflow.jobs("classify") == {"classify"}
    assert (tmp_path / "results" / "classes" / "index.html").exists()
