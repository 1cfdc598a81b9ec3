"""Recorder metadata: what real recorders write, by the letter of their firmware, and what is left of it when broken."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_sound import chunk, flac_comments, fmt, info, ramp, wamd, wave

from antiphon.io.sound.filenames import parse_name
from antiphon.io.sound.flac import flac_texts
from antiphon.io.sound.metadata import Candidate, RecorderFacts, recorder_facts
from antiphon.io.sound.recordings import Header, probe


def facts(name: str = "", **texts: str) -> RecorderFacts:
    return recorder_facts(Header(1, texts=texts), parse_name(name))


def start(found: RecorderFacts) -> str:
    """Return the most trusted start, as ISO 8601 with what is known of its offset, and its source."""
    if found.start is None:
        return ""
    offset = found.start.offset_min
    return f"{found.start.local.isoformat()} {'?' if offset is None else offset} {found.start.source}"


# --- AudioMoth -------------------------------------------------------------------------------------------------------

_MOTH = "AudioMoth 24E144055E080032"
_SERIAL = "24E144055E080032"
# Comments by firmware: "real" is quoted from a recording, "made" follows the print statements of the firmware's source.
COMMENTS = {
    "1.0 made": (
        f"Recorded at 05:10:15 01/02/2018 by {_MOTH} at gain setting 2 while battery state was 4.2V",
        ("2018-02-01T05:10:15 0 audiomoth", 4.2, None),
    ),
    "1.0 clock never set, made": (
        f"Recorded at 00:00:00 01/01/1970 by {_MOTH} at gain setting 2 while battery state was > 5.0V",
        ("1970-01-01T00:00:00 0 audiomoth", 5.0, None),
    ),
    "1.2 real": (
        f"Recorded at 04:00:00 02/05/2021 (UTC) by {_MOTH} at gain setting 2 while battery state was 4.2V.",
        ("2021-05-02T04:00:00 0 audiomoth", 4.2, None),
    ),
    "1.2.0 made": (
        f"Recorded at 05:10:15 01/02/2019 (UTC+8) by {_MOTH} at gain setting 2 while battery state was < 3.6V.",
        ("2019-02-01T05:10:15 480 audiomoth", 3.6, None),
    ),
    "1.2.1 made": (
        f"Recorded at 05:10:15 01/02/2019 (UTC-10) by {_MOTH} at gain setting 2 while battery state was greater than "
        "4.9V. Recording cancelled before completion due to low battery voltage.",
        ("2019-02-01T05:10:15 -600 audiomoth", 4.9, None),
    ),
    "1.2.2 made": (
        f"Recorded at 05:10:15 01/02/2019 (UTC-3:30) by {_MOTH} at gain setting 2 while battery state was 4.0V.",
        ("2019-02-01T05:10:15 -210 audiomoth", 4.0, None),
    ),
    "1.4 real": (
        f"Recorded at 02:45:00 15/06/2023 (UTC) by {_MOTH} at medium gain setting while battery state was 4.9V and "
        "temperature was 18.2C.",
        ("2023-06-15T02:45:00 0 audiomoth", 4.9, 18.2),
    ),
    "1.5 made": (
        "Recorded at 05:10:15 01/02/2021 (UTC+5:45) during deployment ABCDEF0123456789 using external microphone at "
        "high gain setting while battery state was less than 2.5V and temperature was -7.5C. Amplitude threshold "
        "was 160.",
        ("2021-02-01T05:10:15 345 audiomoth", 2.5, -7.5),
    ),
    "1.7 made": (
        f"Recorded at 05:10:15 01/02/2022 (UTC-0:30) by {_MOTH} at low-medium gain while battery was 3.8V and "
        "temperature was 0.0C. Recording stopped by magnetic switch.",
        ("2022-02-01T05:10:15 -30 audiomoth", 3.8, 0.0),
    ),
    "1.8 made": (
        f"Recorded at 05:10:15 01/02/2023 (UTC) by {_MOTH} at medium gain while battery was 4.2V and temperature was "
        "19.3C. Frequency trigger (8.0kHz and window length of 16 samples) threshold was 1% with 0s minimum "
        "trigger duration.",
        ("2023-02-01T05:10:15 0 audiomoth", 4.2, 19.3),
    ),
    "1.10 real": (
        f"Recorded at 20:26:15 03/09/2024 (UTC+1) by {_MOTH} at medium gain while battery was 4.2V and temperature was "
        "19.3C. High-pass filter with frequency of 15.0kHz applied. Amplitude threshold was 4% with 5s minimum trigger "
        "duration.",
        ("2024-09-03T20:26:15 60 audiomoth", 4.2, 19.3),
    ),
    "with a fraction of a second, made": (
        f"Recorded at 05:10:15.250 01/02/2023 (UTC) by {_MOTH} at medium gain while battery was 4.2V and temperature "
        "was 9.3C.",
        ("2023-02-01T05:10:15.250000 0 audiomoth", 4.2, 9.3),
    ),
}


@pytest.mark.parametrize("firmware", COMMENTS)
def test_audiomoth__every_generation_of_comments_is_read(firmware: str) -> None:
    comment, (said, battery_v, temperature_c) = COMMENTS[firmware]
    found = facts(comment=comment, artist=_MOTH)
    assert (start(found), found.battery_v, found.temperature_c) == (said, battery_v, temperature_c)
    assert (found.recorder, found.serial) == ("AudioMoth", _SERIAL)


def test_audiomoth__serial_comes_from_the_comment_where_there_is_no_artist() -> None:
    assert facts(comment=COMMENTS["1.2.2 made"][0]).serial == _SERIAL
    assert facts(comment=COMMENTS["1.5 made"][0]).serial is None


@pytest.mark.parametrize(
    "comment", ["Recorded at 25:10:15 01/02/2022 (UTC) by", "Recorded at 05:10:15 31/02/2022 (UTC) by"]
)
def test_audiomoth__times_that_are_none_are_no_candidates(comment: str) -> None:
    assert facts(comment=comment).candidates == ()


@pytest.mark.parametrize(
    ("texts", "gain"),
    [
        ({"comment": f"Recorded at 05:10:15 01/02/2022 (UTC) by {_MOTH} at gain setting 0 while battery"}, "low"),
        ({"comment": f"Recorded at 05:10:15 01/02/2022 (UTC) by {_MOTH} at low-medium gain while"}, "low-medium"),
        ({"comment": f"Recorded at 05:10:15 01/02/2022 (UTC) by {_MOTH} at medium gain setting while"}, "medium"),
        ({"comment": f"Recorded at 05:10:15 01/02/2022 (UTC) by {_MOTH} at medium-high gain while"}, "medium-high"),
        ({"comment": f"Recorded at 05:10:15 01/02/2022 (UTC) by {_MOTH} at gain setting 7 while"}, None),
        ({"guano": "GUANO|Version:1.0\nOAD|Recording Settings:250 GAIN 4 LGR"}, "high"),
        ({"guano": "GUANO|Version:1.0\nOAD|Recording Settings:250 GAIN 9"}, None),
        ({"guano": 'WA|Song Meter|Audio settings: [{"rate":24000,"gain":12.00},{"gain":"-3.5"}]'}, "12 dB -3.5 dB"),
        ({"guano": "WA|Song Meter|Audio settings: []"}, None),
    ],
)
def test_gain__is_read_in_the_recorders_own_words(texts: dict[str, str], gain: str | None) -> None:
    assert facts(**texts).gain == gain


def test_other_comments_and_artists__are_nobody() -> None:
    assert facts(comment="7h56", artist="Merle noir") == RecorderFacts()


# --- GUANO, wamd, Frontier Labs, OpenSoundscape ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stamp", "said"),
    [
        ("2024-09-03T20:26:15+01:00", "2024-09-03T20:26:15 60 guano"),
        (" 2022-08-15 21:34:14+0100", "2022-08-15T21:34:14 60 guano"),
        ("2024-06-02T22:53:40", "2024-06-02T22:53:40 ? guano"),
        ("2024-06-02T22:53:40Z", "2024-06-02T22:53:40 0 guano"),
        ("2024-06-02T22:53:40.5-03:30", "2024-06-02T22:53:40.500000 -210 guano"),
        ("2024-06-02 22:53:40 -0330", "2024-06-02T22:53:40 -210 guano"),
        ("2024-06-02T22:53", "2024-06-02T22:53:00 ? guano"),
        ("2024-06-02", ""),
        ("yesterday", ""),
        ("2024-06-02T22:53:40+99999999999999", ""),
        ("2024-06-02T22:53:40+" + "9" * 400, ""),
    ],
)
def test_guano__timestamps_are_read_as_recorders_write_them(stamp: str, said: str) -> None:
    assert start(facts(guano=f"GUANO|Version: 1.0\nTimestamp: {stamp}\nMake: x")) == said


def test_guano__gives_the_recorder_and_its_place() -> None:
    text = (
        f"GUANO|Version:1.0\nMake:Open Acoustic Devices\nModel:AudioMoth\nSerial:{_SERIAL}\nLoc Position:-1.5 36.25\n"
        "OAD|Battery Voltage:4.2\nTemperature Int:19.3\nTemperature Ext: 12\nNote: two\nlines of it\nSamplerate: often"
    )
    expected = RecorderFacts((), "AudioMoth", _SERIAL, -1.5, 36.25, 4.2, 19.3)
    assert facts(guano=text) == expected
    batlogger = facts(guano="Make: BATLOGGER\nModel: S2\nTemperature Ext: 18.3\nSerial:\nLoc Position: 120 5")
    assert batlogger == RecorderFacts((), "BATLOGGER S2", temperature_c=18.3)


def test_wamd__is_read_by_the_letter_of_wa_meta(tmp_path: Path) -> None:
    fields = {
        1: "SM4",
        2: "S4A03895",
        3: "2.3.4",
        5: "2019-05-22 00:15:00-05:00",
        6: "WGS84,1.50000,S,78.25000,W,100",
        0x15: "12.3C",
        0xFFFF: "padding",
    }
    path = tmp_path / "a.wav"
    path.write_bytes(wave(wamd(fields), fmt(), chunk(b"data", ramp().tobytes())))
    found = recorder_facts(probe(path), None)
    said = (Candidate(datetime(2019, 5, 22, 0, 15), -300, "wamd"),)
    assert found == RecorderFacts(said, "Wildlife Acoustics SM4", "S4A03895", -1.5, -78.25, None, 12.3)


def test_wamd__places_without_hemispheres_are_not_believed() -> None:
    assert facts(**{"wamd.position": "WGS84,50.7179417,1.76111,51.2"}).latitude is None


def test_frontier_labs__comments_in_flac_are_read() -> None:
    texts = flac_texts(
        flac_comments(
            {
                "RecordingStart": "2023-10-05T08:00:00+1000",
                "SensorUid": "000123",
                "SensorLocation": "-27.3888+152.8808",
                "BatteryLevel": "93% 4.02V",
                "Other": "x",
            }
        )
    )
    said = (Candidate(datetime(2023, 10, 5, 8), 600, "frontier"),)
    assert facts(**texts) == RecorderFacts(said, "Frontier Labs", "000123", -27.3888, 152.8808, 4.02)


def test_opensoundscape__json_is_read_with_the_comment_that_it_quotes() -> None:
    said = {"artist": _MOTH, "comment": COMMENTS["1.0 made"][0], "recording_start_time": "2018-02-01T05:11:15+00:00"}
    comment = "opso_metadata" + json.dumps(said)
    found = facts(comment=comment, artist=_MOTH)
    assert [one.source for one in found.candidates] == ["opensoundscape", "audiomoth"]
    assert (start(found), found.serial, found.battery_v) == ("2018-02-01T05:11:15 0 opensoundscape", _SERIAL, 4.2)


@pytest.mark.parametrize("rest", ["", "{", "[]", "null", '{"recording_start_time": 5}', "[" * 100_000])
def test_opensoundscape__broken_json_says_nothing(rest: str) -> None:
    assert facts(comment="opso_metadata" + rest) == RecorderFacts()


# --- together --------------------------------------------------------------------------------------------------------


def test_candidates__stand_in_the_order_of_trust() -> None:
    found = facts(
        "20240903_202619+0100 [1.5 2.5].wav",
        guano="Timestamp: 2024-09-03T20:26:15+01:00\nLoc Position: 9 9",
        comment=COMMENTS["1.10 real"][0],
        artist=_MOTH,
        **{"wamd.timestamp": "2024-09-03 20:26:17", "frontier.start": "2024-09-03T20:26:16+01:00"},
    )
    assert [one.source for one in found.candidates] == ["guano", "audiomoth", "frontier", "wamd", "filename_offset"]
    assert found.start == found.candidates[0]
    assert (found.latitude, found.longitude) == (9, 9)
    assert facts("20240903_202619.wav").candidates[0].source == "filename"
    assert facts("x.wav") == RecorderFacts()


@pytest.mark.data
def test_real_headers__say_what_is_in_them(data_folder: Path) -> None:
    said = {
        "audiomoth_250k_LIST_guano_nopad.WAV": ("2024-09-03T20:26:15 60 guano", "AudioMoth", "medium"),
        "audiomoth_96k_LIST_JUNK_iXML_XMP.WAV": ("2023-06-15T02:45:00 0 audiomoth", "AudioMoth", "medium"),
        "audiomoth_AM_1s_48k.WAV": ("2021-05-02T04:00:00 0 audiomoth", "AudioMoth", "medium"),
        "audiomoth_gps_48k.wav": ("2024-05-28T10:00:00 0 opensoundscape", "AudioMoth", "medium"),
        "batlogger_312k5_guano.wav": ("2024-06-02T22:53:40 ? guano", "BATLOGGER S2", None),
        "echometer_256k_guano_wamd.wav": (
            "2022-08-15T21:34:14 60 guano",
            "Wildlife Acoustics Echo Meter Touch 2 Standard Android",
            "0 dB",
        ),
        "opso_json_in_ICMT_22k.wav": ("2021-09-24T06:52:00 0 opensoundscape", None, None),
        "id3_chunk_after_data.wav": ("", None, None),
        "mp3_named.wav": ("", None, None),
    }
    for name, expected in said.items():
        found = recorder_facts(probe(data_folder / "formats" / name), parse_name(name))
        assert (start(found), found.recorder, found.gain) == expected, name
    echo_meter = recorder_facts(probe(data_folder / "formats" / "echometer_256k_guano_wamd.wav"), None)
    assert (echo_meter.latitude, echo_meter.longitude) == (50.7179417, -1.7611083)


# --- fuzz ------------------------------------------------------------------------------------------------------------

_words = st.sampled_from(
    [
        "Recorded at ",
        "05:10:15 ",
        "01/02/2022",
        " (UTC+",
        "8",
        ":30)",
        " by AudioMoth ",
        _SERIAL,
        "battery was ",
        "4.2V",
        "99",
    ]
)
_comments = st.one_of(
    st.text(max_size=100),
    st.lists(_words, max_size=12).map("".join),
    st.text(max_size=40).map(lambda text: "opso_metadata" + text),
)
_guano_lines = st.tuples(
    st.sampled_from(
        ["Timestamp", "Loc Position", "Serial", "Make", "Temperature Int", "Samplerate", "TE", "a|b|c", "", "Note"]
    ),
    st.sampled_from([":", ": ", "", "\n", "|"]),
    st.one_of(st.text(max_size=30), st.text("0123456789-+:TZ. ", max_size=40)),
).map("".join)
_KEYS = ["comment", "artist", "wamd.timestamp", "wamd.position", "frontier.start", "frontier.position", "wamd.serial"]


@settings(max_examples=500, deadline=None)
@given(
    st.lists(_guano_lines, max_size=6).map("\n".join),
    st.dictionaries(st.sampled_from(_KEYS), st.one_of(_comments, st.text("0123456789-+:TZ., NSEW", max_size=30))),
)
def test_any_metadata__is_facts(guano: str, texts: dict[str, str]) -> None:
    found = facts(guano=guano, **texts)
    assert found.latitude is None or -90 <= found.latitude <= 90
    assert all(one.local.tzinfo is None for one in found.candidates)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.binary(max_size=50))
def test_any_flac_head__is_texts(junk: bytes, middle: bytes) -> None:
    whole = flac_comments({"RecordingStart": "x", "COMMENT": "y"})
    for head in (b"fLaC" + junk, whole[:40] + middle + whole[40:], whole[:-3]):
        assert all(isinstance(text, str) and text for text in flac_texts(head).values())


def test_flac__keeps_the_chunks_of_the_wave_that_it_was_made_from() -> None:
    block = b"riff" + info(ICMT="kept")
    head = b"fLaC" + bytes([0x82]) + len(block).to_bytes(3, "big") + block
    assert flac_texts(head) == {"comment": "kept"}
