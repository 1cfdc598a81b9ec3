"""Occupancy: exact arithmetic on masks made by hand, and the same totals however a season is cut."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.stats.activity import HEARD, Activity
from antiphon.stats.bands import Bands
from antiphon.stats.calendar.intervals import Intervals
from antiphon.stats.cells import weighed
from antiphon.stats.counting import Counter, Tally
from antiphon.stats.interval_sums import complete, in_turn
from antiphon.stats.occupancy import occupancy_columns
from antiphon.stats.power import UNIT, PowerTable, joined

HOP_US = 8_000
POWER = np.where(np.arange(256) > 0, 10.0 ** ((np.arange(256) * 0.5 - 122.5) / 10), 0.0)


def counter(bins: int = 16, low: int = 0, high: int = 16, interval_s: int = 1) -> Counter:
    """Two sources, bands of 4 bins and one from ``low`` to ``high``."""
    first = [*range(0, bins, 4), low]
    stop = [*(min(begin + 4, bins) for begin in first[:-1]), high]
    bands = Bands(np.array(first), np.array(stop), bins)
    intervals = Intervals(interval_s * 1_000_000, 0)
    least, members = np.array([100, 1], dtype=np.uint8), np.array([1, 2], dtype=np.uint32)
    return Counter(bands, PowerTable(POWER), least, members, 254, intervals, HOP_US, np.arange(bins) * 62.5)


def counted(given: Counter, blocks, first_us: int, heard_bins: int, background: np.ndarray) -> Activity:
    """Count one recording that comes in blocks of (level codes, probability codes)."""
    tally = Tally(given)
    tally.begin(heard_bins, background)
    for codes, found in blocks:
        tally.feed(codes, found, first_us)
        first_us += len(codes) * HOP_US
    return tally.finish()[0]


def assert_equal(one: Activity, two: Activity) -> None:
    for name in ("interval", "cells", "frames"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
    for name in ("power", "background"):
        np.testing.assert_array_equal(joined(getattr(one, name)), joined(getattr(two, name)), err_msg=name)


def random_recording(rng: np.random.Generator, frames: int, bins: int = 16) -> tuple[np.ndarray, np.ndarray]:
    codes = rng.integers(1, 256, (frames, bins), dtype=np.uint8)
    found = np.where(rng.random((2, frames, bins)) < 0.2, rng.integers(0, 255, (2, frames, bins)), 0)
    return codes, found.astype(np.uint8)


def columns(sums: Activity) -> dict[str, np.ndarray]:
    events = np.ones((len(sums.interval), sums.cells.shape[1] - 1), dtype=np.int64)
    return occupancy_columns(sums, events, sums.cells.shape[2] - 1, HOP_US)


def test_occupancy__of_a_mask_made_by_hand():
    codes = np.full((125, 16), 101, dtype=np.uint8)
    found = np.zeros((2, 125, 16), dtype=np.uint8)
    found[0, 10:20, 2:4] = 100  # at the threshold: active
    found[0, 30, 8] = 254  # one cell: too small for an event
    found[0, 50:60, 8] = 99  # below the threshold
    codes[10:20, 2:4] = 121
    background = np.full(16, 81, dtype=np.uint8)
    sums = counted(counter(), [(codes, found)], 0, 16, background)
    row = {name: values[0, 0] for name, values in columns(sums).items()}
    assert row["effort_s"] == 1.0 and row["effort_cells"] == 2000
    assert row["active_cells"] == 21 and row["active_s"] == pytest.approx(0.088)
    assert row["tf_occupancy"] == 21 / 2000 and row["time_occupancy"] == 11 / 125
    assert row["n_events"] == 1
    active = 20 * POWER[121] + POWER[101]
    assert row["level_db"] == pytest.approx(10 * np.log10(active / 21), abs=1e-6)
    assert row["snr_db"] == pytest.approx(10 * np.log10(active / (21 * POWER[81])), abs=1e-5)
    assert row["energy_share"] == pytest.approx(active / (active + 1979 * POWER[101]), rel=1e-6)
    silent = {name: values[0, 1] for name, values in columns(sums).items()}
    assert (silent["active_cells"], silent["active_s"], silent["tf_occupancy"], silent["energy_share"]) == (0, 0, 0, 0)
    assert np.isnan(silent["level_db"]) and np.isnan(silent["snr_db"])


def test_occupancy__leaves_out_cells_that_were_not_heard():
    codes = np.full((50, 16), 90, dtype=np.uint8)
    found = np.full((2, 50, 16), 254, dtype=np.uint8)
    codes[:, 10:], found[..., 10:] = 0, 255
    sums = counted(counter(low=8, high=16), [(codes, found)], 0, 10, np.full(16, 90, dtype=np.uint8))
    assert sums.cells[0, :, -1].tolist() == [100, 100, 100]
    assert sums.cells[0, HEARD].tolist() == [200, 200, 100, 0, 100]
    assert sums.frames[0, HEARD].tolist() == [50, 50, 50, 0, 50]
    assert columns(sums)["energy_share"].tolist() == [[1.0, 1.0]]


def test_occupancy__is_unknown_where_nothing_was_analysed():
    row = columns(counter().nothing([7]))
    assert row["effort_s"].tolist() == [[0, 0]] and row["effort_cells"].tolist() == [[0, 0]]
    assert all(np.isnan(values).all() for name, values in row.items() if not name.startswith("effort"))


def test_frames__belong_to_the_interval_that_holds_their_centre():
    """Frames centred 8 ms before, on and 8 ms after an edge of a second."""
    codes, found = np.full((3, 16), 90, dtype=np.uint8), np.full((2, 3, 16), 254, dtype=np.uint8)
    sums = counted(counter(), [(codes, found)], 1_992_000, 16, codes[0])
    assert sums.interval.tolist() == [1, 2]
    assert sums.frames[:, HEARD, -1].tolist() == [1, 2]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 90), max_size=6), st.integers(0, 10**7))
def test_sums__are_the_same_however_a_recording_streams(seed, lengths, first_us):
    rng = np.random.default_rng(seed)
    codes, found = random_recording(rng, 200)
    background = rng.integers(1, 256, 16, dtype=np.uint8)
    ends = np.minimum(np.cumsum([0, *lengths, 200]), 200)
    blocks = [(codes[a:b], found[:, a:b]) for a, b in itertools.pairwise(ends)]
    whole = counted(counter(), [(codes, found)], first_us, 16, background)
    assert_equal(counted(counter(), blocks, first_us, 16, background), whole)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 5), min_size=1, max_size=5))
def test_sums__are_the_same_however_a_season_is_cut_into_units(seed, cuts):
    """Recordings in any grouping, merged in turn, are their sum."""
    rng = np.random.default_rng(seed)
    starts = np.cumsum(rng.integers(0, 3_000_000, 5))
    each = [
        counted(counter(), [random_recording(rng, 150)], int(start_us), 16, rng.integers(1, 256, 16, dtype=np.uint8))
        for start_us in starts
    ]
    whole = Activity.total(each)
    edges = [0, *sorted(cuts), 5]
    units = [Activity.total([counter().nothing(), *each[a:b]]) for a, b in itertools.pairwise(edges)]
    merged = list(in_turn(units))
    assert_equal(Activity.total(merged), whole)
    intervals = np.concatenate([part.interval for part in merged])
    assert np.all(np.diff(intervals) > 0)
    first, stop = int(whole.interval[0]) - 2, int(whole.interval[-1]) + 3
    for at_most in (1, 2, 100):
        filled = list(complete(in_turn(units), counter().nothing(), first, stop, at_most))
        assert np.concatenate([part.interval for part in filled]).tolist() == list(range(first, stop))
        assert max(len(part.interval) for part in filled) <= at_most
        total = Activity.total(filled)
        assert total.cells.sum() == whole.cells.sum() and total.frames.sum() == whole.frames.sum()


def test_in_turn__refuses_what_comes_too_late():
    one, two, three = (counter().nothing([index]) for index in (4, 6, 5))
    with pytest.raises(ValueError, match="interval 5 comes after"):
        list(in_turn([one, two, three]))


def test_complete__refuses_what_lies_outside():
    with pytest.raises(ValueError, match="outside"):
        list(complete([counter().nothing([4])], counter().nothing(), 5, 9, 10))


@pytest.mark.parametrize("bins", [15, 16, 20])
@pytest.mark.parametrize("low", [0, 3])
def test_power__is_that_of_every_cell_whatever_the_bands(bins, low):
    """Pairs of bins are a short cut that odd bands cannot take."""
    rng = np.random.default_rng(3)
    codes, found = random_recording(rng, 77, bins)
    background = rng.integers(1, 256, bins, dtype=np.uint8)
    sums = counted(counter(bins, low=low, high=bins - 1, interval_s=60), [(codes, found)], 0, bins, background)
    units = np.rint(POWER / UNIT).astype(np.int64)
    for layer, mask in enumerate([np.ones_like(codes, dtype=bool), found[0] >= 100, found[1] >= 1]):
        inside = np.s_[:, low : bins - 1]
        assert joined(sums.power[0, layer, -1]) == units[codes][inside][mask[inside]].sum()
        assert sums.cells[0, layer, -1] == mask[inside].sum()
        assert sums.frames[0, layer, -1] == mask[inside].any(axis=1).sum()
        if layer:
            expected = (mask * units[background])[inside].sum()
            assert joined(sums.background[0, layer, -1]) == expected


def test_power__never_overflows():
    """Sixty years of recordings that last a day each, in which every cell is saturated."""
    counts = np.zeros((1, 256, 256), dtype=np.int32)
    counts[0, :, 255] = 10_800_000
    power = weighed(counts, PowerTable(POWER).units)
    years = power[0].sum(axis=0) * 365 * 60
    assert (years > 0).all()
    np.testing.assert_allclose(joined(years) * UNIT, POWER[255] * 256 * 10.8e6 * 365 * 60, rtol=1e-12)
