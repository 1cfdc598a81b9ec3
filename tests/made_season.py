"""A season's tables by formula: birds at dawn, insects at night, engines by day; gaps, losses, several sites."""

import json

import numpy as np
import pandas as pd

from antiphon.figures.model.ablation import COLUMNS as ABLATION_COLUMNS
from antiphon.figures.model.ablation import Ablation
from antiphon.figures.season.digest import coverage, quality
from antiphon.figures.season.heard import heard
from antiphon.figures.season.long_term import long_term
from antiphon.figures.season.page import ModelPart, Origin, Recorded, season_page
from antiphon.figures.season.payload import Place

FIRST_DAY = "2026-04-28"
SOURCES = ("bird", "insect", "anthropogenic")
_CELLS = 450_000 * 256
_DIEL = {"bird": (5.5, 1.6), "insect": (22.0, 4.0), "anthropogenic": (13.0, 3.5)}
_BAND_HZ = {"bird": 4000, "insect": 7000, "anthropogenic": 700}


def intervals(days, deployment, site, offset_min=120):
    """Return an interval an hour from 28 April 2026 on, local time."""
    start = pd.Timestamp(FIRST_DAY, tz="UTC") - pd.Timedelta(offset_min, "min")
    starts = pd.date_range(start, periods=24 * days, freq="h")
    columns = {"interval_start": starts, "interval_end": starts + pd.Timedelta(1, "h"), "utc_offset_min": offset_min}
    return pd.DataFrame({"site": site, **columns})


class Made:
    """A deployment whose numbers follow from its number."""

    def __init__(self, number, days, sites, site_name="site {}"):
        self.rng = np.random.default_rng(number)
        self.name, self.site = f"R{number:03d}", site_name.format(number % sites + 1)
        self.days = days
        self.times = intervals(days, self.name, self.site)
        self.analysed_s = np.where(self.rng.random(24 * days) < 0.03, 0.0, 3590.0)
        gone = days // 3 + number % 5
        self.analysed_s[24 * gone : 24 * (gone + 1 + number % 2)] = 0.0
        self.place = Place(
            self.name, self.site, 47.5 + 0.003 * (number % sites), 8.5 + 0.007 * (number * 7 % sites), 120
        )

    def effort(self):
        lost_s = 3590.0 - self.analysed_s
        bad = np.arange(len(lost_s)) % 3 > 0
        columns = {"scheduled_s": 3600.0, "analysed_s": self.analysed_s, "lost_gap_s": lost_s * ~bad}
        return self.times.assign(**columns, lost_quarantine_s=lost_s * bad, lost_clipping_s=0.0, lost_edge_s=10.0)

    def shares(self, source):
        """Return the share of the cells that a source occupies, hour by hour."""
        hour, day = np.arange(24 * self.days) % 24, np.arange(24 * self.days) // 24
        peak, width = _DIEL[source]
        apart = (hour - peak + 12) % 24 - 12
        season = 1 + 0.5 * np.sin(2 * np.pi * day / max(self.days, 2))
        wobble = self.rng.gamma(8, 1 / 8, len(hour))
        return np.clip(
            0.12 * np.exp(-0.5 * (apart / width) ** 2) * season * wobble * (0.6 + len(self.site) % 5 / 5), 0, 1
        )

    def occupancy(self, sources=SOURCES):
        effort = np.round(self.analysed_s / 3600 * _CELLS)
        tables = []
        for source in sources:
            share = self.shares(source)
            columns = {"effort_cells": effort, "effort_s": self.analysed_s, "active_cells": np.round(share * effort)}
            tables.append(
                self.times.assign(source=source, **columns, active_s=np.minimum(4 * share, 1) * self.analysed_s)
            )
        return pd.concat(tables, ignore_index=True)

    def frequency(self, sources=SOURCES, bands=32):
        low_hz = np.tile(500.0 * np.arange(bands), 24 * self.days)
        effort = np.repeat(np.round(self.analysed_s / 3600 * _CELLS / bands), bands) * (low_hz < 0.7 * 500 * bands)
        times = self.times.loc[self.times.index.repeat(bands)].reset_index(drop=True)
        tables = []
        for source in sources:
            shape = np.exp(-0.5 * ((low_hz + 250 - _BAND_HZ[source]) / (0.25 * _BAND_HZ[source])) ** 2)
            active = np.round(np.clip(6 * np.repeat(self.shares(source), bands) * shape, 0, 1) * effort)
            columns = {
                "freq_low_hz": low_hz,
                "freq_high_hz": low_hz + 500,
                "effort_cells": effort,
                "active_cells": active,
            }
            tables.append(times.assign(source=source, **columns))
        return pd.concat(tables, ignore_index=True)

    def ltsa(self, bins=64):
        low_hz = np.tile(250.0 * np.arange(bins), 24 * self.days)
        hour = np.repeat(np.arange(24 * self.days) % 24, bins)
        level = (
            -60
            - 20 * np.log10(1 + low_hz / 500)
            + 8 * np.exp(-0.5 * ((low_hz - 4000) / 900) ** 2 - 0.5 * ((hour - 5.5) / 2) ** 2)
        )
        heard_s = np.repeat(self.analysed_s, bins)
        columns = {"freq_low_hz": low_hz, "freq_high_hz": low_hz + 250, "effort_s": heard_s}
        times = self.times.loc[self.times.index.repeat(bins)].reset_index(drop=True)
        return times.assign(**columns, level_db=np.where(heard_s > 0, level, np.nan), level_reference="full scale")

    def recordings(self):
        statuses = [("ok", None)] * (24 * self.days) + [("quarantined", "text")] * 2 + [("repaired", "truncated")]
        rows = [(f"{self.name}/{number:05d}.wav", *status) for number, status in enumerate(statuses)]
        table = pd.DataFrame(rows, columns=["path", "status", "reason"])
        return table.assign(duration_s=np.where(table["status"] == "quarantined", np.nan, 3600.0))


