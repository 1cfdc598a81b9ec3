"""The listening page: spectrograms and players of sources that were given back as sound, in one HTML file."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from antiphon.figures.pictures import data_uri, png_bytes
from antiphon.figures.style import LEVEL_MAP, NOT_ANALYSED, RULES, source_colours
from antiphon.figures.templating import environment

__all__ = ["MIXTURE", "MomentView", "Part", "level_range", "listening_page", "sound_uri", "spectrogram_picture"]

MIXTURE = "mixture"
"""Stands in the place of a source for what the recorder heard."""

_NOT_HEARD = 0
_SHOWN_CODES = 120
_SIZE_INCHES = (3.5, 1.75)
_AXES = (0.1, 0.19, 0.88, 0.77)  # by hand: matplotlib's own layout takes longer than the drawing


@dataclass(frozen=True)
class Part:
    """One sound of a moment.

    Attributes
    ----------
    name
        :data:`MIXTURE`, a source or ``residue``.
    codes
        Level codes of its spectrogram, shape (time, frequency), uint8.
    flac
        The sound as a FLAC file.
    below_db
        Its mean power relative to the mixture's, dB; None where it is silent.
    """

    name: str
    codes: np.ndarray
    flac: bytes
    below_db: float | None


@dataclass(frozen=True)
class MomentView:
    """A moment of a season.

    Attributes
    ----------
    title
        What it was chosen for, and where.
    when
        Its local time.
    facts
        What is known of it, by name.
    parts
        The mixture, every source that is not silent, the residue.
    """

    title: str
    when: str
    facts: Mapping[str, str]
    parts: Sequence[Part]


def listening_page(
    *,
    season: str,
    model: str,
    sources: Mapping[str, str],
    moments: Sequence[MomentView],
    chosen: int,
    hop_s: float,
    bin_hz: float,
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    season, model
        Names.
    sources
        Common names of the model's sources, in order.
    moments
        What is shown.
    chosen
        Number of moments that were given back, shown or not.
    hop_s, bin_hz
        Seconds from frame to frame of the spectrograms, width of a bin in hertz.
    """
    colours = source_colours(tuple(sources))
    views = [_view(moment, sources, colours, hop_s, bin_hz) for moment in moments]
    template = environment().get_template("listening.html.j2")
    return template.render(season=season, model=model, moments=views, chosen=chosen) + "\n"


def _view(
    moment: MomentView, sources: Mapping[str, str], colours: Mapping[str, str], hop_s: float, bin_hz: float
) -> dict[str, Any]:
    lowest, highest = level_range(moment.parts[0].codes)
    parts = [
        {
            "name": sources.get(part.name, part.name),
            "colour": colours.get(part.name),
            "below": _below(part),
            "picture": data_uri(png_bytes(spectrogram_picture(part.codes, lowest, highest, hop_s, bin_hz), dpi=110)),
            "sound": sound_uri(part.flac),
        }
        for part in moment.parts
    ]
    return {"title": moment.title, "when": moment.when, "facts": moment.facts, "parts": parts}


def _below(part: Part) -> str:
    """Return how loud a part is beside its mixture, in words."""
    if part.name == MIXTURE:
        return ""
    return "silent" if part.below_db is None else f"{part.below_db:+.0f} dB"


def level_range(codes: np.ndarray) -> tuple[int, int]:
    """Return the level codes that the colours of a moment run between, from its mixture (time, frequency), uint8."""
    heard = codes[codes != _NOT_HEARD]
    if not len(heard):
        return 1, 1 + _SHOWN_CODES
    highest = int(np.percentile(heard, 99.9))
    lowest = max(int(np.percentile(heard, 30)), highest - _SHOWN_CODES)
    return lowest, max(highest, lowest + 20)


def spectrogram_picture(codes: np.ndarray, lowest: int, highest: int, hop_s: float, bin_hz: float) -> Figure:
    """Draw one spectrogram.

    Parameters
    ----------
    codes
        Level codes, shape (time, frequency), uint8; 0 is not heard.
    lowest, highest
        Codes that the colours run between.
    hop_s, bin_hz
        Seconds from frame to frame, width of a bin in hertz.
    """
    frames, bins = codes.shape
    with rc_context(RULES):
        figure = Figure(figsize=_SIZE_INCHES)
        axes = figure.add_axes(_AXES)
        axes.set_facecolor(NOT_ANALYSED)
        axes.imshow(
            np.ma.masked_equal(codes.T, _NOT_HEARD),
            origin="lower",
            aspect="auto",
            extent=(0.0, max(frames, 1) * hop_s, 0.0, bins * bin_hz / 1000),
            cmap=LEVEL_MAP,
            vmin=lowest,
            vmax=highest,
        )
        axes.set_xlabel("seconds", fontsize=7, labelpad=1)
        axes.set_ylabel("kHz", fontsize=7, labelpad=1)
        axes.tick_params(labelsize=7)
    return figure


def sound_uri(flac: bytes) -> str:
    """Return a FLAC file as an address that carries the sound itself."""
    return "data:audio/flac;base64," + base64.b64encode(flac).decode("ascii")
