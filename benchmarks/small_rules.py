"""Seconds of a core that tabulate, sites and inject need for each hour or sound of a season that stands.

Run: ``python -m benchmarks.small_rules --season results/example --audio-root demo/season``, or with
``--rules tabulate sites`` where the recordings are elsewhere. The season needs the stores of stft and infer; nothing in
its folder is changed. What importing the command takes is measured apart and taken off. For sites, tables are linked
``--times`` times, as those of so many recorders.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import yaml

from antiphon.io.models.cards import CARD
from antiphon.io.models.places import SHIPPED
from antiphon.io.season.catalogue import read_batches
from benchmarks.scale import measured

SETTINGS = yaml.safe_load(Path("config/config.yaml").read_text(encoding="utf-8"))
IMPORTS = {"tabulate": "stages.tabulate", "sites": "stages.tabulate", "inject": "injection.command"}
SOUNDS = (4, 24)


def core_s(command: list[object]) -> float:
    """Return the seconds of a core of ``antiphon`` with these words."""
    return measured([sys.executable, "-m", "antiphon", *map(str, command)], Path.cwd()).core_s


def tabulated(options: argparse.Namespace, scratch: Path) -> tuple[float, float, str]:
    """Count a season anew; return seconds of a core, hours and their unit."""
    season, model = options.season, options.model
    batches = read_batches(season / "catalogue" / "batches.json")
    spent = 0.0
    for deployment in sorted({batch.deployment for batch in batches.values()}):
        own = [f"{name}.json" for name, batch in batches.items() if batch.deployment == deployment]
        catalogue = season / "catalogue"
        spent += core_s(
            [
                "tabulate", "--season", season.name, "--deployment", deployment,
                "--manifests", *(catalogue / "manifests" / name for name in own),
                "--set-aside", catalogue / "set_aside" / f"{deployment}.json",
                "--stft-records", *(season / "stft" / name for name in own),
                "--infer-records", *(season / "infer" / model / name for name in own),
                "--card", options.card, "--model", model, "--stft", json.dumps(SETTINGS["stft"]),
                "--settings", json.dumps(SETTINGS["tabulate"]),
                "--tables", scratch / "tables", "--sums", scratch / "sums",
            ]
        )  # fmt: skip
        spent -= imported("tabulate")
    hours = sum(batch.hours for batch in batches.values())
    kept = sum(path.stat().st_size for path in scratch.rglob("*.parquet"))
    print(f"tables and sums: {kept / hours / 1e3:.0f} kB an hour")
    return spent, hours, "hour"


def added_up(options: argparse.Namespace, scratch: Path) -> tuple[float, float, str]:
    """Make the tables of sites from tables that are linked many times; what one of them takes is taken off."""
    _, hours, unit = tabulated(options, scratch)
    found = {table: sorted((scratch / "tables" / table / options.model).iterdir()) for table in ("occupancy", "events")}
    spent = []
    for times in (1, options.times):
        tables = scratch / f"{times}"
        for table, paths in found.items():
            (tables / table / options.model).mkdir(parents=True)
            for number in range(times):
                for path in paths:
                    (tables / table / options.model / f"{path.stem}-{number}.parquet").symlink_to(path)
        names = [f"{path.stem}-{number}" for number in range(times) for path in found["events"]]
        (tables / "batches.json").write_text(json.dumps({"deployments": names, "batches": {}}), encoding="utf-8")
        spent.append(
            core_s(
                [
                    "sites", "--season", "s", "--catalogue", tables / "batches.json", "--model", options.model,
                    "--settings", json.dumps(SETTINGS["tabulate"]), "--tables", tables, "--matrices", tables / "m",
                ]
            )
        )  # fmt: skip
    return spent[1] - spent[0], hours * (options.times - 1), unit


def injected(options: argparse.Namespace, scratch: Path) -> tuple[float, float, str]:
    """Put few and more sounds into the season; what the few take is taken off."""
    spent = [
        core_s(
            [
                "inject", "--catalogue", options.season / "catalogue", "--levels", options.season / "stft",
                "--audio-root", options.audio_root, "--card", options.card,
                "--weights", options.card.with_name("generator.safetensors"), "--device", "cpu",
                "--settings", json.dumps({**SETTINGS["injection"], "sounds": sounds}),
                "--output", scratch / f"{sounds}",
            ]
        )
        for sounds in SOUNDS
    ]  # fmt: skip
    sources = len(json.loads(options.card.read_text(encoding="utf-8"))["sources"])
    return spent[1] - spent[0], sources * (SOUNDS[1] - SOUNDS[0]), "sound"


def imported(rule: str) -> float:
    """Return what importing a rule's command takes."""
    return measured([sys.executable, "-c", f"import antiphon.{IMPORTS[rule]}"], Path.cwd()).core_s


RULES: dict[str, Callable[[argparse.Namespace, Path], tuple[float, float, str]]] = {
    "tabulate": tabulated,
    "sites": added_up,
    "inject": injected,
}


def main() -> None:
    """Measure and print a line a rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--season", type=Path, required=True, help="folder of a season's results")
    parser.add_argument("--audio-root", type=Path, default=Path())
    parser.add_argument("--model", default="community")
    parser.add_argument("--card", type=Path, default=SHIPPED / CARD)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--rules", nargs="+", choices=RULES, default=list(RULES))
    options = parser.parse_args()
    options.season, options.audio_root = options.season.resolve(), options.audio_root.resolve()
    for rule in options.rules:
        scratch = Path(tempfile.mkdtemp())
        try:
            spent_s, amount, unit = RULES[rule](options, scratch)
        finally:
            shutil.rmtree(scratch)
        start_s = imported(rule)
        print(f"{rule:9} {spent_s / amount:.4f} s of a core a {unit} ({amount:.3g} {unit}s), import {start_s:.1f} s")


if __name__ == "__main__":
    main()
