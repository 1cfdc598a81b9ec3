"""Stage separate: what is chosen comes back source by source, adds up, says what it is, and plays on a page."""

import base64
import io
import json
import re

import numpy as np
import pandas as pd
import pytest
import soundfile

from antiphon.config import Source
from antiphon.errors import AntiphonError
from antiphon.io.models.checkpoints import Card, save_model
from antiphon.io.records import BatchRecord, UnitRecord, write_record
from antiphon.io.sound.filenames import parse_name
from antiphon.io.sound.recordings import probe
from antiphon.io.stores.spectrograms import Span, open_store
from antiphon.io.stores.writers import write_levels, write_probabilities
from antiphon.io.tables import source_columns, table_path, write_table
from antiphon.io.whole import write_json
from antiphon.signal.calibration import FULL_SCALE
from antiphon.stages import separate

SOURCES = {name: Source(labels=[name], scientific_name=None, common_name=f"any {name}") for name in ("bird", "insect")}
START_US = 1_714_624_200_000_000  # 2024-05-02T04:30Z
SETTINGS = {
    "sites": None,
    "sources": None,
    "choose": "highest",
    "events": 1,
    "least_score": 0.0,
    "intervals": [],
    "margin_s": 0.25,
    "longest_s": 60.0,
    "fade_s": 0.01,
    "shown": 0,
    "seed": 1,
}
RATES_HZ = {"A1": 48_000, "001": 22_050}


def sound(rate_hz):
    """Four seconds of noise with a 3 kHz bird from 1 to 2 s and a 7 kHz insect from 1.5 to 3 s."""
    t = np.arange(4 * rate_hz) / rate_hz
    bird, insect = 0.2 * np.sin(2 * np.pi * 3000 * t), 0.1 * np.sin(2 * np.pi * 7000 * t)
    noise = np.random.default_rng(0).normal(0, 0.001, len(t))
    return bird * ((t >= 1) & (t < 2)) + insect * ((t >= 1.5) & (t < 3)) + noise


def write_unit(folder, grid, deployment, rate_hz):
    """Write one recording with its stores and tables; masks know where its sources are."""
    path = f"{deployment}/REC.wav"
    (folder / "audio" / deployment).mkdir(parents=True)
    soundfile.write(folder / "audio" / path, sound(rate_hz), rate_hz, subtype="PCM_16")
    rate, heard = grid.analysis_rate_hz(rate_hz), grid.heard_bins(rate_hz)
    frames = grid.frames(4 * rate, rate)
    unit = f"{deployment}.2024-05-02"
    about = {"fingerprint": "l", "unit": unit, "site": f"site {deployment}", "deployment": deployment}
    sizes = {"grid": grid, "frames": frames, "chunk_frames": 256, "shard_frames": 512}
    with write_levels(
        folder / f"{unit}.zarr", **sizes, reference=FULL_SCALE, utc_offset_min=120, attributes=about
    ) as out:
        out.append(Span(path, START_US, 0, 0, rate_hz, heard, "first"), [np.full((frames, grid.bins), 90, np.uint8)])
    codes = np.zeros((2, frames, grid.bins), np.uint8)
    codes[0, 122:252, 40:57], codes[1, 184:378, 104:121] = 254, 254
    codes[:, :, heard:] = 255
    infer, levels = folder / "infer" / "m", open_store(folder / f"{unit}.zarr")
    attributes = {**about, "fingerprint": "p"}
    with write_probabilities(infer / f"{unit}.zarr", like=levels, sources=list(SOURCES), attributes=attributes) as out:
        out.append(codes)
    write_record(
        infer / f"{unit}.json",
        BatchRecord("infer", 1, unit, deployment, [UnitRecord(unit, f"{unit}.zarr", "p", frames, [])]),
    )
    write_tables(folder / "tables", deployment, path, unit, rate_hz)


def write_tables(tables, deployment, path, unit, rate_hz):
    where = {"season": "s", "site": f"site {deployment}", "deployment": deployment}
    absent = ("failed_at_s", "recorder", "serial", "gain", "reason", "detail", "content_hash", "clipped_share", "dc")
    recording = {
        **where, "unit": unit, "batch": unit, "path": path, "bytes": 1, "format": "WAV", "subtype": "PCM_16",
        "rate_hz": rate_hz, "channels": 1, "channel": "first", "frames": 4 * rate_hz, "duration_s": 4.0,
        "start_time": START_US, "start_local": "2024-05-02T06:30:00+02:00", "utc_offset_min": 120,
        "time_source": "filename", "status": "ok", "peak": 0.3, "analysed_frames": 499, **dict.fromkeys(absent),
    }  # fmt: skip
    write_table(table_path(tables, "recordings", deployment), "recordings", [recording], {})
    event = {
        **where, "model": "m", **source_columns(SOURCES, 1), "path": path,
        "start_time": np.array([START_US + 1_000_000, START_US + 1_500_000]), "start_local": "x", "utc_offset_min": 120,
        "start_s": np.array([1.0, 1.5]), "end_s": np.array([2.0, 3.0]), "freq_low_hz": np.array([2500.0, 6500.0]),
        "freq_high_hz": np.array([3500.0, 7500.0]), "freq_peak_hz": np.array([3000.0, 7000.0]),
        "cells": np.array([2000, 3000]), "level_db": np.array([-20.0, -25.0]), "level_reference": "full scale",
        "snr_db": np.array([30.0, 25.0]), "score": np.array([0.9, 0.8]),
    }  # fmt: skip
    write_table(table_path(tables, "events", deployment, "m"), "events", [event], {})


