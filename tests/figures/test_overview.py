"""The picture of the README shows what it is given."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from antiphon.figures.pictures import png_bytes
from antiphon.figures.season.overview import Overview, _tinted, overview
from antiphon.figures.style import PALETTE


@pytest.fixture
def shown():
    rng = np.random.default_rng(1)
    level = rng.integers(60, 160, (40, 16)).astype(np.uint8)
    level[:, 12:] = 0  # not heard
    found = np.zeros((2, 40, 16), dtype=bool)
    found[0, 5:10, 2:6] = found[1, 8:12, 4:8] = True
    share = np.linspace(0, 0.2, 48).reshape(2, 24)
    share[1, 3] = np.nan
    return Overview(level, found, share, share / 2, ("bird", "insect"))


def test_tint__is_white_where_nothing_was_found_and_has_both_colours_where_two_were(shown):
    paper = _tinted(shown, list(PALETTE[:2])).swapaxes(0, 1)
    assert np.all(paper[~shown.found.any(axis=0)] == 1)
    only_bird = paper[5:8, 2:6].reshape(-1, 3)
    hue = (1 - only_bird) / (1 - only_bird).max(axis=1, keepdims=True)
    expected = 1 - np.array(to_rgb(PALETTE[0]))
    np.testing.assert_allclose(hue, np.broadcast_to(expected / expected.max(), hue.shape), atol=1e-12)
    assert paper[8:10, 4:6].max() < only_bird.max()


def test_overview__draws_found_shares_as_bars_and_true_ones_as_dots(shown):
    figure = overview(shown, hop_s=0.008, bin_hz=62.5)
    bars = [axis for part in figure.subfigs for axis in part.axes if axis.patches]
    assert [axis.get_title(loc="left") for axis in bars] == ["bird", "insect"]
    for place, axis in enumerate(bars):
        np.testing.assert_allclose([bar.get_height() for bar in axis.patches], np.nan_to_num(shown.found_share[place]))
        np.testing.assert_allclose(axis.lines[0].get_ydata(), shown.true_share[place])
    assert png_bytes(figure) == png_bytes(overview(shown, hop_s=0.008, bin_hz=62.5))
