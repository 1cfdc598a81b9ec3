"""Verdicts of people: the last word counts, and a file of anything never does harm."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.errors import AntiphonError
from antiphon.io.models.reviews import NEEDED, read_reviews

ROW = dict.fromkeys(NEEDED, "x") | {"source": "bird", "verdict": "confirmed", "start_s": "1.5"}


def write(path, rows, columns=NEEDED):
    lines = [",".join(columns), *(",".join(row[name] for name in columns) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_reviews__count_the_last_verdict_on_an_event(tmp_path):
    first = write(tmp_path / "a.csv", [ROW, ROW | {"start_s": "2"}])
    second = write(tmp_path / "b.csv", [ROW | {"verdict": "rejected"}])
    found = read_reviews([first, second])
    assert [(one.event[2], one.confirmed) for one in found] == [("1.5", False), ("2", True)]


def test_reviews__know_labels_of_one_source_as_one_verdict(tmp_path):
    """A rejected source of two labels is two rows of the file and one verdict."""
    (found,) = read_reviews([write(tmp_path / "a.csv", [ROW | {"verdict": "rejected"}] * 2)])
    assert not found.confirmed


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        ([ROW], [one for one in NEEDED if one != "kind"], "no column kind"),
        ([ROW, ROW | {"verdict": "maybe"}], NEEDED, "line 3: no verdict 'maybe'"),
    ],
)
def test_reviews__name_what_is_wrong(tmp_path, rows, columns, message):
    with pytest.raises(AntiphonError, match=message):
        read_reviews([write(tmp_path / "a.csv", rows, columns)])


def test_reviews__name_a_missing_file(tmp_path):
    with pytest.raises(AntiphonError, match=r"a\.csv: No such file"):
        read_reviews([tmp_path / "a.csv"])


@settings(max_examples=60, deadline=None)
@given(
    content=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: (",".join(NEEDED) + "\n" + text).encode())
)
def test_reviews__of_any_content_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    try:
        found = read_reviews([path])
    except AntiphonError as error:
        assert str(path) in str(error) and "\n" not in str(error)
    else:
        assert all(isinstance(one.confirmed, bool) for one in found)
