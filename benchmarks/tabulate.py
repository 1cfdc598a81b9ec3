"""Spectrograms to tables: stage tabulate from Zarr stores to Parquet, and how much of it is reading alone.

Run: ``make bench`` or ``python -m benchmarks.tabulate --hours 4``. One unit of three sources on the grid of
config/config.yaml, in recordings of ten minutes; the best of three runs. Birds come in short calls, insects in one band
all the time, engines in passages; cells below ``infer.keep_above`` are 0, as ``infer.keep: active`` stores them.
"""

import argparse
import json
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import yaml

from antiphon.io.records import BatchRecord, UnitRecord, write_record
from antiphon.io.stores.blocks import blocks_of
from antiphon.io.stores.spectrograms import Span, open_store
from antiphon.io.stores.writers import write_levels, write_probabilities
from antiphon.io.whole import write_json, write_text
from antiphon.signal.calibration import FULL_SCALE
from antiphon.signal.grid import Grid
from antiphon.stages import tabulate

SETTINGS = yaml.safe_load(Path("config/config.yaml").read_text(encoding="utf-8"))
GRID = Grid(SETTINGS["stft"]["window_s"], SETTINGS["stft"]["hop_s"], SETTINGS["stft"]["bins"])
RATE_HZ, RECORDING_S = 48_000, 600
UNIT = "A.1970-01-01"
SOURCES = ("bird", "insect", "engine")


def levels(rng: np.random.Generator, frames: int) -> np.ndarray:
    """Return level codes of noise, shape (frames, bins): its power is distributed exponentially."""
    return np.clip(20 * np.log10(rng.exponential(1, (frames, GRID.bins))) + 100, 1, 255).astype(np.uint8)


