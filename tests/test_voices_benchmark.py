"""The benchmark of voices: every fold and seed has its lines; pictures of real sounds come back as they were."""

import json

import torch
from benchmarks.voices import main


def test_voices_benchmark__measures_each_fold_and_seed_and_the_picture_alone(tmp_path, capsys):
    threads = torch.get_num_threads()
    try:
        main(["--networks", "dense", "picture", "--seconds", "0.1", "--folds", "1", "--seeds", "2", "3",
              "--generate", "4", "--output", str(tmp_path / "voices.jsonl")])  # fmt: skip
    finally:
        torch.set_num_threads(threads)
    lines = [json.loads(line) for line in (tmp_path / "voices.jsonl").read_text(encoding="utf-8").splitlines()]
    assert capsys.readouterr().out.splitlines() == [json.dumps(line) for line in lines]
    assert {(line["fold"], line["seed"]) for line in lines} == {(1, 2), (1, 3)}
    value = {(line["name"].removeprefix("voices."), line["seed"]): line["value"] for line in lines}
    assert value["dense.steps", 2] >= 1
    assert ("picture.steps", 2) not in value
    for measure in ("frechet", "trained_on_real_tested_on_generated"):
        assert value[f"picture.{measure}.generated", 2] == value[f"picture.{measure}.generated", 3]
    assert value["picture.frechet.generated", 2] < 0.5 * value["picture.frechet.real", 2]
    assert value["picture.trained_on_real_tested_on_generated.generated", 2] > 0.9
