"""Voices: every network learns from the same clips for the same processor time, and all are measured alike.

``python -m benchmarks.voices --audio-root CLIPS [--clips LIST] [--classes A B C] --seconds 60`` prints one line of JSON
a figure and writes ``benchmarks/results/voices.jsonl``. Without ``--audio-root`` the clips are made by formula.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import torch

from antiphon.config import Clips
from antiphon.demo import write_clips
from antiphon.learning.duel import Duel
from antiphon.learning.likeness import described, likeness
from antiphon.learning.voice_recipe import voice_recipe
from antiphon.learning.voices import made_sounds, make_voices
from antiphon.pairing.chunks import Chunks, read_chunks
from antiphon.signal.log_spectrogram import LogSpectrogram
from antiphon.stats.judging.folds import grouped_folds

NETWORKS = ("dense", "dense_dropout", "dcgan", "wavegan", "specgan")
PICTURE = "picture"
BATCH, WIDTH, DECAY, FOLDS = 16, 16, 0.99, 5


def all_chunks(arguments: argparse.Namespace) -> Chunks:
    """Return the chunks of all clips."""
    about = Clips(
        audio_root=arguments.audio_root,
        clips=arguments.clips,
        classes=arguments.classes,
        duration_s=arguments.duration_s,
        sample_rate_hz=arguments.rate_hz,
        trim_below_peak_db=40.0,
    )
    return read_chunks(about, "benchmark")


def trained(network: str, learned: Chunks, seed: int, arguments: argparse.Namespace) -> Duel:
    """Return a duel that took as much processor time as it is given."""
    recipe = replace(voice_recipe(network, average_decay=DECAY, seed=seed), batch_size=BATCH)
    voices = make_voices(
        network,
        samples=learned.sounds.shape[1],
        rate_hz=arguments.rate_hz,
        noise=recipe.noise,
        classes=len(learned.classes),
        width=WIDTH,
        seed=seed,
    )
    duel, seen = Duel.begin(recipe, voices, torch.device("cpu")), voices.seen(torch.from_numpy(learned.sounds))
    start_s = time.process_time()
    while time.process_time() - start_s < arguments.seconds:
        duel.play_epoch(seen, learned.label.tolist())
    return duel


def there_and_back(sounds: np.ndarray, rate_hz: int) -> np.ndarray:
    """Return real sounds made into pictures and back: the best that who draws pictures can do."""
    picture = LogSpectrogram(sounds.shape[1], rate_hz)
    return picture.sounds(picture.drawn(torch.from_numpy(sounds)), 1).numpy()


def figures(
    network: str, chunks: Chunks, fold: int, seed: int, arguments: argparse.Namespace
) -> Iterator[dict[str, object]]:
    """Yield the lines of one training, on all groups but those of a fold."""
    fold_of = grouped_folds(chunks.groups, chunks.present, FOLDS)
    learned, unheard = chunks.take(fold_of != fold), chunks.take(fold_of == fold)
    asked = np.repeat(np.arange(len(learned.classes)), arguments.generate)
    about = {}
    if network == PICTURE:
        made, asked = there_and_back(learned.sounds, arguments.rate_hz), learned.label
    else:
        duel = trained(network, learned, seed, arguments)
        made = made_sounds(duel.voices, duel.average, asked.tolist(), 2)
        about = {"steps": duel.step, "epochs": duel.epoch}
    rows = likeness(
        described(learned.sounds, learned.label, learned.groups, arguments.rate_hz),
        described(unheard.sounds, unheard.label, unheard.groups, arguments.rate_hz),
        described(made, asked, ("",) * len(asked), arguments.rate_hz),
        5,
        1,
    )
    which = {"fold": fold, "seed": seed, "classes": chunks.classes}
    for name, count in about.items():
        yield {"name": f"voices.{network}.{name}", "value": count, "unit": "1", **which}
    for row in rows:
        spread = None if np.isnan(float(row["low"])) else [round(float(row[key]), 4) for key in ("low", "high")]
        name = f"voices.{network}.{row['measure']}.{row['of']}"
        yield {"name": name, "value": round(float(row["value"]), 4), "unit": "1", "spread": spread, **which}


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.voices", description=__doc__)
    parser.add_argument("--audio-root", help="folder of clips; without it they are made by formula")
    parser.add_argument("--clips", help="CSV list of clips")
    parser.add_argument("--classes", nargs="*", help="classes to learn")
    parser.add_argument(
        "--networks", nargs="*", default=NETWORKS, help="networks to train; picture: real ones and back"
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="processor seconds of each training")
    parser.add_argument(
        "--folds", nargs="*", type=int, default=[0], help="fifths of the groups that are not learned from"
    )
    parser.add_argument("--seeds", nargs="*", type=int, default=[1], help="seeds of weights, noise and order")
    parser.add_argument("--rate-hz", type=int, default=8000, help="sample rate")
    parser.add_argument("--duration-s", type=float, default=0.5, help="length of a chunk")
    parser.add_argument("--generate", type=int, default=40, help="sounds of each class that are measured")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/voices.jsonl"), help="where to")
    arguments = parser.parse_args(given)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        if arguments.audio_root is None:
            arguments.audio_root = folder
            write_clips(folder=Path(folder), rate_hz=arguments.rate_hz, duration_s=arguments.duration_s)
        chunks = all_chunks(arguments)
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        with arguments.output.open("a", encoding="utf-8") as kept:
            for network, fold, seed in product(arguments.networks, arguments.folds, arguments.seeds):
                for line in figures(network, chunks, fold, seed, arguments):
                    kept.write(json.dumps(line) + "\n")
                    kept.flush()
                    print(json.dumps(line))


if __name__ == "__main__":
    main()
