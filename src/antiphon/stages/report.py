"""Stage report: turn numbers into a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from antiphon.config import Report, section
from antiphon.figures.model.ablation import COLUMNS as ABLATION_COLUMNS
from antiphon.figures.model.ablation import Ablation
from antiphon.figures.season.gallery import KIND_WORDS, gallery_page
from antiphon.figures.season.page import ModelPart, season_page
from antiphon.figures.season.verified import verified
from antiphon.io.models.ablations import read_ablation
from antiphon.io.models.cards import CARD
from antiphon.io.models.checkpoints import load_card
from antiphon.io.models.injections import RECALL_PICTURE, has_recall
from antiphon.io.models.reviews import Review, read_reviews
from antiphon.io.whole import read_json, write_text
from antiphon.progress import log
from antiphon.reporting.cards import event_cards
from antiphon.reporting.origin import origin_of, resources_of
from antiphon.reporting.reading import SeasonTables, read_scores
from antiphon.reporting.showing import Folders

__all__ = ["VERSION", "run"]

VERSION = 7

_INJECTION = (
    "Known sounds, put into stretches of this season's own recordings: the share that it found, by how far they stand "
    "out. Bands are 95 % intervals"
)
_PICTURES = {
    "evaluation/examples.png": "Examples the model never saw: mixture, truth and what it found",
    "curves.png": "Losses and scores while it learned",
    "reliability.png": "Whether its probabilities mean what they say",
}


def run(
    *,
    season: str,
    tables: Path,
    catalogue: Path,
    models: list[Path],
    stft: Path,
    infer: Path,
    audio_root: Path,
    settings: str,
    all_settings: str,
    output: Path,
    benchmarks: Path | None = None,
    injections: Path | None = None,
) -> None:
    """Write a season as an HTML page that needs nothing else, and the events of each model as pages beside it.

    Parameters
    ----------
    season
        Name of the season.
    tables, catalogue
        Folders of all tables of the season and of its catalogue, in this order.
    models
        Folders of the season's models, in the order of the settings.
    stft, infer
        Folders of the stores of stage stft and, by model, of stage infer.
    audio_root
        Folder of the season's recordings.
    settings, all_settings
        Section ``report`` of the settings, and all settings that made the season's numbers, as JSON.
    output
        The page to write; ``gallery-<model>.html`` is written beside it for each model.
    benchmarks
        Folder of the season's benchmarks; with them and Slurm's accounting the page says what the jobs used.
    injections
        Folder of what ``antiphon inject`` found out about each model.

    Raises
    ------
    AntiphonError
        If a table, a card, a store, the catalogue or a table of verdicts is missing or damaged.
    """
    wanted, shown = section(Report, settings), json.loads(all_settings)
    read = SeasonTables(tables, read_json(catalogue / "batches.json")["deployments"])
    names = shown["seasons"][season]["models"]
    reviews = [one for one in read_reviews(map(Path, wanted.verdicts)) if one.season == season]
    parts = [
        _model_part(read, name, folder, wanted, Folders(stft, infer / name, audio_root), reviews)
        for name, folder in zip(names, models, strict=True)
    ]
    parts = [_with_recall(part, injections / part.name) for part in parts] if injections else parts
    for part in parts:
        _write(output.with_name(part.gallery), _gallery(part, season))
    recorded, origin = read.recorded(catalogue), origin_of(read, VERSION, names, models, shown)
    used = [asdict(use) for use in resources_of(benchmarks)] if benchmarks else []
    page = season_page(
        title=wanted.title, season=season, recorded=recorded, models=parts, origin=origin, resources=used
    )
    _write(output, page)


def _write(path: Path, page: str) -> None:
    write_text(path, page)
    log(f"{path}: {len(page.encode()) / 1e6:.1f} MB")


def _gallery(part: ModelPart, season: str) -> str:
    card = part.card
    return gallery_page(
        part.cards, season=season, model=part.name, weights=card["weights_sha256"], sources=card["sources"]
    )


def _with_recall(part: ModelPart, injected: Path) -> ModelPart:
    """Return what the page says of a model with the picture of the known sounds that it found, if there is one."""
    if not has_recall(injected):
        return part
    return replace(part, pictures={_INJECTION: (injected / RECALL_PICTURE).read_bytes(), **part.pictures})


def _model_part(
    read: SeasonTables, name: str, folder: Path, wanted: Report, folders: Folders, reviews: Sequence[Review]
) -> ModelPart:
    """Read what the page says of one model."""
    card = load_card(folder / CARD)
    pictures = {words: folder / path for path, words in _PICTURES.items() if (folder / path).exists()}
    ablation = read_ablation(folder / "evaluation", ABLATION_COLUMNS)
    ours = [one for one in reviews if one.model == name and one.weights == card.weights_sha256[:12]]
    counted = [(one.source, one.kind, one.confirmed) for one in ours]
    return ModelPart(
        name=name,
        card=card.model_dump(mode="json"),
        heard=read.heard(name, tuple(card.sources)),
        masked=read.masked(name, tuple(card.sources)),
        scores=read_scores(folder / "evaluation" / "scores.csv"),
        pictures={words: path.read_bytes() for words, path in pictures.items()},
        cards=event_cards(read, name, card, wanted.gallery, folders),
        verified=verified(counted, tuple(card.sources), tuple(KIND_WORDS)),
        stale=sum(one.model == name for one in reviews) - len(counted),
        ablation=Ablation(*ablation) if ablation else None,
    )
