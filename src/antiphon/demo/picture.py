"""``antiphon demo-picture``: the picture of the README, drawn from the demo's season."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from antiphon.demo.found import Found, found_recordings
from antiphon.demo.recorders import DEPLOYMENTS
from antiphon.errors import AntiphonError
from antiphon.figures.overview import Overview, overview
from antiphon.figures.pictures import png_bytes
from antiphon.io.checkpoints import CARD, load_card
from antiphon.io.spectrograms import Span, open_store
from antiphon.io.whole import whole_file
from antiphon.progress import log

__all__ = ["picture"]

_HOUR_US = 3_600_000_000
_DOTS_PER_INCH = 120
_OFFSET_US = {site.deployment: site.offset_min * 60_000_000 for site in DEPLOYMENTS}


def picture(*, folder: Path, results: Path, output: Path, season: str = "demo", model: str = "community") -> None:
    """Draw a recording of the demo's season, what was found in it, and the sources by hour of the day.

    The recording is the one in which the rarest of the sources has the most cells.

    Parameters
    ----------
    folder
        Folder that `antiphon demo-write` wrote to.
    results
        Folder of the results.
    output
        The PNG to write.
    season
        Name of the season.
    model
        Name of the model.

    Raises
    ------
    AntiphonError
        If the workflow has not run to its end, or the truth is missing.
    """
    card = load_card(results / "models" / model / CARD)
    cells, found, true = np.zeros(24), np.zeros((len(card.sources), 24)), np.zeros((len(card.sources), 24))
    richest: Found | None = None
    for one in found_recordings(folder / "truth", results / season / "infer" / model, card):
        hour = _local_hour(one.span)
        cells[hour] += one.heard_cells
        found[:, hour] += one.found.sum(axis=(1, 2))
        true[:, hour] += one.true.sum(axis=(1, 2))
        if richest is None or _rarest(one) > _rarest(richest):
            richest = one
    if richest is None:
        raise AntiphonError(f"{folder / 'truth'}: knows none of the season's recordings; was it written for another?")
    levels = open_store(results / season / "stft" / richest.store.path.name)
    (span,) = [span for span in levels.spans if span.path == richest.span.path]
    with np.errstate(invalid="ignore"):
        shown = Overview(
            level=levels.levels(span.frame_slice)[: richest.found.shape[1]],
            found=richest.found,
            found_share=found / cells,
            true_share=true / cells,
            names=tuple(source.common_name for source in card.sources.values()),
        )
    figure = overview(shown, hop_s=levels.grid.hop_s, bin_hz=levels.grid.bin_hz)
    with whole_file(output) as scratch:
        scratch.write_bytes(png_bytes(figure, dpi=_DOTS_PER_INCH))
    log(f"{output}: drawn from {span.path}")


def _local_hour(span: Span) -> int:
    """Return the hour of the local day in which a recording starts."""
    return (span.start_us + _OFFSET_US[Path(span.path).parts[0]]) // _HOUR_US % 24


def _rarest(one: Found) -> float:
    """Return the share of a recording's cells that its rarest source owns."""
    return float(one.true.mean(axis=(1, 2)).min())
