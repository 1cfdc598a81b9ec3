"""Exports: what is written is what others read back; a silent recording has its list too."""

import csv
import io
import json

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import AntiphonError
from antiphon.exports.command import FORMATS, run
from antiphon.exports.findings import Event, Recording
from antiphon.exports.lists import LISTS, audacity_labels, birdnet_results, raven_table
from antiphon.io.annotations.audacity import read_audacity
from antiphon.io.annotations.plain import read_plain
from antiphon.io.annotations.raven import read_raven
from antiphon.io.tables import table_path, write_table
from antiphon.io.whole import write_json

START_US = 1_714_624_200_000_000  # 2024-05-02T04:30Z, 06:30 local
LOUD, QUIET, BAD = "A1/REC, 1.wav", "A1/2.flac", "A1/bad.wav"


def recording(path, **changed):
    return {
        **{"season": "s", "site": "Höhe 1", "deployment": "A1", "path": path, "bytes": 1, "format": "WAV"},
        **{"unit": "A1.2024-05-02", "batch": "b", "subtype": "PCM_16", "rate_hz": 48_000, "channels": 2},
        **{"channel": "2", "frames": 2_880_000, "duration_s": 60.0, "start_time": START_US, "utc_offset_min": 120},
        **{"start_local": "2024-05-02T06:30:00+02:00", "time_source": "filename", "status": "ok", "serial": "X7"},
        **dict.fromkeys(("reason", "detail", "recorder", "gain", "failed_at_s", "content_hash", "clipped_share")),
        **{"dc": 0.0, "peak": 0.3, "analysed_frames": 7499},
        **changed,
    }


@pytest.fixture(scope="module")
def season(tmp_path_factory):
    """A deployment with a loud recording, a quiet one and a bad one; the last event runs on beyond its recording."""
    folder = tmp_path_factory.mktemp("results") / "spring"
    later = {"start_time": START_US + 60_000_000, "start_local": "2024-05-02T06:31:00+02:00", "format": "FLAC"}
    rows = [
        recording(LOUD),
        recording(QUIET, **later),
        recording(BAD, unit=None, batch=None, status="quarantined", reason="not_sound"),
    ]
    write_table(table_path(folder / "tables", "recordings", "A1"), "recordings", rows, {})
    event = {
        **{"season": "s", "site": "Höhe 1", "deployment": "A1", "model": "m", "path": LOUD, "start_local": "x"},
        "source": np.array(["bird", "engine", "bird"], dtype=object),
        "scientific_name": np.array(["Aves", None, "Aves"], dtype=object),
        "common_name": np.array(['a "bird"', "engine, car", 'a "bird"'], dtype=object),
        "start_time": np.array([START_US, START_US + 1, START_US + 59_000_000]),
        **{"utc_offset_min": 120, "level_reference": "full scale", "cells": np.array([20, 30, 40])},
        "start_s": np.array([0.0, 2.504, 59.0]),
        "end_s": np.array([1.25, 10.0, 61.5]),
        "freq_low_hz": np.array([1968.75, 31.25, 2031.25]),
        "freq_high_hz": np.array([4031.25, 781.25, 4031.25]),
        "freq_peak_hz": np.array([3000.0, 125.0, 3000.0]),
        "level_db": np.array([-30.0, -40.0, -35.0]),
        "snr_db": np.array([20.0, np.nan, 12.0]),
        "score": np.array([0.9, 0.4, 0.8]),
    }
    write_table(table_path(folder / "tables", "events", "A1", "m"), "events", [event], {})
    place = {"deployment": "A1", "site": "Höhe 1", "latitude": 47.5, "longitude": None, "utc_offset_min": 120}
    aside = {**place, "sensitivity_db": None, "medium": "air", "rows": []}
    write_json(folder / "catalogue" / "set_aside" / "A1.json", aside)
    return folder


def export(season, output, format, **options):
    run(season=season, model="m", format=format, output=output, **options)
    return {path.relative_to(output).as_posix(): path for path in output.rglob("*") if path.is_file()}


BOXES = [
    (0.0, 1.25, 1968.75, 4031.25, "bird"),
    (2.504, 10.0, 31.25, 781.25, "engine"),
    (59.0, 60.0, 2031.25, 4031.25, "bird"),
]


def boxes(annotations):
    assert not annotations.bad
    return [(a.start_s, a.end_s, a.freq_low_hz, a.freq_high_hz, a.label) for a in annotations.good]


