"""The table of deployments, its mistakes and its draft."""

from datetime import UTC, timedelta
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antiphon.errors import AntiphonError
from antiphon.io.season.deployments import read_deployments
from antiphon.io.season.drafting import draft_deployments

HEADER = (
    "deployment,site,latitude,longitude,folder,recorder,utc_offset,filename_time,channel,sensitivity_db,"
    "first_time,last_time"
)
GOOD = "A1,ridge,47.5,8.5,A1,AudioMoth,+08:00,local,first,-25.5,2024-05-01,2024-05-31"


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    for name in ("A1", "A2/inner", "001", "20190522"):
        (tmp_path / "audio" / name).mkdir(parents=True)
    return tmp_path / "audio"


def table(audio: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path = audio.parent / "deployments.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding=encoding)
    return path


def mistakes(audio: Path, *rows: str, header: str = HEADER) -> str:
    with pytest.raises(AntiphonError) as error:
        read_deployments(table(audio, *rows, header=header), audio)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_read_deployments__reads_every_column(audio: Path) -> None:
    (one,) = read_deployments(table(audio, GOOD), audio)
    assert (one.deployment, one.site, one.latitude, one.longitude) == ("A1", "ridge", 47.5, 8.5)
    assert (one.folder, one.recorder, one.filename_time, one.channel) == ("A1", "AudioMoth", "local", "first")
    assert one.zone.utcoffset(None) == timedelta(hours=8)
    assert one.sensitivity_db == -25.5
    assert one.first_us is not None and one.last_us is not None
    assert one.last_us - one.first_us == 31 * 86_400_000_000 - 1
    assert one.fold is None


def test_read_deployments__keeps_names_as_text_and_in_order(audio: Path) -> None:
    rows = [f"{name},s,,,{name},,UTC,utc,,,," for name in ("A1", "20190522", "001")]
    found = read_deployments(table(audio, *rows), audio)
    assert [one.deployment for one in found] == ["001", "20190522", "A1"]
    assert found[0].latitude is None and found[0].channel == "first" and found[0].recorder is None


def test_read_deployments__needs_only_five_columns(audio: Path) -> None:
    header = "deployment,site,folder,utc_offset,filename_time,ambiguous,notes"
    (one,) = read_deployments(table(audio, "A1,s,A1,Europe/Berlin,Local,first,near the brook", header=header), audio)
    assert str(one.zone) == "Europe/Berlin"
    assert one.fold == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_read_deployments__reads_what_a_spreadsheet_saves(audio: Path, encoding: str) -> None:
    path = table(audio, GOOD.replace("ridge", "Höhe"), ",,,,,,,,,,,", "", encoding=encoding)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert [one.site for one in read_deployments(path, audio)] == ["Höhe"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (HEADER.replace(",", ";").encode(), "semicolons"),
        (HEADER.replace(",", "\t").encode(), "tabs"),
        ((HEADER + "\n" + GOOD.replace("ridge", "Höhe")).encode("latin-1"), "not UTF-8"),
        ((HEADER + "\n" + GOOD).encode("utf-16"), "not UTF-8"),
        (b"", "missing column"),
        (HEADER.encode(), "no deployment"),
    ],
)
def test_read_deployments__says_what_is_wrong_with_the_file(audio: Path, content: bytes, said: str) -> None:
    path = audio.parent / "deployments.csv"
    path.write_bytes(content)
    with pytest.raises(AntiphonError, match=said):
        read_deployments(path, audio)


def test_read_deployments__names_a_missing_file_and_its_cure(audio: Path) -> None:
    with pytest.raises(AntiphonError, match=r"no such file; `antiphon draft"):
        read_deployments(audio.parent / "absent.csv", audio)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (GOOD.replace("A1,ridge", "A 1,ridge"), "row 2: deployment 'A 1' is no name"),
        (GOOD.replace("A1,ridge", "-A1,ridge"), "row 2: deployment '-A1' is no name"),
        (GOOD.replace("ridge", ""), "row 2: site is empty"),
        (GOOD.replace("47.5", "147.5"), "row 2: latitude 147.5 does not lie in -90 to 90"),
        (GOOD.replace("47.5", "47°30'"), 'row 2: latitude "47°30\'" is no number'),
        (GOOD.replace("47.5", ""), "row 2: latitude and longitude must both be given"),
        (GOOD.replace("8.5", "nan"), "row 2: longitude nan does not lie"),
        (GOOD.replace("+08:00", ""), "row 2: utc_offset is empty; say the time zone"),
        (GOOD.replace("+08:00", "AWST"), "row 2: utc_offset 'AWST' is no time zone"),
        (GOOD.replace("+08:00", "8:00"), "row 2: utc_offset '8:00' has no sign"),
        (GOOD.replace("local", ""), "row 2: filename_time is empty; it must be local or utc"),
        (GOOD.replace("local", "gps"), "row 2: filename_time 'gps' must be local or utc"),
        (GOOD.replace("first,", "0,"), "row 2: channel '0' must be first, mix, each or a number"),
        (GOOD.replace("-25.5", "-25 dB"), "row 2: sensitivity_db '-25 dB' is no number"),
        (GOOD.replace("2024-05-01", "1.5.2024"), "row 2: first_time '1.5.2024' is no time"),
        (GOOD.replace("2024-05-31", "2024-04-30"), "row 2: last_time 2024-04-30 is before first_time 2024-05-01"),
        (GOOD.replace(",A1,Audio", ",A9,Audio"), "row 2: folder 'A9' is no folder in the audio root"),
        (GOOD.replace(",A1,Audio", ",../A1,Audio"), "must lie in the audio root"),
        (GOOD.replace(",A1,Audio", ",/A1,Audio"), "must lie in the audio root"),
        (GOOD.replace(",A1,Audio", ",A2\\inner,Audio"), "has backslashes"),
        (GOOD + ",surplus", "row 2: more cells than the header has columns"),
    ],
)
def test_read_deployments__names_a_mistake_with_its_row(audio: Path, row: str, said: str) -> None:
    assert said in mistakes(audio, row)


