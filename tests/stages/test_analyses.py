"""The worked analyses of docs/analyses: each runs on tables that the stage wrote, and says what is known of them."""

import io
import shutil
import subprocess
import sys

import duckdb
import pandas as pd
import pytest
from test_tabulate import BIRD, MIDNIGHT_US, SECOND_US, Season, Sound, sites


@pytest.fixture(scope="module")
def season(tmp_path_factory):
    """Site ``s``: a bird in the first hour of the second of two days; site ``t``: nothing."""
    root = tmp_path_factory.mktemp("season")
    for name, site, bird in (("001", "s", BIRD), ("A1", "t", None)):
        built = Season(root, name)
        built.site = site
        days = {
            "2024-05-02": [Sound("a.wav", MIDNIGHT_US)],
            "2024-05-03": [Sound("b.wav", MIDNIGHT_US + 86_400 * SECOND_US, bird=bird)],
        }
        built.batch("2024-04-30", days)
        built.tabulate(model="m")
    sites(root, ["001", "A1"])
    return root


def shown(*command) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_pandas__says_when_sources_sound(root, season):
    lines = shown(sys.executable, root / "docs/analyses/occupancy.py", season / "tables", "m").splitlines()
    hours = {line.split()[0]: line.split()[1:] for line in lines}
    assert hours["0"] == [f"{40 / (4 * 499 * 24):.5f}", "0.0"]
    # One event in two sites' analysed hours: four recordings of 3.992 s.
    assert hours["bird"] == [f"{3600 / (4 * 3.992):.3f}", "0.08", "500.0", "20.0"]


def test_duckdb__says_what_was_detected_and_masked(root, season):
    text = (root / "docs/analyses/detection.sql").read_text(encoding="utf-8").replace("MODEL", "m")
    first, second = (part for part in text.replace("'detection_history", f"'{season}/tables/detection_history")
                     .replace("'overlap", f"'{season}/tables/overlap").split(";") if part.strip())  # fmt: skip
    assert duckdb.sql(first).fetchall() == [("bird", 1, 4, 0.0), ("engine", 0, 4, 0.0)]
    assert duckdb.sql(second).fetchall() == [("bird", "engine", 0.0), ("engine", "bird", None)]


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r__reads_the_matrices(root, season):
    said = shown("Rscript", root / "docs/analyses/detection.R", season / "matrices", "bird")
    assert said.startswith("sites 2, occasions 2, naive occupancy 0.500, detections an occasion 0.250, effort 0.00 h")


def has_dplyr() -> bool:
    if shutil.which("Rscript") is None:
        return False
    return not subprocess.run(["Rscript", "-e", "library(dplyr)"], capture_output=True, check=False).returncode


@pytest.mark.skipif(not has_dplyr(), reason="R or its package dplyr is not installed")
def test_dplyr__says_what_pandas_says(root, season, tmp_path):
    """From a CSV: neither arrow nor nanoparquet has a package in Debian."""
    rows = pd.read_parquet(season / "tables" / "occupancy" / "m").query("kind == 'source' and effort_cells > 0")
    rows.to_csv(tmp_path / "occupancy.csv", index=False)
    said = shown("Rscript", root / "docs/analyses/occupancy.R", tmp_path / "occupancy.csv")
    hours = pd.read_csv(io.StringIO(said)).set_index(["source", "hour"])
    sums = rows.groupby(["source", rows["start_local"].str[11:13].astype(int)])[["active_cells", "effort_cells"]].sum()
    assert hours[["active_cells", "effort_cells"]].to_numpy().tolist() == sums.to_numpy().tolist()
    assert list(hours.index) == list(sums.index)
    assert hours["tf_occupancy"].to_list() == pytest.approx((sums["active_cells"] / sums["effort_cells"]).to_list())
    assert hours["tf_occupancy"].max() > 0
