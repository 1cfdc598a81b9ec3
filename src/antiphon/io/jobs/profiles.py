"""Profiles of Snakemake: how many jobs run at a time, and what each may occupy."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from antiphon.errors import AntiphonError
from antiphon.io.settings import read_yaml

__all__ = ["Profile", "read_profile"]


@dataclass(frozen=True)
class Profile:
    """What a profile says of the machine.

    Attributes
    ----------
    name
        Its folder.
    jobs
        Jobs that are queued or run at a time; infinity without a queue.
    cores
        Cores of the machine; infinity where a queue gives them.
    gpus_at_a_time
        GPUs that all jobs together may hold; infinity where only the queue knows.
    gpus
        GPUs of a job of each rule.
    has_queue
        Whether jobs go through a queue.
    """

    name: str
    jobs: float
    cores: float
    gpus_at_a_time: float
    gpus: Mapping[str, int]
    has_queue: bool


def read_profile(folder: Path) -> Profile:
    """Read a profile.

    Raises
    ------
    AntiphonError
        If there is no such profile, or a key that matters here is wrong.
    """
    path = folder / "config.yaml"
    if not path.exists():
        raise AntiphonError(f"{folder}: no profile, for it has no config.yaml; name one as --profile profiles/slurm")
    values = read_yaml(path)
    has_queue = values.get("executor", "local") != "local"
    try:
        rules = {rule: _resources(given) for rule, given in _resources(values.get("set-resources")).items()}
        default = int(_resources(values.get("default-resources")).get("gpu", 0))
        overall = _resources(values.get("resources")).get("gpu")
        cores = values.get("cores", "all")
        return Profile(
            str(folder),
            float(values.get("jobs", 1)) if has_queue else float("inf"),
            float("inf") if has_queue else float((os.cpu_count() or 1) if cores == "all" else cores),
            float("inf") if overall is None else float(overall),
            {rule: int(given.get("gpu", default)) for rule, given in rules.items()},
            has_queue,
        )
    except (TypeError, ValueError) as error:
        raise AntiphonError(f"{path}: jobs, cores and gpu must be numbers ({error})") from None


def _resources(given: Any) -> dict[str, Any]:
    """Return resources, written as a mapping or as a list of ``name=value``."""
    if isinstance(given, list):
        return dict(str(one).split("=", 1) for one in given)
    return dict(given or {})
