"""A season by formula whose occupancy is known, at several signal-to-noise ratios: what the tables say of it.

Run: ``python -m benchmarks.occupancy``. At each ratio the demo's two recorders record a day, all sounds at that ratio;
the workflow takes it from ingest to the tables with the model that comes with antiphon, which never heard it. True are
the cells that a source owns by the mask rule, counted cell by cell.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from antiphon.demo import write
from antiphon.demo.truth import read_truth
from antiphon.stats.judging.scores import unpacked

ROOT = Path(__file__).resolve().parent.parent


def settings(folder: Path, snr_db: float) -> Path:
    """Write the settings of a season whose every sound stands out by ``snr_db``."""
    season = {"deployments": str(folder / "season" / "deployments.csv"), "audio_root": str(folder / "season")}
    season |= {"first_day": None, "last_day": None, "models": ["community"]}
    given = {
        "results": str(folder / "results"),
        "season": "known",
        "seasons": {"known": season},
        "ingest": {"max_bad_fraction": 0.1},
        "pair": {"formula": {"snr_low_db": snr_db, "snr_high_db": snr_db}},
        "injection": {"sounds": 0},
        "machine": {"device": "cpu"},
    }
    path = folder / "settings.yaml"
    path.write_text(yaml.safe_dump(given), encoding="utf-8")
    return path


def to_tables(folder: Path, config: Path) -> pd.DataFrame:
    """Run the workflow up to the tables; return the table occupancy of both deployments."""
    tables = folder / "results" / "known" / "tables"
    for name in ("Snakefile", "workflow", "config", "profiles", "envs"):
        (folder / name).symlink_to(ROOT / name)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [
        "snakemake",
        "--cores",
        "2",
        "--configfile",
        str(config),
        "--",
        f"{tables}/site_order/community/known.parquet",
    ]
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return pd.read_parquet(tables / "occupancy" / "community")


def true_cells(folder: Path) -> pd.DataFrame:
    """Return the cells that each source owns, and those that were heard, by deployment and hour."""
    recordings = pd.read_parquet(folder / "results" / "known" / "catalogue" / "recordings.parquet")
    rows = []
    for one in recordings[recordings["status"] == "ok"].itertuples():
        truth = read_truth((folder / "truth" / one.path).with_suffix(".npz"))
        owned = unpacked(truth.mask_bits, len(truth.sources)).sum(axis=(1, 2))
        hour = pd.Timestamp(one.start).floor("h")
        rows += [
            {"deployment": one.deployment, "interval_start": hour, "source": source, "true_cells": int(cells)}
            for source, cells in zip(truth.sources, owned, strict=True)
        ]
    return pd.DataFrame(rows).groupby(["deployment", "interval_start", "source"], as_index=False).sum()


def season(snr_db: float, days: int, duration_s: float) -> pd.DataFrame:
    """Make a season, find what is in it, and return found and true occupancy by deployment, hour and source."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = settings(folder, snr_db)
        write(
            folder=folder, config=[ROOT / "config" / "config.yaml", config], days=days, duration_s=duration_s, workers=2
        )
        found = to_tables(folder, config)
        both = found[found["effort_cells"] > 0].merge(true_cells(folder))
    return both.assign(snr_db=snr_db, true=both["true_cells"] / both["effort_cells"])


def season_of(hours: pd.DataFrame) -> pd.Series:
    """Return what one source of one season comes to."""
    effort = hours["effort_cells"]
    mean = {name: float(np.average(hours[column], weights=effort)) for name, column in SHOWN.items()}
    error = {f"{name}_error": float((hours[SHOWN[name]] - hours["true"]).abs().mean()) for name in ("raw", "corrected")}
    inside = (hours["tf_occupancy_low"] <= hours["true"]) & (hours["true"] <= hours["tf_occupancy_high"])
    return pd.Series(
        {**mean, **error, "inside": float(inside.mean()), "rank": hours["true"].corr(hours["tf_occupancy"], "spearman")}
    )


SHOWN = {
    "true": "true",
    "raw": "tf_occupancy",
    "corrected": "tf_occupancy_corrected",
    "low": "tf_occupancy_low",
    "high": "tf_occupancy_high",
}


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--snr-db", type=float, nargs="+", default=[20.0, 10.0, 0.0], help="ratios of the sounds")
    parser.add_argument("--days", type=int, default=1, help="days of each recorder")
    parser.add_argument("--duration-s", type=float, default=20.0, help="length of a recording, one every half hour")
    parser.add_argument("--hours", type=Path, help="CSV for the hours of all seasons")
    asked = parser.parse_args()
    hours = pd.concat([season(snr_db, asked.days, asked.duration_s) for snr_db in asked.snr_db], ignore_index=True)
    if asked.hours:
        hours.to_csv(asked.hours, index=False)
    print(hours.groupby(["snr_db", "source"], sort=False).apply(season_of, include_groups=False).round(4).to_string())


if __name__ == "__main__":
    main()
