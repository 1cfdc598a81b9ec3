"""Stage tabulate: stores made by formula, tables that can be worked out by hand."""

import json
import math
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from antiphon.errors import AntiphonError
from antiphon.io.models.checkpoints import Card
from antiphon.io.records import BatchRecord, UnitRecord, write_record
from antiphon.io.schemas import SCHEMA_VERSION
from antiphon.io.season.catalogue import RecordingRow
from antiphon.io.stores.spectrograms import Span, open_store
from antiphon.io.stores.writers import write_levels, write_probabilities
from antiphon.io.tables import about, read_table
from antiphon.io.whole import write_json, write_text
from antiphon.signal.calibration import FULL_SCALE
from antiphon.signal.grid import Grid
from antiphon.stages import tabulate
from antiphon.tabulating import units
from antiphon.tabulating.season import reduce_deployments, slurm_worker

GRID = Grid(0.016, 0.008, 32)
STFT = {
    "window_s": 0.016,
    "hop_s": 0.008,
    "bins": 32,
    "chunk_frames": 256,
    "shard_frames": 1024,
    "clipping_level": 0.999,
    "keep_before_fault": True,
}
SETTINGS = {
    "interval_s": 600,
    "clock": "standard",
    "band_low_hz": 0.0,
    "band_high_hz": 1500.0,
    "frequency_step_hz": 500.0,
    "thresholds": None,
    "classes": None,
    "hysteresis": 1.0,
    "least_cells": 4,
    "least_event_s": 0.0,
    "least_event_hz": 0.0,
    "join_s": 0.1,
    "detection": {"occasion_days": 1, "min_effort_s": 0.0, "min_active_s": 0.05},
}
OF_MODEL = ("events", "occupancy", "frequency", "overlap", "indices")
OF_SITES = ("detection_history", "diel", "site_order")
RATE_HZ = 48_000
SECOND_US = 1_000_000
SOURCES = {
    "bird": {"labels": ["bird"], "scientific_name": "Aves", "common_name": "bird"},
    "engine": {"labels": ["engine"], "scientific_name": None, "common_name": "engine"},
}


