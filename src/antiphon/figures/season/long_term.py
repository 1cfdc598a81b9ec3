"""The long-term spectral average: one picture a deployment, time by frequency."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from antiphon.figures.season.pictures import canvas, dates, hatching
from antiphon.figures.style import LEVEL_MAP, RULES

__all__ = ["COLUMNS", "LongTerm", "level_limits", "long_term", "long_term_picture"]

COLUMNS = ("interval_start", "utc_offset_min", "freq_low_hz", "freq_high_hz", "effort_s", "level_db", "level_reference")
"""Columns of the table ltsa that are summed here."""

_DAY_US, _HOUR_US = 86_400_000_000, 3_600_000_000
_FEW_DAYS = 14
_WIDTH_PX, _HEIGHT_PX = 990, 190
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class LongTerm:
    """The long-term average of one deployment.

    Attributes
    ----------
    deployment
        Its name.
    first_day
        Local day of the first column.
    per_day
        Columns of a day: 24, or 1 where there are many days.
    edges_hz
        Edges of the rows, ascending, shape (bins + 1,).
    level_db
        Level of the mean power, NaN where nothing was heard, shape (bins, columns).
    reference
        What 0 dB is.
    """

    deployment: str
    first_day: date
    per_day: int
    edges_hz: np.ndarray
    level_db: np.ndarray
    reference: str

    def banded(self, bands: int, *, daily: bool) -> LongTerm:
        """Return the average in at most ``bands`` rows, and by day if it must be, from mean powers."""
        rows = -(-self.level_db.shape[0] // bands)
        columns = self.per_day if daily else 1
        bins = -(-self.level_db.shape[0] // rows)
        padded = np.full((bins * rows, self.level_db.shape[1]), np.nan)
        padded[: len(self.level_db)] = self.level_db
        power = 10 ** (padded / 10)
        blocks = power.reshape(bins, rows, -1, columns)
        heard = np.isfinite(blocks)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(heard, blocks, 0).sum((1, 3)) / heard.sum((1, 3))
            level_db = 10 * np.log10(mean)
        edges_hz = np.append(self.edges_hz[:-1:rows], self.edges_hz[-1])
        return LongTerm(self.deployment, self.first_day, self.per_day // columns, edges_hz, level_db, self.reference)


def long_term(tables: Iterable[tuple[str, pd.DataFrame]]) -> list[LongTerm]:
    """Average the table ltsa of each deployment that has rows: by hour over a few days, by day over many."""
    return [_averaged(name, table) for name, table in tables if len(table)]


def _averaged(name: str, table: pd.DataFrame) -> LongTerm:
    utc_us = table["interval_start"].astype("datetime64[us, UTC]").astype("int64").to_numpy()
    local_us = utc_us + table["utc_offset_min"].to_numpy(np.int64) * 60_000_000
    first, last = int(local_us.min() // _DAY_US), int(local_us.max() // _DAY_US)
    per_day = 24 if last - first < _FEW_DAYS else 1
    column = (local_us - first * _DAY_US) // (_DAY_US // per_day)
    row, low_hz = pd.factorize(table["freq_low_hz"].to_numpy(), sort=True)
    shape = (len(low_hz), (last - first + 1) * per_day)
    effort_s = table["effort_s"].to_numpy()
    power = effort_s * 10 ** (np.nan_to_num(table["level_db"].to_numpy(dtype=float, na_value=np.nan)) / 10)
    place = row * shape[1] + column
    heard, energy = (np.bincount(place, values, minlength=shape[0] * shape[1]) for values in (effort_s, power))
    with np.errstate(divide="ignore", invalid="ignore"):
        level_db = np.where(heard > 0, 10 * np.log10(energy / heard), np.nan).reshape(shape)
    edges_hz = np.append(low_hz, table["freq_high_hz"].max())
    reference = str(table["level_reference"].iloc[0])
    return LongTerm(name, _EPOCH + timedelta(first), per_day, edges_hz, level_db, reference)


def long_term_picture(one: LongTerm, low_db: float, high_db: float) -> Figure:
    """Draw the long-term average of a deployment, ``low_db`` the darkest and ``high_db`` the brightest colour."""
    columns = one.level_db.shape[1]
    with rc_context(RULES):
        figure, axes = canvas(_WIDTH_PX, _HEIGHT_PX, left=46, bottom=24)
        axes.patch.set(**hatching())
        extent = (-0.5, columns / one.per_day - 0.5, one.edges_hz[0] / 1000, one.edges_hz[-1] / 1000)
        picture = axes.imshow(np.ma.masked_invalid(one.level_db)[::-1], LEVEL_MAP, aspect="auto", interpolation="none")
        picture.set(clim=(low_db, high_db), extent=extent)
        axes.set_ylabel("frequency, kHz", labelpad=2)
        dates(axes.xaxis, one.first_day, columns // one.per_day, most=10)
        bar = figure.colorbar(picture, ax=axes, pad=0.01, aspect=30)
        bar.set_label(f"dB re {one.reference}")
        bar.outline.set_visible(False)
    return figure


def level_limits(levels: Sequence[np.ndarray]) -> tuple[float, float]:
    """Return the levels of the darkest and the brightest colour: a click must not pale the rest."""
    known = np.concatenate([level[np.isfinite(level)] for level in levels])
    if not known.size:
        return 0.0, 1.0
    low, high = (float(edge) for edge in np.quantile(known, [0.005, 0.998]))
    return low, max(high, low + 1.0)
