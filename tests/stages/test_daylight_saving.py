"""Nights in which clocks change, from files to tables: no second is lost or doubled, whoever counts days."""

import json

import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml

from antiphon.stages import ingest, stft, tabulate
from conftest import ROOT

SETTINGS = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
RATE_HZ, SECONDS = 8_000, 0.5
ZONE = "Europe/Berlin"


def tabulated(folder, starts, names, interval_s):
    """Take a recording at each start, its name in local time or in UTC, to the tables; return effort and recordings."""
    for number, start in enumerate(starts):
        noise = np.random.default_rng(number).normal(0, 0.05, round(SECONDS * RATE_HZ))
        shown = start.tz_convert(ZONE if names == "local" else "UTC")
        path = folder / "audio" / "A" / f"{shown:%Y%m%d_%H%M%S}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, noise, RATE_HZ, subtype="PCM_16")
    table = f"deployment,site,folder,utc_offset,filename_time\nA,s,A,{ZONE},{names}\n"
    (folder / "deployments.csv").write_text(table, encoding="utf-8")
    catalogue = folder / "catalogue"
    ingest.run(
        deployments=folder / "deployments.csv",
        audio_root=folder / "audio",
        settings=json.dumps(SETTINGS["ingest"]),
        season="s",
        catalogue=catalogue,
    )
    manifests = sorted((catalogue / "manifests").glob("*.json"))
    records = [folder / "stft" / manifest.name for manifest in manifests]
    how = {"settings": json.dumps(SETTINGS["stft"]), "audio_root": folder / "audio"}
    for manifest, record in zip(manifests, records, strict=True):
        stft.run(manifest=manifest, record=record, **how)
    for length_s in interval_s:
        tabulate.run(
            season="s",
            deployment="A",
            manifests=manifests,
            set_aside=catalogue / "set_aside" / "A.json",
            stft_records=records,
            stft=json.dumps(SETTINGS["stft"]),
            settings=json.dumps(SETTINGS["tabulate"] | {"interval_s": length_s}),
            tables=folder / "tables",
            sums=folder / "sums",
        )
        effort, recordings = (
            pd.read_parquet(folder / "tables" / name / "A.parquet") for name in ("effort", "recordings")
        )
        yield effort, recordings


@pytest.mark.parametrize(
    ("first", "change_day", "hours", "names"),
    [
        ("2024-03-29T23:00Z", "2024-03-31", 23, "utc"),
        ("2024-03-29T23:00Z", "2024-03-31", 23, "local"),
        ("2024-10-25T22:00Z", "2024-10-27", 25, "utc"),
    ],
)
def test_tables__count_every_hour_of_a_night_in_which_clocks_change_once(tmp_path, first, change_day, hours, names):
    """A recording an hour, three days of the zone's own time, the change of clocks on the second."""
    starts = pd.date_range(first, periods=24 + hours + 24, freq="h")
    by_hour, by_day = tabulated(tmp_path, starts, names, (3600, 86_400))
    effort, recordings = by_hour
    each_s = round(recordings["analysed_frames"].iloc[0] * SETTINGS["stft"]["hop_s"], 6)
    assert recordings["status"].eq("ok").all()
    assert sorted(recordings["start_time"]) == list(starts)
    assert effort["interval_start"].tolist() == list(starts)
    assert effort["analysed_s"].tolist() == pytest.approx([each_s] * len(starts))
    civil = effort.groupby(effort["interval_start"].dt.tz_convert(ZONE).dt.strftime("%Y-%m-%d"))["analysed_s"]
    assert (civil.sum() / each_s).round().tolist() == [24, hours, 24]
    assert civil.sum().index[1] == change_day
    days = by_day[0]
    assert set(effort["utc_offset_min"]) == {60}
    assert days["start_local"].str.endswith("T00:00:00+01:00").all()
    assert (days["interval_end"] - days["interval_start"]).eq(pd.Timedelta("24h")).all()
    assert days["analysed_s"].sum() == pytest.approx(each_s * len(starts))
    assert (days["analysed_s"] / each_s).round().tolist() == ([24, 24, 23] if hours == 23 else [1, 24, 24, 24])


def test_tables__of_a_clock_that_is_put_back_say_which_hour_they_do_not_know(tmp_path):
    """A name that the zone shows twice is no time; it is a row with a reason, and the others stand."""
    starts = pd.date_range("2024-10-26T22:00Z", periods=25, freq="h")
    kept = [start for number, start in enumerate(starts) if number != 3]  # the second 02:00 would have the same name
    ((effort, recordings),) = tabulated(tmp_path, kept, "local", (3600,))
    assert recordings["reason"].dropna().tolist() == ["local_time_twice"]
    assert len(recordings) == 24
    assert effort.query("analysed_s > 0")["interval_start"].tolist() == [*starts[:2], *starts[4:]]