def utc_us(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND_US


@dataclass
class Sound:
    """One recording by formula: level code and probability code of every cell."""

    path: str
    start_us: int
    duration_s: float = 4.0
    level: int = 100
    bird: tuple[slice, slice] | None = None
    unread_s: float = 0.0
    status: str = "ok"
    rate_hz: int = RATE_HZ
    content: str | None = None

    @property
    def samples(self) -> int:
        return round(self.duration_s * self.rate_hz)

    @property
    def frames(self) -> int:
        return GRID.frames(self.samples, self.rate_hz) if self.status != "quarantined" else 0

    def codes(self) -> np.ndarray:
        codes = np.full((self.frames, GRID.bins), self.level, dtype=np.uint8)
        if self.bird:
            codes[self.bird] = self.level + 40
        codes[:, GRID.heard_bins(self.rate_hz) :] = 0
        return codes

    def probabilities(self) -> np.ndarray:
        found = np.zeros((2, self.frames, GRID.bins), dtype=np.uint8)
        if self.bird:
            found[(0, *self.bird)] = 200
        found[:, :, GRID.heard_bins(self.rate_hz) :] = 255
        return found

    def row(self, offset_min: int) -> dict:
        local = datetime.fromtimestamp(self.start_us / 1e6, UTC) + timedelta(minutes=offset_min)
        frames = self.samples + round(self.unread_s * self.rate_hz)
        sound = {"format": "WAV", "subtype": "PCM_16", "rate_hz": self.rate_hz, "channels": 1, "frames": frames}
        start = {"start_us": self.start_us, "utc_offset_min": offset_min, "start_local": local.isoformat()}
        unknown = {"recorder": None, "serial": None, "status": "ok", "reason": None, "detail": None}
        values = {"path": self.path, "bytes": 44 + 2 * frames, **sound, "channel": "first", **start, **unknown}
        return asdict(RecordingRow(**values, time_source="filename"))

    def decoded(self) -> dict:
        samples = self.samples if self.status != "quarantined" else 0
        verdict = {"status": self.status, "reason": None if self.status == "ok" else "decode_error", "detail": None}
        verdict["failed_at_s"] = None if self.status == "ok" else samples / self.rate_hz
        sound = {
            "content_hash": self.content or self.path,
            "clipped_share": 0.25,
            "dc": 0.0,
            "peak": 1.0,
            "samples": samples,
        }
        return {"path": self.path, "channel": "first", "frames": self.frames, **verdict, **sound}


class Season:
    """One deployment of a season below ``root``, as the stages before tabulate leave it."""

    def __init__(self, root: Path, deployment: str = "001", offset_min: int = 120) -> None:
        self.root, self.deployment, self.offset_min = root, deployment, offset_min
        self.site = "s"
        self.set_aside: list[dict] = []
        self.batches: list[str] = []
        card = Card(
            model="m",
            network="energy",
            widths=(),
            sources=SOURCES,
            grid=GRID,
            thresholds={"bird": 0.5, "engine": 0.5},
            scores={},
            parameters=0,
            training={},
            mask_rule={},
            versions={},
            **{"schema": 1},
        )
        write_text(root / "models/m/card.json", card.model_dump_json(by_alias=True))

    def batch(self, name: str, units: dict[str, list[Sound]], version: str = "a", block: int = 97) -> None:
        """Write manifest, records and stores of one batch."""
        batch = f"{self.deployment}.{name}"
        self.batches.append(batch)
        header = {"batch": batch, "deployment": self.deployment, "site": self.site, "latitude": None, "longitude": None}
        rows = {
            f"{self.deployment}.{day}": [one.row(self.offset_min) for one in sounds] for day, sounds in units.items()
        }
        header |= {"utc_offset_min": self.offset_min, "sensitivity_db": None, "medium": "air", "units": rows}
        write_json(self.root / "catalogue/manifests" / f"{batch}.json", header)
        stft, infer = [], []
        for day, sounds in units.items():
            unit = f"{self.deployment}.{day}"
            frames = self.store(unit, sounds, block)
            decoded = [one.decoded() for one in sounds]
            stft.append(UnitRecord(unit, f"{unit}.zarr", version, frames, decoded))
            infer.append(UnitRecord(unit, f"{unit}.zarr", version, frames, []))
        write_record(self.root / "stft" / f"{batch}.json", BatchRecord("stft", 1, batch, self.deployment, stft))
        write_record(self.root / "infer/m" / f"{batch}.json", BatchRecord("infer", 1, batch, self.deployment, infer))

    def store(self, unit: str, sounds: list[Sound], block: int) -> int:
        """Write a unit's two stores; return their frames."""
        frames = sum(one.frames for one in sounds)
        level, found = self.root / "stft" / f"{unit}.zarr", self.root / "infer/m" / f"{unit}.zarr"
        sizes = {"chunk_frames": STFT["chunk_frames"], "shard_frames": STFT["shard_frames"]}
        with write_levels(
            level,
            grid=GRID,
            frames=frames,
            **sizes,
            reference=FULL_SCALE,
            utc_offset_min=0,
            attributes={"fingerprint": "f"},
        ) as store:
            for one in sounds:
                heard = GRID.heard_bins(one.rate_hz)
                span = Span(one.path, one.start_us, 0, 0, one.rate_hz, heard, "first")
                codes = one.codes()
                store.append(span, (codes[first : first + block] for first in range(0, len(codes), block)))
        with write_probabilities(
            found, like=open_store(level), sources=list(SOURCES), attributes={"fingerprint": "f"}
        ) as out:
            for one in sounds:
                out.append(one.probabilities())
        return frames

    def tabulate(self, model: str | None = None, **changes) -> None:
        """Run the stage without a model, or with one."""
        header = {"deployment": self.deployment, "site": self.site, "latitude": None, "longitude": None}
        header |= {"utc_offset_min": self.offset_min, "sensitivity_db": None, "medium": "air", "rows": self.set_aside}
        write_json(self.root / "catalogue/set_aside" / f"{self.deployment}.json", header)
        with_model = {
            "infer_records": [self.root / "infer/m" / f"{batch}.json" for batch in self.batches],
            "card": self.root / "models/m/card.json",
            "model": model,
        }
        tabulate.run(
            season="spring",
            deployment=self.deployment,
            manifests=[self.root / "catalogue/manifests" / f"{batch}.json" for batch in self.batches],
            set_aside=self.root / "catalogue/set_aside" / f"{self.deployment}.json",
            stft_records=[self.root / "stft" / f"{batch}.json" for batch in self.batches],
            stft=json.dumps(STFT),
            settings=json.dumps({**SETTINGS, **changes}),
            tables=self.root / "tables",
            sums=self.root / "sums",
            **(with_model if model else {}),
        )

    def table(self, name: str, model: str | None = None) -> pd.DataFrame:
        folder = self.root / "tables" / name / (model or "")
        return read_table(folder / f"{self.deployment}.parquet", name).to_pandas()


BIRD = (slice(100, 110), slice(8, 12))  # 10 frames of 500 to 750 Hz, 20 dB above the rest
MIDNIGHT_US = utc_us("2024-05-01T22:00:00")  # of 2 May at +02:00


@pytest.fixture
def season(tmp_path):
    """Two days: one recording runs over midnight, an hour is missing, one has a bird."""
    built = Season(tmp_path)
    built.batch(
        "2024-04-30",
        {
            "2024-05-01": [Sound("a.wav", MIDNIGHT_US - 2 * SECOND_US)],
            "2024-05-02": [
                Sound("b.wav", MIDNIGHT_US + 1800 * SECOND_US, bird=BIRD),
                Sound("c.wav", MIDNIGHT_US + 1900 * SECOND_US, duration_s=0.01),
            ],
        },
    )
    return built


def test_run__says_what_was_recorded_and_what_was_analysed(season):
    season.tabulate()
    effort = season.table("effort")
    local = [f"2024-05-{day}:00+02:00" for day in ("01T23:50", "02T00:00", "02T00:10", "02T00:20", "02T00:30")]
    assert effort["start_local"].tolist() == local
    assert effort["interval_start"].iloc[1] == pd.Timestamp("2024-05-01T22:00Z")
    assert (effort["interval_end"] - effort["interval_start"]).eq(pd.Timedelta("10min")).all()
    # 499 frames of 8 ms; the first is centred 8 ms after the start and counts 4 ms to either side.
    np.testing.assert_allclose(effort["analysed_s"], [2.0 - 0.008, 2.0, 0, 0, 3.992], rtol=1e-12)
    np.testing.assert_allclose(effort["lost_edge_s"], [0.004, 0.004, 0, 0, 0.008 + 0.01], rtol=1e-12)
    lost = ["lost_quarantine_s", "lost_clipping_s", "lost_edge_s"]
    np.testing.assert_allclose(effort["scheduled_s"], effort["analysed_s"] + effort[lost].sum(axis=1), rtol=1e-12)
    assert effort["scheduled_s"].sum() == pytest.approx(8.01)
    assert effort["lost_gap_s"].isna().all()
    assert effort["heard_high_hz"].isna().tolist() == [False, False, True, True, False]
    assert effort["heard_high_hz"].max() == 31.5 * 62.5


def test_run__lists_every_file_with_its_verdict(season):
    bad = Sound("bad.wav", MIDNIGHT_US + 2000 * SECOND_US).row(120)
    season.set_aside = [
        {**bad, "status": "quarantined", "reason": "truncated"},
        dict.fromkeys(bad) | {"path": "x.wav", "status": "excluded", "reason": "outside"},
    ]
    season.batch(
        "2024-05-31", {"2024-06-01": [Sound("d.wav", MIDNIGHT_US + 30 * 86_400 * SECOND_US, status="quarantined")]}
    )
    season.tabulate()
    recordings = season.table("recordings")
    assert recordings["path"].tolist() == ["a.wav", "b.wav", "c.wav", "d.wav", "bad.wav", "x.wav"]
    assert recordings["status"].tolist() == ["ok", "ok", "ok", "quarantined", "quarantined", "excluded"]
    assert recordings["unit"].tolist()[:2] == ["001.2024-05-01", "001.2024-05-02"]
    assert recordings["unit"].isna().tolist() == [False] * 4 + [True] * 2
    assert recordings["analysed_frames"].tolist()[:4] == [499, 499, 0, 0]
    assert recordings["clipped_share"].isna().tolist() == [False, False, False, True, True, True]
    assert recordings["start_time"].iloc[1] == pd.Timestamp("2024-05-01T22:30Z")
    assert set(recordings["site"]) == {"s"} and set(recordings["season"]) == {"spring"}
    effort = season.table("effort")
    # bad.wav and d.wav were taken down and could not be read; x.wav was never asked for.
    assert effort["lost_quarantine_s"].sum() == pytest.approx(8.0)
    assert len(effort) == 5 + 30 * 144 - 3


def test_run__counts_what_a_truncated_recording_promised(season):
    season.batch("2024-05-31", {"2024-06-01": [Sound("d.wav", MIDNIGHT_US + 31 * 86_400 * SECOND_US, unread_s=700.0)]})
    season.tabulate()
    effort = season.table("effort").iloc[-2:]
    np.testing.assert_allclose(effort["lost_quarantine_s"], [596.0, 104.0])
    np.testing.assert_allclose(effort["analysed_s"], [3.992, 0.0])


LOSSES = ["lost_gap_s", "lost_quarantine_s", "lost_clipping_s", "lost_edge_s"]


def cycle(lost: set[tuple[int, int]]) -> dict[str, list[Sound]]:
    """Return three days of four recordings of 4 s, 10 minutes apart, without those ``lost``: (day, number)."""
    return {
        f"2024-05-0{2 + day}": [
            Sound(f"{day}{number}.wav", MIDNIGHT_US + (86_400 * day + 1800 + 600 * number) * SECOND_US)
            for number in range(4)
            if (day, number) not in lost
        ]
        for day in range(3)
    }


def test_run__says_what_the_schedule_lacks(tmp_path):
    season = Season(tmp_path)
    season.batch("2024-04-30", cycle(lost={(1, 1), (1, 2)}))
    unreadable = Sound("text.wav", MIDNIGHT_US + (86_400 + 1800 + 1200) * SECOND_US).row(120)
    unknown = {"frames": None, "rate_hz": None, "status": "quarantined", "reason": "text"}
    season.set_aside = [{**unreadable, **unknown}]
    season.tabulate()
    effort = season.table("effort").set_index("start_local")
    lost = effort[effort["lost_gap_s"] + effort["lost_quarantine_s"] > 0]
    assert lost.index.tolist() == ["2024-05-03T00:40:00+02:00", "2024-05-03T00:50:00+02:00"]
    assert lost["lost_gap_s"].tolist() == [4.0, 0.0] and lost["lost_quarantine_s"].tolist() == [0.0, 4.0]
    assert effort["scheduled_s"].sum() == pytest.approx(12 * 4)
    np.testing.assert_allclose(effort["scheduled_s"], effort["analysed_s"] + effort[LOSSES].sum(axis=1), rtol=1e-12)


def test_run__counts_recordings_beside_the_schedule_as_scheduled(tmp_path):
    season, days = Season(tmp_path), cycle(lost={(1, 1)})
    days["2024-05-03"].append(Sound("beside.wav", MIDNIGHT_US + (86_400 + 40_000) * SECOND_US, duration_s=7))
    season.batch("2024-04-30", days)
    season.tabulate()
    effort = season.table("effort")
    assert effort["lost_gap_s"].sum() == 4.0
    assert effort["scheduled_s"].sum() == pytest.approx(12 * 4 + 7)
    np.testing.assert_allclose(effort["scheduled_s"], effort["analysed_s"] + effort[LOSSES].sum(axis=1), rtol=1e-12)


def test_run__counts_the_same_samples_once(tmp_path):
    """The later of two is excluded wherever it stands; what is all alike is no copy."""
    season = Season(tmp_path)
    first = Sound("b.wav", MIDNIGHT_US + 1800 * SECOND_US, bird=BIRD)
    copy = Sound("a.wav", MIDNIGHT_US + 3600 * SECOND_US, bird=BIRD, content="b.wav")
    moved = Sound("c.wav", MIDNIGHT_US + 90_000 * SECOND_US, bird=BIRD, content="b.wav")
    season.batch("2024-04-30", {"2024-05-02": [first, copy], "2024-05-03": [moved]})
    season.tabulate()
    season.tabulate(model="m")
    recordings = season.table("recordings").set_index("path")
    assert recordings["status"].to_dict() == {"b.wav": "ok", "a.wav": "excluded", "c.wav": "excluded"}
    assert recordings["reason"].dropna().to_dict() == {"a.wav": "duplicate", "c.wav": "duplicate"}
    assert recordings["detail"]["c.wav"] == "same samples as b.wav"
    assert recordings["analysed_frames"].dropna().to_dict() == {"b.wav": first.frames}
    assert season.table("effort")["analysed_s"].sum() == pytest.approx(3.992)
    occupancy = season.table("occupancy", "m")
    assert occupancy["active_cells"].sum() == 40 and occupancy["effort_s"].sum() == pytest.approx(2 * 3.992)
    assert len(season.table("frequency", "m")) == 2 * 4
    # The earlier one goes: the later one counts, in sums that stood before.
    season.batches.clear()
    season.batch("2024-04-30", {"2024-05-02": [copy], "2024-05-03": [moved]})
    season.tabulate()
    season.tabulate(model="m")
    assert season.table("recordings").set_index("path")["status"].to_dict() == {"a.wav": "ok", "c.wav": "excluded"}
    assert season.table("occupancy", "m")["active_cells"].sum() == 40


def test_run__takes_recordings_whose_samples_are_all_alike_for_no_copies(season, monkeypatch):
    alike = {"content_hash": "00", "peak": 0.0, "dc": 0.0}
    decoded = Sound.decoded
    monkeypatch.setattr(Sound, "decoded", lambda self: {**decoded(self), **alike})
    sounds = [Sound(f"{number}.wav", MIDNIGHT_US + number * 60 * SECOND_US) for number in range(2)]
    season.batch("2024-05-31", {"2024-06-01": sounds})
    alike |= {"peak": 0.25, "dc": -0.25}
    season.batch("2024-07-01", {"2024-07-01": [Sound(f"x{one.path}", one.start_us) for one in sounds]})
    season.tabulate()
    assert set(season.table("recordings")["status"]) == {"ok"}


def test_run__counts_occupancy_by_hand(season):
    season.tabulate(model="m")
    occupancy = season.table("occupancy", "m")
    assert occupancy["source"].tolist() == ["bird", "engine"] * 5
    assert occupancy["scientific_name"].iloc[0] == "Aves" and pd.isna(occupancy["scientific_name"].iloc[1])
    bird = occupancy[occupancy["source"] == "bird"].set_index("start_local")
    row = bird.loc["2024-05-02T00:30:00+02:00"]
    assert row["effort_s"] == pytest.approx(3.992)
    assert row["effort_cells"] == 499 * 24  # the band up to 1500 Hz
    assert row["active_cells"] == 40 and row["active_s"] == pytest.approx(0.08)
    assert row["time_occupancy"] == pytest.approx(10 / 499) and row["tf_occupancy"] == pytest.approx(40 / (499 * 24))
    assert row["n_events"] == 1
    assert row["level_db"] == pytest.approx(140 * 0.5 - 122.5, abs=0.001)
    assert row["snr_db"] == pytest.approx(20.0, abs=0.001)
    assert row["energy_share"] == pytest.approx(4000 / (4000 + 499 * 24 - 40), rel=1e-3)
    # Silence is data; what was not analysed is none.
    assert bird["active_cells"].tolist()[:2] == [0, 0] and bird["active_cells"].isna().tolist()[2:4] == [True, True]
    assert bird["effort_s"].tolist()[2:4] == [0, 0]
    assert bird["level_db"].isna().tolist() == [True] * 4 + [False]
    engine = occupancy[occupancy["source"] == "engine"]
    assert engine["active_cells"].sum() == 0 and engine["n_events"].sum() == 0


def test_run__lists_events_by_hand(season):
    season.tabulate(model="m")
    (event,) = season.table("events", "m").to_dict("records")
    assert (event["site"], event["deployment"], event["model"], event["path"]) == ("s", "001", "m", "b.wav")
    assert (event["source"], event["scientific_name"], event["common_name"]) == ("bird", "Aves", "bird")
    # Frame 100 is centred 0.808 s after the start and reaches 4 ms to either side.
    assert event["start_time"] == pd.Timestamp("2024-05-01T22:30:00.804Z")
    assert event["start_local"] == "2024-05-02T00:30:00.804+02:00" and event["utc_offset_min"] == 120
    assert event["start_s"] == pytest.approx(0.804) and event["end_s"] == pytest.approx(0.884)
    assert (event["freq_low_hz"], event["freq_high_hz"], event["freq_peak_hz"]) == (7.5 * 62.5, 11.5 * 62.5, 500.0)
    assert event["cells"] == 40 and event["score"] == pytest.approx(200 / 254)
    assert event["level_db"] == pytest.approx(140 * 0.5 - 122.5, abs=0.001) and event["level_reference"] == "full scale"
    assert event["snr_db"] == pytest.approx(20.0, abs=0.001)


def counted(events: pd.DataFrame, interval_s: int) -> dict:
    """Count events by source and the interval that holds the centre of their first frame, as docs/tables.md says."""
    centre = events["start_time"] + pd.Timedelta(seconds=STFT["hop_s"] / 2)
    return events.groupby(["source", centre.dt.floor(f"{interval_s}s")]).size().to_dict()


@pytest.mark.parametrize("interval_s", [1, 60, 86_400])
def test_run__counts_in_occupancy_the_rows_of_events(tmp_path, interval_s):
    season = Season(tmp_path, offset_min=0)
    rng = np.random.default_rng(3)
    start_us = utc_us("2024-05-02T23:59:50")
    sounds = [
        Sound(f"{number}.wav", start_us + number * 4 * SECOND_US, bird=(slice(first, first + 9), slice(4, 9)))
        for number, first in enumerate(rng.integers(0, 490, 6))
    ]
    season.batch("2024-04-30", {"2024-05-02": sounds[:3], "2024-05-03": sounds[3:]})
    season.tabulate(model="m", interval_s=interval_s)
    occupancy, events = season.table("occupancy", "m"), season.table("events", "m")
    told = occupancy[occupancy["n_events"] > 0].set_index(["source", "interval_start"])["n_events"].to_dict()
    assert told == counted(events, interval_s) and occupancy["n_events"].sum() == len(events) == 6


@pytest.mark.parametrize("day", ["2024-05-02", "2024-05-03"])
def test_run__lets_events_run_on_over_files_and_days(tmp_path, day):
    """A call from the last frames of one recording to the first of the next; then one that starts late."""
    season, calls = Season(tmp_path), ((slice(480, 499), slice(4, 8)), (slice(0, 20), slice(6, 10)))
    first = Sound("a.wav", MIDNIGHT_US + 86_396 * SECOND_US, bird=calls[0])
    later = Sound("c.wav", first.start_us + 9 * SECOND_US, bird=calls[1])
    second = Sound("b.wav", first.start_us + 4 * SECOND_US, bird=calls[1])
    days = {"2024-05-02": [first]}
    days[day] = [*days.get(day, []), second, later]
    season.batch("2024-04-30", days)
    season.tabulate(model="m")
    events = season.table("events", "m")
    assert events["path"].tolist() == ["a.wav", "c.wav"] and events["cells"].tolist() == [39 * 4, 20 * 4]
    run_on = events.iloc[0]
    assert run_on["start_s"] == pytest.approx(480 * 0.008 + 0.004)
    assert run_on["end_s"] == pytest.approx(4 + 20 * 0.008 + 0.004)
    assert (run_on["freq_low_hz"], run_on["freq_high_hz"]) == (3.5 * 62.5, 9.5 * 62.5)
    season.tabulate(model="m", join_s=0.001)
    assert season.table("events", "m")["cells"].tolist() == [19 * 4, 20 * 4, 20 * 4]


def test_run__joins_weaker_cells_to_an_event(season, monkeypatch):
    found = Sound.probabilities

    def weaker(self):
        cells = found(self)
        if self.bird:
            cells[0, 110:120, 8:12] = 80  # behind the call
            cells[0, 300:310, 8:12] = 80  # apart from it
        return cells

    monkeypatch.setattr(Sound, "probabilities", weaker)
    season.batch("2024-05-31", {"2024-06-01": [Sound("d.wav", MIDNIGHT_US + 30 * 86_400 * SECOND_US, bird=BIRD)]})
    season.tabulate(model="m", hysteresis={"bird": 0.3})
    event = season.table("events", "m").iloc[-1]
    assert event["cells"] == 80 and event["score"] == pytest.approx((200 + 80) / 2 / 254)
    # Occupancy counts what reaches the threshold, and the event once.
    occupancy = season.table("occupancy", "m").query("source == 'bird'")
    assert occupancy["active_cells"].sum() == 80 and occupancy["n_events"].sum() == 2
    season.tabulate(model="m", hysteresis=0.6)  # 0.3 of certainty is above 0.6 of the threshold
    assert season.table("events", "m")["cells"].tolist() == [40, 80]
    season.tabulate(model="m", hysteresis=1.0)
    assert season.table("events", "m")["cells"].tolist() == [40, 40]


def test_run__takes_the_known_errors_out_of_occupancy(season):
    season.tabulate(model="m")
    numbers = ["tf_occupancy_corrected", "tf_occupancy_low", "tf_occupancy_high"]
    assert season.table("occupancy", "m")[numbers].isna().all().all()  # the card knows of none
    path = season.root / "models/m/card.json"
    groups = [(80, 1, 20, 999), (60, 3, 40, 997)]  # finds 0.7 of the source, takes 0.002 of the rest for it
    write_json(path, {**json.loads(path.read_text(encoding="utf-8")), "validation_groups": {"bird": groups}})
    season.tabulate(model="m")
    bird = season.table("occupancy", "m").query("source == 'bird'")
    row, silent = bird.iloc[-1], bird.iloc[0]
    assert row["tf_occupancy_corrected"] == pytest.approx((row["tf_occupancy"] - 0.002) / 0.698)
    assert row["tf_occupancy_low"] < row["tf_occupancy_corrected"] < row["tf_occupancy_high"]
    assert silent[numbers].tolist() == [0, 0, 1]  # no more than false alarms; two groups say nothing of the interval
    assert bird[numbers].isna().all(axis=1).tolist() == [False, False, True, True, False]
    assert season.table("occupancy", "m").query("source == 'engine'")[numbers].isna().all().all()
    season.tabulate(model="m", thresholds={"bird": 0.6})
    assert season.table("occupancy", "m")[numbers].isna().all().all()


def test_run__counts_days_of_utc_where_they_are_asked_for(season):
    for clock, starts in (("standard", ["01T00:00:00", "02T00:00:00"]), ("utc", ["01T02:00:00"])):
        season.tabulate(interval_s=86_400, clock=clock)
        season.tabulate(model="m", interval_s=86_400, clock=clock)
        for table in (season.table("effort"), season.table("occupancy", "m").query("source == 'bird'")):
            assert table["start_local"].tolist() == [f"2024-05-{start}+02:00" for start in starts]
        assert season.table("effort")["scheduled_s"].sum() == pytest.approx(8.01)


def test_run__counts_classes_beside_sources(season):
    season.tabulate(model="m", classes={"animal": ["bird"], "any": ["bird", "engine"]})
    occupancy = season.table("occupancy", "m").query("effort_s > 0")
    assert occupancy["source"].tolist()[:4] == ["bird", "engine", "animal", "any"]
    assert occupancy["kind"].tolist()[:4] == ["source", "source", "class", "class"]
    cells = occupancy.groupby("source")["active_cells"].sum().to_dict()
    assert cells == {"bird": 40, "engine": 0, "animal": 40, "any": 40}
    assert occupancy["n_events"].isna().tolist()[:4] == [False, False, True, True]
    assert len(season.table("frequency", "m")) == 5 * 4 * 4
    assert set(season.table("events", "m")["source"]) == {"bird"}
    for classes, line in (
        ({"bird": ["bird"]}, "tabulate.classes: bird is a source of model m; choose another name"),
        ({"any": ["brid"]}, "tabulate.classes: brid in any is no source of model m"),
    ):
        with pytest.raises(AntiphonError, match=line):
            season.tabulate(model="m", classes=classes)


def test_run__says_what_lies_under_what_and_what_the_soundscape_is(season, monkeypatch):
    found = Sound.probabilities

    def under_an_engine(self):
        cells = found(self)
        cells[1, 105:200, 8:10] = 254
        return cells

    monkeypatch.setattr(Sound, "probabilities", under_an_engine)
    season.batch("2024-05-31", {"2024-06-01": [Sound("d.wav", MIDNIGHT_US + 30 * 86_400 * SECOND_US, bird=BIRD)]})
    season.tabulate(model="m")
    overlap = season.table("overlap", "m").iloc[-2:].set_index("source")
    assert overlap["by_source"].to_dict() == {"bird": "engine", "engine": "bird"}
    assert overlap["both_cells"].tolist() == [10, 10]
    assert overlap["masked_share"].to_dict() == pytest.approx({"bird": 10 / 40, "engine": 10 / 190})
    rows = season.table("indices", "m")
    assert len(rows) == 3 * rows["interval_start"].nunique()
    last = rows.iloc[-3:].set_index(rows["without_source"].iloc[-3:].fillna("")).drop(columns="without_source")
    assert last["effort_s"].tolist() == pytest.approx([3.992] * 3)
    assert last["aci"][""] > last["aci"]["bird"]  # without the bird every frame is like the next
    assert last["aci"]["bird"] == 0
    silent = rows[rows["effort_s"] == 0]
    assert len(silent) and silent[["aci", "ndsi", "bi", "adi", "aei"]].isna().all().all()


@pytest.mark.parametrize(
    ("hysteresis", "line"),
    [
        ({"brid": 0.2}, "tabulate.hysteresis: brid is no source of model m"),
        ({"bird": 0.6}, "tabulate.hysteresis: 0.6 is above the threshold 0.5 of bird"),
    ],
)
def test_run__refuses_a_hysteresis_that_fits_nothing(season, hysteresis, line):
    with pytest.raises(AntiphonError, match=line):
        season.tabulate(model="m", hysteresis=hysteresis)


def test_run__gives_no_score_where_no_probabilities_were_kept(season, monkeypatch):
    monkeypatch.setattr(units._Counting, "_probable", False)
    season.tabulate(model="m")
    events = season.table("events", "m")
    assert len(events) == 1 and events["score"].isna().all()


def test_run__counts_frequency_by_hand(season):
    season.tabulate(model="m")
    frequency = season.table("frequency", "m")
    assert len(frequency) == 5 * 2 * 4
    bands = frequency[(frequency["source"] == "bird") & (frequency["start_local"] == "2024-05-02T00:30:00+02:00")]
    assert bands["freq_low_hz"].tolist() == [0, 500, 1000, 1500] and bands["freq_high_hz"].tolist() == [
        500,
        1000,
        1500,
        2000,
    ]
    assert bands["active_cells"].tolist() == [0, 40, 0, 0]
    np.testing.assert_allclose(bands["active_s"], [0, 0.08, 0, 0])
    np.testing.assert_allclose(bands["active_fraction"], [0, 40 / (499 * 8), 0, 0])
    np.testing.assert_allclose(bands["energy_share"], [0, 4000 / (4000 + 499 * 8 - 40), 0, 0], rtol=1e-3)


def test_run__gives_no_effort_to_what_the_recorder_cannot_hear(tmp_path):
    season = Season(tmp_path)
    slow = Sound("a.wav", MIDNIGHT_US, rate_hz=2000, bird=(slice(0, 9), slice(4, 8)))
    season.batch("2024-04-30", {"2024-05-02": [slow]})
    season.tabulate()
    season.tabulate(model="m")
    heard = GRID.heard_bins(2000)
    assert heard == 16
    assert season.table("effort")["heard_high_hz"].tolist() == [15.5 * 62.5]
    frequency = season.table("frequency", "m").query("source == 'bird'")
    assert frequency["effort_cells"].tolist() == [slow.frames * 8, slow.frames * 8, 0, 0]
    assert frequency["effort_s"].gt(0).tolist() == [True, True, False, False]
    assert frequency["active_fraction"].isna().tolist() == [False, False, True, True]
    occupancy = season.table("occupancy", "m").query("source == 'bird'")
    assert occupancy["effort_cells"].tolist() == [slow.frames * 16]
    assert occupancy["active_cells"].tolist() == [36]


def test_run__takes_thresholds_from_card_or_settings(season):
    for thresholds, cells in ((None, 40), ({"bird": 200 / 254}, 40), ({"bird": 201 / 254}, 0), ({"engine": 0.9}, 40)):
        season.tabulate(model="m", thresholds=thresholds)
        assert season.table("occupancy", "m")["active_cells"].sum() == cells
    with pytest.raises(AntiphonError, match=r"tabulate.thresholds: brid is no source of model m \(bird, engine\)"):
        season.tabulate(model="m", thresholds={"brid": 0.5})


def test_run__counts_a_unit_once_and_again_when_it_changes(season, monkeypatch):
    counted = []
    counting = units._Counting
    monkeypatch.setattr(units, "_Counting", lambda *given: counted.append(given[2].levels.name) or counting(*given))
    season.tabulate(model="m")
    assert counted == ["001.2024-05-01.zarr", "001.2024-05-02.zarr"]
    first = (season.root / "tables/occupancy/m/001.parquet").read_bytes()
    season.tabulate(model="m")
    assert len(counted) == 2
    assert (season.root / "tables/occupancy/m/001.parquet").read_bytes() == first
    season.tabulate(model="m", least_cells=41)
    assert len(counted) == 4
    assert season.table("occupancy", "m")["n_events"].sum() == 0
    season.batches.clear()
    season.batch("2024-04-30", {"2024-05-02": [Sound("b.wav", MIDNIGHT_US + 1800 * SECOND_US)]}, version="b")
    season.tabulate(model="m")
    assert counted[4:] == ["001.2024-05-02.zarr"]
    for kind in ("activity", "events", "overlap", "indices"):
        assert [path.name for path in (season.root / "sums" / kind / "m").iterdir()] == ["001.2024-05-02.parquet"]
    occupancy = season.table("occupancy", "m")
    assert len(occupancy) == 2 and occupancy["active_cells"].sum() == 0


def test_run__leaves_the_sums_of_other_deployments_alone(tmp_path):
    for name in ("A1", "A1-b", "A"):
        season = Season(tmp_path, name)
        season.batch("2024-04-30", {"2024-05-02": [Sound("b.wav", MIDNIGHT_US)]})
        season.tabulate(model="m")
    assert len(list((tmp_path / "sums/events/m").iterdir())) == 3
    assert pd.read_parquet(tmp_path / "tables/occupancy/m")["deployment"].unique().tolist() == ["A", "A1-b", "A1"]


def numbered(count: int) -> list[Sound]:
    """Return recordings of 4 s, a minute apart, from 3 minutes before midnight; every second one has a bird."""
    return [
        Sound(
            f"{index}.wav",
            MIDNIGHT_US + (index - 3) * 60 * SECOND_US,
            level=90 + index,
            bird=BIRD if index % 2 else None,
        )
        for index in range(count)
    ]


@pytest.mark.parametrize("cuts", [[2], [3], [1, 3, 5], [0, 4, 4]])
def test_run__gives_the_same_tables_however_a_season_is_cut_into_units(tmp_path, cuts):
    sounds = numbered(6)
    whole, cut = Season(tmp_path / "whole"), Season(tmp_path / "cut")
    whole.batch("2024-04-30", {"2024-05-01": sounds})
    edges = [0, *cuts, len(sounds)]
    cut.batch("2024-04-30", {f"2024-05-0{1 + i}": sounds[a:b] for i, (a, b) in enumerate(pairwise(edges))}, block=500)
    for season in (whole, cut):
        season.tabulate(interval_s=60)
        season.tabulate(model="m", interval_s=60)
    for table, model in (("effort", None), *((name, "m") for name in OF_MODEL)):
        one, two = (root / "tables" / table / (model or "") / "001.parquet" for root in (whole.root, cut.root))
        assert one.read_bytes() == two.read_bytes()


ADDING_UP = {
    "effort": ["scheduled_s", "analysed_s", "lost_edge_s"],
    "occupancy": ["effort_s", "effort_cells", "active_s", "active_cells", "n_events"],
    "frequency": ["effort_s", "effort_cells", "active_s", "active_cells"],
    "overlap": ["effort_cells", "both_cells", "source_cells"],
    "ltsa": ["effort_s"],
}


def totals(season: Season, **changes) -> dict[str, list[float]]:
    season.tabulate(**changes)
    season.tabulate(model="m", **changes)
    models = {"effort": None, "ltsa": None}
    return {
        name: season.table(name, models.get(name, "m"))[columns].sum().tolist() for name, columns in ADDING_UP.items()
    }


def test_run__gives_the_same_totals_however_a_season_is_cut_into_batches_and_intervals(tmp_path):
    sounds = numbered(6)
    whole, cut = Season(tmp_path / "whole"), Season(tmp_path / "cut")
    whole.batch("2024-04-30", {"2024-05-01": sounds[:3], "2024-05-02": sounds[3:]})
    cut.batch("2024-04-30", {"2024-05-01": sounds[:3]}, block=500)
    cut.batch("2024-05-02", {"2024-05-02": sounds[3:]})
    expected = totals(whole, interval_s=3600)
    assert all(all(one > 0 for one in some) for name, some in expected.items() if name != "overlap")
    for interval_s, clock in ((1, "standard"), (60, "utc"), (3600, "standard"), (86_400, "standard"), (86_400, "utc")):
        found = totals(cut, interval_s=interval_s, clock=clock)
        for name, some in expected.items():
            assert found[name] == pytest.approx(some, rel=1e-9), (name, interval_s, clock)
    one, two = (root / "tables/occupancy/m/001.parquet" for root in (whole.root, cut.root))
    cut.tabulate(model="m", interval_s=3600)
    assert one.read_bytes() == two.read_bytes()


def test_run__handles_a_deployment_without_a_single_good_recording(tmp_path):
    season = Season(tmp_path)
    season.tabulate()
    season.tabulate(model="m")
    for name, model in [("recordings", None), ("effort", None), ("ltsa", None), *((name, "m") for name in OF_MODEL)]:
        assert len(season.table(name, model)) == 0


def test_run__says_in_the_file_what_made_it(season):
    season.tabulate(model="m")
    words = about(read_table(season.root / "tables/occupancy/m/001.parquet", "occupancy"))
    assert words["model"] == "m" and words["schema_version"] == str(SCHEMA_VERSION) and len(words["card_sha256"]) == 64
    assert json.loads(words["settings"])["tabulate"]["interval_s"] == 600
    assert json.loads(words["thresholds"]) == {"bird": 0.5, "engine": 0.5}
    assert str(season.root) not in str(words)
    dictionary = json.loads((season.root / "tables/datapackage.json").read_text(encoding="utf-8"))
    names = [table["name"] for table in dictionary["resources"]]
    assert names == ["recordings", "effort", "ltsa", *OF_MODEL, *OF_SITES]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"band_low_hz": 2000.0, "band_high_hz": 3000.0}, "tabulate.band_low_hz to band_high_hz: no bin"),
        ({"frequency_step_hz": 50.0}, "tabulate.frequency_step_hz: 50.0 Hz is narrower than a bin"),
    ],
)
def test_run__refuses_bands_without_a_bin(season, changes, line):
    with pytest.raises(AntiphonError, match=line):
        season.tabulate(model="m", **changes)


