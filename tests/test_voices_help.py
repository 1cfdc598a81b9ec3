"""Whether generated voices help: what the comparison of the arms says of scores that are known."""

import json

import numpy as np
import pytest
from benchmarks.voices_help import compared

SOURCES = ("bird", "engine")
EXAMPLES = 12


def write_run(folder, arm, seed, bird_hits):
    """Write a run that finds so many of a hundred bird cells, falsely as many more as it misses, and all engines."""
    hits = np.tile([bird_hits, 100], (EXAMPLES, 1))
    wrong = 100 - hits
    arrays = {}
    for protocol in ("in_domain", "transfer"):
        arrays |= {f"{protocol}/{name}": values for name, values in
                   (("hits", hits), ("false_alarms", wrong), ("misses", wrong))}  # fmt: skip
        arrays[f"{protocol}/groups"] = np.array([f"g{number % 4}" for number in range(EXAMPLES)])
    about = np.array(json.dumps({"sources": SOURCES}))
    np.savez(folder / f"{arm}.fold0.seed{seed}.npz", about=about, **arrays)


def test_comparison__is_the_mean_over_seeds_with_their_spread(tmp_path):
    for seed, (without, given) in enumerate(((50, 70), (60, 70), (70, 70)), start=1):
        write_run(tmp_path, "without", seed, without)
        write_run(tmp_path, "with", seed, given)
    lines = {line["name"].removeprefix("voices_help."): line for line in compared(tmp_path)}
    assert lines["without.transfer.bird.f1"]["value"] == pytest.approx(0.6)
    assert lines["with.transfer.engine.f1"]["value"] == 1.0
    change = lines["difference.transfer.bird.f1"]
    assert change["value"] == pytest.approx(0.1) and change["seeds"] == pytest.approx([0.2, 0.1, 0.0])
    low, high = change["spread"]  # groups are alike here, so that only seeds spread
    assert 0.0 <= low < 0.1 < high <= 0.2
    assert lines["difference.in_domain.macro.f1"]["value"] == pytest.approx(0.05)


def test_comparison__of_arms_that_are_alike_finds_nothing(tmp_path):
    for arm in ("without", "with"):
        write_run(tmp_path, arm, 1, 80)
    changes = [line for line in compared(tmp_path) if ".difference." in line["name"]]
    assert len(changes) == 6 and all(line["value"] == 0 and line["spread"] == [0, 0] for line in changes)
