"""Sonic Visualiser's layers, exported or saved."""

import bz2

import pytest

from antiphon.errors import AntiphonError
from antiphon.io.annotations.sonic_visualiser import read_sonic_visualiser

SVL = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE sonic-visualiser>
<sv><data>
<model id="1" name="" sampleRate="22050" start="0" end="44100" type="sparse" dimensions="3" subtype="box" dataset="0" />
<model id="2" name="wave" sampleRate="22050" type="wavefile" />
<dataset id="0" dimensions="3">
<point frame="22050" value="500.5" duration="11025" extent="1000" label="Phaethornis" />
<point frame="33075" value="500.5" duration="0" extent="1000" label="no length" />
</dataset></data></sv>
"""


@pytest.mark.parametrize("content", [SVL, bz2.compress(SVL)])
def test_sonic_visualiser__reads_saved_layers(content):
    found = read_sonic_visualiser(content, "a.svl")
    (one,) = found.good
    assert (one.start_s, one.end_s, one.freq_low_hz, one.freq_high_hz) == (1.0, 1.5, 500.5, 1500.5)
    assert [row.line for row in found.bad] == [2]


@pytest.mark.parametrize("header", ["", "TIME,VALUE,DURATION,EXTENT,LABEL\n"])
def test_sonic_visualiser__reads_exported_boxes(header):
    found = read_sonic_visualiser(f"{header}1.0,500,0.5,1000,A\n2.0,500,0.5,1000\n".encode(), "a.csv")
    assert (found.good[0].freq_high_hz, found.good[0].label) == (1500.0, "A")
    # Four columns are a region: time, value, duration, label.
    assert (found.good[1].label, found.good[1].freq_low_hz) == ("1000", None)


@pytest.mark.parametrize("content", [b"BZh9 nothing", b"<sv>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", b"<sv></sv>"])
def test_sonic_visualiser__refuses_what_it_is_not(content):
    with pytest.raises(AntiphonError, match=r"a\.svl"):
        read_sonic_visualiser(content, "a.svl")
