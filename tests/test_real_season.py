"""One real day of a real recorder through the whole road: nothing is lost."""

import csv

import pandas as pd
import pytest
import yaml

from conftest import tiny_settings
from test_workflow import Workflow

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def season(data_folder, tmp_path_factory) -> Workflow:
    """96 ten-second files of a Song Meter at 22 kHz, one every quarter of an hour, separated by the baseline."""
    made = Workflow(tmp_path_factory.mktemp("real"))
    with (made.folder / "deployments.csv").open("w", newline="", encoding="utf-8") as table:
        rows = csv.writer(table)
        rows.writerow(["deployment", "site", "folder", "utc_offset", "filename_time"])
        rows.writerow(["S4A03895", "neotropical forest", "S4A03895", "-05:00", "local"])
    settings = tiny_settings()
    settings["seasons"]["tiny"]["audio_root"] = str(data_folder / "season")
    (made.folder / "settings.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    made.snakemake()
    return made


def test_real_season__loses_no_recording_and_no_interval(season):
    recordings = season.table("recordings")
    assert len(recordings) == 96
    assert set(recordings.status) == {"ok"}
    assert set(recordings.rate_hz) == {22000}  # what the headers say
    effort = season.table("effort")
    assert len(effort) == 24
    assert effort.analysed_s.gt(0).all()
    assert effort.analysed_s.sum() == pytest.approx(96 * 10, rel=0.01)
    occupancy = season.table("occupancy/energy")
    assert len(occupancy) == 24
    assert occupancy.time_occupancy.between(0, 1).all()
    assert pd.to_datetime(occupancy.start_local.iloc[0]).hour == 0


def test_real_season__leaves_out_what_the_recorder_cannot_hear(season):
    effort = season.table("effort")
    assert effort.heard_high_hz.max() <= 22000 / 2
    frequency = season.table("frequency/energy")
    assert frequency[frequency.freq_low_hz >= 11_000].effort_s.eq(0).all()
