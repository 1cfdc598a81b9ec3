"""Frequency distribution: bands given by edges, each bin in one of them."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.stats.bands import Bands, band_edges_hz
from antiphon.stats.calendar.intervals import Intervals
from antiphon.stats.counting import Counter, Tally
from antiphon.stats.frequency import frequency_columns
from antiphon.stats.power import PowerTable

POWER = np.where(np.arange(256) > 0, 10.0 ** ((np.arange(256) * 0.5 - 122.5) / 10), 0.0)


@settings(deadline=None)
@given(st.integers(8, 300), st.floats(1, 300), st.floats(1.0, 40.0))
def test_bands__hold_every_bin_once(bins, bin_hz, bins_a_band):
    frequencies_hz = np.arange(bins) * bin_hz
    edges_hz = band_edges_hz(frequencies_hz, bin_hz * bins_a_band)
    bands = Bands.between(frequencies_hz, edges_hz[:-1], edges_hz[1:])
    assert bands.widths.sum() == bins and bands.first_bin[0] == 0 and bands.stop_bin[-1] == bins
    np.testing.assert_array_equal(bands.first_bin[1:], bands.stop_bin[:-1])


def test_bands__put_a_bin_on_an_edge_into_the_band_above():
    bands = Bands.between(np.arange(256) * 62.5, [0, 500], [500, 1000])
    assert bands.first_bin.tolist() == [0, 8] and bands.stop_bin.tolist() == [8, 16]
    assert bands.heard_widths(11).tolist() == [8, 3]


@pytest.mark.parametrize("step_hz", [62.5, 100.0, 500.0, 3000.0, 50_000.0])
def test_frequency__of_a_mask_made_by_hand(step_hz):
    frequencies_hz = np.arange(64) * 62.5
    edges_hz = band_edges_hz(frequencies_hz, step_hz)
    bands = Bands.between(frequencies_hz, [*edges_hz[:-1], 0], [*edges_hz[1:], 5000])
    rng = np.random.default_rng(5)
    codes = rng.integers(1, 256, (300, 64), dtype=np.uint8)
    mask = rng.random((300, 64)) < 0.1
    mask[:, 20:30] = False
    found = np.where(mask, np.uint8(200), np.uint8(3))[None]
    heard = 50
    codes[:, heard:], found[..., heard:] = 0, 255
    least = np.array([200], dtype=np.uint8)
    members, day = np.array([1], dtype=np.uint32), Intervals(86_400_000_000, 0)
    tally = Tally(Counter(bands, PowerTable(POWER), least, members, 254, day, 8000, frequencies_hz))
    tally.begin(heard, np.full(64, 80, dtype=np.uint8))
    tally.feed(codes, found, 0)
    sums, _, _ = tally.finish()
    columns = frequency_columns(sums, edges_hz, 8000)
    for band, (low_hz, high_hz) in enumerate(itertools.pairwise(edges_hz)):
        inside = (frequencies_hz >= low_hz) & (frequencies_hz < high_hz) & (np.arange(64) < heard)
        row = {name: values[0, 0, band] for name, values in columns.items()}
        if not inside.any():
            assert row["effort_s"] == 0 and np.isnan(row["active_fraction"]) and np.isnan(row["energy_share"])
            continue
        part = mask[:, inside]
        assert row["effort_s"] == pytest.approx(2.4) and row["effort_cells"] == part.size
        assert row["active_cells"] == part.sum() and row["active_s"] == pytest.approx(part.any(axis=1).sum() * 0.008)
        assert row["active_fraction"] == pytest.approx(part.mean())
        power = POWER[codes[:, inside]]
        assert row["energy_share"] == pytest.approx(power[part].sum() / power.sum(), rel=1e-4)
