"""Does a critic earn its place? The same generator learns on for the same steps with each critic and without one.

    python -m benchmarks.critic --pairs …/pairs.zarr --start …/model --steps 500 --seeds 1
    python -m benchmarks.critic --pairs …/pairs.zarr --start …/model --steps 500 --seeds 2 3 --arms none multi_scale
    python -m benchmarks.critic --write src/antiphon/shipped/evaluation

Every arm begins with the weights of one finished model, sees the same tiles in the same order, and is kept at its best
look at the validation examples. Each arm and seed is one file in ``--out``, and is not done again. Which arm wins is
decided on validation; the tests are reported.
"""

import argparse
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pandas as pd
import torch
import yaml

from antiphon.io.examples.pairs import TEST_SPLITS, Examples, read_examples, splits_of
from antiphon.io.models.checkpoints import load_card, load_start
from antiphon.io.whole import whole_file, write_json, write_text
from antiphon.learning.apply import Separator
from antiphon.learning.contenders import judged, network_contender
from antiphon.learning.devices import choose_device, choose_dtype
from antiphon.learning.fit import Training, fit
from antiphon.learning.generators import trained_generator
from antiphon.learning.recipe import Adversary, Recipe
from antiphon.learning.tiles import Tiles
from antiphon.learning.validation import separated
from antiphon.networks.generator import Generator
from antiphon.stats.judging.conditions import conditions, owned_cells
from antiphon.stats.judging.judgement import MACRO, Judgement, resampled_weights
from benchmarks.accuracy import laid_over

ARMS = ("none", "patch_hinge", "relativistic", "multi_scale")
_SCORES = ("f1", "f1_low", "f1_high", "iou", "f1_near", "event_recall", "silent_false_share", "clip_f1", "image_mse")
_KEYS = ("arm", "seed", "steps", "tiles_per_s", "protocol", "source", "condition")
_RESAMPLES, _SEED = 1000, 1


def main() -> None:
    """Let the arms learn that have not yet, and show or write what came out."""
    options = arguments()
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    if not options.write:
        learn(options, folder)
    table = pd.concat([pd.read_csv(path) for path in sorted(folder.glob("*.csv"))], ignore_index=True)
    table = table.sort_values([key for key in _KEYS if key != "tiles_per_s"], kind="stable", na_position="first")
    shown = table[(table["condition"] == "all") & (table["source"] == MACRO)]
    print(shown.drop(columns=["source", "condition"]).to_string(index=False, float_format="%.3f"))
    if options.write:
        text = table.to_csv(index=False, float_format="%.6g", lineterminator="\n")
        write_text(Path(options.write) / "ablation.csv", text)
        words = {"start": options.start_words, "summary": options.summary}
        write_json(Path(options.write) / "ablation.json", {**about(folder, table), **words})


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settings", nargs="*", default=["config/accuracy.yaml"], help="laid over config.yaml")
    parser.add_argument("--pairs", help="store of stage pair")
    parser.add_argument("--start", help="folder of the finished model that every arm begins with")
    parser.add_argument("--steps", type=int, default=500, help="updates of the generator in each arm")
    parser.add_argument("--learning-rate", type=float, default=0.001, help="peak step size of the generator")
    parser.add_argument("--weight", type=float, default=0.1, help="weight of the adversarial loss, fully ramped in")
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=ARMS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="of tiles and critic")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", default="benchmarks/results/critic", help="folder of what is done")
    parser.add_argument("--write", help="only write ablation.csv and ablation.json into this folder")
    parser.add_argument("--start-words", default="", help="what the common start is, for the page")
    parser.add_argument("--summary", default="", help="what came out, for the page")
    return parser.parse_args()


def learn(options: argparse.Namespace, folder: Path) -> None:
    """Let each arm and seed learn that is not done, and judge it."""
    torch.set_num_threads(options.threads)
    store, start = Path(options.pairs), load_card(Path(options.start) / "card.json")
    splits = {"validation": "validation", **TEST_SPLITS}
    there = splits_of(store)
    parts = {name: read_examples(store, split) for name, split in splits.items() if split in there}
    done = folder / "start.csv"
    if not done.exists():
        generator = begun(options)
        save(done, judge(generator, parts, options), parts, {"arm": "start", "seed": None, "steps": 0})
    examples = read_examples(store, "train")
    for seed in options.seeds:
        for arm in options.arms:
            if (path := folder / f"{arm}.seed{seed}.csv").exists():
                continue
            generator, cost = taught(arm, seed, examples, parts["validation"], options)
            line = {"arm": arm, "seed": seed, **cost}
            save(path, judge(generator, parts, options), parts, line)
            names = ("learning_rate", "weight", "device", "threads")
            shared = {name: getattr(options, name) for name in names}
            write_json(path.with_suffix(".json"), {**shared, "start_weights_sha256": start.weights_sha256, **line})
            print(json.dumps(line), flush=True)


def begun(options: argparse.Namespace) -> Generator:
    """Return the generator that all arms begin with."""
    card = load_card(Path(options.start) / "card.json")
    _, weights = load_start(Path(options.start), card.network, card.widths, card.grid)
    return trained_generator(card, weights)


