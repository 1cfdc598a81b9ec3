"""Several processes train one model: all move alike, each with its share of the batch."""

import os
import subprocess
import sys

import numpy as np
import pytest

from antiphon.learning.crew import Crew
from antiphon.learning.tiles import Batch

MEMBER = """
import hashlib, os, sys
import torch
sys.path.insert(0, {tests!r})
from test_fit import CPU, RECIPE, blobs, replace, tiles
from antiphon.learning.crew import crew
from antiphon.learning.fit import Training, fit
from antiphon.learning.generators import make_generator

with crew(int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]), "cpu") as hands:
    game = replace(RECIPE.critic, game="relativistic", start=0.0, penalty_weight=1.0, penalty_every=2)
    recipe = replace(RECIPE, critic=game)
    generator = make_generator("resunet", widths=(6, 8), sources=2, bins=32, seed=recipe.seed)
    training = Training.begin(recipe, generator, 2, CPU, torch.float32, hands)
    looks = [look for look in fit(training, tiles(recipe), blobs(1)) if look]
    for player in (training.generator, training.critic):
        moved = b"".join(one.detach().numpy().tobytes() for one in player.parameters())
        print(hashlib.sha256(moved).hexdigest())
    print(training.best["f1"])
"""


def test_crew__of_two_processes_moves_as_one(root, tmp_path):
    """The real thing: torch's launcher, two processes, gloo; a critic whose gradients are penalised plays along."""
    script = tmp_path / "member.py"
    script.write_text(MEMBER.format(tests=str(root / "tests" / "learning")), encoding="utf-8")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*launcher, "--redirects", "3", "--log-dir", str(tmp_path), str(script)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = [path.read_text(encoding="utf-8") for path in sorted(tmp_path.rglob("stdout.log"))]
    assert len(told) == 2
    assert told[0] == told[1]
    assert told[0].count("\n") == 3


def test_share__deals_a_batch_out_without_remainder():
    level = np.arange(8, dtype=np.uint8).reshape(4, 2, 1)
    batch = Batch(level, level, level[:, 0], level[:, 0])
    shares = [Crew(rank, 2).share(batch) for rank in range(2)]
    assert sorted(np.concatenate([one.level for one in shares]).ravel().tolist()) == list(range(8))
    assert Crew().share(batch) is batch
    with pytest.raises(ValueError, match=r"4 tiles for 3 processes; set train\.batch_size"):
        Crew(0, 3).share(batch)
