"""Cards of a model's events: pictures, sounds and facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from antiphon.config.report import Gallery
from antiphon.figures.season.event_pictures import event_picture
from antiphon.figures.season.gallery import EventCard
from antiphon.figures.style import source_colours
from antiphon.io.models.checkpoints import Card
from antiphon.io.tables import read_table
from antiphon.reporting.picks import Pick, picked
from antiphon.reporting.reading import SeasonTables
from antiphon.reporting.showing import Folders, Shown, shown_events

__all__ = ["event_cards"]

_FACTS = ("deployment", "site", "path", "start_local")
_BOX_DIGITS = {"start_s": 3, "end_s": 3, "freq_low_hz": 1, "freq_high_hz": 1}


def event_cards(read: SeasonTables, model: str, card: Card, options: Gallery, folders: Folders) -> list[EventCard]:
    """Return the events of a model that are shown, each with its picture and its sounds.

    Parameters
    ----------
    read
        The season's tables.
    model, card
        Its name in the settings, and its card.
    options
        Which events are shown.
    folders
        Where stores and recordings are.

    Raises
    ------
    AntiphonError
        If a store is damaged or a recording is another one by now.
    """
    if not options.events:
        return []
    sources = tuple(card.sources)
    picks = picked(read.each("events", model), sources, options.events, options.seed)
    known = _recordings(read, picks)
    units = {where: unit for where, (unit, _) in known.items()}
    thresholds = {source: float(card.thresholds[source]) for source in sources}
    colours = source_colours(sources)
    shown = shown_events(picks, units, folders, thresholds, margin_s=options.margin_s, longest_s=options.longest_s)
    return [_card(one, colours[one.pick.source], known[one.pick.deployment, one.pick.path][1]) for one in shown]


def _recordings(read: SeasonTables, picks: Sequence[Pick]) -> dict[tuple[str, str], tuple[str, str]]:
    """Return unit and analysed channel of each event's recording, by deployment and path."""
    known: dict[tuple[str, str], tuple[str, str]] = {}
    for path in read.paths("recordings"):
        wanted = {pick.path for pick in picks if pick.deployment == path.stem}
        table = read_table(path, "recordings", ("path", "unit", "channel")).to_pandas() if wanted else None
        if table is not None:
            rows = table[table["path"].isin(wanted) & table["unit"].notna()]
            known |= {(path.stem, str(row.path)): (str(row.unit), str(row.channel)) for row in rows.itertuples()}
    return known


def _card(shown: Shown, colour: str, channel: str) -> EventCard:
    pick = shown.pick
    box = (pick.start_s - shown.begin_s, pick.end_s - shown.begin_s, pick.freq_low_hz, pick.freq_high_hz)
    facts: dict[str, Any] = {name: getattr(pick, name) for name in _FACTS}
    facts |= {name: round(getattr(pick, name), digits) for name, digits in _BOX_DIGITS.items()}
    facts |= {
        name: None if getattr(pick, name) is None else round(getattr(pick, name), 4) for name in ("score", "snr_db")
    }
    facts["channel"] = {"first": "1", "mix": ""}.get(channel, channel)
    picture = event_picture(shown.levels, shown.mask, box, colour, hop_s=shown.hop_s, bin_hz=shown.bin_hz)
    return EventCard(pick.source, pick.kind, facts, picture, shown.sounds, shown.note)