def test_read_deployments__names_all_mistakes_at_once(audio: Path) -> None:
    said = mistakes(
        audio,
        "A1,s,95,8,A1,,,local,,,,",
        "a1,s,1,,A9,,Mars,gps,5.1,,,",
        "B,s,,,A2,,Z,utc,,,,",
        "C,s,,,A2/inner,,Z,utc,,,,",
    )
    assert "9 mistakes: " in said
    for part in (
        "row 2: utc_offset",
        "row 2: latitude",
        "row 3: folder",
        "row 3: utc_offset",
        "row 3: filename_time",
        "row 3: channel",
        "row 3: deployment 'a1' stands in row 2 already",
        "row 5: folder 'A2/inner' lies in that of row 4",
    ):
        assert part in said


def test_read_deployments__names_missing_and_unknown_columns(audio: Path) -> None:
    said = mistakes(audio, "A1", header="deployment,site,folder,frist_time,site")
    assert "missing column utc_offset, filename_time" in said
    assert "unknown column 'frist_time'" in said
    assert "column site stands twice" in said


def test_read_deployments__refuses_folders_that_are_one_by_a_link(audio: Path) -> None:
    (audio / "link").symlink_to(audio / "A1")
    assert "row 3: folder 'link' is that of row 2" in mistakes(
        audio, GOOD, GOOD.replace("A1,ridge", "B,ridge").replace(",A1,", ",link,")
    )


def test_read_deployments__keeps_names_of_channels_free(audio: Path) -> None:
    rows = ["A1,s,,,A1,,Z,utc,each,,,", "A1-ch2,s,,,A2,,Z,utc,,,,"]
    assert "row 3: deployment 'A1-ch2' is how a channel of row 2 is named" in mistakes(audio, *rows)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(str.encode)
    | st.text(max_size=200).map(lambda text: f"{HEADER}\n{text}".encode())
)
def test_read_deployments__never_ends_in_another_error(audio: Path, content: bytes) -> None:
    path = audio.parent / "deployments.csv"
    path.write_bytes(content)
    try:
        read_deployments(path, audio)
    except AntiphonError as error:
        assert str(error).startswith(str(path))


def make_recording(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(800), 8000, subtype="PCM_16")


def test_draft_deployments__finds_the_recorders_folders(tmp_path: Path) -> None:
    for name in (
        "ridge/S4A01/Data/20240501/S4A01_20240501_040000.wav",
        "ridge/S4A01/Data/20240502/S4A01_20240502_040000.wav",
        "ridge/AM 02/5B07C752.WAV",
        "valley/2024-05-01/x_20240501_050000.wav",
        "stray_20240501_050000.wav",
    ):
        make_recording(tmp_path / name)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "read.txt").write_text("none")
    lines = draft_deployments(tmp_path).splitlines()
    assert [line.split(",")[:3] for line in lines[1:]] == [
        ["ridge-AM-02", "AM 02", "ridge/AM 02"],
        ["ridge-S4A01", "S4A01", "ridge/S4A01"],
        ["valley", "valley", "valley"],
    ]
    assert "2 recordings; first S4A01_20240501_040000.wav; filename says 2024-05-01 04:00:00" in lines[2]
    assert "UTC+0 h" in lines[1]


def test_draft_deployments__needs_only_zone_and_clock(tmp_path: Path) -> None:
    make_recording(tmp_path / "ridge" / "x_20240501_050000.wav")
    path = tmp_path / "deployments.csv"
    path.write_text(draft_deployments(tmp_path), encoding="utf-8")
    with pytest.raises(AntiphonError, match=r"2 mistakes: row 2: utc_offset is empty.*; row 2: filename_time is empty"):
        read_deployments(path, tmp_path)
    path.write_text(path.read_text().replace("ridge,ridge,ridge,,", "ridge,ridge,ridge,Z,utc"), encoding="utf-8")
    (one,) = read_deployments(path, tmp_path)
    assert one.zone is UTC


def test_draft_deployments__says_when_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(AntiphonError, match="no recording"):
        draft_deployments(tmp_path)
    with pytest.raises(AntiphonError, match="no such folder"):
        draft_deployments(tmp_path / "absent")
