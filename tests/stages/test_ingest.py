"""Stage ingest: every file a row, whatever it is, and no file read twice."""

import json
import os
import struct
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile

from antiphon.errors import AntiphonError
from antiphon.io.records import BatchRecord, UnitRecord, read_record, write_record
from antiphon.io.season import headers
from antiphon.io.season.catalogue import read_batches, read_manifest, read_set_aside
from antiphon.io.sound.recordings import probe
from antiphon.io.stores.spectrograms import open_store
from antiphon.stages import ingest, stft

HEADER = "deployment,site,folder,utc_offset,filename_time,channel,first_time,last_time"


class Place:
    """A folder with audio, a table of deployments and a catalogue."""

    def __init__(self, folder: Path) -> None:
        self.audio = folder / "audio"
        self.table = folder / "deployments.csv"
        self.catalogue = folder / "catalogue"
        self.stft = folder / "stft"
        self.deploy("A1,ridge,A1,+02:00,local,,,")

    def deploy(self, *rows: str) -> None:
        self.table.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        for row in rows:
            (self.audio / row.split(",")[2]).mkdir(parents=True, exist_ok=True)

    def record(self, name: str, *, seconds: float = 2.0, rate_hz: int = 8000, channels: int = 1) -> Path:
        path = self.audio / name
        path.parent.mkdir(parents=True, exist_ok=True)
        t = np.arange(round(seconds * rate_hz)) / rate_hz
        sound = np.sin(2 * np.pi * 500 * t)[:, None].repeat(channels, axis=1)
        soundfile.write(path, sound, rate_hz, subtype="PCM_16", format=None if path.suffix == ".flac" else "WAV")
        return path

    def run(self, **changes: Any) -> pd.DataFrame:
        options = {"watch_depth": 2, "batch_hours": 744, "max_bad_fraction": 1.0, "filename_patterns": []}
        options |= {"time_tolerance_s": 2.0}
        options |= {key: changes.pop(key) for key in list(changes) if key in options}
        ingest.run(
            deployments=self.table,
            audio_root=self.audio,
            settings=json.dumps(options),
            season="test",
            catalogue=self.catalogue,
            **changes,
        )
        return self.recordings()

    def verdict_counts(self, max_bad_fraction: float = 1.0) -> dict[str, Any]:
        options = {"watch_depth": 2, "batch_hours": 744, "filename_patterns": [], "time_tolerance_s": 2.0}
        settings = json.dumps({**options, "max_bad_fraction": max_bad_fraction})
        output = self.catalogue / "verdicts.json"
        ingest.verdicts(catalogue=self.catalogue, stft=self.stft, settings=settings, output=output)
        return dict(json.loads(output.read_text(encoding="utf-8")))

    def recordings(self) -> pd.DataFrame:
        return pd.read_parquet(self.catalogue / "recordings.parquet")

    def verdicts(self, **changes: Any) -> dict[str, tuple[str, str | None]]:
        rows = self.run(**changes).itertuples()
        return {Path(row.path).name: (row.status, None if pd.isna(row.reason) else row.reason) for row in rows}

    def counts(self) -> dict[str, int]:
        return dict(json.loads((self.catalogue / "batches.json").read_text())["counts"])

    def contents(self) -> dict[str, bytes]:
        """What others read: all but the kept headers."""
        files = [path for path in self.catalogue.rglob("*.*") if path.is_file() and path.parent.name != "headers"]
        return {str(path.relative_to(self.catalogue)): path.read_bytes() for path in files}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files whose header is read."""
    names: list[str] = []

    def counted(path: Path) -> headers.Header:
        names.append(path.name)
        return probe(path)

    monkeypatch.setattr(headers, "probe", counted)
    return names


def test_run__makes_a_row_of_every_recording(place: Place) -> None:
    place.deploy("A1,ridge,A1,+02:00,local,,,", "001,valley,deep/er,Z,utc,,,")
    place.record("A1/REC_20240506_040000.wav")
    place.record("A1/day/REC_20240507_000000.flac", rate_hz=48000)
    place.record("deep/er/REC_20240507_000000.WAV", rate_hz=22050)
    table = place.run()
    assert table["deployment"].tolist() == ["001", "A1", "A1"]
    assert table["start_local"].tolist()[:2] == ["2024-05-07T00:00:00+00:00", "2024-05-06T04:00:00+02:00"]
    assert table["unit"].tolist() == ["001.2024-05-07", "A1.2024-05-06", "A1.2024-05-07"]
    assert table["rate_hz"].tolist() == [22050, 8000, 48000]
    assert table["format"].tolist() == ["WAV", "WAV", "FLAC"]
    assert sorted(read_batches(place.catalogue / "batches.json")) == ["001.2024-05-04", "A1.2024-05-04"]
    manifest = read_manifest(place.catalogue / "manifests" / "A1.2024-05-04.json")
    assert [row.path for rows in manifest.units.values() for row in rows] == [
        "A1/REC_20240506_040000.wav",
        "A1/day/REC_20240507_000000.flac",
    ]


def make_odd_files(place: Place) -> None:
    """Put next to two good recordings what is found on real cards."""
    good = place.record("A1/good_20240506_000000.wav").read_bytes()
    folder = place.audio / "A1"
    (folder / "cut_20240506_000100.wav").write_bytes(good[:16044])
    (folder / "empty_20240506_000200.wav").write_bytes(b"")
    (folder / "text_20240506_000300.wav").write_text("this is a note\n" * 40)
    (folder / "named_20240506_000400.dat").write_bytes(good)
    (folder / "unnamed_20240506_000450").write_text("nothing of interest")
    (folder / "undated.wav").write_bytes(good)
    (folder / "dead_19700101_000500.wav").write_bytes(good)
    (folder / "dead_20000101_000500.wav").write_bytes(good)
    os.mkfifo(folder / "pipe_20240506_000600.wav")
    (folder / "link_20240506_000700.wav").symlink_to("nowhere")
    (folder / "loop").symlink_to(".")
    for name in ("x_Summary.txt", "CONFIG.TXT", "._good_20240506_000000.wav", ".DS_Store", "Thumbs.db", "desktop.ini"):
        (folder / name).write_text("companion")
    (folder / "System Volume Information").mkdir()
    place.record("A1/System Volume Information/hidden_20240506_000900.wav")
    for name in ("notes.csv", "photo.JPG", "read.txt"):
        (folder / name).write_text("other")


def test_run__gives_every_odd_file_a_reason(place: Place) -> None:
    make_odd_files(place)
    assert place.verdicts() == {
        "good_20240506_000000.wav": ("ok", None),
        "cut_20240506_000100.wav": ("repaired", "truncated"),
        "named_20240506_000400.dat": ("ok", None),
        "empty_20240506_000200.wav": ("quarantined", "empty"),
        "text_20240506_000300.wav": ("quarantined", "text"),
        "undated.wav": ("quarantined", "no_time"),
        "dead_19700101_000500.wav": ("quarantined", "clock_not_set"),
        "dead_20000101_000500.wav": ("quarantined", "clock_not_set"),
        "pipe_20240506_000600.wav": ("quarantined", "not_a_file"),
        "link_20240506_000700.wav": ("quarantined", "missing"),
    }
    counts = place.counts()
    assert counts == {"listed": 10, "ok": 2, "repaired": 1, "quarantined": 7, "excluded": 0, "ignored": 7 + 3 + 1}
    aside = read_set_aside(place.catalogue / "set_aside" / "A1.json").rows
    assert len(aside) == 7
    assert all(row["reason"] and row["detail"] for row in aside)
    # A bad file whose name tells the time still tells when something is missing.
    assert {row["start_local"] for row in aside if row["reason"] == "text"} == {"2024-05-06T00:03:00+02:00"}


def test_run__keeps_a_name_that_is_no_utf_8(place: Place) -> None:
    place.record("A1/good_20240506_000000.wav")
    odd = os.fsencode(place.audio / "A1") + b"/d\xfcnn_20240506_000100.wav"
    try:
        Path(os.fsdecode(odd)).write_bytes(b"RIFF")
    except OSError:
        pytest.skip("this disk takes UTF-8 names only")
    assert place.verdicts()["d\\xfcnn_20240506_000100.wav"] == ("quarantined", "name_not_utf8")


def test_run__is_not_held_up_by_reads_that_hang(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for minute in range(12):
        place.record(f"A1/{'hung' if minute % 2 else 'good'}_20240506_00{minute:02d}00.wav")
    released = threading.Event()

    def stuck(path: Path) -> headers.Header:
        if path.name.startswith("hung"):
            released.wait(60)
        return probe(path)

    monkeypatch.setattr(headers, "probe", stuck)
    monkeypatch.setattr(ingest, "_TIMEOUT_S", 0.3)
    found = place.verdicts()
    released.set()
    assert {name: verdict for name, verdict in found.items() if name.startswith("good")} == {
        f"good_20240506_00{minute:02d}00.wav": ("ok", None) for minute in range(0, 12, 2)
    }
    assert [verdict for name, verdict in found.items() if name.startswith("hung")] == [
        ("quarantined", "read_timeout")
    ] * 6
    assert all(verdict == ("ok", None) for verdict in place.verdicts().values()), "a mended mount is read again"


def test_run__gives_up_a_dead_mount(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for minute in range(40):
        place.record(f"A1/x_20240506_00{minute:02d}00.wav", seconds=0.1)
    released = threading.Event()
    monkeypatch.setattr(headers, "probe", lambda path: released.wait(60))
    monkeypatch.setattr(ingest, "_TIMEOUT_S", 0.2)
    monkeypatch.setattr(ingest, "_MOST_HUNG", 3)
    with pytest.raises(AntiphonError, match="none of 40 recordings can be analysed: 40 read_timeout"):
        place.run()
    released.set()
    details = place.recordings()["detail"]
    assert details.str.startswith("not tried after 3").sum() >= 35


def test_run__reads_only_new_files(place: Place, opened: list[str]) -> None:
    for minute in range(5):
        place.record(f"A1/x_20240506_00{minute:02d}00.wav")
    place.run()
    assert len(opened) == 5
    before = place.contents()
    opened.clear()
    place.run()
    assert opened == []
    assert place.contents() == before
    place.record("A1/x_20240507_000000.wav")
    place.record("A1/x_20240506_000100.wav", seconds=1.0)
    place.run()
    assert sorted(opened) == ["x_20240506_000100.wav", "x_20240507_000000.wav"]
    fresh = Place(place.audio.parent)
    fresh.catalogue = place.audio.parent / "anew"
    fresh.run()
    assert fresh.contents() == place.contents()


def test_run__rewrites_nothing_when_audio_is_touched(place: Place) -> None:
    path = place.record("A1/x_20240506_000000.wav")
    place.run()
    times = {path: path.stat().st_mtime_ns for path in place.catalogue.rglob("*.json")}
    os.utime(path)
    place.run()
    assert {path: path.stat().st_mtime_ns for path in place.catalogue.rglob("*.json")} == times


def test_run__finds_times_anew_without_reading_when_the_zone_changes(place: Place, opened: list[str]) -> None:
    place.record("A1/x_20240506_000000.wav")
    place.run()
    opened.clear()
    place.deploy("A1,ridge,A1,-05:00,local,,,")
    assert place.run()["start_local"].tolist() == ["2024-05-06T00:00:00-05:00"]
    place.run(filename_patterns=[r"x_(?P<year>\d{4})(?P<day>\d\d)(?P<month>\d\d)_(?P<hour>\d\d)(?P<minute>\d\d)"])
    assert place.recordings()["start_local"].tolist() == ["2024-06-05T00:00:00-05:00"]
    assert opened == []


def test_run__touches_only_the_batch_of_an_added_file(place: Place) -> None:
    place.record("A1/x_20240506_000000.wav")
    place.record("A1/x_20240806_000000.wav")
    place.run()
    times = {path.name: path.stat().st_mtime_ns for path in (place.catalogue / "manifests").iterdir()}
    place.record("A1/x_20240806_010000.wav")
    place.run()
    after = {path.name: path.stat().st_mtime_ns for path in (place.catalogue / "manifests").iterdir()}
    assert [name for name in times if times[name] != after[name]] == ["A1.2024-08-05.json"]


def test_run__forgets_removed_files(place: Place) -> None:
    place.record("A1/x_20240506_000000.wav")
    place.record("A1/x_20240806_000000.wav").unlink(missing_ok=place.run() is None)
    assert place.run()["path"].tolist() == ["A1/x_20240506_000000.wav"]
    assert [path.name for path in (place.catalogue / "manifests").iterdir()] == ["A1.2024-05-04.json"]


def test_run__counts_files_outside_the_deployment_and_the_season(place: Place) -> None:
    place.deploy("A1,ridge,A1,+02:00,local,,2024-05-06,2024-05-08")
    for day in (5, 6, 7, 8, 9):
        place.record(f"A1/x_202405{day:02d}_120000.wav")
    assert [status for status, _ in place.verdicts(first_day="2024-05-07", last_day="").values()] == [
        "excluded",
        "excluded",
        "ok",
        "ok",
        "excluded",
    ]
    assert place.counts()["excluded"] == 3


def test_run__gives_each_channel_its_deployment(place: Place) -> None:
    place.deploy("A1,ridge,A1,+02:00,local,each,,", "A2,ridge,A2,+02:00,local,2,,")
    place.record("A1/x_20240506_000000.wav", channels=2)
    place.record("A1/x_20240506_000100.wav", channels=1)
    place.record("A2/x_20240506_000000.wav", channels=4)
    table = place.run()
    assert table["deployment"].tolist() == ["A1-ch1", "A1-ch1", "A1-ch2", "A1-ch2", "A2"]
    assert table["channel"].tolist() == ["1", "1", "2", "2", "2"]
    assert table["status"].tolist() == ["ok", "ok", "ok", "quarantined", "ok"]
    assert json.loads((place.catalogue / "batches.json").read_text())["deployments"] == ["A1-ch1", "A1-ch2", "A2"]


def test_run__believes_old_recordings_that_the_deployment_bounds(place: Place) -> None:
    place.record("A1/x_19980506_000000.wav")
    place.deploy("A1,ridge,A1,+02:00,local,,1998-05-01,1998-05-31")
    assert place.verdicts() == {"x_19980506_000000.wav": ("ok", None)}


@pytest.mark.parametrize(
    ("ambiguous", "expected"), [("", ("quarantined", "local_time_twice")), ("second", ("ok", None))]
)
def test_run__refuses_times_that_exist_twice(place: Place, ambiguous: str, expected: tuple[str, str | None]) -> None:
    place.table.write_text(
        f"deployment,site,folder,utc_offset,filename_time,ambiguous\nA1,ridge,A1,Europe/Berlin,local,{ambiguous}\n"
    )
    place.record("A1/x_20241027_023000.wav")
    place.record("A1/x_20241028_023000.wav")
    assert place.verdicts()["x_20241027_023000.wav"] == expected


def test_run__stops_above_the_bad_fraction_with_the_reasons(place: Place) -> None:
    make_odd_files(place)
    with pytest.raises(AntiphonError) as error:
        place.run(max_bad_fraction=0.25)
    said = str(error.value)
    assert "\n" not in said
    assert "7 of 10 recordings (70.0%) are bad, ingest.max_bad_fraction allows 25.0%" in said
    assert "2 clock_not_set (the clock was not set" in said
    assert "1 text (text, not sound)" in said
    assert place.counts()["listed"] == 10, "the catalogue is complete nevertheless"


def test_run__says_that_a_season_is_empty_and_keeps_the_old_catalogue(place: Place) -> None:
    path = place.record("A1/x_20240506_000000.wav")
    place.run()
    before = place.contents()
    path.unlink()
    with pytest.raises(AntiphonError, match=r"deployments\.csv: no recording below"):
        place.run()
    assert place.contents().items() >= {name: text for name, text in before.items() if "set_aside" not in name}.items()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"first_day": "1.5.2024"}, "--first-day: '1.5.2024' is no day"),
        ({"filename_patterns": ["(x"]}, "ingest.filename_patterns"),
        ({"max_bad_fraction": 2}, "max_bad_fraction"),
    ],
)
def test_run__names_a_wrong_setting(place: Place, changes: dict[str, Any], said: str) -> None:
    place.record("A1/x_20240506_000000.wav")
    with pytest.raises(AntiphonError, match=said):
        place.run(**changes)


@pytest.mark.parametrize("workers", [1, 3])
def test_run__gives_the_same_bytes_with_any_number_of_workers(
    place: Place, workers: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    make_odd_files(place)
    place.run(workers=workers)
    again = Place(place.audio.parent)
    again.catalogue = tmp_path_factory.mktemp("again")
    again.run(workers=2)
    assert again.contents() == place.contents()
    assert not [name for name in place.contents() if ".part-" in name]


def test_run__warns_where_header_and_name_disagree(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    path = place.record("A1/x_20240506_000000.wav")
    guano = b"GUANO|Version:1.0\nTimestamp:2024-05-06T01:00:00+02:00\n"
    body = path.read_bytes() + b"guan" + len(guano).to_bytes(4, "little") + guano
    path.write_bytes(body[:4] + (len(body) - 8).to_bytes(4, "little") + body[8:])
    table = place.run()
    assert table["status"].tolist() == ["ok"]
    assert table["reason"].tolist() == ["times_disagree"]
    assert table["time_source"].tolist() == ["guano"]
    assert table["start_local"].tolist() == ["2024-05-06T01:00:00+02:00"]
    assert "filename is -3600 s from guano; check utc_offset and filename_time" in capsys.readouterr().err


def test_run__warns_of_mixed_channels_and_changing_rates(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.deploy("A1,ridge,A1,+02:00,local,mix,,")
    place.record("A1/x_20240506_000000.wav", channels=2)
    place.record("A1/x_20240506_000100.wav", rate_hz=16000)
    place.run()
    said = capsys.readouterr().err
    assert (
        "2 setups, whose levels may not compare: 8000 Hz, PCM_16, 2 channels from 2024-05-06 on in 1; "
        "16000 Hz, PCM_16, 1 channels from 2024-05-06 on in 1 recordings"
    ) in said
    assert "out of phase cancels" in said


def moth_wave(gain: str, serial: str, rate_hz: int = 8000, bits: int = 16) -> bytes:
    """Return an AudioMoth recording of a second: its comment says gain and serial number."""
    comment = f"Recorded at 00:00:00 06/05/2024 (UTC+2) by AudioMoth {serial} at {gain} gain while battery was 4.1V."
    text = comment.encode() + bytes(2 - len(comment) % 2)
    info = b"INFOICMT" + len(text).to_bytes(4, "little") + text
    frame = bits // 8
    form = struct.pack("<HHIIHH", 1, 1, rate_hz, rate_hz * frame, frame, bits)
    chunks = [(b"fmt ", form), (b"LIST", info), (b"data", bytes(range(1, 201)) * (rate_hz * frame // 200))]
    body = b"".join(name + len(chunk).to_bytes(4, "little") + chunk for name, chunk in chunks)
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WAVE" + body


def test_run__notes_where_the_recorder_was_set_up_anew(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Gain, rate, coding and serial number change; back to a setup that was there before is no new one."""
    one, two = "24E144055E080032", "24F3190160374BA5"
    setups = [("medium", one), ("medium", one), ("high", one), ("medium", one), ("medium", two)]
    waves = [moth_wave(*setup) for setup in setups]
    waves += [moth_wave("medium", two, rate_hz=16000), moth_wave("medium", two, rate_hz=16000, bits=24)]
    for minute, wave in enumerate(waves):
        path = place.audio / "A1" / f"x_20240506_0{minute}0000.wav"
        stamp = f"Recorded at 0{minute}:00:00".encode()
        path.write_bytes(wave.replace(b"Recorded at 00:00:00", stamp))
    table = place.run().sort_values("path")
    new = "setup_changed"
    assert [reason or None for reason in table["reason"].fillna("")] == [None, None, new, None, new, new, new]
    assert set(table["status"]) == {"ok"}
    assert table["gain"].tolist() == ["medium", "medium", "high", *["medium"] * 4]
    said = capsys.readouterr().err
    assert "5 setups, whose levels may not compare: 8000 Hz, PCM_16, 1 channels, gain medium, serial " + one in said
    assert "from 2024-05-06 on in 3; 8000 Hz, PCM_16, 1 channels, gain high" in said


