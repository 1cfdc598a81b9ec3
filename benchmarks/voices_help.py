"""Do generated voices help? The separator learns with and without them in its mixtures and is tested on real sound.

    ANTIPHON_DATA=… python -m benchmarks.voices_help --seeds 1 2 3 --steps 500
    ANTIPHON_DATA=… python -m benchmarks.voices_help --compare

Both arms are given the same recordings of the training split of a fold of ``config/accuracy.yaml``, the same number of
mixtures and of steps; in one of them voices that learned from clips of that split sing in the place of a share of the
recorded birds. Every seed has mixtures (unless ``--mixed-once``), weights and order of its own; all are judged on the
same test mixtures of recorded clips over recorded backgrounds, in which no generated voice sings. What is done (arm x
seed) lies in ``--out`` and is not done again. ``--compare`` writes ``benchmarks/results/voices_help.jsonl``: the scores
of each arm, and the difference, with intervals from resampling groups of test recordings and seeds.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

from antiphon.config import Model, Pair, parse
from antiphon.io.examples.lists import CLIP_COLUMNS, read_label_map
from antiphon.io.examples.pairs import TEST_SPLITS, Examples, read_examples
from antiphon.io.models.checkpoints import load_card, load_weights
from antiphon.learning.apply import Separator
from antiphon.learning.contenders import judged, network_contender
from antiphon.learning.generators import trained_generator
from antiphon.pairing.labels import LabelMap
from antiphon.pairing.mixtures import Listed
from antiphon.pairing.splits import dealt
from antiphon.signal.grid import Grid
from antiphon.stages import pair as make_pairs
from antiphon.stages import synthesize, train
from antiphon.stats.judging.judgement import MACRO, Judgement, resampled_weights
from antiphon.stats.judging.scores import codes_of_thresholds
from benchmarks.accuracy import laid_over
from benchmarks.accuracy_table import Stored, save

ARMS = ("without", "with")
SINGER = "bird"
RESAMPLES = 1000


def main(given: Sequence[str] | None = None) -> None:
    """Do what is missing of what was asked for, or compare what is done."""
    options = arguments(given)
    torch.set_num_threads(1)
    settings: dict[str, Any] = {}
    for path in ("config/config.yaml", "config/accuracy.yaml"):
        settings = laid_over(settings, yaml.safe_load(Path(path).read_text(encoding="utf-8")))
    settings["pair"]["mixtures"] |= {"train": options.mixtures, "validation": 120}
    settings["train"] |= {"steps": options.steps, "validate_every": max(1, options.steps // 5)}
    settings["train"]["critic"]["weight"] = 0.0
    if options.widths:
        settings["models"]["community"]["widths"] = options.widths
    if options.compare:
        lines = list(compared(options.out))
        Path("benchmarks/results").mkdir(exist_ok=True)
        text = "".join(json.dumps(line) + "\n" for line in lines)
        Path("benchmarks/results/voices_help.jsonl").write_text(text, encoding="utf-8")
        print(text, end="")
        return
    learn_voices(settings, options)
    for seed in options.seeds:
        for arm in options.arms:
            if not Stored(arm, 0, seed).path(options.out).exists():
                run_arm(arm, seed, settings, options)


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.voices_help", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=ARMS)
    parser.add_argument("--steps", type=int, default=500, help="updates of the separator, in both arms")
    parser.add_argument("--mixtures", type=int, default=800, help="training mixtures, in both arms")
    parser.add_argument("--widths", type=int, nargs="+", help="channels of the separator; without: as config.yaml says")
    parser.add_argument("--mixed-once", action="store_true", help="all seeds learn from the mixtures of seed 1")
    parser.add_argument("--share", type=float, default=0.3, help="share of recorded birds whose place a voice takes")
    parser.add_argument("--epochs", type=int, default=100, help="epochs of the voices")
    parser.add_argument("--generate", type=int, default=60, help="sounds of each class that sing")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/voices_help"))
    parser.add_argument("--compare", action="store_true", help="only compare what is done")
    return parser.parse_args(given)


def learn_voices(settings: dict[str, Any], options: argparse.Namespace) -> None:
    """Let voices learn the birds of the training split, a class for each label of at least ten clips."""
    voices = options.out / "voices"
    if (voices / "card.json").exists():
        return
    pair, model = parse(Pair, settings["pair"]), parse(Model, settings["models"]["community"])
    assert pair.mixtures is not None
    listed = Listed.of(pair.mixtures)
    labels = LabelMap(
        {name: tuple(source.labels) for name, source in model.sources.items()},
        read_label_map(Path(pair.label_map or "")),
    )
    split_of = dealt(listed.pieces(labels), pair.split)
    mine = [
        row for row in listed.clips if split_of[row.recording] == "train" and SINGER in labels.classes_of(row.label)
    ]
    count = {label: sum(row.label == label for row in mine) for label in {row.label for row in mine}}
    kept = [row for row in mine if count[row.label] >= 10]
    columns = [name for name in CLIP_COLUMNS if name not in ("keep", "why", "split")]
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "voices.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow([*columns, "keep", "why", "split"])
        for row in kept:
            values = [getattr(row, name) for name in columns]
            lines.writerow([*("" if value == float("inf") else value for value in values), "yes", "", "train"])
    rules = {
        **settings["synthesize"],
        "audio_root": pair.mixtures.audio_root,
        "clips": str(options.out / "voices.csv"),
        "epochs": options.epochs,
        "generate": options.generate,
    }
    start_s = time.process_time()
    synthesize.run(output=voices, settings=json.dumps(rules), device="cpu")
    about = {"name": "voices_help.voices", "classes": sorted({row.label for row in kept}), "clips": len(kept),
             "groups": len({row.group for row in kept}), "epochs": options.epochs}  # fmt: skip
    print(json.dumps({**about, "processor_s": round(time.process_time() - start_s)}), flush=True)


def run_arm(arm: str, seed: int, settings: dict[str, Any], options: argparse.Namespace) -> None:
    """Mix, learn and be judged, once."""
    folder, model = options.out / f"{arm}.seed{seed}", settings["models"]["community"]
    mixed = 1 if options.mixed_once else seed
    pairs = options.out / f"mixtures.{arm}.seed{mixed}"
    sings = {"voices": str(options.out / "voices"), "share": {SINGER: options.share}}
    pair = laid_over(settings["pair"], {"mixtures": {"seed": mixed, "test_in_domain": 0, "test_transfer": 0}})
    pair["generated"] = sings if arm == "with" else None
    common = {"model_settings": json.dumps(model), "stft": json.dumps(settings["stft"])}
    if not (pairs / "pairs.json").exists():
        make_pairs.run(settings=json.dumps(pair), output=pairs, **common)
    start_s = time.process_time()
    if not (folder / "card.json").exists():
        how = json.dumps({**settings["train"], "seed": seed})
        train.run(
            pairs=pairs / "pairs.zarr", settings=how, model="community", pair=json.dumps(pair), output=folder,
            device="cpu", precision="float32", **common,
        )  # fmt: skip
    about = {"steps": options.steps, "mixtures": options.mixtures, "learning_s": round(time.process_time() - start_s)}
    tests = _tests(settings, options, common)
    grid = Grid(**{name: settings["stft"][name] for name in ("window_s", "hop_s", "bins")})
    verdicts = _judged(arm, folder, read_examples(pairs / "pairs.zarr", "validation"), list(tests.values()))
    judgements = dict(zip(tests, verdicts, strict=True))
    print(json.dumps(save(options.out, Stored(arm, 0, seed), judgements, tests, about, grid)), flush=True)


def _tests(settings: dict[str, Any], options: argparse.Namespace, common: dict[str, str]) -> dict[str, Examples]:
    """Return the test mixtures that all are judged on, made once."""
    folder = options.out / "tests"
    pair = laid_over(settings["pair"], {"mixtures": {"train": 1, "validation": 1}})
    if not (folder / "pairs.json").exists():
        make_pairs.run(settings=json.dumps(pair), output=folder, **common)
    return {protocol: read_examples(folder / "pairs.zarr", split) for protocol, split in TEST_SPLITS.items()}


def _judged(arm: str, folder: Path, validation: Examples, tests: Sequence[Examples]) -> Iterator[Judgement]:
    card = load_card(folder / "card.json")
    generator = trained_generator(card, load_weights(folder / "generator.safetensors", card))
    least = codes_of_thresholds(card.thresholds, card.sources)
    separator = Separator.ready(generator, device=torch.device("cpu"), dtype=torch.float32)
    return judged(network_contender(arm, generator, separator, least), validation, tests)


def compared(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield a line for each protocol, source and arm, and for the difference of the arms."""
    done = {arm: sorted(folder.glob(f"{arm}.fold0.seed*.npz")) for arm in ARMS}
    runs = {arm: [np.load(path, allow_pickle=False) for path in paths] for arm, paths in done.items()}
    sources = (*json.loads(str(runs[ARMS[0]][0]["about"]))["sources"], MACRO)
    for protocol in TEST_SPLITS:
        groups = [str(one) for one in runs[ARMS[0]][0][f"{protocol}/groups"]]
        weights = resampled_weights(groups, RESAMPLES, 1)
        rng = np.random.default_rng(1)
        point, drawn = {}, {}
        for arm in ARMS:
            each = np.stack([_f1(one, protocol, np.ones((1, len(groups)))) for one in runs[arm]])
            again = np.stack([_f1(one, protocol, weights) for one in runs[arm]])
            seeds = rng.integers(len(again), size=(RESAMPLES, len(again)))
            point[arm] = each[:, 0]
            drawn[arm] = again[seeds, np.arange(RESAMPLES)[:, None]].mean(axis=1)
        truth = runs[ARMS[0]][0]
        sounds = (truth[f"{protocol}/hits"] + truth[f"{protocol}/misses"]).sum(axis=0) > 0
        for k, source in enumerate(sources):
            if source != MACRO and not sounds[k]:
                continue
            for arm in ARMS:
                yield _line(f"{arm}.{protocol}.{source}", point[arm][:, k].mean(), drawn[arm][:, k], point[arm][:, k])
            change = drawn["with"][:, k] - drawn["without"][:, k]
            each = point["with"][:, k] - point["without"][:, k]
            yield _line(f"difference.{protocol}.{source}", each.mean(), change, each)


def _f1(run: Any, protocol: str, weights: np.ndarray) -> np.ndarray:
    """Return F1 of cells, shape (resample, source + 1), the mean of the sources last."""
    hits, false, missed = (weights @ run[f"{protocol}/{name}"] for name in ("hits", "false_alarms", "misses"))
    f1 = 2 * hits / np.maximum(2 * hits + false + missed, 1)
    told = (hits + missed > 0).astype(float)
    return np.column_stack([f1, (f1 * told).sum(1) / np.maximum(told.sum(1), 1)])


def _line(name: str, value: float, drawn: np.ndarray, each: np.ndarray) -> dict[str, Any]:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {
        "name": f"voices_help.{name}.f1",
        "value": round(float(value), 4),
        "unit": "1",
        "spread": [round(float(low), 4), round(float(high), 4)],
        "seeds": [round(float(one), 4) for one in each],
    }


if __name__ == "__main__":
    main()
