"""Where recordings belong, and the files of the catalogue."""

import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.errors import AntiphonError
from antiphon.io.season.catalogue import read_batches, read_manifest, read_set_aside
from antiphon.io.season.catalogue_writer import write_catalogue
from antiphon.io.season.clock import local_time, parse_zone, standard_offset_min
from antiphon.io.season.deployments import Deployment
from antiphon.io.season.headers import KEPT
from antiphon.io.season.placing import Calendar, channels_of, place, standard_days

SEASON = Calendar(None, None, 31)
MONTH_IN_MAY = datetime(2024, 5, 6, 4, tzinfo=UTC)


def deployment(**changes: Any) -> Deployment:
    about: dict[str, Any] = {"deployment": "A1", "site": "ridge", "latitude": 47.5, "longitude": 8.5, "folder": "A1"}
    about |= {"recorder": "SM4", "zone": parse_zone("+02:00"), "filename_time": "local", "channel": "first"}
    about |= {"sensitivity_db": None, "medium": "air", "first_us": None, "last_us": None, "fold": None}
    return Deployment(**(about | changes))


def us(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def kept(*recordings: dict[str, Any]) -> pa.Table:
    """Make a table of headers: 60 s at 48 kHz, at 04:00 UTC on 6 May 2024 if nothing else is said."""
    rows = []
    for number, recording in enumerate(recordings):
        row: dict[str, Any] = dict.fromkeys(KEPT.names)
        row |= {
            "path": f"A1/{number}.wav",
            "bytes": 5_760_044,
            "mtime_ns": number,
            "format": "WAV",
            "subtype": "PCM_16",
        }
        row |= {"rate_hz": 48000, "channels": 1, "frames": 48000 * 60, "status": "ok", "said": []}
        row |= {"time_source": "filename", "start": MONTH_IN_MAY} | recording
        start = row.pop("start")
        if start is not None:
            row |= {"start_us": us(start), "utc_offset_min": 120, "start_local": start.isoformat()}
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=KEPT)


def placed(
    *recordings: dict[str, Any], calendar: Calendar = SEASON, channel: str = "first", **changes: Any
) -> list[dict[str, Any]]:
    return place(kept(*recordings), deployment(**changes), "A1", channel, calendar).to_pylist()


def after(seconds: float) -> dict[str, Any]:
    return {"start": MONTH_IN_MAY + timedelta(seconds=seconds)}


def test_place__accepts_what_touches_and_jitters() -> None:
    rows = placed(after(0), after(60), after(119.0), after(500))
    assert [row["status"] for row in rows] == ["ok"] * 4
    assert {row["unit"] for row in rows} == {"A1.2024-05-06"}
    assert {row["batch"] for row in rows} == {"A1.2024-05-04"}


def test_place__does_not_count_time_twice() -> None:
    rows = placed(after(0), after(43), after(58.999999), after(59), after(118))
    assert [row["reason"] for row in rows] == [None, "overlaps", "overlaps", None, None]
    assert rows[1]["status"] == "excluded" and rows[1]["unit"] is None
    assert rows[1]["detail"] == "starts 17.000 s before the end of A1/0.wav"


def test_place__lets_only_what_counts_exclude_others() -> None:
    late = {"frames": 48000 * 3600}
    rows = placed(after(0), after(30) | late, after(70), after(80) | {"status": "quarantined", "reason": "text"})
    assert [row["status"] for row in rows] == ["ok", "excluded", "ok", "quarantined"]


def test_place__takes_one_of_two_that_start_together() -> None:
    rows = placed(after(0) | {"path": "A1/b.wav"}, after(0) | {"path": "A1/a.wav"})
    assert [(row["path"], row["status"]) for row in rows] == [("A1/a.wav", "ok"), ("A1/b.wav", "excluded")]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 600), st.integers(1, 200)), max_size=12))
def test_place__leaves_no_two_that_overlap_by_more_than_a_second(spans: list[tuple[int, int]]) -> None:
    rows = placed(*(after(start) | {"frames": 48000 * length} for start, length in spans))
    ok = [
        (row["start"], row["start"] + timedelta(seconds=row["frames"] / 48000)) for row in rows if row["status"] == "ok"
    ]
    for number, (start, _) in enumerate(ok):
        assert all(start >= end - timedelta(seconds=1) for _, end in ok[:number])
    assert len(rows) == len(spans)
    assert not spans or ok


