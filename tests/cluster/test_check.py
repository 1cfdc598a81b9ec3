"""What a job sees: one line each, good or bad, and never an exception."""

import shutil

import pytest

from antiphon.cluster.check import run
from conftest import write_tiny_season


@pytest.fixture
def checked(tmp_path, monkeypatch):
    write_tiny_season(tmp_path)
    (tmp_path / "results").mkdir()
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("SLURMD_NODENAME", "c7")

    def lines(**options):
        given = {"place": "cpu", "deployments": tmp_path / "deployments.csv", "audio_root": tmp_path / "audio"}
        given |= {"results": tmp_path / "results", "device": "cpu", "output": tmp_path / "cpu.txt", **options}
        run(**given)
        return (tmp_path / "cpu.txt").read_text(encoding="utf-8").splitlines()

    return lines


def test_check__says_what_it_sees(checked):
    lines = checked()
    assert len(lines) == 5
    assert all(line.startswith("good cpu (c7): ") for line in lines)
    assert "of 2 deployments 2 have a recording that opens" in lines[1]
    assert "GB free" in lines[2]


def test_check__leaves_nothing_behind(checked, tmp_path):
    checked()
    assert not list((tmp_path / "results").iterdir())


def test_check__names_audio_that_is_not_there(checked, tmp_path):
    shutil.rmtree(tmp_path / "audio" / "A1")
    bad = [line for line in checked() if line.startswith("bad")]
    assert len(bad) == 1
    assert "audio" in bad[0]
    assert "A1" in bad[0]


def test_check__names_audio_that_does_not_open(checked, tmp_path):
    for path in (tmp_path / "audio").rglob("*.wav"):
        path.write_bytes(b"")
    assert any(line.startswith("bad") and "of 2 deployments 0" in line for line in checked())


def test_check__names_a_disk_that_cannot_be_written(checked, tmp_path):
    lines = checked(results=tmp_path / "nowhere")
    assert any(line.startswith("bad") and "results: cannot write" in line for line in lines)


def test_check__names_a_gpu_that_pytorch_does_not_see(checked, monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    bad = [line for line in checked(device="auto", gpus=1) if line.startswith("bad")]
    assert len(bad) == 1
    assert "1 asked for, Slurm gave 0, PyTorch sees none" in bad[0]
    assert not [line for line in checked(device="cpu", gpus=1) if line.startswith("bad")]


def test_check__is_content_with_a_gpu(checked, monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda index: "H200")
    last = checked(device="cuda", gpus=1)[-1]
    assert last == "good cpu (c7): gpu: 1 asked for, Slurm gave none, PyTorch sees H200"
