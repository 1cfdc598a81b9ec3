"""Tables: one schema each, read by the tools of the trade, the same bytes from the same rows."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from antiphon.config import Source
from antiphon.errors import AntiphonError
from antiphon.io import tables
from antiphon.io.schemas import SCHEMA_VERSION, SCHEMAS, data_dictionary
from antiphon.io.sums import drop_stale_sums, read_sums, read_words, sums_fingerprint, sums_path, write_sums
from antiphon.io.tables import (
    about,
    interval_columns,
    read_pieces,
    read_table,
    source_columns,
    table_path,
    write_data_dictionary,
    write_table,
)

DEPLOYMENTS = ("001", "A1", "20190522")
KEYS = "season:string site:string deployment:string"
TIMES = (
    "interval_start:timestamp[us, tz=UTC] interval_end:timestamp[us, tz=UTC] start_local:string utc_offset_min:int16"
)
SOURCE = "model:string source:string scientific_name:string? common_name:string"
GOLDEN = {
    "recordings": f"{KEYS} unit:string? batch:string? path:string bytes:int64? format:string? subtype:string? "
    "rate_hz:int32? channels:int32? channel:string? frames:int64? duration_s:double? "
    "start_time:timestamp[us, tz=UTC]? start_local:string? utc_offset_min:int16? time_source:string? "
    "recorder:string? serial:string? gain:string? status:string reason:string? detail:string? "
    "failed_at_s:double? content_hash:string? "
    "clipped_share:double? dc:double? peak:double? analysed_frames:int64?",
    "effort": f"{KEYS} {TIMES} scheduled_s:double analysed_s:double lost_gap_s:double? lost_quarantine_s:double "
    "lost_clipping_s:double lost_edge_s:double heard_low_hz:double? heard_high_hz:double?",
    "detection_history": f"season:string site:string {SOURCE} kind:string occasion:int64 occasion_start:string "
    "occasion_days:int64 effort_s:double active_s:double? detected:int32? n_events:int64? max_score:double?",
    "diel": f"season:string site:string {SOURCE} kind:string week_start:string hour:int32 effort_s:double "
    "active_s:double? n_events:int64? time_occupancy:double? tf_occupancy:double?",
    "site_order": "season:string site:string model:string axis_1:double axis_2:double explained_share:double?",
    "overlap": f"{KEYS} model:string source:string by_source:string {TIMES} effort_cells:int64 both_cells:int64? "
    "source_cells:int64? masked_share:double? jaccard:double?",
    "indices": f"{KEYS} model:string without_source:string? {TIMES} effort_s:double aci:double? ndsi:double? "
    "bi:double? adi:double? aei:double?",
    "occupancy": f"{KEYS} {SOURCE} kind:string {TIMES} effort_s:double effort_cells:int64 "
    "active_s:double? active_cells:int64? "
    "time_occupancy:double? tf_occupancy:double? tf_occupancy_corrected:double? tf_occupancy_low:double? "
    "tf_occupancy_high:double? n_events:int64? energy_share:double? level_db:double? "
    "level_reference:string snr_db:double?",
    "events": f"{KEYS} {SOURCE} path:string start_time:timestamp[us, tz=UTC] start_local:string utc_offset_min:int16 "
    "start_s:double end_s:double freq_low_hz:double freq_high_hz:double freq_peak_hz:double cells:int64 "
    "level_db:double? level_reference:string snr_db:double? score:double?",
    "ltsa": f"{KEYS} {TIMES} freq_low_hz:double freq_high_hz:double effort_s:double level_db:double? "
    "level_reference:string",
    "frequency": f"{KEYS} {SOURCE} kind:string {TIMES} freq_low_hz:double freq_high_hz:double "
    "effort_s:double effort_cells:int64 "
    "active_s:double? active_cells:int64? active_fraction:double? energy_share:double?",
}
"""The columns of version 5: whoever changes one raises SCHEMA_VERSION and this text."""
SOURCES = {
    "bird": Source(labels=["bird"], scientific_name="Aves", common_name="bird"),
    "engine": Source(labels=["engine"], scientific_name=None, common_name="engine"),
}
HOUR_US = 3_600_000_000


def occupancy_piece(deployment: str, first_hour: int = 0, hours: int = 3) -> dict:
    starts_us = np.repeat(np.arange(first_hour, first_hour + hours) * HOUR_US, len(SOURCES))
    rows = len(starts_us)
    active = np.where(np.arange(rows) < 2, np.nan, np.arange(rows))
    corrected = ("tf_occupancy_corrected", "tf_occupancy_low", "tf_occupancy_high")
    numbers = ("active_s", "time_occupancy", "tf_occupancy", *corrected, "energy_share", "level_db", "snr_db")
    return {
        "season": "spring",
        "site": "007",
        "deployment": deployment,
        "model": "m",
        "level_reference": "full scale",
        **source_columns(SOURCES, hours),
        "kind": "source",
        **interval_columns(starts_us, HOUR_US, 345),
        "effort_s": np.arange(rows) * 0.5,
        "effort_cells": np.arange(rows) * 1e6,
        **dict.fromkeys(("active_cells", "n_events"), active),
        **dict.fromkeys(numbers, active / 7),
    }


def write_occupancy(folder, deployments=DEPLOYMENTS):
    for deployment in deployments:
        path = table_path(folder, "occupancy", deployment, "m")
        write_table(path, "occupancy", [occupancy_piece(deployment)], {"model": "m"})
    return folder / "occupancy" / "m"


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema__is_the_one_that_was_promised(name):
    columns = [f"{field.name}:{field.type}{'?' if field.nullable else ''}" for field in SCHEMAS[name]]
    assert " ".join(columns) == GOLDEN[name]


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema__says_what_each_column_means_and_its_unit(name):
    for field in SCHEMAS[name]:
        assert len(field.metadata[b"description"]) > 5
        for ending, unit in (("_s", b"s"), ("_hz", b"Hz"), ("_db", b"dB"), ("_min", b"min")):
            if field.name.endswith(ending):
                assert field.metadata[b"unit"] == unit, field.name


def test_pandas__reads_the_folder_with_names_as_strings(tmp_path):
    table = pd.read_parquet(write_occupancy(tmp_path))
    assert sorted(table["deployment"].unique()) == sorted(DEPLOYMENTS)
    assert table["site"].unique().tolist() == ["007"]
    assert all(
        pd.api.types.is_string_dtype(table[name]) for name in ("season", "site", "deployment", "model", "source")
    )
    assert str(table["interval_start"].dtype) == "datetime64[us, UTC]"
    assert table["start_local"].iloc[0] == "1970-01-01T05:45:00+05:45"
    assert len(table) == 18 and table["active_s"].isna().sum() == 6


def test_pyarrow__reads_the_folder_as_one_dataset(tmp_path):
    dataset = pyarrow.dataset.dataset(write_occupancy(tmp_path), format="parquet")
    assert dataset.schema.equals(SCHEMAS["occupancy"], check_metadata=False)
    one = dataset.to_table(filter=pyarrow.dataset.field("deployment") == "001")
    assert one.num_rows == 6 and one["active_cells"].null_count == 2


def test_duckdb__reads_the_folder(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    folder = write_occupancy(tmp_path)
    rows = duckdb.sql(f"select deployment, count(*) from '{folder}/*.parquet' group by 1 order by 1").fetchall()
    assert rows == [("001", 6), ("20190522", 6), ("A1", 6)]


def test_write_table__gives_the_same_bytes_again(tmp_path):
    paths = [tmp_path / name / "001.parquet" for name in "ab"]
    for path in paths:
        write_table(path, "occupancy", [occupancy_piece("001")], {"settings": "{}"})
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_write_table__joins_pieces_in_order(tmp_path):
    whole, cut = tmp_path / "whole.parquet", tmp_path / "cut.parquet"
    write_table(whole, "occupancy", [occupancy_piece("001", 0, 3)], {})
    pieces = [occupancy_piece("001", 0, 3)]
    halves = [
        {name: values[part] if isinstance(values, np.ndarray) else values for name, values in pieces[0].items()}
        for part in (slice(0, 2), slice(2, 2), slice(2, None))
    ]
    write_table(cut, "occupancy", halves, {})
    assert whole.read_bytes() == cut.read_bytes()


def test_write_table__says_what_made_it(tmp_path):
    write_table(tmp_path / "t.parquet", "effort", [], {"settings": '{"interval_s": 60}'})
    words = about(read_table(tmp_path / "t.parquet", "effort"))
    assert (
        words["table"] == "effort"
        and words["schema_version"] == str(SCHEMA_VERSION)
        and words["software"].startswith("antiphon ")
    )
    assert json.loads(words["settings"]) == {"interval_s": 60}


def test_write_table__keeps_what_it_means_in_the_file(tmp_path):
    write_table(tmp_path / "t.parquet", "effort", [], {})
    field = pq.read_schema(tmp_path / "t.parquet").field("analysed_s")
    assert field.metadata[b"unit"] == b"s" and b"hop" in field.metadata[b"description"]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"surplus": 1}, "columns differ from the schema: .*surplus"),
        (
            {"source": np.array(["a", None, "b", "b", "b", "b"], dtype=object)},
            "null in columns that allow none: source",
        ),
        ({"effort_s": np.full(6, np.nan)}, "null in columns that allow none: effort_s"),
    ],
)
def test_write_table__refuses_what_the_schema_does_not_allow(tmp_path, change, line):
    path = tmp_path / "t.parquet"
    with pytest.raises(ValueError, match=line):
        write_table(path, "occupancy", [{**occupancy_piece("001"), **change}], {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("read", [read_table, lambda *wanted: list(read_pieces(*wanted))])
def test_tables__refuse_another_version(tmp_path, read):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"season": ["s"]}), path)
    with pytest.raises(
        AntiphonError, match=f"version none, not {SCHEMA_VERSION} of the table effort; run tabulate again"
    ):
        read(path, "effort", ["analysed_s"])
    path.write_bytes(b"PAR1")
    with pytest.raises(AntiphonError, match="not readable as Parquet"):
        read(path, "effort", ["analysed_s"])
    with pytest.raises(AntiphonError, match="no such table"):
        read(tmp_path / "absent.parquet", "effort", ["analysed_s"])


def test_read_pieces__are_the_rows_of_the_table(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_ROW_GROUP", 100)
    path, columns = tmp_path / "t.parquet", ["source", "active_cells", "scientific_name"]
    write_table(path, "occupancy", (occupancy_piece("A", hour, 40) for hour in range(0, 400, 40)), {})
    pieces = [piece.to_pandas() for piece in read_pieces(path, "occupancy", columns)]
    assert len(pieces) > 1 and {str(piece["source"].dtype) for piece in pieces} == {"category"}
    whole = read_table(path, "occupancy", columns).to_pandas()
    pd.testing.assert_frame_equal(pd.concat([one.astype(whole.dtypes) for one in pieces], ignore_index=True), whole)


def test_recordings__may_know_next_to_nothing(tmp_path):
    names = SCHEMAS["recordings"].names
    known = {"season": "s", "site": "x", "deployment": "001", "path": ["a.wav", "b.wav"], "status": ["excluded"] * 2}
    piece = {name: known.get(name, [None, None]) for name in names}
    write_table(tmp_path / "r.parquet", "recordings", [piece], {})
    table = read_table(tmp_path / "r.parquet", "recordings").to_pandas()
    assert table["path"].tolist() == ["a.wav", "b.wav"] and table["start_time"].isna().all()


@pytest.mark.parametrize(("offset_min", "text"), [(0, "+00:00"), (-210, "-03:30"), (345, "+05:45"), (840, "+14:00")])
def test_interval_columns__spell_the_offset(offset_min, text):
    columns = interval_columns(np.array([1_714_521_600_000_000]), HOUR_US, offset_min)
    assert columns["start_local"][0].endswith(text)
    assert pd.Timestamp(columns["start_local"][0]) == pd.Timestamp("2024-05-01T00:00Z")


def test_data_dictionary__has_every_column_of_every_table(tmp_path):
    write_data_dictionary(tmp_path)
    path = tmp_path / "datapackage.json"
    before = path.stat().st_mtime_ns
    write_data_dictionary(tmp_path)
    assert path.stat().st_mtime_ns == before
    read = json.loads(path.read_text(encoding="utf-8"))
    assert read == data_dictionary()
    for resource in read["resources"]:
        fields = {field["name"]: field for field in resource["schema"]["fields"]}
        assert list(fields) == SCHEMAS[resource["name"]].names
        assert set(resource["schema"]["primaryKey"]) <= set(fields)
        assert {field["type"] for field in fields.values()} <= {"string", "integer", "number", "datetime"}


def test_sums__come_back_as_they_were(tmp_path):
    sums = {
        "interval": np.array([3, 5]),
        "cells": np.arange(12).reshape(2, 2, 3),
        "power": np.arange(24).reshape(2, 2, 3, 2) << 40,
    }
    path = sums_path(tmp_path, "activity", "m", "A1.2024-05-01")
    assert sums_fingerprint(path) is None
    write_sums(path, sums, "f", {"span": [1, 2]})
    assert read_words(path) == {"span": [1, 2]}
    assert sums_fingerprint(path) == "f"
    for name, values in read_sums(path).items():
        np.testing.assert_array_equal(values, sums[name])
    empty = {name: values[:0] for name, values in sums.items()}
    write_sums(path, empty, "g")
    assert {name: values.shape for name, values in read_sums(path).items()} == {k: v.shape for k, v in empty.items()}


def test_sums__that_are_damaged_are_made_again(tmp_path):
    path = sums_path(tmp_path, "activity", "m", "A1.2024-05-01")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PAR1 and then nothing")
    assert sums_fingerprint(path) is None
    with pytest.raises(AntiphonError, match="damaged"):
        read_sums(path)
    drop_stale_sums(tmp_path, ["activity"], "m", "A1", keep={"A1.2024-05-02"})
    assert not path.exists()