def test_run__refuses_records_that_do_not_belong_together(season):
    record = season.root / "infer/m/001.2024-04-30.json"
    values = json.loads(record.read_text(encoding="utf-8"))
    values["units"].pop()
    write_json(record, values)
    with pytest.raises(AntiphonError, match=r"001\.2024-05-02: not a unit of both stft and infer"):
        season.tabulate(model="m")


def test_run__refuses_a_grid_that_is_not_that_of_the_settings(season, monkeypatch):
    monkeypatch.setitem(STFT, "bins", 64)
    with pytest.raises(AntiphonError, match=r"its grid .* is not that of the section stft"):
        season.tabulate(model="m")


def test_run__refuses_a_threshold_below_what_infer_kept(season):
    for path in (season.root / "infer/m").glob("*.zarr"):
        store = path / "zarr.json"
        values = json.loads(store.read_text(encoding="utf-8"))
        values["attributes"]["settings"] = json.dumps({"keep": "active", "keep_above": 0.2})
        values.pop("consolidated_metadata")
        write_json(store, values)
    season.tabulate(model="m", thresholds={"bird": 0.2})
    with pytest.raises(AntiphonError, match=r"0\.1 is below infer.keep_above 0\.2"):
        season.tabulate(model="m", thresholds={"bird": 0.1})


