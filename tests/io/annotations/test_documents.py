"""AviaNZ, Label Studio and CVAT: documents rather than tables."""

import json

import pytest

from antiphon.errors import AntiphonError
from antiphon.io.annotations.annotation import Picture
from antiphon.io.annotations.avianz import read_avianz
from antiphon.io.annotations.cvat import read_cvat
from antiphon.io.annotations.label_studio import read_label_studio

PICTURE = Picture(duration_s=10.0, freq_low_hz=0.0, freq_high_hz=8000.0)


def test_avianz__reads_segments_old_and_new():
    about = {"Operator": "SM", "Reviewer": "", "Duration": 60.0, "noiseLevel": None, "noiseTypes": []}
    kiwi = [{"species": "Kiwi", "certainty": 100, "filter": "M"}, {"species": "Morepork", "certainty": 50}]
    segments = [
        about,
        [1.5, 4.0, 800, 3000, kiwi],
        [5.0, 6.0, 0, 0, [{"species": "Kiwi", "certainty": 100}]],
        [7.0, 8.0, 0, 0, [{"species": "Don't Know", "certainty": 0}]],
        [9.0, "x", 0, 0, kiwi],
        [1.0, 2.0],
    ]
    found = read_avianz(json.dumps(segments).encode(), "/data/20200101.wav.data")
    assert [(one.label, one.line) for one in found.good] == [("Kiwi", 2), ("Morepork", 2), ("Kiwi", 3)]
    assert (found.good[0].path, found.good[0].annotator, found.good[0].freq_high_hz) == ("20200101.wav", "SM", 3000)
    assert found.good[2].freq_low_hz is None
    assert [row.line for row in found.bad] == [4, 5, 6]
    old = read_avianz(b'[[-1, "op", "rev", -1, -1], [1, 2, 500, 900, ["Kiwi?"]]]', "a.wav.data")
    assert [one.label for one in old.good] == ["Kiwi"]


def task(result, **more):
    data = {"audio": "/data/upload/3/a1b2c3d4-night.wav"}
    return {"id": 1, "data": data, "annotations": [{"completed_by": {"email": "a@b.c"}, "result": result, **more}]}


def test_label_studio__reads_regions_and_rectangles():
    region = {"type": "labels", "value": {"start": 1.0, "end": 2.0, "channel": 0, "labels": ["Frog"]}}
    box = {
        "type": "rectanglelabels",
        "value": {"x": 10, "y": 25, "width": 20, "height": 50, "rectanglelabels": ["Bird"]},
    }
    tasks = [task([region, box, {"type": "choices", "value": {"choices": ["x"]}}]), task([region], was_cancelled=True)]
    found = read_label_studio(json.dumps(tasks).encode(), "export.json", PICTURE)
    frog, bird = found.good
    assert (frog.path, frog.label, frog.channel, frog.annotator, frog.freq_low_hz) == (
        "night.wav",
        "Frog",
        1,
        "a@b.c",
        None,
    )
    assert (bird.start_s, bird.end_s, bird.freq_low_hz, bird.freq_high_hz) == pytest.approx((1.0, 3.0, 2000.0, 6000.0))
    assert [row.line for row in found.bad] == [3]
    assert len(read_label_studio(json.dumps(tasks).encode(), "export.json").bad) == 2


def test_label_studio__reads_the_short_form():
    short = [{"audio": "/data/local-files/?d=site/a.wav", "label": [{"start": 1, "end": 2, "labels": ["A", "B"]}]}]
    found = read_label_studio(json.dumps(short).encode(), "export.json")
    assert [(one.path, one.label) for one in found.good] == [("site/a.wav", "A"), ("site/a.wav", "B")]


CVAT = b"""<?xml version="1.0"?><annotations><version>1.1</version>
<image id="0" name="a.png" width="1000" height="256">
<box label="bird" xtl="100" ytl="64" xbr="200" ybr="128"/><polygon label="bird" points="1,2;3,4"/><tag label="x"/>
</image><image id="1" name="b.png" width="0" height="256"><box label="bird" xtl="1" ytl="1" xbr="2" ybr="2"/></image>
</annotations>"""


def test_cvat__reads_boxes_on_pictures():
    found = read_cvat(CVAT, "annotations.xml", PICTURE)
    (one,) = found.good
    assert (one.path, one.start_s, one.end_s, one.freq_low_hz, one.freq_high_hz) == ("a.png", 1.0, 2.0, 4000.0, 6000.0)
    assert [row.line for row in found.bad] == [2, 3]
    assert len(read_cvat(CVAT, "annotations.xml").bad) == 3


@pytest.mark.parametrize("read", [read_avianz, read_label_studio, read_cvat])
@pytest.mark.parametrize("content", [b"", b"{}", b"<sv/>", b"nothing", b"[" * 100_000])
def test_documents__of_another_kind_are_refused(read, content):
    with pytest.raises(AntiphonError):
        read(content, "x")