def test_run__takes_a_file_that_does_not_tell_for_no_new_setup(place: Place) -> None:
    (place.audio / "A1" / "x_20240506_000000.wav").write_bytes(moth_wave("medium", "24E144055E080032"))
    place.record("A1/x_20240506_010000.wav")
    place.record("A1/x_20240505_230000.wav")
    assert place.run()["reason"].isna().all()


def decode(place: Place, deployment: str, **verdicts: tuple[str, str | None]) -> None:
    """Write what stage stft would say of the batches of a deployment, its recordings being ok but for ``verdicts``."""
    for name, batch in read_batches(place.catalogue / "batches.json").items():
        if batch.deployment == deployment:
            units = []
            for unit, rows in read_manifest(place.catalogue / "manifests" / f"{name}.json").units.items():
                decoded = []
                for row in rows:
                    status, reason = verdicts.get(Path(row.path).stem, ("ok", None))
                    facts = {"samples": row.frames, "dc": 0.0, "peak": 0.5, "content_hash": "ab" * 16}
                    decoded.append({"path": row.path, "status": status, "reason": reason, **facts})
                units.append(UnitRecord(unit, f"{unit}.zarr", "f", 1, decoded))
            write_record(place.stft / f"{name}.json", BatchRecord("stft", 1, name, deployment, units))


