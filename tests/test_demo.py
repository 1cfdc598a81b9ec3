"""The demo's season: what its recorders write, what is broken on purpose, and truth that finds itself."""

import csv
import struct
from datetime import datetime
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from antiphon.config import Source
from antiphon.demo import summary, write
from antiphon.demo.found import found_and_true
from antiphon.demo.recorders import DEPLOYMENTS, wave_bytes
from antiphon.demo.season import presence
from antiphon.demo.summary import _held
from antiphon.demo.truth import Truth, read_truth, write_truth
from antiphon.errors import AntiphonError
from antiphon.io.season.deployments import read_deployments
from antiphon.stats.judging.scores import unpacked


@pytest.fixture(scope="module")
def season(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    write(
        folder=folder, config=[root / "config" / "config.yaml", root / "config" / "demo.yaml"], days=1, duration_s=0.5
    )
    return folder


def test_season__has_two_recorders_with_their_own_names(season):
    audiomoth = sorted(path.name for path in (season / "season" / "A1").glob("*.WAV"))
    song_meter = sorted(path.name for path in (season / "season" / "20190522").glob("*.wav"))
    # The first local half hour of UTC+08:00 is named by UTC, that of UTC-05:00 by local time.
    assert audiomoth[0] == "20240430_160000.WAV"
    assert song_meter[0] == "S4A03895_20240501_000000.wav"
    assert len(audiomoth) == len(song_meter) == 48 + 1
    assert soundfile.info(season / "season" / "A1" / audiomoth[0]).samplerate == 48_000
    info = soundfile.info(season / "season" / "20190522" / song_meter[0])
    assert (info.samplerate, info.subtype, info.frames) == (22_050, "PCM_16", 11_025)


def test_season__says_in_the_header_what_an_audiomoth_says(season):
    head = (season / "season" / "A1" / "20240501_043000.WAV").read_bytes()[:600]
    assert b"ICMT" in head
    assert b"Recorded at 04:30:00 01/05/2024 (UTC) by AudioMoth 24E144085F256198 at medium gain setting" in head
    with soundfile.SoundFile(season / "season" / "A1" / "20240501_043000.WAV") as sound:
        assert sound.comment.startswith("Recorded at 04:30:00 01/05/2024 (UTC)")
        assert sound.frames == 24_000


def test_season__has_a_table_of_deployments_that_can_be_read(season):
    found = read_deployments(season / "season" / "deployments.csv", season / "season")
    assert [one.deployment for one in found] == ["20190522", "A1"]
    assert [one.filename_time for one in found] == ["local", "utc"]


def test_season__has_a_cut_off_recording_and_one_that_is_no_sound(season):
    cut_off = season / "season" / "A1" / "20240502_041500.WAV"
    data_bytes = struct.unpack("<I", cut_off.read_bytes().split(b"data")[1][:4])[0]
    assert data_bytes > cut_off.stat().st_size
    assert b"no sound" in (season / "season" / "20190522" / "S4A03895_20240502_121500.wav").read_bytes()
    assert (season / "season" / "A1" / "CONFIG.TXT").exists()


def test_season__knows_the_truth_of_each_recording(season):
    recordings = list((season / "truth").rglob("*.npz"))
    assert len(recordings) == 96
    truth = read_truth(season / "truth" / "20190522" / "S4A03895_20240501_060000.npz")
    assert truth.sources == ("bird", "insect", "anthropogenic")
    assert truth.mask_bits.shape[1] == 256
    assert not truth.mask_bits[:, truth.heard_bins :].any()


def test_season__is_the_same_each_time(season, root, tmp_path):
    config = [root / "config" / "config.yaml", root / "config" / "demo.yaml"]
    write(folder=tmp_path, config=config, days=1, duration_s=0.5, workers=2)
    for path in season.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / path.relative_to(season)).read_bytes(), path


def test_write__says_what_is_wrong_with_the_settings(tmp_path):
    with pytest.raises(AntiphonError, match="no such settings file"):
        write(folder=tmp_path, config=[tmp_path / "none.yaml"])
    (tmp_path / "bad.yaml").write_text("results: [1", encoding="utf-8")
    with pytest.raises(AntiphonError, match="not valid YAML"):
        write(folder=tmp_path, config=[tmp_path / "bad.yaml"])


def test_presence__follows_the_day():
    dawn, noon, night = presence(6.0), presence(12.5), presence(23.0)
    assert dawn["bird"] > 0.9 > noon["bird"] > night["bird"]
    assert night["insect"] > 0.85 > noon["insect"]
    assert noon["anthropogenic"] > 0.5 > night["anthropogenic"]
    assert all(0 <= chance <= 1 for hour in range(24) for chance in presence(hour).values())


def test_wave_bytes__come_back_as_they_were_written(tmp_path):
    samples = np.array([0.0, 0.5, -0.5, 2.0, -2.0])
    comment = DEPLOYMENTS[0].comment(datetime(2024, 5, 1, 12, 30))
    (tmp_path / "a.wav").write_bytes(wave_bytes(samples, 48_000, comment))
    read, rate_hz = soundfile.read(tmp_path / "a.wav")
    assert rate_hz == 48_000
    np.testing.assert_allclose(read, [0, 0.5, -0.5, 1, -1], atol=1e-4)


def test_summary__finds_the_truth_in_the_truth(season):
    truth = read_truth(season / "truth" / "A1" / "20240430_220000.npz")
    masks = unpacked(truth.mask_bits, 3)
    sources = {"insect": ["insect"], "life": ["bird", "insect"]}
    card = SimpleNamespace(
        sources={
            name: Source(labels=labels, scientific_name=None, common_name=name) for name, labels in sources.items()
        },
        thresholds=dict.fromkeys(sources, 0.5),
    )
    codes = np.stack([masks[1], masks[0] | masks[1]]).astype(np.uint8) * 254
    codes[..., truth.heard_bins :] = 255
    held = _held(*found_and_true(codes, truth, card), truth.heard_bins)
    assert not held.counts.false_alarms.any()
    assert not held.counts.misses.any()
    assert held.true_cells.tolist() == [masks[1].sum(), (masks[0] | masks[1]).sum()]
    assert held.heard_cells == len(truth.mask_bits) * truth.heard_bins
    # A recording that was cut off has fewer frames than its truth.
    cut_off = found_and_true(codes[:, :10], truth, card)
    assert _held(*cut_off, truth.heard_bins).heard_cells == 10 * truth.heard_bins


def test_summary__says_what_is_missing(season, tmp_path):
    with pytest.raises(AntiphonError, match="has not run"):
        summary(folder=season, results=tmp_path)
    with pytest.raises(AntiphonError, match="demo-write"):
        read_truth(tmp_path / "none.npz")


def test_truth__comes_back_as_it_was_written(tmp_path):
    bits = np.random.default_rng(0).integers(0, 8, (7, 5), dtype=np.uint8)
    write_truth(tmp_path / "a" / "b.npz", Truth(bits, 4, ("x", "y", "z")))
    back = read_truth(tmp_path / "a" / "b.npz")
    np.testing.assert_array_equal(back.mask_bits, bits)
    assert (back.heard_bins, back.sources) == (4, ("x", "y", "z"))


def test_deployments_csv__is_sorted_out_of_plain_columns(season):
    with (season / "season" / "deployments.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["deployment"]: row["utc_offset"] for row in rows} == {"A1": "+08:00", "20190522": "-05:00"}
