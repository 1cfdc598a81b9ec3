"""The gallery of events: what a person looks at, listens to and judges."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from antiphon.figures.scripts import gallery_scripts, script_source
from antiphon.figures.style import source_colours
from antiphon.figures.templating import environment

__all__ = ["KIND_WORDS", "EventCard", "gallery_page", "preview"]

KIND_WORDS = {"sure": "surest", "unsure": "least sure", "random": "drawn at random"}
"""Why an event is shown, in words."""

_PREVIEW_BYTES = 2_500_000
_PREVIEW_SOURCES = 12


@dataclass(frozen=True)
class EventCard:
    """An event on the page.

    Attributes
    ----------
    source, kind
        Its source, and why it is shown.
    facts
        What is known of it: deployment, site, path, channel, start_local, its box, score, snr_db.
    picture
        Its picture, WebP.
    sounds
        FLAC files: ``recorded`` and ``separated``; may be empty.
    note
        Why something is missing.
    """

    source: str
    kind: str
    facts: Mapping[str, Any]
    picture: bytes
    sounds: Mapping[str, bytes]
    note: str

    @property
    def size(self) -> int:
        """Bytes that it takes on a page."""
        return round(4 / 3 * (len(self.picture) + sum(map(len, self.sounds.values()))))


def gallery_page(
    cards: Sequence[EventCard], *, season: str, model: str, weights: str, sources: Mapping[str, Mapping[str, Any]]
) -> str:
    """Return the page of one model's events as HTML: it stands beside the season's page.

    Parameters
    ----------
    cards
        The events.
    season, model, weights
        What verdicts are about: season, model, and the hash of its weights.
    sources
        ``common_name``, ``scientific_name`` and ``labels`` of each source.
    """
    scripts = gallery_scripts()
    about = {
        "season": season,
        "model": model,
        "weights": weights[:12],
        "labels": {name: list(source["labels"]) for name, source in sources.items()},
        "events": [{"source": card.source, "kind": card.kind, **card.facts} for card in cards],
    }
    html = (
        environment()
        .get_template("gallery.html.j2")
        .render(
            season=season,
            model=model,
            cards=[_view(card, sources) for card in cards],
            colours=source_colours(tuple(sources)),
            sources={name: str(source.get("common_name") or name) for name, source in sources.items()},
            kinds=KIND_WORDS,
            about=about,
            scripts=scripts,
            script_sources=" ".join(map(script_source, scripts)),
        )
    )
    return html + "\n"


def preview(cards: Sequence[EventCard], sources: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the first event of each kind and source for the season's page; sounds as long as they stay light."""
    firsts = {(card.source, card.kind): card for card in reversed(cards)}
    names = list(sources)[:_PREVIEW_SOURCES]
    views, held = [], 0
    for kind in KIND_WORDS:
        for source in names:
            if card := firsts.get((source, kind)):
                held += card.size
                view = _view(card, sources)
                views.append(view if held < _PREVIEW_BYTES else view | {"sounds": {}})
    return sorted(views, key=lambda view: names.index(view["source"]))


def _view(card: EventCard, sources: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a card as a template shows it."""
    fields = asdict(card)
    return fields | {
        "common_name": str(sources[card.source].get("common_name") or card.source),
        "colour": source_colours(tuple(sources))[card.source],
        "why": KIND_WORDS[card.kind],
        "picture": "data:image/webp;base64," + base64.b64encode(card.picture).decode("ascii"),
        "sounds": {
            name: "data:audio/flac;base64," + base64.b64encode(flac).decode("ascii")
            for name, flac in card.sounds.items()
        },
    }