def test_verdicts__stops_where_decoding_finds_too_many_bad(place: Place) -> None:
    for minute in range(6):
        good = place.record(f"A1/x{minute}_20240506_00{minute}000.wav")
    (place.audio / "A1" / "text_20240506_120000.wav").write_text("this is a note\n" * 40)
    (place.audio / "A1" / "old_20190506_120000.wav").write_bytes(good.read_bytes())
    place.run(first_day="2024-01-01")
    bad = {"x1_20240506_001000": ("quarantined", "decode_error"), "x2_20240506_002000": ("repaired", "not_finite")}
    decode(place, "A1", **bad)
    counts = place.verdict_counts(max_bad_fraction=0.25)
    assert counts["recordings"] == {
        "ok": {"": 4},
        "repaired": {"not_finite": 1},
        "quarantined": {"decode_error": 1, "text": 1},
        "excluded": {"outside_season": 1},
    }
    with pytest.raises(AntiphonError) as error:
        place.verdict_counts(max_bad_fraction=0.1)
    said = str(error.value)
    assert "\n" not in said
    assert "2 of 8 recordings (25.0%) are bad, ingest.max_bad_fraction allows 10.0%" in said
    assert "1 decode_error (the sound cannot be decoded to its end)" in said and "1 text (text, not sound)" in said


