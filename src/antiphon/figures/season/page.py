"""The season's page: one HTML file that opens from disk and needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from antiphon.figures import wording
from antiphon.figures.model import trust
from antiphon.figures.model.ablation import Ablation, ablation_picture, ablation_rows
from antiphon.figures.pictures import png_bytes
from antiphon.figures.scripts import script_source, season_scripts
from antiphon.figures.season import answers, chapters
from antiphon.figures.season.digest import Coverage, Quality
from antiphon.figures.season.gallery import KIND_WORDS, EventCard, preview
from antiphon.figures.season.heard import Heard
from antiphon.figures.season.long_term import LongTerm
from antiphon.figures.season.masking import masking_view
from antiphon.figures.season.payload import Place, payload
from antiphon.figures.season.verified import Verified
from antiphon.figures.templating import environment

__all__ = ["ModelPart", "Origin", "Recorded", "season_page"]


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
    masked
        How much of the cells of each source (row) each other one (column) occupies too, shape (source, source).
    cards
        Events to look at and listen to.
    verified
        What people said of its events.
    stale
        Number of verdicts on events of this season that other weights found: they count no more.
    ablation
        What critics did for it; None: that was not measured.
    """

    name: str
    card: Mapping[str, Any]
    heard: Heard
    scores: Sequence[Mapping[str, str]]
    pictures: Mapping[str, bytes]
    masked: np.ndarray | None = None
    cards: Sequence[EventCard] = ()
    verified: Sequence[Verified] = ()
    stale: int = 0
    ablation: Ablation | None = None

    @property
    def gallery(self) -> str:
        """Name of the page of its events, beside the season's."""
        return f"gallery-{self.name}.html"


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


@dataclass(frozen=True)
class Recorded:
    """What was recorded, before any model heard it.

    Attributes
    ----------
    coverage, quality
        Effort and recordings of the season.
    meanings
        What each reason for setting a recording aside means.
    ignored
        Number of companion files beside the recordings.
    shared
        What deployments have in common: two ``deployments``, the number of ``recordings``, two paths as ``example``.
    places
        Where each deployment of ``coverage`` stood, in the same order.
    soundscape
        Long-term average of each deployment.
    """

    coverage: Coverage
    quality: Quality
    meanings: Mapping[str, str]
    ignored: int
    shared: Sequence[Mapping[str, Any]]
    places: Sequence[Place]
    soundscape: Sequence[LongTerm]

    @property
    def is_long(self) -> bool:
        """Whether curves through the season are moving means."""
        return (self.coverage.last_day - self.coverage.first_day).days > 30

    @property
    def is_mapped(self) -> bool:
        """Whether the position of any site is known."""
        return any(place.latitude is not None and place.longitude is not None for place in self.places)


def season_page(
    *,
    title: str,
    season: str,
    recorded: Recorded,
    models: Sequence[ModelPart],
    origin: Origin,
    resources: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Return the page of a season as HTML.

    Parameters
    ----------
    title, season
        Title of the page and name of the season.
    recorded
        What was recorded.
    models
        The models that separated the season.
    origin
        Where all this comes from.
    resources
        What the jobs of each rule asked for and used: the fields of :class:`~antiphon.planning.usage.RuleUse`.
    """
    coverage = recorded.coverage
    drawn = bool(coverage.scheduled_s.any() and models)
    views = [_model_view(place, model) for place, model in enumerate(models, start=1)]
    scripts = season_scripts() if drawn else ()
    html = (
        environment()
        .get_template("season.html.j2")
        .render(
            title=title,
            season=season,
            dates=wording.span(coverage.first_day, coverage.last_day),
            recorded=recorded,
            coverage=coverage,
            effort=chapters.coverage_rows(coverage),
            quality=recorded.quality,
            many=chapters.MANY,
            models=views,
            origin=origin,
            resources=resources,
            drawn=drawn,
            chapters=_chapters(drawn, bool(recorded.soundscape), any(one.cards for one in models)),
            galleries=[_gallery(one) for one in models if one.cards],
            kinds=KIND_WORDS,
            answers=_answers(recorded, models, views),
            numbers=_numbers(recorded, models) if drawn else {},
            scripts=scripts,
            script_sources=" ".join(map(script_source, scripts)) or "'none'",
        )
    )
    return html + "\n"


def _numbers(recorded: Recorded, models: Sequence[ModelPart]) -> dict[str, Any]:
    heard = [(one.name, one.heard, one.card["sources"]) for one in models]
    return payload(recorded.coverage, recorded.places, heard, recorded.soundscape)


def _chapters(drawn: bool, soundscape: bool, gallery: bool) -> dict[str, str]:
    """Return the chapters of the page: id and words."""
    shown = {"summary": "Summary", "coverage": "Coverage"}
    if drawn:
        shown |= {"sources": "Sources", "frequency": "Frequency"}
        shown |= {"soundscape": "Soundscape"} if soundscape else {}
    shown |= {"gallery": "Events"} if gallery else {}
    return shown | {"recordings": "Recordings", "model": "Model", "origin": "Provenance"}


def _answers(
    recorded: Recorded, models: Sequence[ModelPart], views: Sequence[Mapping[str, Any]]
) -> list[answers.Answer]:
    """Return what the summary says first."""
    happened = answers.what_happened([source for view in views for source in view["sources"]])
    trusted = [
        answers.can_it_be_trusted(
            model.name, view["f1"], model.verified, {one.name: one.common_name for one in view["sources"]}
        )
        for model, view in zip(models, views, strict=True)
    ]
    return [happened, answers.are_the_data_sound(recorded.coverage, recorded.quality), *trusted]


def _gallery(model: ModelPart) -> dict[str, Any]:
    """Return what the page shows of a gallery beside it."""
    cards = preview(model.cards, model.card["sources"])
    return {"model": model.name, "page": model.gallery, "events": len(model.cards), "cards": cards}


def _masking(model: ModelPart) -> dict[str, Any] | None:
    """Return who masks whom; nothing where there is but one source."""
    if model.masked is None or len(model.heard.sources) < 2:
        return None
    return masking_view(model.masked, model.heard.sources, model.card["sources"])


def _ablation(found: Ablation) -> dict[str, Any]:
    """Return what the page shows of what critics did for a model."""
    return {"rows": ablation_rows(found), "picture": png_bytes(ablation_picture(found)), "about": found.about}


def _model_view(place: int, model: ModelPart) -> dict[str, Any]:
    return {
        "id": f"model-{place}",
        "name": model.name,
        "sources": chapters.source_views(model.heard, model.card["sources"]),
        "f1": trust.f1_table(model.scores, model.card["model"]),
        "scores": trust.score_table(model.scores),
        "masking": _masking(model),
        "verified": model.verified,
        "stale": model.stale,
        "pictures": model.pictures,
        "critic": trust.critic_words(model.card),
        "ablation": _ablation(model.ablation) if model.ablation else None,
        "facts": trust.card_facts(model.card),
    }
