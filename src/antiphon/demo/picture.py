"""The picture of the README, drawn from the demo's season."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from antiphon.demo.found import Found
from antiphon.demo.recorders import DEPLOYMENTS
from antiphon.errors import AntiphonError
from antiphon.figures.pictures import png_bytes
from antiphon.figures.season.overview import Overview, overview
from antiphon.io.stores.spectrograms import Span, open_store
from antiphon.io.whole import whole_file
from antiphon.progress import log

__all__ = ["save_picture"]

_HOUR_US = 3_600_000_000
_DOTS_PER_INCH = 120
_OFFSET_US = {site.deployment: site.offset_min * 60_000_000 for site in DEPLOYMENTS}


def save_picture(recordings: Iterable[Found], names: Sequence[str], levels: Path, output: Path) -> None:
    """Draw a recording of the demo's season, what was found in it, and the sources by hour of the day.

    The recording is the one in which the rarest of the sources has the most cells.

    Parameters
    ----------
    recordings
        All of the season.
    names
        Common names of the sources.
    levels
        Folder of the stores of stage stft.
    output
        The PNG to write.

    Raises
    ------
    AntiphonError
        If there are none.
    """
    cells, found, true = np.zeros(24), np.zeros((len(names), 24)), np.zeros((len(names), 24))
    richest: Found | None = None
    for one in recordings:
        hour = _local_hour(one.span)
        cells[hour] += one.heard_cells
        found[:, hour] += one.found.sum(axis=(1, 2))
        true[:, hour] += one.true.sum(axis=(1, 2))
        if richest is None or _rarest(one) > _rarest(richest):
            richest = one
    if richest is None:
        raise AntiphonError(f"{output}: the truth of none of the season's recordings is known; was it another's?")
    store = open_store(levels / richest.store.path.name)
    (span,) = [span for span in store.spans if span.path == richest.span.path]
    with np.errstate(invalid="ignore"):
        shown = Overview(
            level=store.levels(span.frame_slice)[: richest.found.shape[1]],
            found=richest.found,
            found_share=found / cells,
            true_share=true / cells,
            names=tuple(names),
        )
    figure = overview(shown, hop_s=store.grid.hop_s, bin_hz=store.grid.bin_hz)
    with whole_file(output) as scratch:
        scratch.write_bytes(png_bytes(figure, dpi=_DOTS_PER_INCH))
    log(f"{output}: drawn from {span.path}")


def _local_hour(span: Span) -> int:
    """Return the hour of the local day in which a recording starts."""
    return (span.start_us + _OFFSET_US[Path(span.path).parts[0]]) // _HOUR_US % 24


def _rarest(one: Found) -> float:
    """Return the share of a recording's cells that its rarest source owns."""
    return float(one.true.mean(axis=(1, 2)).min())