def steady(rng: np.random.Generator, frames: int, bins: int) -> np.ndarray:
    """Return probability codes that change every 40 frames, shape (frames, bins)."""
    return rng.integers(100, 254, (frames // 40 + 1, bins), dtype=np.uint8).repeat(40, axis=0)[:frames]


def probabilities(rng: np.random.Generator, frames: int) -> np.ndarray:
    """Return probability codes, shape (sources, frames, bins)."""
    found = np.zeros((3, frames, GRID.bins), dtype=np.uint8)
    for _ in range(frames // 250):
        first, low = rng.integers(0, frames - 60), rng.integers(30, 200)
        call = np.s_[first : first + rng.integers(8, 60), low : low + rng.integers(4, 24)]
        found[0][call] = rng.integers(60, 255)
    found[1, :, 100:116] = steady(rng, frames, 16)
    found[2, : frames // 5, :24] = steady(rng, frames // 5, 24)
    return found


def write_season(folder: Path, recordings: int) -> float:
    """Write all that tabulate reads; return the seconds of sound it stands for."""
    rng = np.random.default_rng(1)
    samples = RECORDING_S * RATE_HZ
    frames = GRID.frames(samples, RATE_HZ)
    codes, found = levels(rng, frames), probabilities(rng, frames)
    starts_us = [index * RECORDING_S * 1_000_000 for index in range(recordings)]
    sizes = {key: SETTINGS["stft"][key] for key in ("chunk_frames", "shard_frames")}
    total = recordings * frames
    with write_levels(
        folder / f"stft/{UNIT}.zarr",
        grid=GRID,
        frames=total,
        **sizes,
        reference=FULL_SCALE,
        utc_offset_min=0,
        attributes={"fingerprint": "f"},
    ) as out:
        for index, start_us in enumerate(starts_us):
            out.append(Span(f"{index}.wav", start_us, 0, 0, RATE_HZ, GRID.bins, "first"), iter([codes]))
    like = open_store(folder / f"stft/{UNIT}.zarr")
    with write_probabilities(
        folder / f"infer/m/{UNIT}.zarr", like=like, sources=SOURCES, attributes={"fingerprint": "f"}
    ) as out:
        for _ in starts_us:
            out.append(found)
    write_catalogue(folder, starts_us, samples, frames)
    return recordings * RECORDING_S


def write_catalogue(folder: Path, starts_us: list[int], samples: int, frames: int) -> None:
    """Write manifest, records and card."""
    header = {"deployment": "A", "site": "s", "latitude": None, "longitude": None}
    header |= {"utc_offset_min": 0, "sensitivity_db": None, "medium": "air"}
    sound = {"bytes": 2 * samples, "format": "WAV", "subtype": "PCM_16", "rate_hz": RATE_HZ, "channels": 1}
    sound |= {"frames": samples, "channel": "first", "utc_offset_min": 0, "start_local": "", "time_source": "filename"}
    sound |= dict.fromkeys(("recorder", "serial", "gain", "reason", "detail")) | {"status": "ok"}
    verdict = {"status": "ok", "reason": None, "detail": None, "clipped_share": 0.0, "dc": 0.0}
    verdict |= {"peak": 0.5, "samples": samples, "frames": frames, "channel": "first", "failed_at_s": None}
    rows = [{"path": f"{index}.wav", "start_us": start_us, **sound} for index, start_us in enumerate(starts_us)]
    decoded = [{"path": row["path"], "content_hash": row["path"], **verdict} for row in rows]
    write_json(folder / f"manifests/{UNIT}.json", {**header, "batch": UNIT, "units": {UNIT: rows}})
    write_json(folder / "set_aside.json", {**header, "rows": []})
    for stage, facts in (("stft", decoded), ("infer/m", [])):
        unit = UnitRecord(UNIT, f"{UNIT}.zarr", "f", frames * len(rows), facts)
        write_record(folder / stage / f"{UNIT}.json", BatchRecord(stage, 1, UNIT, "A", [unit]))
    card = {"schema": 1, "model": "m", "network": "energy", "widths": [], "grid": vars(GRID), "parameters": 0}
    card |= {"sources": {name: {"labels": [name], "scientific_name": None, "common_name": name} for name in SOURCES}}
    card |= {"thresholds": dict.fromkeys(SOURCES, 0.5), "scores": {}, "training": {}, "mask_rule": {}, "versions": {}}
    # The order of the sources is the order of the network's outputs, so keys are not sorted here.
    write_text(folder / "card.json", json.dumps(card))


def to_tables(folder: Path) -> None:
    """Run the stage, from nothing."""
    shutil.rmtree(folder / "sums", ignore_errors=True)
    tabulate.run(
        season="s",
        deployment="A",
        manifests=[folder / f"manifests/{UNIT}.json"],
        set_aside=folder / "set_aside.json",
        stft_records=[folder / f"stft/{UNIT}.json"],
        infer_records=[folder / f"infer/m/{UNIT}.json"],
        card=folder / "card.json",
        stft=json.dumps(SETTINGS["stft"]),
        settings=json.dumps(SETTINGS["tabulate"]),
        tables=folder / "tables",
        sums=folder / "sums",
        model="m",
    )


def read_all(folder: Path) -> None:
    """Read the stores as the stage does, and nothing else."""
    for _ in blocks_of(open_store(folder / f"stft/{UNIT}.zarr"), open_store(folder / f"infer/m/{UNIT}.zarr")):
        pass


def best_seconds(work: Callable[[], object], runs: int = 3) -> tuple[float, float]:
    """Return the shortest wall time and the least processor time of several runs, in seconds."""
    walls, cores = [], []
    for _ in range(runs):
        wall, core = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cores.append(time.process_time() - core)
    return min(walls), min(cores)


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=2.0, help="length of the season")
    hours = parser.parse_args().hours
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds = write_season(folder, max(1, round(hours * 3600 / RECORDING_S)))
        print(f"\n{'x real time':36}{'wall':>10}{'one core':>10}")
        for what, work in (("antiphon tabulate, Zarr to Parquet", to_tables), ("reading the stores alone", read_all)):
            wall, core = best_seconds(lambda work=work: work(folder))
            print(f"{what:36}{seconds / wall:10.0f}{seconds / core:10.0f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
