"""What each stage costs: the one table of measured costs, and how a season's own benchmarks overrule it.

Seconds are those of one core or one GPU; bytes are those that a stage leaves on the disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

__all__ = ["COSTS", "REFERENCE_WIDTHS", "Cost", "Measured", "costs_of_season", "network_work"]

REFERENCE_WIDTHS = (16, 32, 48, 96, 160)
"""Widths of the generator that the table was measured with: those of config/config.yaml."""

_LEAST_MEASURED = 2.0
_WHATEVER_THE_WIDTHS = 300.0


@dataclass(frozen=True)
class Cost:
    """What one stage costs.

    Attributes
    ----------
    per
        What the stage's work is counted in.
    core_s
        Seconds of one core for each of these, the network's arithmetic apart.
    network_core_s, network_gpu_s
        Seconds of one core or of one GPU for each of these, spent in a generator of :data:`REFERENCE_WIDTHS`.
    start_s
        Seconds that a job of the stage needs before its work begins, Snakemake's own start included.
    stored_bytes
        Bytes written for each of these; of stage infer, for each of these and source.
    """

    per: str
    core_s: float
    network_core_s: float = 0.0
    network_gpu_s: float = 0.0
    start_s: float = 5.0
    stored_bytes: float = 0.0


COSTS: Mapping[str, Cost] = {
    "ingest": Cost("file", core_s=0.001, stored_bytes=300),
    "stft": Cost("hour of sound", core_s=2.0, start_s=6, stored_bytes=79e6),
    "pair": Cost("second of scenes", core_s=0.09, start_s=6, stored_bytes=21e3),
    "train": Cost("second of tiles", core_s=0.0, network_core_s=0.06, network_gpu_s=0.0015, start_s=8),
    "evaluate": Cost("second of scenes", core_s=0.1, start_s=8),
    "infer": Cost("hour of sound", core_s=2.8, network_core_s=11.5, network_gpu_s=0.18, start_s=11, stored_bytes=18e6),
    "tabulate_effort": Cost("hour of sound", core_s=0.01, start_s=5, stored_bytes=2e3),
    "tabulate": Cost("hour of sound", core_s=0.75, start_s=6, stored_bytes=0.9e6),
    "sites": Cost("hour of sound", core_s=0.008, start_s=7, stored_bytes=60),
    "inject": Cost("sound", core_s=0.1, start_s=11, stored_bytes=150),
    "report": Cost("hour of sound", core_s=0.005, start_s=8, stored_bytes=1e3),
}
"""Each rule's cost; docs/hpc.md says how each was measured."""


@dataclass(frozen=True)
class Measured:
    """One job of a season that has run.

    Attributes
    ----------
    rule
        Its rule.
    amount
        How much it worked, in the unit of the rule's cost.
    core_s
        Seconds that its cores computed.
    wall_s
        Seconds that it lasted.
    """

    rule: str
    amount: float
    core_s: float
    wall_s: float


def costs_of_season(measured: Sequence[Measured]) -> dict[str, Cost]:
    """Return :data:`COSTS` with the seconds of what the season has measured itself.

    A job that skipped what was done already, or lasted hardly longer than its start, would make the rule look cheap:
    of the rest, a rule's upper quartile counts. Jobs on a GPU keep the table's seconds of the network.

    Parameters
    ----------
    measured
        Jobs of the season, as their ``benchmark:`` files have them.
    """
    costs = dict(COSTS)
    for rule, cost in COSTS.items():
        told = sorted(
            (job.core_s - cost.start_s / 2) / job.amount
            for job in measured
            if job.rule == rule and job.amount > 0 and job.wall_s >= _LEAST_MEASURED * cost.start_s
        )
        if told:
            whole = max(0.0, told[ceil(0.75 * len(told)) - 1])
            known = cost.core_s + cost.network_core_s
            costs[rule] = replace(
                cost, core_s=whole * cost.core_s / known, network_core_s=whole * cost.network_core_s / known
            )
    return costs


def network_work(network: str, widths: Sequence[int]) -> float:
    """Return what a generator costs in units of that of :data:`REFERENCE_WIDTHS`.

    Widths squared, by scale, and what no width saves: a line through the five generators of docs/performance.md
    (float32), none further from it than 10 %.
    """
    if network == "energy":
        return 0.0
    return (_squares(widths) + _WHATEVER_THE_WIDTHS) / (_squares(REFERENCE_WIDTHS) + _WHATEVER_THE_WIDTHS)


def _squares(widths: Sequence[int]) -> float:
    return sum((width * 0.5**scale) ** 2 for scale, width in enumerate(widths))
