"""Which events are shown: surest, least sure, and a fair draw that does not depend on order."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.reporting.picks import COLUMNS, KINDS, picked


def events(number=60, source="bird", seed=1):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "source": source,
            "path": [f"A/{one // 4}.wav" for one in range(number)],
            "start_s": rng.uniform(0, 600, number).round(3),
            "score": rng.uniform(0.5, 1, number),
        }
    )
    more = {"site": "wood", "start_local": "2026-05-01T05:00:00+02:00", "freq_low_hz": 1000.0, "freq_high_hz": 2000.0}
    return table.assign(**more, end_s=table["start_s"] + 1, snr_db=np.nan)[list(COLUMNS)]


def test_picks__are_the_surest_and_the_least_sure_one_a_recording():
    table = events()
    found = picked([("A", table)], ["bird"], 4, 1)
    assert [one.kind for one in found] == [kind for kind in KINDS for _ in range(4)]
    drawn = {(one.path, one.start_s) for one in found if one.kind == "random"}
    free = table[[(row.path, row.start_s) not in drawn for row in table.itertuples()]]
    for kind, ascending in (("sure", False), ("unsure", True)):
        best = table.sort_values("score", ascending=ascending).drop_duplicates("path")
        expected = [row.start_s for row in best.itertuples() if row.start_s in set(free["start_s"])][:4]
        assert [one.start_s for one in found if one.kind == kind] == expected
    assert len({(one.path, one.start_s) for one in found}) == 12


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(range(60)), cut=st.integers(0, 60))
def test_picks__do_not_depend_on_the_order_of_events(order, cut):
    table = events()
    shuffled = table.iloc[order]
    assert picked([("A", table)], ["bird"], 3, 1) == picked([("A", shuffled)], ["bird"], 3, 1)
    parts = [("A", table.iloc[:cut]), ("A", table.iloc[cut:])]
    assert [one for one in picked(parts, ["bird"], 3, 1) if one.kind == "random"] == [
        one for one in picked([("A", table)], ["bird"], 3, 1) if one.kind == "random"
    ]


def test_picks__draw_every_event_as_often_as_any_other():
    table = events(40)
    counts = dict.fromkeys(table["start_s"], 0)
    for seed in range(400):
        for one in picked([("A", table)], ["bird"], 4, seed):
            counts[one.start_s] += one.kind == "random"
    values = np.array(list(counts.values()))
    assert values.sum() == 1600
    chi_square = ((values - 40) ** 2 / 40).sum()
    assert chi_square < 75  # 39 degrees of freedom: once in two thousand beyond


def test_picks__of_events_without_scores_are_random_ones():
    found = picked([("A", events().assign(score=np.nan)), ("B", events(0))], ["bird", "frog"], 5, 1)
    assert {one.kind for one in found} == {"random"} and found[0].score is None
