"""Sites in order of likeness: a gradient is found, in one direction, whatever the order of the rows."""

import numpy as np
import pandas as pd
import pytest

from antiphon.stats.detection import detection_history
from antiphon.stats.site_order import site_order


def gradient(sites: int) -> pd.DataFrame:
    """Return hours of sites from an insect's place to a bird's, each a little busier than the one before."""
    rows = [
        {"site": f"site {number}", "source": source, "hour": hour, "effort_s": 3600.0, "active_s": active * 60.0}
        for number in range(sites)
        for hour in (5, 20)
        for source, active in (("bird", 3 * number), ("insect", 2 * (sites - 1 - number)))
    ]
    return pd.DataFrame(rows)


def test_site_order__finds_a_gradient_whatever_the_order_of_the_rows():
    hours = gradient(7)
    order = site_order(hours)
    assert order["site"].tolist() == [f"site {number}" for number in range(7)]
    assert np.all(np.diff(order["axis_1"]) > 0) and order["explained_share"].iloc[0] > 0.8
    mixed = site_order(hours.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(order, mixed, atol=1e-8)


@pytest.mark.parametrize("sites", [1, 2])
def test_site_order__of_few_sites(sites):
    order = site_order(gradient(sites))
    assert len(order) == sites and order["axis_2"].tolist() == [0.0] * sites


def test_history__adds_up_however_deployments_are_cut():
    rng = np.random.default_rng(2)
    days = pd.DataFrame(
        {
            "site": rng.choice(["a", "b"], 60),
            "source": rng.choice(["bird", "insect"], 60),
            "day": rng.integers(19_000, 19_010, 60),
            "effort_s": rng.integers(1, 9000, 60).astype(float),
            "active_s": rng.integers(0, 50, 60).astype(float),
            "n_events": rng.integers(0, 9, 60).astype(float),
            "max_score": rng.random(60),
        }
    )
    whole = detection_history(days, 3, 3600, 10)
    sums = {"effort_s": "sum", "active_s": "sum", "n_events": "sum", "max_score": "max"}
    added = days.groupby(["site", "source", "day"], as_index=False).agg(sums)
    pd.testing.assert_frame_equal(whole, detection_history(added.sample(frac=1, random_state=1), 3, 3600, 10))
    assert len(whole) == 2 * 2 * 4 and whole["effort_s"].sum() == days["effort_s"].sum()
    assert whole.loc[whole["effort_s"] < 3600, "detected"].isna().all()