def test_run__refuses_other_thresholds_where_infer_kept_no_probabilities(season):
    card = json.loads((season.root / "models/m/card.json").read_text(encoding="utf-8"))
    for path in (season.root / "infer/m").glob("*.zarr"):
        store = path / "zarr.json"
        values = json.loads(store.read_text(encoding="utf-8"))
        written = {"settings": {"keep": "none"}, "thresholds": card["thresholds"]}
        values["attributes"] |= {key: json.dumps(value) for key, value in written.items()}
        values.pop("consolidated_metadata")
        write_json(store, values)
    season.tabulate(model="m", thresholds=None)
    with pytest.raises(AntiphonError, match=r"infer.keep: none stores no probabilities"):
        season.tabulate(model="m", thresholds={"bird": 0.9})


def test_run__says_which_recording_was_not_decoded(season):
    record = season.root / "stft/001.2024-04-30.json"
    values = json.loads(record.read_text(encoding="utf-8"))
    values["units"][1]["recordings"].pop(0)
    write_json(record, values)
    with pytest.raises(AntiphonError, match=r"batch 001\.2024-04-30: b\.wav was not decoded; run stage stft again"):
        season.tabulate()


def test_intervals__follow_an_odd_offset(tmp_path):
    season = Season(tmp_path, "A1", offset_min=345)
    season.batch("2024-04-30", {"2024-05-02": [Sound("a.wav", utc_us("2024-05-01T18:15:00"))]})
    season.tabulate(interval_s=3600)
    effort = season.table("effort")
    assert effort["start_local"].tolist() == ["2024-05-02T00:00:00+05:45"]
    assert effort["interval_start"].tolist() == [pd.Timestamp("2024-05-01T18:15Z")]
    assert math.isclose(effort["analysed_s"].sum(), 3.992)