def card_of(sources):
    return {
        "model": "community",
        "network": "resunet",
        "widths": [16, 32],
        "parameters": 123_456,
        "sources": {one: {"labels": [one], "scientific_name": one.title(), "common_name": one} for one in sources},
        "grid": {"window_s": 0.016, "hop_s": 0.008, "bins": 256},
        "thresholds": dict.fromkeys(sources, 0.5),
        "training": {"steps": 3000, "best_step": 2800, "settings": {}},
        "versions": {"antiphon": "0.1.0", "train": 1},
        "weights_sha256": "ab" * 32,
    }


def scores_of(sources):
    names = [*sources, "macro"]
    return [
        {
            "method": method,
            "source": name,
            "f1": f"{f1:.3f}",
            "f1_low": f"{f1 - 0.02:.3f}",
            "f1_high": f"{f1 + 0.02:.3f}",
        }
        for method, quality_ in (("community", 0.8), ("energy threshold", 0.3))
        for f1, name in zip(quality_ - 0.05 * np.arange(len(names)), names, strict=True)
    ]


def ablation_of(sources, protocols=("validation", "in_domain", "transfer"), seeds=(1, 2, 3)):
    """Return an ablation in which the arms follow from their names: relativistic is best, multi_scale worst."""
    better = {"start": -0.04, "none": 0.0, "patch_hinge": 0.004, "relativistic": 0.01, "multi_scale": -0.02}
    rows = []
    for arm, change in better.items():
        for seed in seeds if arm != "start" else ("",):
            for place, protocol in enumerate(protocols):
                for source in (*sources, "macro"):
                    for condition in ("all", "SNR below 0 dB") if arm != "start" else ("all",):
                        f1 = 0.75 - 0.1 * place + change + 0.003 * (seed or 2) - 0.2 * (condition != "all")
                        ends = ("", "") if condition != "all" else (f"{f1 - 0.03:.4f}", f"{f1 + 0.03:.4f}")
                        row = (arm, str(seed), protocol, source, condition, f"{f1:.4f}", *ends, f"{f1 + 0.05:.4f}", "")
                        rows.append(dict(zip(ABLATION_COLUMNS, row, strict=True)))
    return Ablation(rows, {"summary": "It does not <here>.", "start": "They began with a made model."})


def made_page(deployments=4, days=40, sites=3, models=("community",), site_name="site {}", rename=None, **more):
    """Return the page of such a season; ``rename`` gives sources other names."""
    made = [Made(number, days, sites, site_name) for number in range(deployments)]
    names = tuple((rename or {}).get(source, source) for source in SOURCES)

    def renamed(table):
        return table.replace({"source": rename}) if rename else table

    parts = [
        ModelPart(
            name=name,
            card=card_of(names),
            heard=heard(
                ((one.name, renamed(one.occupancy())) for one in made),
                ((one.name, renamed(one.frequency())) for one in made),
                names,
            ),
            scores=scores_of(names),
            pictures={},
            masked=np.array([[np.nan, 0.12, 0.61], [0.05, np.nan, 0.2], [0.3, 0.02, np.nan]]),
            ablation=ablation_of(names),
        )
        for name in models
    ]
    return season_page(
        title="Season report",
        season="spring",
        recorded=Recorded(
            coverage=coverage((one.name, one.effort()) for one in made),
            quality=quality((one.name, one.recordings()) for one in made),
            meanings={"text": "text, not sound"},
            ignored=0,
            shared=[],
            places=[one.place for one in made],
            soundscape=long_term((one.name, one.ltsa()) for one in made),
        ),
        models=parts,
        origin=Origin("title: made\n", {"antiphon": "0.1.0"}, {"tables/effort": "cd" * 32}),
        **more,
    )


def numbers_of(html):
    """Return the numbers inside a page."""
    return json.loads(html.split('id="numbers">')[1].split("</script>")[0])
