"""Choosing moments: the best, apart from one another, the same whatever else is there; stretches without a gap."""

import itertools

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from antiphon.stats.choosing import INTERVAL, apart, best_events, pieces, stretches


def events(rows):
    columns = ("site", "source", "path", "start_s", "end_s", "freq_low_hz", "freq_high_hz", "score")
    return pd.DataFrame(rows, columns=columns)


def event(score, start_s, *, site="s", source="bird", path="a.wav"):
    return (site, source, path, start_s, start_s + 1.0, 1000.0, 2000.0, score)


def best(tables, count=2, **changed):
    return best_events(
        tables, ["bird", "insect"], count, **{"seed": None, "margin_s": 0.5, "longest_s": 60.0, **changed}
    )


def test_best_events__are_those_of_the_highest_score_of_each_source_at_each_site():
    one = events([event(0.5, 0), event(0.9, 10), event(0.7, 20), event(0.2, 30, source="insect")])
    other = events([event(0.1, 0, site="t", path="b.wav")])
    found = best([one, other])
    assert [(m.chosen_for, m.path, m.start_s, m.score) for m in found] == [
        ("bird", "a.wav", 9.5, 0.9),
        ("bird", "a.wav", 19.5, 0.7),
        ("insect", "a.wav", 29.5, 0.2),
        ("bird", "b.wav", 0.0, 0.1),
    ]
    assert found[0].end_s == 11.5


def test_best_events__come_in_the_order_of_the_sources():
    table = events([event(0.9, 0, source="a"), event(0.5, 10, source="b")])
    found = best_events([table], ["b", "a"], 1, seed=None, margin_s=0.0, longest_s=9.0)
    assert [m.chosen_for for m in found] == ["b", "a"]


def test_best_events__of_several_recorders_at_a_site_are_chosen_together():
    tables = [events([event(score, 0, path=path)]) for score, path in ((0.3, "a"), (0.9, "b"), (0.6, "c"))]
    assert [m.path for m in best(tables)] == ["b", "c"]


def test_best_events__never_overlap():
    assert [m.score for m in best([events([event(0.9, 10), event(0.8, 10.5), event(0.7, 11)])])] == [0.9, 0.7]


def test_best_events__at_random_keep_their_chance_when_others_come():
    some = [event(0.5, 10 * n, path=f"{n % 7}.wav") for n in range(50)]
    few, many = best([events(some[:40])], 10, seed=3), best([events(some)], 10, seed=3)
    new = {(m.path, m.start_s) for m in many} - {(m.path, m.start_s) for m in few}
    assert all(start_s >= 399 for _, start_s in new)
    assert best([events(some)], 10, seed=4) != many


def test_best_events__are_cut_off_where_a_file_would_be_too_long():
    assert best([events([event(0.9, 10)])], longest_s=1.2)[0].end_s == 9.5 + 1.2


def test_best_events__of_an_empty_season_are_none():
    assert best([events([])]) == []
    assert best([]) == []


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 20), st.integers(1, 6), st.integers(0, 2))), st.integers(0, 9)
)
def test_apart__no_two_overlap_and_each_one_left_out_does(rows, count):
    rank, start, length, recording = (np.array([row[n] for row in rows], dtype=int) for n in range(4))
    end = start + length
    taken = apart(rank, recording, start, end, count)
    meet = lambda a, b: recording[a] == recording[b] and start[a] < end[b] and start[b] < end[a]  # noqa: E731
    assert len(taken) <= count
    assert not any(meet(a, b) for a in taken for b in taken if a != b)
    if len(taken) < count:
        assert all(any(meet(row, other) for other in taken) for row in range(len(rows)) if row not in taken)


@given(st.floats(0, 1000), st.floats(1e-3, 5000), st.floats(1, 100))
def test_pieces__follow_one_another_and_none_is_too_long(start_s, length_s, longest_s):
    cut = pieces(start_s, start_s + length_s, longest_s)
    assert (cut[0][0], cut[-1][1]) == (start_s, start_s + length_s)
    assert all(first[1] == second[0] for first, second in itertools.pairwise(cut))
    assert all(0 < end - begin <= longest_s + 1e-6 for begin, end in cut)


def recordings(*starts):
    first = pd.Timestamp("2025-04-01T04:00:00Z")
    rows = [
        {"site": "s", "deployment": "A", "path": f"{n}.wav", "start_time": first + pd.Timedelta(start, "s"),
         "duration_s": 100.0, "utc_offset_min": 0, "unit": "u"}
        for n, start in enumerate(starts)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_stretches__take_what_lies_within_and_fade_only_at_their_ends():
    begin = pd.Timestamp("2025-04-01T04:00:50Z")
    found = list(stretches(recordings(0, 300, 900), begin, begin + pd.Timedelta(300, "s"), 40.0))
    assert [(m.path, m.start_s, m.end_s, m.ends) for m in found] == [
        ("0.wav", 50.0, 75.0, (True, False)),
        ("0.wav", 75.0, 100.0, (False, True)),
        ("1.wav", 0.0, 25.0, (True, False)),
        ("1.wav", 25.0, 50.0, (False, True)),
    ]
    assert {m.chosen_for for m in found} == {INTERVAL}


def test_stretches__that_are_open_take_everything():
    assert [m.path for m in stretches(recordings(300, 0), None, None, 1000.0)] == ["1.wav", "0.wav"]