def recipe_of(arm: str, seed: int, options: argparse.Namespace) -> Recipe:
    """Return how an arm learns: all alike but for the critic, which ramps in over the first half."""
    settings: dict[str, Any] = {}
    for path in ("config/config.yaml", *options.settings):
        settings = laid_over(settings, yaml.safe_load(Path(path).read_text(encoding="utf-8")))
    train = {key: value for key, value in settings["train"].items() if key not in ("recipe", "start_from")}
    own = Recipe(**{**train, "critic": Adversary(**train["critic"])})
    game: Any = "patch_hinge" if arm == "none" else arm
    critic = replace(
        own.critic,
        game=game,
        weight=0.0 if arm == "none" else options.weight,
        start=0.0,
        ramp=0.5,
        learning_rate=5e-4,
        penalty_weight=1.0,
        augment=True,
    )
    return replace(
        own,
        steps=options.steps,
        learning_rate=options.learning_rate,
        average_decay=0.99,
        validate_every=max(1, options.steps // 4),
        critic=critic,
        seed=seed,
    )


def taught(
    arm: str, seed: int, examples: Examples, validation: Examples, options: argparse.Namespace
) -> tuple[Generator, dict[str, Any]]:
    """Return the best average of an arm, and what it cost."""
    device, recipe = choose_device(options.device), recipe_of(arm, seed, options)
    generator = begun(options)
    training = Training.begin(recipe, generator, len(validation.sources), device, choose_dtype("auto", device))
    tiles = Tiles(examples, recipe.tile_frames, recipe.batch_size, seed)
    now = time.process_time if device.type == "cpu" else time.perf_counter
    start = now()
    for _ in fit(training, tiles, validation):
        pass
    spent = now() - start
    best = training.best
    assert best is not None
    generator.load_state_dict(best["weights"])
    speed = round(recipe.steps * recipe.batch_size / spent, 1)
    return generator, {"steps": recipe.steps, "tiles_per_s": speed, "best_step": best["step"], "cost_s": round(spent)}


def judge(generator: Generator, parts: dict[str, Examples], options: argparse.Namespace) -> dict[str, Judgement]:
    """Return the judgements by protocol; thresholds are chosen on validation."""
    device = choose_device(options.device)
    separator = Separator.ready(generator, device=device, dtype=choose_dtype("auto", device))
    codes = {id(part): list(separated(separator, part)) for part in parts.values()}
    contender = replace(network_contender("ours", generator, separator), find=lambda part: codes[id(part)])
    return dict(zip(parts, judged(contender, parts["validation"], parts.values()), strict=True))


def save(path: Path, judgements: dict[str, Judgement], parts: dict[str, Examples], line: dict[str, Any]) -> None:
    """Write the scores of one arm and seed, one row for each protocol, source and condition.

    A source that sounds nowhere in a split has no row there, and no part in the mean.
    """
    cell = {"hop_s": 0.008, "bin_hz": 62.5}
    rows: list[dict[str, Any]] = []
    for protocol, judgement in judgements.items():
        part = parts[protocol]
        sounding = (judgement.measures["hits"] + judgement.measures["misses"]).sum(axis=0) > 0
        sources = [name for name, there in zip(part.sources, sounding, strict=True) if there]
        heard = Judgement(judgement.method, {name: each[:, sounding] for name, each in judgement.measures.items()})
        drawn = resampled_weights(part.groups, _RESAMPLES, _SEED)
        where = conditions(part.snr_db, *owned_cells(part.mask_bits, len(part.sources)))
        scored = [{"condition": "all", **row} for row in heard.rows(sources, drawn, **cell)]
        scored += heard.rows_where(sources, {name: one[:, sounding] for name, one in where.items()}, **cell)
        rows += [{**line, "protocol": protocol, **row} for row in scored]
    table = pd.DataFrame(rows).reindex(columns=[*_KEYS, *_SCORES])
    table["seed"] = table["seed"].astype("Int64")
    with whole_file(path) as scratch:
        scratch.write_text(table.to_csv(index=False, float_format="%.6g", lineterminator="\n"), encoding="utf-8")


def about(folder: Path, table: pd.DataFrame) -> dict[str, Any]:
    """Return what the arms have in common, and which won on validation."""
    told = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    macro = table[(table["source"] == MACRO) & (table["condition"] == "all") & (table["arm"] != "start")]
    means = macro.groupby(["protocol", "arm"])["f1"].agg(["mean", "min", "max", "count"])
    winner = str(means.loc["validation"]["mean"].idxmax())
    return {
        "steps": int(told[0]["steps"]),
        "learning_rate": told[0]["learning_rate"],
        "critic_weight": told[0]["weight"],
        "start_weights_sha256": told[0]["start_weights_sha256"],
        "winner": winner,
        "f1": {
            protocol: {str(arm): _spread(row) for arm, row in means.loc[protocol].iterrows()}
            for protocol in means.index.get_level_values("protocol").unique()
        },
    }


def _spread(row: pd.Series) -> dict[str, float]:
    return {"seeds": int(row["count"]), **{name: round(float(row[name]), 4) for name in ("mean", "min", "max")}}


if __name__ == "__main__":
    main()
