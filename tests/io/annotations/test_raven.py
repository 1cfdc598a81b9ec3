"""Raven tables as people really have them."""

import pytest

from antiphon.errors import AntiphonError
from antiphon.io.annotations.raven import read_raven

HEADER = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tSpecies"


def read(*lines, header=HEADER, encoding="utf-8", **options):
    return read_raven("\r\n".join([header, *lines, ""]).encode(encoding), "table.txt", **options)


def test_raven__reads_what_raven_writes():
    (one,) = read("1\tSpectrogram 1\t2\t1.5\t2.75\t500.0\t900.5\tParus major").good
    assert (one.label, one.start_s, one.end_s, one.freq_low_hz, one.freq_high_hz) == (
        "Parus major",
        1.5,
        2.75,
        500,
        900.5,
    )
    assert (one.channel, one.path, one.line, one.present) == (2, None, 2, True)


@pytest.mark.parametrize("order", [("Waveform 1", "Spectrogram 1"), ("Spectrogram 1", "Waveform 1")])
def test_raven__keeps_one_row_of_a_selection_with_several_views(order):
    first, second = (f"1\t{view}\t1\t1\t2\t500\t900\tA" for view in order)
    found = read(first, second, "2\tWaveform 1\t1\t3\t4\t500\t900\tB", "1\tSpectrogram 1\t1\t7\t8\t500\t900\tC")
    # Selection 1 comes twice where two tables were joined by hand: another time is another selection.
    assert [one.label for one in found.good] == ["A", "B", "C"]
    assert found.good[0].line == 2 + order.index("Spectrogram 1")


def test_raven__takes_times_within_their_file_from_tables_over_several():
    header = HEADER + "\tBegin File\tFile Offset (s)"
    found = read(
        "1\tSpectrogram 1\t1\t61\t62.5\t500\t900\tA\tb.wav\t1.25",
        "2\tSpectrogram 1\t1\t3\t4\t500\t900\tA\ta.wav\t3",
        "3\tSpectrogram 1\t1\t63\t64\t500\t900\tA\tb.wav\t",
        header=header,
    )
    assert [(one.path, one.start_s, one.end_s) for one in found.good] == [("b.wav", 1.25, 2.75), ("a.wav", 3.0, 4.0)]
    ((line, reason),) = [(row.line, row.reason) for row in found.bad]
    assert line == 4 and "File Offset" in reason


def test_raven__refuses_times_of_several_files_that_no_one_can_place():
    header = HEADER + "\tBegin File"
    rows = [f"{n}\tSpectrogram 1\t1\t1\t2\t500\t900\tA\t{name}.wav" for n, name in enumerate("ab")]
    assert [row.line for row in read(*rows, header=header).bad] == [2, 3]
    # warbleR's times count from the row's own file.
    warbler = "sound.files\tselec\tstart\tend\tbottom.freq\ttop.freq\tsound.type"
    first, second = read(
        "a.wav\t1\t1.1\t1.3\t2.2\t8.6\tsong", "b.wav\t1\t0.4\t0.5\t2.2\t8.6\tsong", header=warbler
    ).good
    assert (first.path, second.path, second.freq_low_hz, second.label) == ("a.wav", "b.wav", 2200.0, "song")


def test_raven__takes_the_first_label_column_that_is_not_empty():
    header = HEADER.replace("Species", "Call Type\tSpecies")
    found = read("1\t\t1\t1\t2\t500\t900\tsong\t", "2\t\t1\t1\t2\t500\t900\tsong\tA", header=header)
    assert [one.label for one in found.good] == ["song", "A"]
    found = read("2\t\t1\t1\t2\t500\t900\tsong\tA", header=header, label_column="call type")
    assert found.good[0].label == "song"


def test_raven__lists_bad_rows_with_their_lines():
    found = read(
        "1\tSpectrogram 1\t1\tx\t2\t500\t900\tA",
        "2\tSpectrogram 1\t1\t2\t1\t500\t900\tA",
        "3\tSpectrogram 1\t1\t1\t2\t900\t500\tA",
        "4\tSpectrogram 1\t1\t1\t2\t500\t900\t",
        "5\tSpectrogram 1\t1\t1\t2\t\t900\tA",
        "6\tSpectrogram 1",
        "7\tSpectrogram 1\t1\t1,5\t2,5\t\t\tno band",
    )
    assert [row.line for row in found.bad] == [2, 3, 4, 5, 6, 7]
    assert ["begin time" in found.bad[0].reason, "no label" in found.bad[3].reason] == [True, True]
    (one,) = found.good
    assert (one.start_s, one.freq_low_hz, one.freq_high_hz) == (1.5, None, None)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "cp1252"])
def test_raven__reads_what_windows_writes(encoding):
    assert read("1\tSpectrogram 1\t1\t1\t2\t500\t900\tGrünspecht", encoding=encoding).good[0].label == "Grünspecht"


def test_raven__reads_birdnet_and_verdicts():
    header = (
        "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tCommon Name\tVerdict"
    )
    found = read("1\tSpectrogram 1\t1\t0\t3\t0\t15000\tRobin\trejected", header=header)
    assert not found.good[0].present


def test_raven__says_what_is_missing():
    with pytest.raises(AntiphonError, match="no column of labels"):
        read("1\t1\t2", header="Selection\tBegin Time (s)\tEnd Time (s)")
    with pytest.raises(AntiphonError, match="selection table"):
        read_raven(b"hello", "x.txt")
    with pytest.raises(AntiphonError, match="no table"):
        read_raven(b"", "x.txt")
