"""Audacity labels, with and without frequencies."""

import pytest

from antiphon.errors import AntiphonError
from antiphon.io.annotations.audacity import read_audacity


def read(text):
    return read_audacity(text.encode(), "labels.txt")


def test_audacity__reads_labels_with_and_without_a_band():
    found = read("0.832830\t1.103280\tAnas\n\\\t289.6\t10358.6\n2\t3\tB\n4\t5\tC\n\\\t-1.000000\t200.0\n")
    first, second, third = found.good
    assert (first.start_s, first.freq_low_hz, first.freq_high_hz, first.line) == (0.83283, 289.6, 10358.6, 1)
    assert (second.label, second.freq_low_hz) == ("B", None)
    assert (third.freq_low_hz, third.line) == (None, 4)
    assert not found.bad


def test_audacity__lists_bad_rows_with_their_lines():
    found = read("\\\t1\t2\n1\t1\tpoint\n2\t3\t\n3\t4\tA\n\\\t500\n\nnot a label\n5\t6\tgood\n")
    assert [row.line for row in found.bad] == [1, 2, 3, 4, 7]
    assert [one.label for one in found.good] == ["good"]


def test_audacity__refuses_another_file():
    with pytest.raises(AntiphonError, match="no Audacity labels"):
        read("{}")
