"""1 to 100 TB on 1 to 100 nodes with and without GPUs: hours, cost and what bounds each, by the model of the plan.

Run: ``python -m benchmarks.scaling`` prints the table; ``--write docs/scaling.md`` puts it between the marks of that
page and draws its pictures. Stage costs are those of :mod:`antiphon.planning.costs`, the cluster is that of
:mod:`antiphon.planning.queueing`: ``antiphon plan`` uses both for your season. What the cluster is like, and what its
hours cost, are options.
"""

import argparse
import itertools
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import yaml

from antiphon.planning.costs import COSTS
from antiphon.planning.queueing import BOUNDS, Places, Run, simulate
from antiphon.planning.season import BatchWork, ModelWork, SeasonWork, season_jobs, sums_by_rule

BEGIN, END = "<!-- scaling -->\n", "<!-- /scaling -->\n"
BYTES_PER_HOUR = 48_000 * 2 * 3600
TERABYTES, NODES, GPUS = (1, 10, 100), (1, 10, 100), (0, 1, 8)
RECORDERS = {1: 10, 10: 50, 100: 200}
THREADS = 8
COLOURS = {
    "cores": "#0072b2",
    "GPUs": "#d55e00",
    "file system": "#009e73",
    "chain": "#f0e442",
    "jobs at a time": "#cc79a7",
    "queue": "#999999",
}


@dataclass(frozen=True)
class Cluster:
    """What does not change from row to row.

    Attributes
    ----------
    cores
        Cores of a node.
    node_bytes_per_s, disk_bytes_per_s
        What the network of a node moves, and what the file system gives to all nodes.
    queue_s, notice_s, submit_s
        As in :class:`antiphon.planning.queueing.Places`.
    jobs
        Jobs that may be queued or run.
    core_hour, gpu_hour
        Price of an hour.
    """

    cores: int = 32
    node_bytes_per_s: float = 1.2e9
    disk_bytes_per_s: float = 5e9
    queue_s: float = 60.0
    notice_s: float = 30.0
    submit_s: float = 0.5
    jobs: float = 500
    core_hour: float = 0.03
    gpu_hour: float = 2.0

    def places(self, nodes: int, gpus: int) -> Places:
        """Return what so many nodes give."""
        bytes_per_s = min(nodes * self.node_bytes_per_s, self.disk_bytes_per_s)
        return Places(
            self.jobs, nodes * self.cores, gpus, self.queue_s, self.notice_s, self.submit_s, bytes_per_s=bytes_per_s
        )


@dataclass(frozen=True)
class Outcome:
    """One row."""

    terabytes: int
    nodes: int
    gpus: int
    run: Run
    core_hours: float
    gpu_hours: float
    stored_bytes: float
    price: float


def season_of(terabytes: int, batch_hours: int = 744) -> SeasonWork:
    """Return a season of so many TB of 48 kHz, 16 bit, one channel, recorded without a pause, and its one model."""
    settings = yaml.safe_load(Path("config/config.yaml").read_text(encoding="utf-8"))
    hours = terabytes * 1e12 / BYTES_PER_HOUR
    each = hours / RECORDERS[terabytes]
    batches = [
        BatchWork(f"R{number}.{first:.0f}", f"R{number}", min(batch_hours, each - first), 1.0, {"m": 1.0})
        for number in range(RECORDERS[terabytes])
        for first in range(0, int(each), batch_hours)
    ]
    model, train, pair = settings["models"]["community"], settings["train"], settings["pair"]
    scenes = sum(pair["formula"][split] for split in ("train", "validation", "test"))
    tiles_s = train["steps"] * train["batch_size"] * train["tile_frames"] * settings["stft"]["hop_s"]
    made = ModelWork(
        "m", model["network"], model["widths"], len(model["sources"]), scenes * pair["duration_s"], tiles_s, False
    )
    return SeasonWork(int(hours * 60), batches, [made], frozenset(), False, terabytes * 1e12)