@pytest.fixture(scope="module")
def season(tmp_path_factory, grid):
    """Two recorders of different rates, one recording each."""
    folder = tmp_path_factory.mktemp("season")
    card = Card(
        model="m", network="resunet", widths=(4, 4), sources=SOURCES, grid=grid, parameters=1,
        thresholds=dict.fromkeys(SOURCES, 0.5), scores={}, training={}, mask_rule={}, versions={"antiphon": "0"},
    )  # fmt: skip
    save_model(folder / "model", card, {})
    for deployment, rate_hz in RATES_HZ.items():
        write_unit(folder, grid, deployment, rate_hz)
    batches = {
        f"{one}.2024-05-02": {"deployment": one, "units": [f"{one}.2024-05-02"], "hours": 0.1} for one in RATES_HZ
    }
    write_json(folder / "catalogue" / "batches.json", {"deployments": list(RATES_HZ), "batches": batches})
    return folder


def run(season, output, **changed):
    separate.run(
        season="s",
        model="m",
        card=season / "model" / "card.json",
        catalogue=season / "catalogue",
        tables=season / "tables",
        probabilities=season / "infer" / "m",
        audio_root=season / "audio",
        settings=json.dumps({**SETTINGS, **changed}),
        output=output,
    )
    return pd.read_csv(output / "separated.csv", dtype={"deployment": str})


def level_db(samples):
    return 10 * np.log10(np.mean(samples**2) + 1e-20)


def test_separate__gives_one_file_a_source_and_one_residue_that_add_up_to_the_recording(season, tmp_path):
    files = run(season, tmp_path)
    assert len(files) == 2 * 2 * 3  # recorders, events, two sources and the residue
    for (deployment, _), moment in files.groupby(["deployment", "chosen_for"]):
        assert list(moment.source) == ["bird", "insect", "residue"]
        read = [soundfile.read(tmp_path / file) for file in moment.file]
        assert {rate_hz for _, rate_hz in read} == {RATES_HZ[deployment]}
        whole, rate_hz = soundfile.read(season / "audio" / moment.path.iloc[0])
        part = whole[round(moment.start_s.iloc[0] * rate_hz) :][: len(read[0][0])]
        inner = slice(round(0.01 * rate_hz), -round(0.01 * rate_hz))
        error = sum(samples for samples, _ in read) - part
        assert level_db(error[inner]) - level_db(part[inner]) < -80
        assert np.abs(read[0][0][0]) < 1e-3


def test_separate__puts_each_source_into_its_own_file(season, tmp_path):
    files = run(season, tmp_path, events=0, intervals=[{"site": None, "start": None, "end": None}])
    for _, moment in files.groupby("deployment"):
        sounds = [soundfile.read(tmp_path / file) for file in moment.file]
        (bird, rate_hz), (insect, _), (residue, _) = sounds
        during = slice(round(1.6 * rate_hz), round(1.9 * rate_hz))
        t = np.arange(4 * rate_hz) / rate_hz
        true_bird, true_insect = 0.2 * np.sin(2 * np.pi * 3000 * t), 0.1 * np.sin(2 * np.pi * 7000 * t)
        assert level_db((bird - true_bird)[during]) < level_db(true_bird) - 30
        assert level_db((insect - true_insect)[during]) < level_db(true_insect) - 30
        assert level_db(residue[during]) < -55


def test_separate__says_when_and_what_in_name_list_and_comments(season, tmp_path):
    files = run(season, tmp_path)
    first = files.query("deployment == '001' and chosen_for == 'bird' and source == 'bird'").iloc[0]
    assert first.file == "sound/bird/001_20240502T043000.750+0000_bird.flac"
    assert first.start_time.startswith("2024-05-02T04:30:00.75")
    assert first.start_local == "2024-05-02T06:30:00.750+02:00"
    assert (first.start_s, first.score) == (pytest.approx(0.75, abs=1e-4), 0.9)
    named = parse_name(first.file.rsplit("/", 1)[1])
    assert (named.start.isoformat(), named.offset_min) == ("2024-05-02T04:30:00.750000", 0)
    assert probe(tmp_path / first.file).status == "ok"
    with soundfile.SoundFile(tmp_path / first.file) as opened:
        assert opened.subtype == "PCM_24"
        assert opened.title == "bird, 001"
        assert opened.date == first.start_time
    content = (tmp_path / first.file).read_bytes()
    for text in (b"MODEL=m", b"SITE=site 001", b"PATH=001/REC.wav", b"FREQ_LOW_HZ=2500.0"):
        assert text in content