def test_run__says_what_levels_are_relative_to(season):
    """A calibration moves every level by the same number of decibels, and each row says so."""
    tables = []
    for sensitivity_db in (None, -30.0):
        for folder in ("manifests", "set_aside"):
            for path in season.root.rglob(f"{folder}/*.json"):
                values = json.loads(path.read_text(encoding="utf-8")) | {"sensitivity_db": sensitivity_db}
                write_json(path, {**values, "medium": "water"})
        season.tabulate()
        season.tabulate(model="m")
        tables.append((season.table("occupancy", "m"), season.table("ltsa")))
    (occupancy, ltsa), (heard, averaged) = tables
    assert set(occupancy["level_reference"]) == set(ltsa["level_reference"]) == {"full scale"}
    assert set(heard["level_reference"]) == set(averaged["level_reference"]) == {"1 uPa"}
    for before, after in ((occupancy, heard), (ltsa, averaged)):
        np.testing.assert_allclose(
            after["level_db"] - before["level_db"], np.where(before["level_db"].isna(), np.nan, 150)
        )
    assert not averaged.duplicated(["deployment", "interval_start", "freq_low_hz"]).any()
    assert (averaged["effort_s"] > 0).any() and averaged.loc[averaged["effort_s"] == 0, "level_db"].isna().all()


