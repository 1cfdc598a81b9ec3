"""A fresh checkout on a real Slurm, by the very words of README.md and docs/hpc.md."""

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import yaml
from slurm_season import SMALL, Run, environment

from conftest import ROOT, write_tiny_season

pytestmark = pytest.mark.slurm_lab

LITTLE = {
    "models": {"community": SMALL},
    "pair": {"formula": {"train": 2, "validation": 4, "test": 4}},
    "train": {"steps": 40, "batch_size": 2, "tile_frames": 64, "validate_every": 20},
    "evaluate": {"bootstrap": 100, "pictures": 1},
    "machine": {"workers": 1, "device": "cpu"},
}
"""What keeps these seasons short, a small network that hardly learns, and what the lab's GPUs are: none."""


def check_out(folder: Path) -> None:
    """Copy what git holds, as it stands here."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("no git checkout here")
    for name in filter(None, listed.stdout.decode().split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)


def laid_over(values: dict, changes: dict) -> dict:
    return values | {k: laid_over(values[k], v) if isinstance(values.get(k), dict) else v for k, v in changes.items()}


def test_fresh_checkout__runs_the_formula_season_by_these_very_words(lab, tmp_path):
    check_out(tmp_path)
    config = tmp_path / "config" / "config.yaml"
    values = yaml.safe_load(config.read_text(encoding="utf-8"))
    config.write_text(yaml.safe_dump(laid_over(values, LITTLE)), encoding="utf-8")
    run = Run(tmp_path, "snakemake", "--profile", "slurm")
    assert run.ended() == 0, run.shown
    recordings = pd.read_parquet(tmp_path / "results" / "example" / "tables" / "recordings")
    assert len(recordings) == 2 * (2 * 48 + 1)
    assert recordings.reason.dropna().nunique() == 2
    assert (tmp_path / "results" / "example" / "report" / "index.html").exists()
    again = Run(tmp_path, "snakemake", "--profile", "slurm")
    assert again.ended() == 0, again.shown
    assert "Nothing to be done" in again.shown


def ten_lines() -> list[str]:
    """Return the lines of docs/hpc.md that go from the login node to the tables."""
    text = (ROOT / "docs" / "hpc.md").read_text(encoding="utf-8")
    return re.search(r"in ten lines\n\n```sh\n(.*?)```", text, flags=re.DOTALL)[1].splitlines()


def own_settings(audio: Path) -> str:
    """Return the settings file that README.md shows, for recordings in ``audio``."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"<<'YAML'\n(.*?)^YAML$", text, flags=re.DOTALL | re.MULTILINE)[1]
    return shown.replace("/data/audio", str(audio)) + yaml.safe_dump(LITTLE)


def test_ten_lines__go_from_the_login_node_to_tables(lab, tmp_path):
    """Installed is what is tested: the two lines that install are left out."""
    write_tiny_season(tmp_path)
    audio = tmp_path / "audio"
    (tmp_path / "antiphon").mkdir()
    check_out(tmp_path / "antiphon")
    (tmp_path / "my.yaml").write_text(own_settings(audio), encoding="utf-8")
    clone, venv, install, *rest = ten_lines()
    assert clone.startswith("git clone ")
    assert venv.startswith("python3 -m venv ")
    assert install.startswith("pip install ")
    script = ["set -ex", "cd antiphon", *rest]
    drafted = next(index for index, line in enumerate(script) if line.startswith("antiphon draft "))
    corrected = "sed -i s/,,,,,,first/,+02:00,utc,,,,first/ my-deployments.csv"
    script[drafted + 1 : drafted + 1] = [corrected, "mv ../my.yaml ."]
    text = "\n".join(script).replace("/data/audio", str(audio))
    given = {**environment(), "USER": "root", "EDITOR": "true"}
    done = subprocess.run(["bash", "-c", text], cwd=tmp_path, env=given, capture_output=True, text=True, check=False)
    shown = done.stdout + done.stderr
    assert done.returncode == 0, shown
    for place, nodes in (("cpu", "c[12]"), ("gpu", "g1")):
        assert len(re.findall(rf"^good {place} \({nodes}\): ", done.stdout, flags=re.MULTILINE)) == 5, shown
    assert re.search(r"^good gpu \(g1\): gpu: 1 asked for, Slurm gave [01], PyTorch", shown, flags=re.MULTILINE)
    assert "8 recordings, 0.0 h, 0.000 TB, 2 deployments, 2 batches" in done.stdout
    assert re.search(r"^stft +2 +0 ", done.stdout, flags=re.MULTILINE)  # the plan, before the season is run
    occupancy = pd.read_parquet(
        tmp_path / "antiphon" / "results" / "spring_2025" / "tables" / "occupancy" / "community"
    )
    assert set(occupancy.deployment) == {"A1", "20190522"}
    plan = ["antiphon", "plan", "--configfile", "my.yaml", "--brief"]
    brief = subprocess.run(plan, cwd=tmp_path / "antiphon", env=given, capture_output=True, text=True, check=True)
    assert brief.stdout == "season spring_2025: 8 recordings, 0 bad, 0.0 h; 2 of 2 batches separated; complete\n"
