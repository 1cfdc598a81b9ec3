"""Every method on the same test examples: the table of docs/accuracy.md.

Run piecewise, as long and as often as wanted; what is done is not done again:

    python -m benchmarks.accuracy --budget-s 1200 --methods ours pix2pix --folds 0 1 --seeds 1
    python -m benchmarks.accuracy --budget-s 1200 --write docs/accuracy.md

Without more, examples are scenes by formula. ``--settings config/accuracy.yaml`` makes them of the recordings that
ANTIPHON_DATA points at, fold by fold, by stage pair; ``--pairs 'some/fold{fold}/pairs.zarr'`` takes what is there. Each
method x fold x seed is one file in ``--out`` (its measures on each test example, by protocol), written whole, and one
line in ``accuracy.jsonl``. The default folder is named after model, settings and budget, so that what was measured on
other terms is not taken for done.
"""

import argparse
import json
import os
import platform
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
import yaml

from antiphon.config import Model, Pair, parse
from antiphon.io.examples.pairs import read_pairs_attributes
from antiphon.learning.devices import choose_device
from antiphon.learning.recipe import Adversary, Recipe
from antiphon.signal.grid import Grid
from benchmarks.accuracy_material import FormulaMaterial, Material, PairsMaterial
from benchmarks.accuracy_methods import CLASSIFIERS, METHODS, SEPARATORS, Terms, run_method
from benchmarks.accuracy_table import Stored, markdown, save, write_between_marks

FOLDS = 5


def main() -> None:
    """Run what is missing of what was asked for, then show and, if asked, write the table."""
    options = arguments()
    settings = {}
    for path in ("config/config.yaml", *options.settings):
        settings = laid_over(settings, yaml.safe_load(Path(path).read_text(encoding="utf-8")))
    torch.set_num_threads(options.threads)
    material = chosen_material(options, settings)
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    if not options.write:
        for fold in options.folds:
            run_fold(fold, material, options, settings, folder)
    table = markdown(folder, material.grid, options.folds, complete=options.complete)
    print(table)
    if options.write:
        write_between_marks(Path(options.write), table, options.marks)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--budget-s", type=float, default=1200, help="training time of a method, fold and seed, seconds"
    )
    parser.add_argument(
        "--methods", nargs="+", default=list(METHODS), choices=METHODS, metavar="METHOD", help=", ".join(METHODS)
    )
    parser.add_argument("--folds", type=int, nargs="+", default=list(range(FOLDS)), choices=range(FOLDS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="of trained methods; others have none")
    parser.add_argument(
        "--settings", nargs="*", default=[], help="settings laid over config.yaml: stage pair makes folds"
    )
    parser.add_argument("--model", default="community", help="model of the settings, which says what is separated")
    parser.add_argument("--pairs", help="stores of stage pair, with {fold} in the path")
    parser.add_argument("--scenes", type=int, default=500, help="scenes by formula in all, without --pairs")
    parser.add_argument("--duration-s", type=float, default=12.0, help="length of a scene")
    parser.add_argument("--sounds", type=int, default=20, help="test scenes of a fold that are turned back into sound")
    parser.add_argument(
        "--weights", nargs="*", default=[], metavar="NETWORK=PATH", help="pretrained: resnet50, vgg16, deeplabv3"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", help="folder of what is done; default: one for each model, settings and budget")
    parser.add_argument("--write", help="only write the table into this page, between its marks")
    parser.add_argument("--marks", default="table", help="name of the marks: table, species or boxed")
    parser.add_argument("--complete", action="store_true", help="show only methods that are done on all these folds")
    options = parser.parse_args()
    if options.out is None:
        examples = Path(options.settings[-1]).stem if options.settings else "pairs" if options.pairs else "formula"
        options.out = f"benchmarks/results/accuracy/{options.model}-{examples}-{options.budget_s:g}s"
    return options


def laid_over(below: dict, above: dict) -> dict:
    """Return settings with others laid over them, key by key."""
    both = {key: laid_over(below[key], above[key]) for key in below.keys() & above.keys()
            if isinstance(below[key], dict) and isinstance(above[key], dict)}  # fmt: skip
    return {**below, **above, **both}


def chosen_material(options: argparse.Namespace, settings: dict) -> Material:
    """Return the examples that methods are compared on."""
    if options.pairs:
        about = read_pairs_attributes(Path(options.pairs.format(fold=options.folds[0])))
        return PairsMaterial(options.pairs, Grid(**about["grid"]), tuple(about["sources"]))
    cells, formula = settings["stft"], settings["pair"]["formula"]
    if options.settings:
        pair, model = parse(Pair, settings["pair"]), parse(Model, settings["models"][options.model])
        grid = Grid(cells["window_s"], cells["hop_s"], cells["bins"])
        pattern = f"{options.out}/examples/fold{{fold}}/pairs.zarr"
        return PairsMaterial(pattern, grid, tuple(model.sources), pair, model, json.dumps(cells))
    return FormulaMaterial(
        count=options.scenes,
        duration_s=options.duration_s,
        snr_low_db=formula["snr_low_db"],
        snr_high_db=formula["snr_high_db"],
        rule=settings["pair"]["mask_rule"],
        grid=Grid(cells["window_s"], cells["hop_s"], cells["bins"]),
        folds=FOLDS,
        seed=1,
    )


def run_fold(number: int, material: Material, options: argparse.Namespace, settings: dict, folder: Path) -> None:
    """Run the methods of one fold that are not done yet."""
    missing = [
        (method, seed)
        for method in options.methods
        for seed in (options.seeds if method in (*SEPARATORS, *CLASSIFIERS) else [0])
        if not Stored(method, number, seed).path(folder).exists()
    ]
    if not missing:
        return
    fold = material.fold(number)
    for method, seed in missing:
        outcome = run_method(method, material, fold, terms(options, settings, seed))
        asked = {"budget_s": options.budget_s, "device": options.device, "threads": options.threads}
        about = {**outcome.about, **asked, "machine": f"{platform.machine()}, {platform.processor() or 'cpu'}"}
        line = save(folder, Stored(method, number, seed), outcome.judgements, fold.tests, about, material.grid)
        print(json.dumps(line), flush=True)


def terms(options: argparse.Namespace, settings: dict, seed: int) -> Terms:
    """Return what every method is given alike."""
    train = {key: value for key, value in settings["train"].items() if key not in ("recipe", "start_from")}
    return Terms(
        budget_s=options.budget_s,
        seed=seed,
        device=choose_device(options.device),
        recipe=Recipe(**{**train, "critic": Adversary(**train["critic"])}),
        widths=settings["models"]["community"]["widths"],
        weights={name: Path(path) for name, path in (one.split("=", 1) for one in options.weights)},
        sounds=options.sounds,
    )


if __name__ == "__main__":
    main()