def outcome(cluster: Cluster, terabytes: int, nodes: int, gpus: int, batch_hours: int = 744) -> Outcome:
    """Return what a season costs on a cluster."""
    asked = {"train": 1, "infer": 1} if gpus else {}
    jobs = season_jobs(season_of(terabytes, batch_hours), COSTS, threads=THREADS, gpus=asked)
    run = simulate([job for job in jobs if job.seconds], cluster.places(nodes, gpus))
    sums = sums_by_rule(jobs)
    core_hours, gpu_hours = sum(one.core_hours for one in sums), sum(one.gpu_hours for one in sums)
    price = core_hours * cluster.core_hour + gpu_hours * cluster.gpu_hour
    stored = sum(one.stored_bytes for one in sums)
    return Outcome(terabytes, nodes, gpus, run, core_hours, gpu_hours, stored, price)


def table(outcomes: list[Outcome]) -> str:
    """Return the rows as Markdown."""
    lines = ["| TB | nodes | GPUs | hours | core hours | GPU hours | price | bound by |", "| ---" * 8 + " |"]
    for one in outcomes:
        shares = sorted(((seconds, name) for name, seconds in one.run.bound_s.items()), reverse=True)
        bound = ", ".join(f"{name} {seconds / one.run.wall_s:.0%}" for seconds, name in shares[:2] if seconds)
        lines.append(
            f"| {one.terabytes} | {one.nodes} | {one.gpus} | {one.run.wall_s / 3600:,.1f} | {one.core_hours:,.0f} | "
            f"{one.gpu_hours:,.1f} | {one.price:,.0f} | {bound} |"
        )
    return "\n".join(lines) + "\n"


def draw(outcomes: list[Outcome], folder: Path) -> None:
    """Draw wall time by nodes, and what bounds each row."""
    folder.mkdir(exist_ok=True)
    figure, axes = plt.subplots(1, len(TERABYTES), figsize=(10, 3.4), sharey=True, layout="constrained")
    for axis, terabytes in zip(axes, TERABYTES, strict=True):
        for gpus, style in zip(GPUS, ("o-", "s--", "^:"), strict=True):
            own = [one for one in outcomes if (one.terabytes, one.gpus) == (terabytes, gpus)]
            hours = [one.run.wall_s / 3600 for one in own]
            axis.loglog([one.nodes for one in own], hours, style, label=f"{gpus} GPUs", color="#222222", mfc="white")
        axis.set(title=f"{terabytes} TB", xlabel="nodes of 32 cores", xticks=NODES, xticklabels=NODES)
        axis.grid(visible=True, which="both", alpha=0.2)
    axes[0].set_ylabel("wall time, hours")
    axes[-1].legend(frameon=False)
    figure.savefig(folder / "hours.png", dpi=110, metadata={"Software": None})
    figure, axis = plt.subplots(figsize=(10, 6), layout="constrained")
    names = [f"{one.terabytes} TB, {one.nodes} nodes, {one.gpus} GPUs" for one in outcomes]
    left = [0.0] * len(outcomes)
    for bound in BOUNDS:
        shares = [one.run.bound_s[bound] / one.run.wall_s for one in outcomes]
        axis.barh(names, shares, left=left, color=COLOURS[bound], label=bound, height=0.8)
        left = [before + share for before, share in zip(left, shares, strict=True)]
    axis.margins(y=0.01)
    axis.invert_yaxis()
    axis.set(xlim=(0, 1), xlabel="share of the wall time in which it holds the season back")
    axis.legend(ncols=6, loc="upper center", bbox_to_anchor=(0.4, -0.08), frameon=False)
    figure.savefig(folder / "bounds.png", dpi=110, metadata={"Software": None})


def main() -> None:
    """Print the table, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, help="page to write the table into; pictures go beside it")
    parser.add_argument("--batch-hours", type=int, default=744)
    for key, value in vars(Cluster()).items():
        parser.add_argument(f"--{key.replace('_', '-')}", type=type(value), default=value)
    options = vars(parser.parse_args())
    page, batch_hours = options.pop("write"), options.pop("batch_hours")
    cluster = Cluster(**options)
    rows = [outcome(cluster, *where, batch_hours) for where in itertools.product(TERABYTES, NODES, GPUS)]
    if page is None:
        print(table(rows))
        return
    text = page.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    page.write_text(before + BEGIN + table(rows) + END + after, encoding="utf-8")
    draw(rows, page.with_suffix(""))


if __name__ == "__main__":
    main()
