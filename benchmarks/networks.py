"""Networks beside each other: parameters, multiply-adds and milliseconds for 256 x 256 cells.

Run: ``make bench-networks`` or ``python -m benchmarks.networks --threads 1 2``. Networks take turns in one run; the
least of the repeats counts, the ratio is to ours. float32, normalisation folded as in inference, fresh weights.
"""

import argparse
import json
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
import yaml
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from antiphon.learning.apply import folded
from antiphon.learning.clips import make_classifier
from antiphon.learning.generators import make_generator
from antiphon.networks.generator import FEATURES, Generator
from benchmarks.accuracy_table import write_between_marks

CELLS, SOURCES = 256, 3
GENERATORS, CLASSIFIERS = ("resunet", "pix2pix", "atrous_segnet", "deeplabv3"), ("resnet50", "vgg16")
OURS = "resunet"


def made() -> dict[str, nn.Module]:
    """Return every network with fresh weights; ours as in config/config.yaml."""
    settings = yaml.safe_load(Path("config/config.yaml").read_text(encoding="utf-8"))
    widths = settings["models"]["community"]["widths"]
    generators = {name: make_generator(name, widths=widths, sources=SOURCES, bins=CELLS) for name in GENERATORS}
    return generators | {name: make_classifier(name, sources=SOURCES, seed=0) for name in CLASSIFIERS}


def multiply_adds(network: nn.Module, features: torch.Tensor) -> float:
    """Return the multiply-adds of one pass."""
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        network(features)
    return counter.get_total_flops() / 2


def milliseconds(networks: dict[str, nn.Module], features: torch.Tensor, repeats: int) -> dict[str, list[float]]:
    """Return the time of each pass of each network; networks take turns."""
    times: dict[str, list[float]] = {name: [] for name in networks}
    with torch.inference_mode():
        for turn in range(repeats + 1):
            for name, network in networks.items():
                start = time.perf_counter()
                network(features)
                if turn:
                    times[name].append((time.perf_counter() - start) * 1000)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--write", type=Path, help="page that the table goes into, between its marks")
    chosen = parser.parse_args()
    networks = made()
    # Counted before folding takes some away.
    sizes = {name: sum(one.numel() for one in network.parameters()) for name, network in networks.items()}
    networks = {name: folded(one) if isinstance(one, Generator) else one.eval() for name, one in networks.items()}
    features = torch.randn(1, FEATURES, CELLS, CELLS).to(memory_format=torch.channels_last)
    for network in networks.values():
        network.to(memory_format=torch.channels_last)
    lines = []
    for name, network in networks.items():
        million = multiply_adds(network, features) / 1e6
        lines.append(figure(f"networks.{name}.parameters", sizes[name], "1", sizes[OURS]))
        lines.append(figure(f"networks.{name}.multiply_adds", million, "1e6"))
    for threads in chosen.threads:
        torch.set_num_threads(threads)
        times = milliseconds(networks, features, chosen.repeats)
        for name, all_ms in times.items():
            line = figure(f"networks.{name}.ms_{threads}_threads", min(all_ms), "ms", min(times[OURS]))
            lines.append({**line, "spread": round(max(all_ms) - min(all_ms), 2)})
    results = Path("benchmarks/results")
    results.mkdir(parents=True, exist_ok=True)
    with (results / "networks.jsonl").open("w", encoding="utf-8") as file:
        for line in lines:
            print(json.dumps(line))
            file.write(json.dumps(line) + "\n")
    if chosen.write:
        write_between_marks(
            chosen.write, table({str(line["name"]): line for line in lines}, chosen.threads), "networks"
        )


def table(lines: Mapping[str, Mapping[str, object]], threads: Sequence[int]) -> str:
    """Return what networks cost as a table."""
    columns = ["parameters", "multiply_adds", *(f"ms_{count}_threads" for count in threads)]
    heads = ["network", "parameters", "M multiply-adds", *(f"ms, {count} threads (ratio to ours)" for count in threads)]
    rows = []
    for name in (*GENERATORS, *CLASSIFIERS):
        each = [lines[f"networks.{name}.{column}"] for column in columns]
        values = [f"{each[0]['value']:,.0f}", f"{each[1]['value']:,.0f}"]
        values += [f"{one['value']:.1f} ({one['ratio']})" for one in each[2:]]
        rows.append([f"ours (`{name}`)" if name == OURS else f"`{name}`", *values])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ["---", *["---:"] * len(columns)], *rows))


def figure(name: str, value: float, unit: str, ours: float | None = None) -> dict[str, object]:
    """Return one line of the results."""
    line: dict[str, object] = {"name": name, "value": round(value, 3), "unit": unit}
    if ours is not None:
        line |= {"ratio_to": OURS, "ratio": round(value / ours, 2)}
    return {**line, "machine": f"{platform.machine()}, {platform.processor() or 'cpu'}"}


if __name__ == "__main__":
    main()
