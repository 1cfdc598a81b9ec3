"""Any bytes give annotations or a plain error, and soon."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.errors import AntiphonError
from antiphon.io.annotations.annotation import Annotations, Picture
from antiphon.io.annotations.reading import FORMATS, Manner, read_annotations

MANNER = Manner(picture=Picture(10.0, 0.0, 8000.0))
SEEDS = {
    "raven": "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tSpecies\n",
    "audacity": "1.0\t2.0\tA\n\\\t1\t2\n",
    "sonic_visualiser": '<sv><model type="sparse" dataset="0" sampleRate="8000"/><dataset id="0"><point frame="1"/>',
    "avianz": '[{"Operator":1},[1,2,0,0,[{"species":"a"}]]]',
    "kaleidoscope": "IN FILE,OFFSET,DURATION,MANUAL ID,Fmax\n",
    "label_studio": '[{"data":{},"annotations":[{"result":[{"value":{"start":1,"end":2,"labels":["a"]}}]}]}]',
    "cvat": '<annotations><image width="1" height="1"><box label="a"/></image></annotations>',
    "csv": "label,start_s,end_s,low_hz,high_hz\n",
}
FIELDS = st.sampled_from(["1", "2.5", "nan", "1e308", "-1", "", "a", '"', "1e400", "½", "x" * 300])


def same(read, content):
    try:
        found = read(content, "a.wav.data", MANNER)
    except AntiphonError as error:
        assert "\n" not in str(error)
        return
    assert isinstance(found, Annotations)
    for one in found.good:
        assert 0 <= one.start_s < one.end_s and one.label
    assert all(row.line >= 1 and row.reason for row in found.bad)


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=60, deadline=500)
@given(content=st.binary(max_size=400))
def test_readers__survive_any_bytes(form, content):
    same(FORMATS[form], content)


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=60, deadline=500)
@given(data=st.data())
def test_readers__survive_damaged_files_of_their_own(form, data):
    seed = SEEDS[form].encode()
    rows = data.draw(st.lists(st.lists(FIELDS, max_size=9), max_size=6))
    mark = "," if form in ("csv", "kaleidoscope") else "\t"
    content = seed + "\n".join(mark.join(row) for row in rows).encode()
    cut, at = data.draw(st.integers(0, len(content))), data.draw(st.integers(0, len(content)))
    same(FORMATS[form], content[:cut] + data.draw(st.binary(max_size=6)) + content[at:])


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.sampled_from(
                ["data", "annotations", "result", "value", "start", "end", "labels", "species", "channel", "x"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@pytest.mark.parametrize("form", ["avianz", "label_studio"])
@settings(max_examples=150, deadline=500)
@given(value=JSON)
def test_readers__survive_any_document(form, value):
    import json

    same(FORMATS[form], json.dumps(value).encode())


def test_read_annotations__says_what_is_wrong_with_the_file(tmp_path):
    with pytest.raises(AntiphonError, match="no format 'word'"):
        read_annotations(tmp_path / "a.doc", "word")
    with pytest.raises(AntiphonError, match="No such file"):
        read_annotations(tmp_path / "a.txt", "raven")
