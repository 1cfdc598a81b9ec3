"""Kaleidoscope's tables and plain ones."""

import pytest

from antiphon.errors import AntiphonError
from antiphon.io.annotations.kaleidoscope import read_kaleidoscope
from antiphon.io.annotations.plain import read_plain

KALEIDOSCOPE = (
    "\ufeffINDIR,FOLDER,IN FILE,CHANNEL,OFFSET,DURATION,Fmin,Fmean,Fmax,MANUAL ID\n"
    'D:\\in,site1,a.wav,0,1.5,0.5,2000,2500,4000,"Owl, tawny"\n'
    "D:\\in,site1,a.wav,1,3.5,0.5,0,0,0,Owl\n"
    "D:\\in,site1,a.wav,0,4.5,0.5,2000,2500,4000,\n"
)


def test_kaleidoscope__reads_what_a_person_named():
    found = read_kaleidoscope(KALEIDOSCOPE.encode(), "cluster.csv")
    first, second = found.good
    assert (first.path, first.label, first.freq_low_hz, first.end_s) == ("site1/a.wav", "Owl, tawny", 2000.0, 2.0)
    assert (second.channel, second.freq_low_hz) == (2, None)
    assert [row.line for row in found.bad] == [4]
    bats = KALEIDOSCOPE.replace("2000,2500,4000", "40.5,45,60")
    assert read_kaleidoscope(bats.encode(), "id.csv").good[0].freq_low_hz == 40_500.0
    with pytest.raises(AntiphonError, match="MANUAL ID"):
        read_kaleidoscope(b"IN FILE,OFFSET,DURATION\n", "x.csv")


def test_plain__finds_columns_by_their_usual_names():
    text = b"file;Start;end;low hz;high hz;label;verdict\na.wav;1,5;2;;;frog;rejected\na.wav;1,5;2;100;;frog;\n"
    found = read_plain(text, "a.csv")
    (one,) = found.good
    assert (one.path, one.start_s, one.present, one.freq_low_hz) == ("a.wav", 1.5, False, None)
    assert [row.line for row in found.bad] == [3]


def test_plain__takes_the_columns_that_are_named():
    text = b"# made by us\nrec,t0,t1,sp,start\na.wav,1,2,frog,9\n"
    found = read_plain(text, "a.csv", {"path": "rec", "start_s": "t0", "end_s": "t1", "label": "sp"})
    assert (found.good[0].start_s, found.good[0].line) == (1.0, 3)
    with pytest.raises(AntiphonError, match="no column nowhere"):
        read_plain(text, "a.csv", {"label": "nowhere", "end_s": "t1"})
    with pytest.raises(AntiphonError, match="lable is none of"):
        read_plain(text, "a.csv", {"lable": "sp"})


def test_plain__is_not_swallowed_by_an_open_quotation_mark():
    found = read_plain(b'label,start_s,end_s\n"frog,1,2\ntoad,3,4\n', "a.csv")
    assert [one.label for one in found.good] == ["toad"]
    assert [row.line for row in found.bad] == [2]