def test_separate__takes_stretches_in_pieces_that_follow_each_other(season, tmp_path):
    stretch = {"site": "site A1", "start": "2024-05-02T06:30:01+02:00", "end": "2024-05-02T04:30:03.5Z"}
    files = run(season, tmp_path, events=0, intervals=[stretch], longest_s=1.0)
    assert set(files.deployment) == {"A1"}
    pieces = files.query("source == 'bird'")
    assert pieces.start_s.iloc[0] == 1.0
    assert list(pieces.start_s)[1:] == list(pieces.end_s)[:-1]
    joined = np.concatenate([soundfile.read(tmp_path / file)[0] for file in pieces.file])
    assert len(joined) == 2.5 * 48_000
    seam = round(48_000 * (pieces.end_s.iloc[0] - 1.0))
    assert np.abs(joined[seam - 100 : seam + 100]).max() > 0.19  # no fade within


def test_separate__takes_only_what_is_asked_for(season, tmp_path):
    files = run(season, tmp_path, sites=["site 001"], sources=["insect"])
    assert set(files.chosen_for) == {"insect"}
    assert set(files.site) == {"site 001"}
    assert run(season, tmp_path, least_score=0.85).chosen_for.unique().tolist() == ["bird"]
    assert not list(tmp_path.rglob("sound/insect/*"))


def test_separate__twice_gives_the_same_bytes_and_no_trace_of_what_was_there(season, tmp_path):
    run(season, tmp_path / "a", shown=1)
    run(season, tmp_path / "b", sites=["site A1"])
    run(season, tmp_path / "b", shown=1)
    contents = [
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (tmp_path / "a", tmp_path / "b")
    ]
    assert contents[0] == contents[1]


def test_golden_figures__stand_as_long_as_the_version_does(season, tmp_path, root):
    """Who changes what comes back as sound must raise VERSION, or finished sounds stay as they were."""
    measured = [float(files.level_db.mean()) for _, files in run(season, tmp_path).groupby("source")]
    golden = json.loads((root / "tests" / "golden.json").read_text(encoding="utf-8"))["separate"]
    hint = f"raise VERSION in stages/separate.py if this is meant, and write to tests/golden.json: {measured}"
    assert golden["version"] == separate.VERSION, hint
    assert golden["figures"] == pytest.approx(measured, rel=2e-3), hint


def test_page__carries_its_pictures_and_sounds(season, tmp_path):
    run(season, tmp_path, shown=3)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<h3>any bird at site 001</h3>" in page
    assert page.count("<audio") == 3 * 4  # moments shown: mixture, two sources, residue
    assert "4\N{NO-BREAK SPACE}moments, 3 of them here" in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    for written in re.findall(r"data:audio/flac;base64,([^\"]+)", page):
        samples, rate_hz = soundfile.read(io.BytesIO(base64.b64decode(written)))
        assert rate_hz in RATES_HZ.values()
        assert len(samples) > 1000


def test_separate__of_nothing_says_so_on_the_page(season, tmp_path):
    files = run(season, tmp_path, least_score=1.0)
    assert files.empty
    assert "Nothing was chosen" in (tmp_path / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changed", "named"),
    [({"sites": ["nowhere"]}, "nowhere is no site"), ({"sources": ["frog"]}, "frog is no source")],
)
def test_separate__refuses_what_is_not_there(season, tmp_path, changed, named):
    with pytest.raises(AntiphonError, match=named):
        run(season, tmp_path, **changed)


def test_separate__of_a_recording_that_is_gone_names_it_and_leaves_nothing_half(season, tmp_path):
    with pytest.raises(AntiphonError, match=r"REC\.wav"):
        separate.run(
            season="s", model="m", card=season / "model" / "card.json", catalogue=season / "catalogue",
            tables=season / "tables", probabilities=season / "infer" / "m", audio_root=tmp_path,
            settings=json.dumps(SETTINGS), output=tmp_path / "out",
        )  # fmt: skip
    assert not list((tmp_path / "out").rglob("*.*"))


def test_separate__turns_down_what_would_exceed_full_scale(season, tmp_path, monkeypatch):
    monkeypatch.setattr(separate, "_LOUDEST", 0.05)
    files = run(season, tmp_path, sites=["site A1"], sources=["bird"])
    assert files.gain_db.nunique() == 1
    bird, _ = soundfile.read(tmp_path / files.file.iloc[0])
    assert np.abs(bird).max() == pytest.approx(0.05, rel=0.02)
    assert 20 * np.log10(0.05 / 0.2) == pytest.approx(files.gain_db.iloc[0], abs=1.0)