def test_raven__is_read_back_by_the_reader_of_annotations_and_by_pandas(season, tmp_path):
    files = export(season, tmp_path, "raven")
    assert set(files) == {f"{LOUD}.Table.1.selections.txt", f"{QUIET}.Table.1.selections.txt"}
    loud, quiet = (files[f"{path}.Table.1.selections.txt"] for path in (LOUD, QUIET))
    found = read_raven(loud.read_bytes(), "loud")
    assert boxes(found) == BOXES
    assert {a.channel for a in found.good} == {2}
    assert not read_raven(quiet.read_bytes(), "quiet").good
    table = pd.read_csv(loud, sep="\t")
    assert table["Score"].tolist() == [0.9, 0.4, 0.8]
    assert table["Begin File"].unique().tolist() == ["REC, 1.wav"]
    assert table["Common Name"].tolist() == ["a 'bird'", "engine, car", "a 'bird'"]
    assert pd.read_csv(quiet, sep="\t").empty


def test_audacity__is_read_back_with_frequencies_by_the_reader_of_annotations_and_by_pandas(season, tmp_path):
    files = export(season, tmp_path, "audacity")
    loud = files[f"{LOUD}.labels.txt"]
    assert boxes(read_audacity(loud.read_bytes(), "loud")) == BOXES
    labels = pd.read_csv(loud, sep="\t", header=None, names=["start_s", "end_s", "label"])
    bands = labels[labels.start_s == "\\"]  # the band of a label is the line below it, which begins with a backslash
    assert labels.index[labels.start_s != "\\"].tolist() == (bands.index - 1).tolist()
    found = labels[labels.start_s != "\\"].astype({"start_s": float})
    assert found.to_numpy().tolist() == [[start_s, end_s, label] for start_s, end_s, _, _, label in BOXES]
    assert bands.astype({"label": float})[["end_s", "label"]].to_numpy().tolist() == [list(box[2:4]) for box in BOXES]
    assert files[f"{QUIET}.labels.txt"].read_bytes() == b""


def test_birdnet__is_read_back_by_duckdb_pandas_and_the_reader_of_plain_tables(season, tmp_path):
    files = export(season, tmp_path, "birdnet", least_score=0.5)
    loud = files[f"{LOUD}.BirdNET.results.csv"]
    rows = duckdb.sql(f"""select "Start (s)", "Confidence", "Common name", "File" from read_csv('{loud}')""").fetchall()
    assert rows == [(0.0, 0.9, 'a "bird"', LOUD), (59.0, 0.8, 'a "bird"', LOUD)]
    columns = {"label": "Scientific name", "start_s": "Start (s)", "end_s": "End (s)"}
    plain = read_plain(loud.read_bytes(), "loud", columns)
    assert [(a.start_s, a.end_s, a.label) for a in plain.good] == [(0.0, 1.25, "Aves"), (59.0, 60.0, "Aves")]
    assert pd.read_csv(files[f"{QUIET}.BirdNET.results.csv"]).columns.tolist() == list(pd.read_csv(loud).columns)


CAMTRAP_DP = {
    "deployments": "deploymentID locationID locationName latitude longitude coordinateUncertainty deploymentStart "
    "deploymentEnd setupBy cameraID cameraModel cameraDelay cameraHeight cameraDepth cameraTilt cameraHeading "
    "detectionDistance timestampIssues baitUse featureType habitat deploymentGroups deploymentTags deploymentComments",
    "media": "mediaID deploymentID captureMethod timestamp filePath filePublic fileName fileMediatype exifData "
    "favorite mediaComments",
    "observations": "observationID deploymentID mediaID eventID eventStart eventEnd observationLevel observationType "
    "cameraSetupType scientificName count lifeStage sex behavior individualID individualPositionRadius "
    "individualPositionAngle individualSpeed bboxX bboxY bboxWidth bboxHeight classificationMethod classifiedBy "
    "classificationTimestamp classificationProbability observationTags observationComments",
}