def sites(root: Path, deployments: list[str], **changes) -> dict[str, pd.DataFrame]:
    """Run what adds up deployments; return its tables."""
    write_json(root / "batches.json", {"deployments": deployments, "batches": {}})
    given = {"season": "spring", "catalogue": root / "batches.json", "model": "m", "tables": root / "tables"}
    tabulate.sites(**given, settings=json.dumps({**SETTINGS, **changes}), matrices=root / "matrices", workers=2)
    return {name: read_table(root / "tables" / name / "m/spring.parquet", name).to_pandas() for name in OF_SITES}


@pytest.fixture
def two_sites(tmp_path):
    """Site ``s`` has two deployments of which one has a bird on its second day; site ``t`` one day, without any."""
    days = {
        "001": {"2024-05-02": [Sound("a.wav", MIDNIGHT_US + 1800 * SECOND_US)],
                "2024-05-03": [Sound("b.wav", MIDNIGHT_US + 90_000 * SECOND_US, bird=BIRD)]},
        "002": {"2024-05-03": [Sound("c.wav", MIDNIGHT_US + 90_000 * SECOND_US)]},
        "003": {"2024-05-03": [Sound("d.wav", MIDNIGHT_US + 120_000 * SECOND_US)]},
    }  # fmt: skip
    for name, units_of in days.items():
        built = Season(tmp_path, name)
        built.site = "t" if name == "003" else "s"
        built.batch("2024-04-30", units_of)
        built.tabulate(model="m")
    return tmp_path


