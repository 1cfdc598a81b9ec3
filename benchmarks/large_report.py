"""The page of a large season: stage report on the tables of a year of a hundred recorders, by drawn numbers.

Run: ``python -m benchmarks.large_report`` (some twenty minutes of a core, 6 GB of disk): 100 recorders, 365 days, so
36,500 units, 8 sources at 10-minute intervals: 42 million rows of ``occupancy``, 1,350 million of ``frequency``. Tables
whose rows are bands, bins or pairs of sources are written for ten recorders and linked for the others: the page reads
every one. No event is shown, because there are no stores to show it from.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from antiphon.io.schemas import SCHEMAS
from antiphon.io.tables import interval_columns, table_path, write_table
from benchmarks.large_tables import CELLS, DAYS, INTERVAL_S, INTERVALS_A_DAY, NAMES, frequency, occupancy
from benchmarks.scale import ROOT, measured

FIRST_US, OFFSET_MIN, HOUR_S, BINS = 1_704_067_200_000_000, 480, 3600, 256
WRITTEN = 10
Pieces = Iterator[dict[str, Any]]


def _named(deployment: str, *, model: bool = False) -> dict[str, Any]:
    own = {"season": "year", "site": f"site {deployment}", "deployment": deployment}
    return own | ({"model": "m"} if model else {})


def _starts(length_s: int, each: int = 1) -> np.ndarray:
    """Return the starts of a year's intervals, ``each`` rows of each, shape (rows,), UTC microseconds."""
    return np.repeat(FIRST_US + np.arange(DAYS * 86_400 // length_s) * length_s * 1_000_000, each)


def effort(rng: np.random.Generator, deployment: str) -> Pieces:
    """Yield a recorder's year of effort."""
    lost = rng.random(DAYS * INTERVALS_A_DAY) < 0.02
    yield {
        **_named(deployment), **interval_columns(_starts(INTERVAL_S), INTERVAL_S * 1_000_000, OFFSET_MIN),
        "scheduled_s": float(INTERVAL_S), "analysed_s": INTERVAL_S * ~lost - 0.1 * ~lost, "lost_gap_s": 0.0,
        "lost_quarantine_s": 600.0 * lost, "lost_clipping_s": 0.0, "lost_edge_s": 0.1 * ~lost, "heard_low_hz": 0.0,
        "heard_high_hz": 16_000.0,
    }  # fmt: skip


def recordings(rng: np.random.Generator, deployment: str) -> Pieces:
    """Yield a recorder's year of recordings, one an hour; one in fifty cannot be read."""
    starts = _starts(HOUR_S)
    bad = rng.random(len(starts)) < 0.02
    names = [f"{deployment}/{start}.WAV" for start in starts // 1_000_000]
    known = {
        **_named(deployment), "path": np.array(names, dtype=object), "start_time": starts, "duration_s": 3600.0,
        "status": np.where(bad, "quarantined", "ok").astype(object),
        "reason": np.where(bad, "truncated", None),
    }  # fmt: skip
    yield {**dict.fromkeys(SCHEMAS["recordings"].names), **known}


def ltsa(rng: np.random.Generator, deployment: str) -> Pieces:
    """Yield a recorder's year of long-term averages, a month or so at a time."""
    low_hz = np.arange(BINS) * 62.5
    for starts in np.array_split(_starts(HOUR_S), 12):
        rows = len(starts) * BINS
        yield {
            **_named(deployment), **interval_columns(np.repeat(starts, BINS), HOUR_S * 1_000_000, OFFSET_MIN),
            "freq_low_hz": np.tile(low_hz, len(starts)), "freq_high_hz": np.tile(low_hz + 62.5, len(starts)),
            "effort_s": 3599.0, "level_db": -90 + 20 * rng.random(rows), "level_reference": "1 full scale",
        }  # fmt: skip


def overlap(rng: np.random.Generator, deployment: str) -> Pieces:
    """Yield a recorder's year of every ordered pair of sources, a month or so at a time."""
    source, by_source = zip(*[(one, other) for one in NAMES for other in NAMES if one != other], strict=True)
    pairs = len(source)
    for starts in np.array_split(_starts(INTERVAL_S), 12):
        own = rng.integers(1, CELLS // 100, len(starts) * pairs)
        both = rng.binomial(own, 0.1)
        yield {
            **_named(deployment, model=True),
            "source": np.tile(np.array(source, dtype=object), len(starts)),
            "by_source": np.tile(np.array(by_source, dtype=object), len(starts)),
            **interval_columns(np.repeat(starts, pairs), INTERVAL_S * 1_000_000, OFFSET_MIN),
            "effort_cells": CELLS, "both_cells": both, "source_cells": own, "masked_share": both / own,
            "jaccard": both / (2 * own),
        }  # fmt: skip


TABLES: dict[str, tuple[Callable[[np.random.Generator, str], Pieces], str | None, bool]] = {
    "recordings": (recordings, None, False),
    "effort": (effort, None, False),
    "occupancy": (occupancy, "m", False),
    "ltsa": (ltsa, None, True),
    "frequency": (frequency, "m", True),
    "overlap": (overlap, "m", True),
}
"""What writes each table that the page reads, its model, and whether most recorders' files are links."""


def write(folder: Path, table: str, deployments: int) -> None:
    """Write one table of so many recorders."""
    make, model, linked = TABLES[table]
    for number in range(deployments):
        path = table_path(folder / "tables", table, f"R{number:03}", model)
        if linked and number >= WRITTEN:
            os.link(table_path(folder / "tables", table, f"R{number % WRITTEN:03}", model), path)
        else:
            write_table(path, table, make(np.random.default_rng(number), f"R{number:03}"), {"model": "m"})


def write_rest(folder: Path, deployments: int) -> dict[str, Any]:
    """Write the catalogue, a model's card and no events; return all settings."""
    names = [f"R{number:03}" for number in range(deployments)]
    (folder / "catalogue" / "set_aside").mkdir(parents=True)
    (folder / "catalogue" / "batches.json").write_text(json.dumps({"deployments": names, "counts": {"ignored": 0}}))
    (folder / "catalogue" / "verdicts.json").write_text(json.dumps({"shared": []}))
    for number, name in enumerate(names):
        place = {"latitude": 1.5 + 0.01 * number, "longitude": 110.0, "utc_offset_min": OFFSET_MIN}
        kept = {
            "deployment": name,
            "site": f"site {name}",
            **place,
            "sensitivity_db": None,
            "medium": "air",
            "rows": [],
        }
        (folder / "catalogue" / "set_aside" / f"{name}.json").write_text(json.dumps(kept))
    card = json.loads((ROOT / "src" / "antiphon" / "shipped" / "card.json").read_text(encoding="utf-8"))
    card |= {"model": "m", "sources": {name: one.model_dump(mode="json") for name, one in NAMES.items()}}
    card |= {
        "thresholds": dict.fromkeys(NAMES, 0.5),
        "calibration": {},
        "validation_groups": {},
        "validation_cells": {},
    }
    (folder / "m").mkdir()
    (folder / "m" / "card.json").write_text(json.dumps(card))
    settings = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    settings["report"]["gallery"]["events"] = 0
    settings["seasons"] = {"year": {"models": ["m"]}}
    for name in names:
        write_table(table_path(folder / "tables", "events", name, "m"), "events", [], {"model": "m"})
    return settings


def main() -> None:
    """Write the tables, make the page, and print what each cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deployments", type=int, default=100)
    parser.add_argument("--folder", type=Path, help="where the tables are written, and left (default: removed again)")
    options = parser.parse_args()
    own = "import sys; from pathlib import Path; from benchmarks.large_report import write; "
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name)
        folder.mkdir(exist_ok=True)
        settings = write_rest(folder, options.deployments)
        steps = {
            f"write {table}": [sys.executable, "-c", f"{own}write(Path(), '{table}', {options.deployments})"]
            for table in TABLES
        }
        report = [sys.executable, "-m", "antiphon", "report", "--season", "year", "--tables", "tables"]
        report += ["--catalogue", "catalogue", "--models", "m", "--stft", "stft", "--infer", "infer"]
        report += ["--audio-root", "audio", "--output", "index.html", "--settings", json.dumps(settings["report"])]
        steps["the page"] = [*report, "--all-settings", json.dumps(settings)]
        for step, command in steps.items():
            used = measured(command, folder)
            print(f"{step:20}{used.core_s:8.1f} s of a core{used.memory_mb:8.0f} MB", flush=True)
        print(f"index.html: {(folder / 'index.html').stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
