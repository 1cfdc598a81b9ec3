"""Figures for papers: each as SVG, PDF and CSV, the same bytes again, and numbers that are those of the tables."""

import numpy as np
import pandas as pd
import pytest

from antiphon.figures.season.digest import coverage
from antiphon.figures.season.heard import heard
from antiphon.figures.season.long_term import long_term
from antiphon.figures.season.papers import papers_of_model, papers_of_season
from antiphon.reporting.pictures import _write
from antiphon.stats.ratio import ratio_interval
from made_season import SOURCES, Made, card_of


@pytest.fixture(scope="module")
def papers():
    made = [Made(number, 10, 2) for number in range(3)]
    occupancy, frequency = [[(one.name, getattr(one, name)()) for one in made] for name in ("occupancy", "frequency")]
    found = heard(occupancy, frequency, SOURCES)
    efforts = coverage((one.name, one.effort()) for one in made)
    soundscape = long_term((one.name, one.ltsa()) for one in made)
    season = papers_of_season(efforts, [one.place for one in made], soundscape)
    masked = np.array([[np.nan, 0.5, 0.25], [0.125, np.nan, 0.0], [1.0, np.nan, np.nan]])
    model = papers_of_model("community", found, card_of(SOURCES)["sources"], [one.site for one in made], masked)
    return {one.name: one for one in (*season, *model)}


def test_figures__are_all_there(papers):
    kinds = ("hours", "day", "season", "sites", "frequency", "frequency-hours")
    assert set(papers) == {
        "coverage",
        "sites",
        "community-masking",
        *(f"soundscape-R00{number}" for number in range(3)),
    } | {f"community-{source}-{kind}" for source in SOURCES for kind in kinds}


def test_numbers__are_those_of_the_tables(papers):
    made = [Made(number, 10, 2).occupancy() for number in range(3)]
    bird = pd.concat([one[one["source"] == "bird"].assign(deployment=place) for place, one in enumerate(made)])
    day = bird["interval_start"].dt.tz_convert("Etc/GMT-2").dt.date
    sums = bird.groupby(["site", "deployment", day])[["active_cells", "effort_cells"]].sum()
    numbers = papers["community-bird-sites"].numbers.set_index("site")
    for site, rows in sums.groupby("site"):
        expected = ratio_interval(rows["active_cells"].to_numpy(), rows["effort_cells"].to_numpy())
        np.testing.assert_allclose(numbers.loc[site, ["share", "low_95", "high_95"]].astype(float), expected)
    hours = papers["community-bird-hours"].numbers
    assert len(hours) == 240 and hours["effort_cells"].sum() == bird["effort_cells"].sum()
    assert papers["coverage"].numbers["analysed_s"].sum() == pytest.approx(
        sum(Made(n, 10, 2).analysed_s.sum() for n in range(3))
    )


def test_masking__names_who_is_masked_by_whom(papers):
    numbers = papers["community-masking"].numbers
    assert len(numbers) == 6
    shares = numbers.set_index(["source", "by_source"])["masked_share"]
    assert shares["anthropogenic", "bird"] == 1.0 and shares["bird", "insect"] == 0.5
    assert np.isnan(shares["anthropogenic", "insect"])


def test_files__are_the_same_bytes_again(papers, tmp_path):
    for folder in ("one", "two"):
        for name in ("coverage", "sites", "soundscape-R000", "community-bird-season", "community-bird-frequency-hours"):
            _write(tmp_path / folder, papers[name])
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(files) == 15
    for name in files:
        content = (tmp_path / "one" / name).read_bytes()
        assert content == (tmp_path / "two" / name).read_bytes()
        assert content.startswith({"svg": b"<?xml", "pdf": b"%PDF", "csv": content[:1]}[name.rsplit(".", 1)[1]])