def test_sites__say_what_was_detected_where_and_when(two_sites):
    found = sites(two_sites, ["001", "002", "003"])
    history = found["detection_history"]
    bird = history[history["source"] == "bird"].set_index(["site", "occasion"])
    assert bird["detected"].fillna(-1).to_dict() == {("s", 1): 0, ("s", 2): 1, ("t", 1): -1, ("t", 2): 0}
    np.testing.assert_allclose(bird["effort_s"], [3.992, 2 * 3.992, 0, 3.992])
    assert bird["occasion_start"].tolist() == ["2024-05-02", "2024-05-03"] * 2
    assert bird["n_events"].fillna(-1).tolist() == [0, 1, -1, 0]
    assert bird["max_score"].fillna(-1).tolist() == pytest.approx([-1, 200 / 254, -1, -1])
    assert (two_sites / "matrices/bird.csv").read_text() == "site,1,2\ns,0,1\nt,NA,0\n"
    assert (two_sites / "matrices/effort_h.csv").read_text().splitlines()[2].startswith("t,0.0,0.0011")
    hours = found["diel"].query("source == 'bird' and effort_s > 0")
    assert hours[["site", "hour"]].to_numpy().tolist() == [["s", 0], ["s", 1], ["t", 9]]
    assert hours["week_start"].unique().tolist() == ["2024-04-29"]
    assert hours["time_occupancy"].tolist() == pytest.approx([0, 0.08 / 7.984, 0])
    assert sorted(found["site_order"]["site"]) == ["s", "t"]


