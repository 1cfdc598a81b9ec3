"""The lists of pair: what they may say, and mistakes with their lines."""

from math import inf

import pytest

from antiphon.errors import AntiphonError
from antiphon.io.examples.lists import expanded, read_backgrounds, read_boxed_recordings, read_clips, read_label_map


def written(tmp_path, text):
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_clips__are_read_with_their_cuts(tmp_path):
    first, second = read_clips(
        written(
            tmp_path,
            "path,label,group,start_s,end_s,freq_high_hz,keep,why\na.wav,bird,x,1.5,2,,yes,\n\nb.wav,bird,y\n"
            "c.wav,bird,z,,,,no,a dog\n",
        )
    )
    assert (first.start_s, first.end_s, first.freq_low_hz, first.freq_high_hz) == (1.5, 2.0, 0.0, inf)
    assert (second.recording, second.licence, second.split, second.end_s) == ("b.wav", "", "", inf)


def test_backgrounds_and_recordings__fill_in_what_is_empty(tmp_path):
    (bed,) = read_backgrounds(written(tmp_path, "path,group\na.wav,x\n"))
    assert (bed.kind, bed.recording) == ("background", "a.wav")
    text = "path,annotations,format,group,exhaustive,to_s\na.wav,a.txt,raven,x,bird; frog,\n"
    (row,) = read_boxed_recordings(written(tmp_path, text))
    assert (row.exhaustive, row.channel, row.from_s, row.to_s) == ({"bird", "frog"}, 1, 0.0, None)


def test_label_map__may_give_a_label_several_classes(tmp_path):
    text = "label,class\nParus major,bird\nparus major,tit\n*,other\n"
    assert read_label_map(written(tmp_path, text)) == {"parus major": ("bird", "tit"), "*": ("other",)}


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("path,label\n", "no column group"),
        ("path,label,group,colour\n", "column colour means nothing"),
        ("path,label,group\na.wav,,x\n", "line 2: label is empty"),
        ("path,label,group,keep\na.wav,bird,x,maybe\n", "line 2: keep is 'maybe'"),
        ("path,label,group,split\n\na.wav,bird,x,dev\n", "line 3: no split 'dev'"),
        ("path,label,group,start_s\na.wav,bird,x,one\n", "line 2: .*number"),
    ],
)
def test_lists__name_the_line_of_a_mistake(tmp_path, text, mistake):
    with pytest.raises(AntiphonError, match=mistake):
        read_clips(written(tmp_path, text))


def test_folders__may_name_variables(monkeypatch):
    monkeypatch.setenv("ANTIPHON_TEST_DATA", "/data")
    assert str(expanded("${ANTIPHON_TEST_DATA}/clips", "key")) == "/data/clips"
    with pytest.raises(AntiphonError, match="key: the environment variable ANTIPHON_NOWHERE is not set"):
        expanded("${ANTIPHON_NOWHERE}/clips", "key")


def test_accuracy_recipe__is_whole(root):
    """The lists that the repository carries can be read, and name every clip's class."""
    folder = root / "config" / "accuracy"
    labels = read_label_map(folder / "labels.csv")
    nuisances = {"wind", "thunder", "fire", "rustling"}
    clips = read_clips(folder / "clips.csv")
    assert {clip.label for clip in clips if clip.label.casefold() not in labels} == nuisances
    assert len({bed.group for bed in read_backgrounds(folder / "backgrounds.csv")}) > 40
    assert len(read_boxed_recordings(folder / "recordings.csv")) == 68