def test_verdicts__tells_what_deployments_share(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.deploy("A1,ridge,A1,+02:00,local,,,", "B2,valley,B2,+02:00,local,,,")
    place.record("A1/x_20240506_000000.wav")
    place.record("B2/y_20240506_000000.wav")
    place.run()
    decode(place, "A1")
    decode(place, "B2")
    shared = place.verdict_counts()["shared"]
    example = ["A1/x_20240506_000000.wav", "B2/y_20240506_000000.wav"]
    assert shared == [{"deployments": ["A1", "B2"], "recordings": 1, "example": example}]
    assert "1 recordings of B2 have the samples of recordings of A1" in capsys.readouterr().err


def levels_of(place: Place, batch: str) -> np.ndarray:
    """Run stage stft over one batch with one recording; return its levels."""
    settings = {"window_s": 0.016, "hop_s": 0.008, "bins": 64, "chunk_frames": 256, "shard_frames": 256}
    stft.run(
        manifest=place.catalogue / "manifests" / f"{batch}.json",
        audio_root=place.audio,
        settings=json.dumps({**settings, "clipping_level": 0.999, "keep_before_fault": True}),
        record=place.stft / f"{batch}.json",
    )
    store = open_store(place.stft / read_record(place.stft / f"{batch}.json").units[0].store)
    return np.asarray(store.levels(slice(0, store.frames)))


def record_channels(place: Place) -> None:
    """Record 500 Hz, the same upside down, and 2000 Hz on three channels."""
    t = np.arange(8000) / 8000
    low, high = 0.5 * np.sin(2 * np.pi * 500 * t), 0.5 * np.sin(2 * np.pi * 2000 * t)
    soundfile.write(place.audio / "A1" / "x_20240506_000000.wav", np.stack([low, -low, high], axis=1), 8000)


@pytest.mark.parametrize("channel", ["first", "2", "3"])
def test_channel__by_its_number_is_what_is_analysed(place: Place, channel: str) -> None:
    place.deploy(f"A1,ridge,A1,+02:00,local,{channel},,")
    record_channels(place)
    assert place.run()["channel"].tolist() == [channel]
    levels = levels_of(place, "A1.2024-05-04")
    assert set(levels.argmax(axis=1)) == {32 if channel == "3" else 8}


def test_channel__each_is_a_deployment_of_its_own_with_its_own_sound(place: Place) -> None:
    place.deploy("A1,ridge,A1,+02:00,local,each,,")
    record_channels(place)
    table = place.run()
    assert table["deployment"].tolist() == ["A1-ch1", "A1-ch2", "A1-ch3"] and table["channel"].tolist() == [*"123"]
    one, two, three = (levels_of(place, f"A1-ch{number}.2024-05-04") for number in (1, 2, 3))
    np.testing.assert_array_equal(one, two)
    assert set(one.argmax(axis=1)) == {8} and set(three.argmax(axis=1)) == {32}
    # Channels of one file may be equal; they are no copies that a season counts twice.
    assert place.verdict_counts()["shared"] == []


def test_channel__mix_cancels_what_is_out_of_phase_and_says_so(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.deploy("A1,ridge,A1,+02:00,local,mix,,")
    record_channels(place)
    assert place.run()["channel"].tolist() == ["mix"]
    assert "out of phase cancels" in capsys.readouterr().err
    levels = levels_of(place, "A1.2024-05-04")
    assert set(levels.argmax(axis=1)) == {32}
    assert levels[:, 8].max() < levels[:, 32].min() - 100, "500 Hz is gone, by more than 50 dB"


def test_draft__is_a_table_to_correct(place: Place, tmp_path: Path) -> None:
    place.record("A1/Data/x_20240506_000000.wav")
    output = tmp_path / "draft.csv"
    ingest.draft(audio_root=place.audio, output=output)
    assert output.read_text().splitlines()[1].startswith("A1,A1,A1,,,")
    with pytest.raises(AntiphonError, match="is there already"):
        ingest.draft(audio_root=place.audio, output=output)


@pytest.mark.data
def test_run__lists_a_real_day(data_folder: Path, tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.audio = data_folder / "season"
    place.table.write_text(f"{HEADER}\nS4A03895,forest,S4A03895,-05:00,local,,,\n")
    table = place.run(max_bad_fraction=0.0)
    assert len(table) == 96
    assert set(table["status"]) == {"ok"}
    assert table["start_local"].tolist()[:2] == ["2019-05-22T00:00:00-05:00", "2019-05-22T00:15:00-05:00"]
    assert set(table["unit"]) == {"S4A03895.2019-05-22"}
    assert set(table["frames"] / table["rate_hz"]) == {10.0}


@pytest.mark.data
def test_run__quarantines_no_format_that_is_read(data_folder: Path, tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.audio = data_folder
    place.table.write_text(f"{HEADER}\nzoo,zoo,formats,Z,utc,,,\n")
    with pytest.raises(AntiphonError, match="max_bad_fraction"):
        place.run(max_bad_fraction=0.1)
    table = place.recordings().set_index("path")
    assert len(table) == len(pd.read_csv(data_folder / "formats" / "formats.csv"))
    assert set(table["reason"].dropna()) >= {"no_time", "git_lfs_pointer", "wac", "m4a", "empty", "rate_zero"}
    assert table.loc["formats/batlogger_312k5_guano.wav", "rate_hz"] == 312500
