"""What lies in a folder."""

import os
import threading
from pathlib import Path

import pytest

from antiphon.errors import AntiphonError
from antiphon.io.season import listing
from antiphon.io.season.listing import FILES, list_folder


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 7)


def paths(root: Path, folder: str) -> list[str]:
    found = list_folder(root, folder, threads=2, timeout_s=10)
    assert found.files.schema.equals(FILES)
    return list(found.files["path"].to_pylist())


def test_list_folder__is_sorted_and_relative_to_the_root(tmp_path: Path) -> None:
    make(tmp_path, "A/b/2.wav", "A/b/1.WAV", "A/a.flac", "A/é.wav", "B/no.wav")
    assert paths(tmp_path, "A") == ["A/a.flac", "A/b/1.WAV", "A/b/2.wav", "A/é.wav"]
    assert paths(tmp_path, ".")[-1] == "B/no.wav"


def test_list_folder__parts_companions_others_and_unknown(tmp_path: Path) -> None:
    make(tmp_path, "SM4_Summary.txt", "config.txt", "CONFIG2.TXT", "._1.wav", ".DS_Store", "thumbs.db", "1.wav.sidecar")
    make(tmp_path, "5145.170101.log.xml", "@eaDir/1.wav", "$RECYCLE.BIN/2.wav", ".Trashes/3.wav")
    make(tmp_path, "notes.csv", "Photo.JPG", "1.wav", "2.dat", "3")
    found = list_folder(tmp_path, ".", threads=1, timeout_s=10)
    assert dict(zip(found.files["path"].to_pylist(), found.files["by_content"].to_pylist(), strict=True)) == {
        "1.wav": False,
        "2.dat": True,
        "3": True,
    }
    assert (found.companions, found.others) == (11, 2)
    assert found.files["bytes"].to_pylist() == [7, 7, 7]


def test_list_folder__enters_no_folder_twice(tmp_path: Path) -> None:
    make(tmp_path, "A/1.wav", "B/2.wav")
    (tmp_path / "A" / "again").symlink_to("..")
    (tmp_path / "A" / "beside").symlink_to("../B")
    assert sorted(Path(one).name for one in paths(tmp_path, "A")) == ["1.wav", "2.wav"]


def test_list_folder__says_what_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "broken.wav").symlink_to("nowhere")
    (tmp_path / "itself.wav").symlink_to("itself.wav")
    os.mkfifo(tmp_path / "pipe.wav")
    found = list_folder(tmp_path, ".", threads=1, timeout_s=10).files.to_pylist()
    assert [(row["path"], row["fault"]) for row in found] == [
        ("broken.wav", "missing"),
        ("itself.wav", "missing"),
        ("pipe.wav", "not_a_file"),
    ]


def test_list_folder__is_an_error_where_files_would_be_missed(tmp_path: Path) -> None:
    with pytest.raises(AntiphonError, match="cannot be listed"):
        list_folder(tmp_path, "absent", threads=1, timeout_s=10)


def test_list_folder__gives_up_a_dead_mount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "A/1.wav")
    released = threading.Event()
    monkeypatch.setattr(listing, "_sort_in", lambda *_: released.wait(30))
    with pytest.raises(AntiphonError, match=r"A: no answer within 0\.2 s; check that disk or mount"):
        list_folder(tmp_path, "A", threads=1, timeout_s=0.2)
    released.set()
