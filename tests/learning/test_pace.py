"""The pace of a training: tiles a second, waiting, and how busy the GPU is."""

from types import SimpleNamespace

import pytest
import torch

from antiphon.learning import pace
from antiphon.learning.pace import Pace


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(s=100.0)
    monkeypatch.setattr(pace.time, "perf_counter", lambda: now.s)
    return now


def training(device="cpu"):
    recipe = SimpleNamespace(batch_size=8, validate_every=20)
    return SimpleNamespace(recipe=recipe, step=40, waited_s=3.0, device=torch.device(device))


def test_pace__counts_from_where_it_began(clock):
    learning = training()
    measured = Pace(learning)
    learning.step, learning.waited_s, clock.s = 60, 4.0, 110.0
    measured.step()
    assert str(measured) == "16.0 tiles/s with looks, 10% of the time waiting for tiles"


def test_pace__asks_the_gpu_now_and_then(clock, monkeypatch):
    busy = iter([90, 80])
    monkeypatch.setattr(torch.cuda, "utilization", lambda device: next(busy))
    learning = training("cuda")
    measured = Pace(learning)
    for learning.step in (41, 42, 43, 44):
        measured.step()
    clock.s = 104.0
    assert str(measured).endswith(", GPU busy 85 %")
