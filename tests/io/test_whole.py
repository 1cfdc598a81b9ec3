"""Files are whole or absent."""

import pytest

from antiphon.errors import AntiphonError
from antiphon.io.records import BatchRecord, UnitRecord, drop_stale_stores, fingerprint, read_record, write_record
from antiphon.io.whole import read_json, whole_file, write_json


def test_whole_file__keeps_the_old_file_when_writing_fails(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), whole_file(path) as scratch:
        scratch.write_text("half")
        raise RuntimeError("disk full")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


def test_write_json__gives_the_same_bytes_for_the_same_value(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": "é"})
    write_json(tmp_path / "b.json", {"a": "é", "b": 1})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


@pytest.mark.parametrize("content", [None, b"{", b"\xff\xfe"])
def test_read_json__says_what_is_wrong(tmp_path, content):
    if content is not None:
        (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(AntiphonError, match=r"a\.json: (no such file|not valid JSON)"):
        read_json(tmp_path / "a.json")


def test_record__comes_back_as_written(tmp_path):
    record = BatchRecord("stft", 1, "A1.2024-05-01", "A1", [UnitRecord("A1.2024-05-01", "u.zarr", "f", 3, [{"a": 1}])])
    write_record(tmp_path / "r.json", record)
    assert read_record(tmp_path / "r.json") == record


def test_read_record__refuses_another_file(tmp_path):
    write_json(tmp_path / "r.json", {"units": [{"unit": "u"}]})
    with pytest.raises(AntiphonError, match="not a batch record"):
        read_record(tmp_path / "r.json")


def test_drop_stale_stores__removes_what_the_batch_no_longer_has(tmp_path):
    units = [UnitRecord(name, f"{name}.zarr", "f", 0, []) for name in ("a", "b")]
    for unit in units:
        (tmp_path / unit.store).mkdir()
    write_record(tmp_path / "r.json", BatchRecord("stft", 1, "x", "A1", units))
    drop_stale_stores(tmp_path / "r.json", keep=["b"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.zarr", "r.json"]


def test_fingerprint__tells_any_difference():
    assert fingerprint([1, "a"], {"x": 1, "y": 2}) == fingerprint([1, "a"], {"y": 2, "x": 1})
    assert fingerprint([1, "a"]) != fingerprint(["1", "a"])