def test_camtrap__has_the_names_and_words_of_the_standard_in_its_order(season, tmp_path):
    """Columns as in the example of Camtrap DP 1.0 (github.com/tdwg/camtrap-dp, folder example), some left out."""
    files = export(season, tmp_path, "camtrap-dp")
    for name, columns in CAMTRAP_DP.items():
        table = pd.read_csv(files[f"{name}.csv"])
        assert table.columns.tolist() == [column for column in columns.split() if column in table.columns]
    assert set(table["observationLevel"]) == {"media"}
    assert set(table["observationType"]) <= {"animal", "human", "vehicle", "blank", "unknown", "unclassified"}
    assert set(table["classificationMethod"]) == {"machine"}
    assert table["classificationProbability"].dropna().between(0, 1).all()
    media = pd.read_csv(files["media.csv"])
    assert set(media["captureMethod"]) == {"timeLapse"}
    assert media["fileMediatype"].str.match("^(image|video|audio)/").all()


def test_camtrap__has_tables_that_point_at_each_other_and_say_blank_where_nothing_was_found(season, tmp_path):
    files = export(season, tmp_path, "camtrap-dp")
    package = json.loads(files["datapackage.json"].read_text(encoding="utf-8"))
    assert "EXPERIMENTAL" in package["description"]
    tables = {}
    for resource in package["resources"]:
        tables[resource["name"]] = table = pd.read_csv(files[resource["path"]], dtype=str)
        fields = resource["schema"]["fields"]
        assert table.columns.tolist() == [field["name"] for field in fields]
        assert table[resource["schema"]["primaryKey"]].is_unique
        for field in fields:
            assert not field["constraints"]["required"] or table[field["name"]].notna().all()
            if field["type"] == "datetime":
                pd.to_datetime(table[field["name"]], format=field["format"])
        for key in resource["schema"]["foreignKeys"]:
            assert set(table[key["fields"]]) <= set(tables[key["reference"]["resource"]][key["reference"]["fields"]])
    seen = tables["observations"]
    assert seen.observationType.tolist() == ["animal", "unknown", "animal", "blank"]
    assert seen.eventStart.iloc[1] == "2024-05-02T06:30:02+02:00"
    assert tables["deployments"].loc[0, ["latitude", "deploymentEnd"]].tolist() == [
        "47.500000",
        "2024-05-02T06:32:00+02:00",
    ]


@pytest.mark.parametrize("format", FORMATS)
def test_export__twice_gives_the_same_bytes_and_never_replaces_a_folder(season, tmp_path, format):
    first, second = (export(season, tmp_path / name, format) for name in "ab")
    assert {name: path.read_bytes() for name, path in first.items()} == {
        name: path.read_bytes() for name, path in second.items()
    }
    with pytest.raises(AntiphonError, match="not empty"):
        export(season, tmp_path / "a", format)


def test_export__refuses_what_is_not_there(season, tmp_path):
    with pytest.raises(AntiphonError, match="no such format"):
        export(season, tmp_path / "out", "kaleidoscope")
    with pytest.raises(AntiphonError, match="no tables of a season"):
        export(tmp_path, tmp_path / "out", "raven")
    with pytest.raises(AntiphonError, match="run stage tabulate"):
        run(season=season, model="other", format="raven", output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
EVENTS = st.builds(
    lambda source, name, start, length, low, width, score: Event(
        source, None, name, start / 1000, (start + length) / 1000, low / 4, (low + width) / 4, None, score
    ),
    *(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,20}", fullmatch=True), TEXT),
    *(st.integers(0, 10**7), st.integers(1, 10**6), st.integers(0, 10**5), st.integers(1, 10**5)),
    st.none() | st.floats(0, 1),
)


@given(st.lists(EVENTS, max_size=5), TEXT)
def test_lists__are_read_back_whatever_the_names(events, path):
    given = Recording(path, "2024-05-02T06:30:00+02:00", 1e4, "WAV", 1, tuple(events))
    expected = [(e.start_s, e.end_s, e.freq_low_hz, e.freq_high_hz, e.source) for e in events]
    for text, read in ((raven_table(given), read_raven), (audacity_labels(given), read_audacity)):
        found = boxes(read(text.encode(), "x"))
        assert [one[4] for one in found] == [one[4] for one in expected]
        np.testing.assert_allclose([one[:4] for one in found], [one[:4] for one in expected], atol=6e-4)
    rows = list(csv.reader(io.StringIO(birdnet_results(given))))
    assert [row[3] for row in rows[1:]] == [event.common_name.replace("\r", " ") for event in events]
    assert set(LISTS) == {"raven", "audacity", "birdnet"}
