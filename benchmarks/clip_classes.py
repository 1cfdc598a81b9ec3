"""Classes of real clips told apart by MFCC with a forest, ResNet50 and VGG16, at equal processor time.

    ANTIPHON_DATA=… python -m benchmarks.clip_classes --seconds 120

The clips are those of ``config/accuracy/`` (bird, insect, chainsaw, helicopter, wind, and rain among the backgrounds),
in two halves that part no group: each is tested by what learned from the other. Networks learn from scratch, as many
steps in a half as the seconds pay for by the cost of the first ones; the forest takes what it takes. It prints one line
of JSON a classifier and class, and writes ``benchmarks/results/clip_classes.jsonl`` and a picture of the confusions.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from antiphon.config import Clips
from antiphon.figures.model.confusion import confusion_figure
from antiphon.figures.pictures import png_bytes
from antiphon.io.examples.lists import read_backgrounds, read_clips, read_label_map
from antiphon.learning.clip_classes import ClassifierName, classified
from antiphon.pairing.chunks import Chunks, read_chunks
from antiphon.stats.judging.folds import grouped_folds

LISTS, RESULTS = Path("config/accuracy"), Path("benchmarks/results")
OWN_CLASSES = ("Chainsaw", "Helicopter", "wind")
RATE_HZ, FOLDS, BOOTSTRAP = 16_000, 2, 1000
TIMED_STEPS, TIMED_PIECES = 2, 32


def main(given: Sequence[str] | None = None) -> None:
    """Let each classifier learn, and say what it made of the clips of the folds that are tested."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.clip_classes", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--audio-root", default="${ANTIPHON_DATA}", help="what the lists' paths are relative to")
    parser.add_argument("--seconds", type=float, default=120.0, help="processor seconds of a network and half")
    parser.add_argument("--duration-s", type=float, default=1.0, help="length of a piece")
    parser.add_argument("--classifiers", nargs="+", default=["mfcc", "resnet50", "vgg16"])
    options = parser.parse_args(given)
    torch.set_num_threads(1)
    chunks = pieces(options.audio_root, options.duration_s)
    fold = grouped_folds(chunks.groups, chunks.present, FOLDS)
    RESULTS.mkdir(exist_ok=True)
    found: dict[str, np.ndarray] = {}
    with (RESULTS / "clip_classes.jsonl").open("w", encoding="utf-8") as kept:
        for name in options.classifiers:
            steps = 0 if name == "mfcc" else affordable(name, chunks, options.seconds)
            start_s = time.process_time()
            one = classified(
                name, chunks.sounds, chunks.label, fold, rate_hz=RATE_HZ, steps=steps, seed=1,
                device=torch.device("cpu"),
            )  # fmt: skip
            cost = {"steps": steps, "processor_s": time.process_time() - start_s}
            found[name] = one.counts(chunks.classes)
            for row in one.rows(chunks.classes, chunks.groups, BOOTSTRAP, 1):
                line = {"name": f"clip_classes.{name}", **row, **(cost if row["class"] == "all" else {})}
                line = {key: round(value, 4) if isinstance(value, float) else value for key, value in line.items()}
                kept.write(json.dumps(line) + "\n")
                kept.flush()
                print(json.dumps(line), flush=True)
    (RESULTS / "clip_classes.png").write_bytes(png_bytes(confusion_figure(found, chunks.classes)))


def pieces(audio_root: str, duration_s: float) -> Chunks:
    """Return pieces of all clips of the classes."""
    classes = read_label_map(LISTS / "labels.csv")
    rows = []
    for row in read_clips(LISTS / "clips.csv"):
        known = [name for name in classes.get(row.label.lower(), ()) if name in ("bird", "insect")]
        label = row.label.lower() if row.label in OWN_CLASSES else known[0] if known else None
        rows += [(row.path, label, row.recording, row.group, row.start_s, row.end_s)] if label else []
    rows += [
        (row.path, "rain", row.recording, row.group, 0.0, float("inf"))
        for row in read_backgrounds(LISTS / "backgrounds.csv")
        if row.kind == "rain"
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow(("path", "label", "recording", "group", "start_s", "end_s", "keep"))
        lines.writerows((*row[:5], "" if row[5] == float("inf") else row[5], "yes") for row in rows)
        file.flush()
        about = Clips(
            audio_root=audio_root,
            clips=file.name,
            classes=None,
            duration_s=duration_s,
            sample_rate_hz=RATE_HZ,
            trim_below_peak_db=40.0,
        )
        return read_chunks(about, "benchmark")


def affordable(name: ClassifierName, chunks: Chunks, seconds: float) -> int:
    """Return how many steps of a network the seconds pay for."""
    half = np.repeat(np.arange(FOLDS), TIMED_PIECES // FOLDS)
    start_s = time.process_time()
    classified(
        name, chunks.sounds[:TIMED_PIECES], np.arange(TIMED_PIECES) % 2, half, rate_hz=RATE_HZ, steps=TIMED_STEPS,
        seed=1, device=torch.device("cpu"),
    )  # fmt: skip
    return max(1, int(seconds / ((time.process_time() - start_s) / (TIMED_STEPS * FOLDS))))


if __name__ == "__main__":
    main()
