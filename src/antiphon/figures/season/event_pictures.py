"""Pictures of events: the spectrogram with the outline of what was found, and what of it is the source's."""

from __future__ import annotations

import io

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from antiphon.figures.pictures import png_bytes
from antiphon.figures.style import INK, NOT_ANALYSED, RULES

__all__ = ["event_picture"]

_NOT_HEARD, _SHOWN_CODES = 0, 110
_INCHES, _DPI, _QUALITY = (4.8, 1.9), 110, 80


def event_picture(
    levels: np.ndarray,
    mask: np.ndarray | None,
    box: tuple[float, float, float, float],
    colour: str,
    *,
    hop_s: float,
    bin_hz: float,
) -> bytes:
    """Return the picture of an event as WebP.

    Parameters
    ----------
    levels
        Level codes, shape (time, frequency), uint8; 0 is not heard.
    mask
        Cells in which the source is active, same shape; None: not known, and one picture instead of two.
    box
        Start, end (seconds from the first frame), lower and upper edge (Hz) of the event.
    colour
        Colour of the source.
    hop_s, bin_hz
        Size of a cell.
    """
    shown = [levels] if mask is None else [levels, np.where(mask | (levels == _NOT_HEARD), levels, 1)]
    heard = levels[levels != _NOT_HEARD]
    darkest = int(np.percentile(heard, 20)) - 6 if len(heard) else 0
    extent = (0.0, levels.shape[0] * hop_s, 0.0, levels.shape[1] * bin_hz / 1000)
    with rc_context(RULES):
        figure = Figure(figsize=_INCHES, layout="constrained")
        axes = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
        for axis, codes in zip(axes, shown, strict=True):
            axis.set_facecolor(NOT_ANALYSED)
            cells = np.ma.masked_equal(codes.T, _NOT_HEARD)
            picture = axis.imshow(cells, "gray_r", origin="lower", aspect="auto", extent=extent)
            picture.set_clim(darkest, darkest + _SHOWN_CODES)
            axis.tick_params(labelsize=7)
        axes[0].set_ylabel("kHz", fontsize=7.5)
        start_s, end_s, low_hz, high_hz = box
        corner, size = (start_s, low_hz / 1000), (end_s - start_s, (high_hz - low_hz) / 1000)
        for colour_, width, line in (("white", 2.4, "-"), (INK, 1.1, (0, (4, 2)))):
            frame = Rectangle(corner, *size, fill=False, color=colour_, linewidth=width, linestyle=line, zorder=5)
            axes[0].add_patch(frame)
        if mask is not None and mask.any():
            _outline(axes[0], mask, colour, hop_s, bin_hz)
        axes[0].set(xlim=extent[:2], ylim=extent[2:])
        return _webp(png_bytes(figure, dpi=_DPI))


def _outline(axis: object, mask: np.ndarray, colour: str, hop_s: float, bin_hz: float) -> None:
    """Draw the edge of a mask over a spectrogram."""
    # A frame of nothing around it closes outlines at the picture's edge.
    padded = np.pad(mask, 1)
    seconds = (np.arange(padded.shape[0]) - 0.5) * hop_s
    kilohertz = (np.arange(padded.shape[1]) - 0.5) * bin_hz / 1000
    axis.contour(seconds, kilohertz, padded.T, levels=[0.5], colors=[colour], linewidths=0.8)  # type: ignore[attr-defined]


def _webp(png: bytes) -> bytes:
    """Return a PNG as WebP, a third of its size."""
    written = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(written, "WEBP", quality=_QUALITY, method=4)
    return written.getvalue()