def test_place__excludes_what_lies_outside_deployment_and_season() -> None:
    days = [{"start": MONTH_IN_MAY + timedelta(days=day)} for day in range(6)]
    calendar = Calendar(date(2024, 5, 7), date(2024, 5, 9), 31)
    bounds = {"first_us": us(MONTH_IN_MAY + timedelta(days=2)), "last_us": us(MONTH_IN_MAY + timedelta(days=4))}
    rows = placed(*days, calendar=calendar, **bounds)
    outside = [("excluded", "outside_deployment"), ("excluded", "outside_deployment")]
    assert [(row["status"], row["reason"]) for row in rows] == [
        *outside,
        ("ok", None),
        ("ok", None),
        ("excluded", "outside_season"),
        ("excluded", "outside_deployment"),
    ]


def test_place__quarantines_what_has_no_start_or_no_such_channel() -> None:
    timeless = {"start": None, "time_reason": "no_time", "time_detail": "neither says", "time_source": None}
    rows = placed({"channels": 1}, {"channels": 2} | after(100), timeless | {"channels": 2}, channel="2")
    assert [(row["status"], row["reason"]) for row in rows] == [
        ("quarantined", "channel_missing"),
        ("ok", None),
        ("quarantined", "no_time"),
    ]
    assert rows[2]["start"] is None and rows[2]["detail"] == "neither says"


def test_place__keeps_the_first_reason_of_a_bad_file() -> None:
    bad = {"status": "quarantined", "reason": "text", "detail": "text, not sound", "channels": None, "start": None}
    (row,) = placed(bad | {"time_reason": "no_time", "time_detail": "neither says"})
    assert (row["reason"], row["detail"]) == ("text", "text, not sound")


def test_place__notes_where_sources_disagree() -> None:
    apart = {"time_reason": "times_disagree", "time_detail": "filename is +3600 s from guano"}
    cut = {"status": "repaired", "reason": "truncated", "detail": "cut short"}
    rows = placed(apart, after(100) | apart | cut)
    assert [(row["status"], row["reason"]) for row in rows] == [("ok", "times_disagree"), ("repaired", "truncated")]
    assert rows[1]["detail"] == "cut short; filename is +3600 s from guano"


def test_place__gives_each_day_of_standard_time_its_unit() -> None:
    zone = parse_zone("Europe/Berlin")
    # In summer the wall clock shows 00:30 while standard time shows 23:30 of the day before.
    rows = placed(
        {"start": datetime(2024, 7, 1, 22, 30, tzinfo=UTC)},
        {"start": datetime(2024, 7, 1, 23, 30, tzinfo=UTC)},
        zone=zone,
    )
    assert [row["unit"] for row in rows] == ["A1.2024-07-01", "A1.2024-07-02"]


def test_place__counts_batches_from_new_year() -> None:
    days = [
        datetime(2023, 12, 31, 12, tzinfo=UTC),
        datetime(2024, 1, 1, 12, tzinfo=UTC),
        datetime(2024, 2, 1, 12, tzinfo=UTC),
    ]
    rows = placed(*({"start": day} for day in days))
    assert [row["batch"] for row in rows] == ["A1.2023-12-08", "A1.2024-01-01", "A1.2024-02-01"]
    (alone,) = placed({"start": days[2]})
    assert alone["batch"] == rows[2]["batch"]


def test_channels_of__makes_a_deployment_of_each_channel() -> None:
    headers = kept({"channels": 2}, {"channels": 1} | after(100))
    assert channels_of(headers, deployment(channel="each")) == [("A1-ch1", "1"), ("A1-ch2", "2")]
    assert channels_of(headers, deployment(channel="mix")) == [("A1", "mix")]
    assert channels_of(KEPT.empty_table(), deployment(channel="each")) == [("A1-ch1", "1")]


ZONES = st.sampled_from(
    ["+08:00", "Europe/Dublin", "Europe/Istanbul", "Pacific/Apia", "Australia/Adelaide", "America/Caracas"]
)


@settings(deadline=None)
@given(st.lists(st.integers(978_307_200_000_000, 2_900_000_000_000_000), max_size=20), ZONES)
def test_standard_days__never_follow_daylight_saving(times_us: list[int], name: str) -> None:
    zone = parse_zone(name)
    days = standard_days(np.array(times_us, dtype=np.int64), zone)
    for time_us, day in zip(times_us, days.tolist(), strict=True):
        offset_us = standard_offset_min(zone, (date(1970, 1, 1) + timedelta(days=day)).year) * 60_000_000
        wall = local_time(time_us, zone).replace(tzinfo=None) - datetime(1970, 1, 1)
        assert -1 <= wall.days - day <= 1
        if standard_offset_min(zone, local_time(time_us, zone).year) * 60_000_000 == offset_us:
            assert day == (time_us + offset_us) // 86_400_000_000


def test_standard_days__of_a_zone_without_daylight_saving_are_its_days() -> None:
    zone = parse_zone("Asia/Kathmandu")
    times_us = np.arange(1_700_000_000_000_000, 1_700_700_000_000_000, 7_777_777_777)
    expected = [(local_time(one, zone).date() - date(1970, 1, 1)).days for one in times_us.tolist()]
    assert standard_days(times_us, zone).tolist() == expected