@pytest.mark.parametrize(
    ("rule", "detected"),
    [
        ({"min_active_s": 0.09}, [0, 0, -1, 0]),
        ({"min_effort_s": 5.0}, [-1, 1, -1, -1]),
        ({"occasion_days": 2}, [1, 0]),
        ({"min_active_s": 0.0}, [0, 1, -1, 0]),
    ],
)
def test_sites__detect_by_the_rule(two_sites, rule, detected):
    found = sites(two_sites, ["001", "002", "003"], detection={**SETTINGS["detection"], **rule})["detection_history"]
    assert found.query("source == 'bird'")["detected"].fillna(-1).tolist() == detected


def test_sites__give_the_same_bytes_again_and_nothing_of_what_is_gone(two_sites):
    def written() -> dict[str, bytes]:
        paths = [
            *(two_sites / "tables" / name / "m/spring.parquet" for name in OF_SITES),
            two_sites / "matrices/bird.csv",
        ]
        return {path.name + path.parent.parent.name: path.read_bytes() for path in paths}

    sites(two_sites, ["001", "002", "003"])
    first = written()
    sites(two_sites, ["003", "002", "001"])
    assert written() == first
    assert set(sites(two_sites, ["003"])["detection_history"]["site"]) == {"t"}
    assert (two_sites / "matrices/bird.csv").read_text() == "site,1\nt,0\n"
    for table in sites(two_sites, []).values():
        assert not len(table)


def test_sites__on_slurm_need_dask_jobqueue_and_ask_for_a_small_job(two_sites, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask_jobqueue", None)
    with pytest.raises(AntiphonError, match=r"pip install 'antiphon\[jobqueue\]'"):
        reduce_deployments([], 1, "slurm")
    monkeypatch.undo()
    jobqueue = pytest.importorskip("dask_jobqueue")
    with jobqueue.SLURMCluster(**slurm_worker(), queue="short", account="birds") as cluster:
        script = cluster.job_script()
    assert "#SBATCH -p short" in script and "#SBATCH -A birds" in script and "#SBATCH --mem=4G" in script
