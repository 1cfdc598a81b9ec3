"""What people say who looked at a model's events and listened to them: precision by source, with its interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from antiphon.figures.wording import percent
from antiphon.stats.ratio import wilson_interval

__all__ = ["Verified", "verified"]


@dataclass(frozen=True)
class Verified:
    """The verdicts on one source.

    Attributes
    ----------
    source
        Name of the source.
    precision, interval
        Share of the events drawn at random that people confirm, and its 95 % interval (Wilson 1927), in words; empty
        where none was judged.
    judged
        By why events were shown, how many of how many people confirm, in words; empty where none was judged.
    """

    source: str
    precision: str
    interval: str
    judged: Mapping[str, str]


def verified(verdicts: Iterable[tuple[str, str, bool]], sources: Sequence[str], kinds: Sequence[str]) -> list[Verified]:
    """Count verdicts.

    Parameters
    ----------
    verdicts
        Source, why the event was shown, and whether the source is there.
    sources
        Sources in the model's order.
    kinds
        Why events are shown; those of ``random`` alone are a sample of all events.

    Returns
    -------
    Sources of which any event was judged.
    """
    judged: Counter[tuple[str, str]] = Counter()
    confirmed: Counter[tuple[str, str]] = Counter()
    for source, kind, is_there in verdicts:
        judged[source, kind] += 1
        confirmed[source, kind] += is_there
    return [
        _verified(source, {kind: (confirmed[source, kind], judged[source, kind]) for kind in kinds})
        for source in sources
        if any(judged[source, kind] for kind in kinds)
    ]


def _verified(source: str, counts: Mapping[str, tuple[int, int]]) -> Verified:
    share, low, high = map(float, wilson_interval(*np.array(counts.get("random", (0, 0)))))
    drawn = bool(counts.get("random", (0, 0))[1])
    return Verified(
        source,
        percent(share) if drawn else "",
        f"{percent(low)}–{percent(high)}" if drawn else "",
        {kind: f"{right} of {all_}" if all_ else "" for kind, (right, all_) in counts.items()},
    )
