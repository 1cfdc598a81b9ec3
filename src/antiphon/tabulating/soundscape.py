"""The tables overlap and indices: what sources share, and what the soundscape is with and without each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from antiphon.stats.indices import IndexSums, index_columns
from antiphon.stats.interval_sums import complete, in_turn
from antiphon.stats.overlap import Overlap, overlap_columns, pairs
from antiphon.tabulating.found import Found
from antiphon.tabulating.job import Job
from antiphon.tabulating.units import UnitSums

__all__ = ["write_soundscape"]


def write_soundscape(job: Job, found: Found, units: Sequence[UnitSums], span: tuple[int, int]) -> None:
    """Write the tables overlap and indices.

    Parameters
    ----------
    job, found
        What the tables are made from.
    units
        Sums of the units in order of time.
    span
        First interval and the one after the last.
    """
    at_most = found.intervals_at_a_time
    sources = found.counter.sources
    both = complete(in_turn(unit.overlap() for unit in units), Overlap.none(sources), *span, at_most)
    job.write("overlap", (job.timed(_overlap(found, piece)) for piece in both), found.name, found.made_by())
    values = complete(in_turn(unit.indices() for unit in units), IndexSums.none(sources + 1), *span, at_most)
    job.write("indices", (job.timed(_indices(job, found, piece)) for piece in values), found.name, found.made_by())


def _overlap(found: Found, sums: Overlap) -> dict[str, Any]:
    """Return the rows of the table overlap: all ordered pairs of sources, all intervals."""
    names = np.array([*found.card.sources], dtype=object)
    one, two = pairs(len(names))
    return {
        "interval": np.repeat(sums.interval, len(one)),
        "model": found.name,
        "source": np.tile(names[one], len(sums.interval)),
        "by_source": np.tile(names[two], len(sums.interval)),
        **{name: values.ravel() for name, values in overlap_columns(sums).items()},
    }


def _indices(job: Job, found: Found, sums: IndexSums) -> dict[str, Any]:
    """Return the rows of the table indices: the soundscape, then without each source; all intervals."""
    without = np.array([None, *found.card.sources], dtype=object)
    return {
        "interval": np.repeat(sums.interval, len(without)),
        "model": found.name,
        "without_source": np.tile(without, len(sums.interval)),
        "effort_s": np.repeat(sums.analysed * job.grid.hop_us / 1e6, len(without)),
        **{name: values.ravel() for name, values in index_columns(sums).items()},
    }
