"""The three questions that a season's page answers first, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from antiphon.figures.model.trust import F1Table
from antiphon.figures.season.chapters import SourceView
from antiphon.figures.season.digest import LOSSES, Coverage, Quality
from antiphon.figures.season.verified import Verified
from antiphon.figures.wording import count, duration, percent, plural

__all__ = ["Answer", "are_the_data_sound", "can_it_be_trusted", "what_happened"]

_LOST_TO = {"gap": "gaps", "quarantine": "bad files", "clipping": "clipping", "edge": "edges of recordings"}
_MOST_SOURCES = 6


@dataclass(frozen=True)
class Answer:
    """A question and what the season says to it.

    Attributes
    ----------
    question, sentences
        What is asked and what is said.
    chapter, more
        Id of the chapter that shows it, and the words that lead there.
    """

    question: str
    sentences: Sequence[str]
    chapter: str
    more: str


def what_happened(sources: Sequence[SourceView]) -> Answer:
    """Say what was heard, the most active source first."""
    heard = sorted((one for one in sources if one.is_heard), key=lambda one: -one.occupancy)
    said = [_said_of(one) for one in heard[:_MOST_SOURCES]]
    said += [f"and {plural(len(heard) - _MOST_SOURCES, 'more source')}."] if len(heard) > _MOST_SOURCES else []
    silent = [one.common_name for one in sources if not one.is_heard and one.effort_s]
    if silent:
        said.append(f"Never heard: {', '.join(silent)}.")
    return Answer("What happened?", said or ["No sound was analysed."], "sources", "When, where and at what frequency")


def _said_of(one: SourceView) -> str:
    most = f", most at {one.best}" if one.best else ""
    return f"{one.common_name}: in {percent(one.time_occupancy)} of the time{most}."


def are_the_data_sound(coverage: Coverage, quality: Quality) -> Answer:
    """Say how much of what was due was analysed, what most of the rest was lost to, and what is wrong with files."""
    scheduled_s, analysed_s = float(coverage.scheduled_s.sum()), float(coverage.analysed_s.sum())
    said = []
    if scheduled_s:
        said.append(f"{percent(analysed_s / scheduled_s)} of {duration(scheduled_s)} scheduled was analysed.")
    lost = {name: float(np.nansum(coverage.lost_s[name])) for name in LOSSES}
    worst = max(lost, key=lambda name: lost[name])
    if lost[worst] > 0:
        said.append(f"Most of the rest was lost to {_LOST_TO[worst]} ({duration(lost[worst])}).")
    if all(np.isnan(coverage.lost_s["gap"]).ravel()) and scheduled_s:
        said.append("The recordings show no schedule, so gaps are not known.")
    silent = int(coverage.silent_days.sum())
    if silent:
        said.append(f"On {plural(silent, 'deployment-day')} all that was recorded was lost.")
    bad, mended = quality.files_with("quarantined", "excluded"), quality.files_with("repaired")
    said.append(
        f"{count(bad)} of {plural(quality.files, 'recording')} set aside, {count(mended)} used as far as they go."
    )
    return Answer("Are the data sound?", said, "coverage", "Day by day, and file by file")


def can_it_be_trusted(model: str, f1: F1Table, verified: Sequence[Verified], names: Mapping[str, str]) -> Answer:
    """Say how well a model does on what it never saw, and what people say who listened to its events.

    Parameters
    ----------
    model
        Its name.
    f1
        Its scores.
    verified
        Verdicts of people, source by source.
    names
        Name for people of each source.
    """
    said = []
    if f1.rows and f1.ours_first:
        whole = f1.rows[-1]["cells"][0]
        interval = f" ({whole['interval']})" if whole["interval"] else ""
        said.append(f"F1 {whole['value']}{interval} on examples it never saw; 1 is perfect.")
        worst = min(f1.rows[:-1], key=lambda row: row["cells"][0]["value"], default=None)
        if worst and len(f1.rows) > 2:
            said.append(f"Weakest: {names.get(worst['source'], worst['source'])}, {worst['cells'][0]['value']}.")
    else:
        said.append("It was not scored on examples it never saw.")
    for one in verified:
        if one.precision:
            name = names.get(one.source, one.source)
            said.append(f"Of its {name} events, people confirm {one.precision} ({one.interval}).")
    if not any(one.precision for one in verified):
        said.append("Nobody has judged its events on this season's sound yet.")
    return Answer(f"Can {model} be trusted?", said, "model", "Scores and examples")