def write(folder: Path, *recordings: dict[str, Any], ignored: int = 0, **changes: Any) -> None:
    one = deployment(**changes)
    with write_catalogue(folder) as writer:
        writer.counts.others = ignored
        writer.add(one, one.deployment, place(kept(*recordings), one, one.deployment, "first", SEASON))


BAD = {
    "status": "quarantined",
    "reason": "text",
    "detail": "text, not sound",
    "format": None,
    "rate_hz": None,
    "frames": None,
}


def test_write_catalogue__is_read_back(tmp_path: Path) -> None:
    odd = 'A1/"ä\\\n\u2028.wav'
    write(
        tmp_path,
        {"path": odd},
        after(86400 * 40),
        after(100) | {"status": "repaired", "reason": "truncated"},
        after(300) | BAD,
        ignored=3,
    )
    batches = read_batches(tmp_path / "batches.json")
    assert list(batches) == ["A1.2024-05-04", "A1.2024-06-04"]
    assert batches["A1.2024-05-04"].units == ("A1.2024-05-06",)
    assert batches["A1.2024-05-04"].hours == pytest.approx(2 / 60, abs=1e-6)
    manifest = read_manifest(tmp_path / "manifests" / "A1.2024-05-04.json")
    assert (manifest.deployment, manifest.site, manifest.latitude, manifest.utc_offset_min) == (
        "A1",
        "ridge",
        47.5,
        120,
    )
    first, second = manifest.units["A1.2024-05-06"]
    assert (first.path, first.start_us, first.frames, first.recorder) == (odd, us(MONTH_IN_MAY), 2_880_000, "SM4")
    assert (second.status, second.reason) == ("repaired", "truncated")
    aside = read_set_aside(tmp_path / "set_aside" / "A1.json")
    assert [(row["path"], row["status"], row["rate_hz"]) for row in aside.rows] == [("A1/3.wav", "quarantined", None)]
    counts = json.loads((tmp_path / "batches.json").read_text())["counts"]
    assert counts == {"listed": 4, "ok": 2, "repaired": 1, "quarantined": 1, "excluded": 0, "ignored": 3}


def test_write_catalogue__lists_every_recording_in_one_table(tmp_path: Path) -> None:
    write(tmp_path, after(100), after(0), after(300) | BAD)
    table = pd.read_parquet(tmp_path / "recordings.parquet")
    assert table["path"].tolist() == ["A1/1.wav", "A1/0.wav", "A1/2.wav"]
    assert str(table["start"].dtype).startswith("datetime64[us, UTC")
    assert not any("mtime" in name for name in table.columns)


def test_write_catalogue__leaves_unchanged_files_alone_and_drops_stale_ones(tmp_path: Path) -> None:
    write(tmp_path, after(0), after(86400 * 40), after(86400 * 80))
    old = 1_000_000_000
    for path in tmp_path.rglob("*.*"):
        if path.is_file():
            os.utime(path, ns=(old, old))
    write(tmp_path, after(0), after(86400 * 40), after(86400 * 80))
    assert {path.stat().st_mtime_ns for path in tmp_path.rglob("*.*") if path.is_file()} == {old}
    write(tmp_path, after(0), after(86400 * 40) | {"frames": 48000})
    manifests = {path.stem: path.stat().st_mtime_ns == old for path in (tmp_path / "manifests").iterdir()}
    assert manifests == {"A1.2024-05-04": True, "A1.2024-06-04": False}


def test_write_catalogue__drops_deployments_that_are_gone(tmp_path: Path) -> None:
    write(tmp_path, after(0), deployment="A1")
    write(tmp_path, after(0), deployment="A2")
    assert sorted(path.name for path in tmp_path.rglob("*.json")) == ["A2.2024-05-04.json", "A2.json", "batches.json"]


def test_write_catalogue__writes_no_batches_if_it_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), write_catalogue(tmp_path):
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_write_catalogue__gives_the_same_bytes_again(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name, after(0), after(50) | BAD, after(20))
    first, second = (
        {path.name: path.read_bytes() for path in (tmp_path / name).rglob("*.*") if path.is_file()}
        for name in ("one", "two")
    )
    assert first == second


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"units": {}}', '{"units": [1]}', '{"batches": 3}', '{"rows": 3}', "nonsense"]
)
def test_readers__name_the_file_that_is_wrong(tmp_path: Path, text: str) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(text)
    for read in (read_manifest, read_set_aside, read_batches):
        with pytest.raises(AntiphonError, match=r"wrong\.json"):
            read(path)
