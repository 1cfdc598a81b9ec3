"""The season's page: one HTML file that opens from disk and needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from antiphon.figures import chapters, trust, wording
from antiphon.figures.digest import Coverage, Heard, Quality
from antiphon.figures.long_term import LongTerm, long_term_views
from antiphon.figures.templating import environment

__all__ = ["ModelPart", "Origin", "season_page"]


@dataclass(frozen=True)
class ModelPart:
    """One model on the page.

    Attributes
    ----------
    name
        Name of the model.
    card
        Content of its ``card.json``.
    heard
        Sums of its tables.
    scores
        Rows of its scores on examples it never saw, all values as text; may be empty.
    pictures
        PNG files by the words under them.
    """

    name: str
    card: Mapping[str, Any]
    heard: Heard
    scores: Sequence[Mapping[str, str]]
    pictures: Mapping[str, bytes]


@dataclass(frozen=True)
class Origin:
    """What the page was made from.

    Attributes
    ----------
    settings
        All settings as YAML.
    versions
        Version of each piece of software and of each stage.
    hashes
        SHA-256 of each input.
    """

    settings: str
    versions: Mapping[str, str]
    hashes: Mapping[str, str]


def season_page(
    *,
    title: str,
    season: str,
    coverage: Coverage,
    quality: Quality,
    meanings: Mapping[str, str],
    ignored: int,
    shared: Sequence[Mapping[str, Any]],
    soundscape: Sequence[LongTerm],
    models: Sequence[ModelPart],
    origin: Origin,
    resources: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Return the page of a season as HTML.

    Parameters
    ----------
    title, season
        Title of the page and name of the season.
    coverage, quality
        Effort and recordings of the season.
    meanings
        What each reason for setting a recording aside means.
    ignored
        Number of companion files beside the recordings.
    shared
        What deployments have in common: two ``deployments``, the number of ``recordings``, two paths as ``example``.
    soundscape
        Long-term average of each deployment.
    models
        The models that separated the season.
    origin
        Where all this comes from.
    resources
        What the jobs of each rule asked for and used: the fields of :class:`~antiphon.planning.usage.RuleUse`.
    """
    template = environment().get_template("season.html.j2")
    html = template.render(
        title=title,
        season=season,
        dates=wording.span(coverage.first_day, coverage.last_day),
        coverage=coverage,
        calendar=chapters.covered(coverage) if coverage.scheduled_s.any() else None,
        effort=chapters.coverage_rows(coverage),
        quality=quality,
        meanings=meanings,
        ignored=ignored,
        shared=shared,
        many=chapters.MANY,
        soundscape=long_term_views(soundscape),
        hourly=any(one.per_day > 1 for one in soundscape),
        models=[_model_view(place, model) for place, model in enumerate(models, start=1)],
        origin=origin,
        resources=resources,
    )
    return html + "\n"


def _model_view(place: int, model: ModelPart) -> dict[str, Any]:
    return {
        "id": f"model-{place}",
        "name": model.name,
        "sources": chapters.source_views(model.heard, model.card["sources"], f"m{place}"),
        "f1": trust.f1_table(model.scores, model.card["model"]),
        "scores": trust.score_table(model.scores),
        "pictures": model.pictures,
        "facts": trust.card_facts(model.card),
    }
