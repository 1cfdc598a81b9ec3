"""What several tests need."""

import os
import re
import shutil
import subprocess
import tempfile
import textwrap
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml

from antiphon.signal.grid import Grid

# Tests run side by side: one thread each, so that they do not wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest file, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: item.path.name != "test_workflow.py")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def grid() -> Grid:
    """The grid of config/config.yaml."""
    return Grid(window_s=0.016, hop_s=0.008, bins=256)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The real recordings; a test that needs them is skipped where they are not."""
    folder = Path(os.environ.get("ANTIPHON_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("no real recordings here (set ANTIPHON_DATA)")
    return folder


@pytest.fixture(scope="session")
def slurm() -> Iterator[Path | None]:
    """A Slurm that answers: the one that runs, or the lab brought up for the tests, whose folder it is."""
    lab = Path(os.environ["LAB"]) if "LAB" in os.environ else None
    if shutil.which("sinfo") and subprocess.run(["sinfo", "-h"], capture_output=True, check=False).returncode == 0:
        yield lab
        return
    if os.environ.get("ANTIPHON_SLURM_LAB") != "1":
        pytest.skip("no Slurm here (ANTIPHON_SLURM_LAB=1 brings one up)")
    lab = Path(tempfile.mkdtemp(prefix="slurm-lab-"))
    lab.chmod(0o755)  # the database and munge run as users of their own
    scripts, environment = ROOT / "tests" / "slurm", {**os.environ, "LAB": str(lab)}
    try:
        subprocess.run([scripts / "lab-up.sh"], env=environment, check=True, timeout=500)
        yield lab
    finally:
        subprocess.run([scripts / "lab-down.sh", "--purge"], env=environment, check=False, timeout=120)


@pytest.fixture(scope="session")
def lab(slurm: Path | None) -> Path:
    """The lab's folder; a test that stops daemons is skipped on a Slurm that is not the lab."""
    if slurm is None:
        pytest.skip("not on a Slurm that others use (LAB names a lab that is up)")
    return slurm


@pytest.fixture
def s3_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where a local S3 server listens for the time of one test."""
    from moto.server import ThreadedMotoServer

    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    urllib.request.urlopen(f"{url}/moto-api/reset", data=b"").close()  # all servers of a process share their buckets
    yield url
    server.stop()


def identity(path: Path) -> tuple[int, int]:
    """Return what tells a folder that was written anew from one that was left alone (inode numbers alone come back)."""
    status = path.stat()
    return status.st_ino, status.st_ctime_ns


def chirps(duration_s: float, rate_hz: int, seed: int) -> np.ndarray:
    """Return noise with a few chirps in it, float32."""
    rng = np.random.default_rng(seed)
    sound = rng.normal(0, 0.003, int(duration_s * rate_hz))
    for start_s in rng.uniform(0, duration_s - 0.4, 3):
        t = np.arange(int(0.3 * rate_hz)) / rate_hz
        first = int(start_s * rate_hz)
        sound[first : first + len(t)] += 0.2 * np.hanning(len(t)) * np.sin(2 * np.pi * (2500 * t + 4000 * t**2))
    return sound.astype(np.float32)


def write_recording(path: Path, rate_hz: int, seed: int, duration_s: float = 3.0) -> None:
    """Write one recording of chirps over noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, chirps(duration_s, rate_hz, seed), rate_hz, subtype="PCM_16")


def write_tiny_season(folder: Path) -> None:
    """Write two deployments of two days with two recordings a day, and the settings that point at them."""
    rows = ["deployment,site,latitude,longitude,folder,recorder,utc_offset,filename_time,channel"]
    for number, (deployment, rate_hz, clock) in enumerate([("A1", 48000, "utc"), ("20190522", 22050, "local")]):
        for day in ("20240502", "20240503"):
            for index, hour in enumerate(("043000", "053000")):
                name = folder / "audio" / deployment / f"REC_{day}_{hour}.wav"
                write_recording(name, rate_hz, seed=100 * number + 10 * index + int(day[-1]))
        rows.append(f"{deployment},site {number},47.5,8.5,{deployment},made,+02:00,{clock},first")
    (folder / "deployments.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "settings.yaml").write_text(yaml.safe_dump(tiny_settings()), encoding="utf-8")


def tiny_settings() -> dict[str, Any]:
    """Return what differs from config/config.yaml for the tiny season."""
    return {
        "season": "tiny",
        "seasons": {
            "tiny": {
                "deployments": "deployments.csv",
                "audio_root": "audio",
                "first_day": None,
                "last_day": None,
                "models": ["energy"],
            }
        },
        "ingest": {"batch_hours": 48, "max_bad_fraction": 0.5},
        "pair": {"duration_s": 4.0, "formula": {"train": 2, "validation": 4, "test": 4}},
        "injection": {"sounds": 0},
        "machine": {"workers": 1, "device": "cpu"},
    }


def pages() -> list[Path]:
    """Return every page that people read."""
    return [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "config" / "README.md",
        *sorted(ROOT.glob("docs/*.md")),
    ]


def documented_blocks(page: Path) -> list[tuple[int, str, str]]:
    """Return line, language and text of each fenced block of a page."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"^( *)```(\w*)\n(.*?)^\1```$", text, flags=re.MULTILINE | re.DOTALL)
    return [(text.count("\n", 0, one.start()) + 1, one[2], textwrap.dedent(one[3])) for one in found]
