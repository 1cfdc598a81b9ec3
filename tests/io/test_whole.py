"""Files are whole or absent, whoever else writes them, and whatever the disk says."""

import errno
import os
import threading
import time

import pytest

from antiphon.errors import AntiphonError
from antiphon.io.records import BatchRecord, UnitRecord, drop_stale_stores, fingerprint, read_record, write_record
from antiphon.io.whole import read_json, sweep, whole_file, whole_folder, write_json


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


def scratch_of(folder):
    """Return the scratch folders of two writers: one that this process's parent could be, and how they are called."""
    with whole_folder(folder / "u.zarr"):
        name = next(path.name for path in folder.iterdir() if path.name.startswith(".u.zarr"))
    mark, rest = name.split(f"-{os.getpid()}-")
    return lambda pid: folder / f"{mark}-{pid}-{rest}", mark


def test_sweep__removes_scratch_of_dead_writers_only(tmp_path):
    named, _ = scratch_of(tmp_path / "a")
    dead, alive = named(99_999_999), named(os.getppid())
    for folder in (dead, alive):
        folder.mkdir()
    sweep(tmp_path / "a")
    assert not dead.exists()
    assert alive.exists()


def test_sweep__leaves_the_scratch_of_another_machine_until_it_is_old(tmp_path):
    _, mark = scratch_of(tmp_path / "a")
    young, old = (tmp_path / "a" / f"{mark}node7-99999999-{letter}" for letter in "yo")
    for folder in (young, old):
        folder.mkdir()
    three_days_ago = time.time() - 3 * 86_400
    os.utime(old, (three_days_ago, three_days_ago))
    sweep(tmp_path / "a")
    assert young.exists()
    assert not old.exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("whole", [whole_file, whole_folder])
def test_full_disk__is_one_line_and_leaves_what_was_there(tmp_path, whole, number):
    def fill(text, fault):
        with whole(tmp_path / "a") as scratch:
            (scratch if whole is whole_file else scratch / "b").write_text(text)
            if fault:
                raise OSError(number, os.strerror(number))

    fill("old", False)
    with pytest.raises(AntiphonError, match=r"a: not written, nothing half is left: .* run again"):
        fill("new", True)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    written = tmp_path / "a" if whole is whole_file else tmp_path / "a" / "b"
    assert written.read_text() == "old"


def test_read_only_target__is_one_line(tmp_path, monkeypatch):
    def refuse(path, *_, **__):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    with pytest.raises(AntiphonError, match="the disk is read-only"), whole_folder(tmp_path / "results" / "a.zarr"):
        pass


def test_what_cannot_be_read_elsewhere__is_no_fault_of_the_target(tmp_path):
    with pytest.raises(PermissionError), whole_file(tmp_path / "a"):
        raise PermissionError(errno.EACCES, "Permission denied", "/elsewhere/recording.wav")


def test_whole_folder__never_mixes_two_writers(tmp_path):
    """Two writers put their folders in place again and again: what stands is always one of them, whole."""
    faults = []

    def write(letter):
        try:
            for _ in range(60):
                with whole_folder(tmp_path / "u.zarr") as scratch:
                    for name in "ab":
                        (scratch / name).write_text(letter)
        except OSError as error:
            faults.append(error)

    writers = [threading.Thread(target=write, args=(letter,)) for letter in "xy"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert not faults
    assert [path.name for path in tmp_path.iterdir()] == ["u.zarr"]
    assert len({(tmp_path / "u.zarr" / name).read_text() for name in "ab"}) == 1
