"""Events: the patches that labelling the whole mask finds, however the frames are cut; worked out by hand besides."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

from antiphon.stats.events import EventRule, Stretch, event_columns, in_order, joined_at_seam, settled
from antiphon.stats.labelling import Column, label_block

HOP_US = 8_000
POWER = np.rint(10.0 ** ((np.arange(256) * 0.5 - 122.5) / 10) * 2.0**46).astype(np.int64)
LOW, HIGH = 50, 200


def rule(least_cells: int = 1, least_frames: int = 1, least_bins: int = 1, join_us: int = 0) -> EventRule:
    codes = np.array([LOW] * 4, dtype=np.uint8), np.array([HIGH] * 4, dtype=np.uint8)
    return EventRule(*codes, least_cells, least_frames, least_bins, HOP_US, join_us)


def stretch_of(found: np.ndarray, codes: np.ndarray, first_us: int = 0, recording: int = 0, band=None) -> Stretch:
    """Label some frames of probabilities (sources, frames, bins) and levels (frames, bins)."""
    least, background = np.full(len(found), LOW, dtype=np.uint8), POWER[np.full(codes.shape[1], 80)]
    band = band or (0, codes.shape[1])
    patches = label_block(found, codes, least, 254, POWER, background, band, (first_us, HOP_US, recording))
    return Stretch(*patches, first_us, first_us + (len(codes) - 1) * HOP_US)


def streamed(stretches: list[Stretch], chosen: EventRule, runs_on: bool = True) -> np.ndarray:
    """Return the events of stretches in a row, as a unit finds them."""
    growing, closed = None, [np.empty((0, len(Column)), dtype=np.int64)]
    for stretch in stretches:
        joined = stretch if growing is None else joined_at_seam(growing, stretch, runs_on=runs_on)
        over, growing = settled(joined, head=True)
        closed.append(over)
    rows = np.concatenate(closed if growing is None else [*closed, growing.rows])
    return in_order(chosen.events(rows))


def cut(found: np.ndarray, codes: np.ndarray, lengths: list[int]) -> list[Stretch]:
    """Return the stretches of frames cut into pieces of ``lengths`` and the rest; no piece is empty."""
    ends = np.unique(np.minimum(np.cumsum([0, *lengths, len(codes)]), len(codes)))
    return [stretch_of(found[:, a:b], codes[a:b], int(a) * HOP_US) for a, b in itertools.pairwise(ends)]


def labelled(found: np.ndarray, codes: np.ndarray, least_cells: int = 1) -> list[tuple[int, ...]]:
    """Return source, extent, cells, scores, peak and power of every event by scipy, the whole mask at once."""
    events = []
    for source, probability in enumerate(found):
        mask = (probability >= LOW) & (probability < 255)
        labels, _ = ndimage.label(mask, np.ones((3, 3)))
        for label, place in enumerate(ndimage.find_objects(labels), start=1):
            frame, index = np.nonzero(labels[place] == label)
            frame, index = frame + place[0].start, index + place[1].start
            cells = probability[frame, index].astype(int)
            if cells.max() < HIGH or len(cells) < least_cells:
                continue
            level = codes[frame, index]
            peak = np.flatnonzero(level == level.max())[0]
            extent = (frame.min() * HOP_US, frame.max() * HOP_US, index.min(), index.max() + 1)
            power = int(POWER[level].sum())
            events.append((source, *extent, len(cells), cells.sum(), cells.max(), level.max(), index[peak], power))
    return sorted(tuple(map(int, event)) for event in events)


SHOWN = [
    *(Column.SOURCE, Column.FIRST_US, Column.LAST_US, Column.LOW_BIN, Column.STOP_BIN, Column.CELLS),
    *(Column.PROBABILITY, Column.BEST, Column.PEAK_CODE, Column.PEAK_BIN),
]


def shown(rows: np.ndarray) -> list[tuple[int, ...]]:
    power = (rows[:, Column.POWER_HIGH] << 32) + rows[:, Column.POWER_LOW]
    return sorted(map(tuple, np.column_stack([rows[:, SHOWN], power]).tolist()))


PROBABILITIES = st.sampled_from([0, 0, 0, LOW - 1, LOW, LOW, HIGH - 1, HIGH, 254, 255])


@settings(max_examples=150, deadline=None)
@given(
    arrays.arrays(
        np.uint8, st.tuples(st.integers(1, 3), st.integers(1, 24), st.integers(1, 10)), elements=PROBABILITIES
    ),
    st.integers(1, 6),
    st.lists(st.integers(1, 9), max_size=6),
    st.integers(0, 2**32 - 1),
)
def test_events__are_those_of_the_whole_mask(found, least_cells, lengths, seed):
    codes = np.random.default_rng(seed).integers(1, 256, found.shape[1:], dtype=np.uint8)
    events = streamed(cut(found, codes, lengths), rule(least_cells))
    assert shown(events) == labelled(found, codes, least_cells)
    np.testing.assert_array_equal(events, streamed([stretch_of(found, codes)], rule(least_cells)))


@pytest.mark.parametrize("density", [0.05, 0.3, 0.45, 0.6])
def test_events__of_many_frames_are_those_of_the_whole_mask(density):
    rng = np.random.default_rng(1)
    found = np.where(rng.random((2, 1200, 32)) < density, rng.integers(LOW, 255, (2, 1200, 32)), 0).astype(np.uint8)
    codes = rng.integers(1, 256, (1200, 32), dtype=np.uint8)
    assert shown(streamed(cut(found, codes, [300, 1, 2, 500]), rule(5))) == labelled(found, codes, 5)


def test_events__have_room_for_more_patches_than_expected():
    found = np.zeros((1, 400, 60), dtype=np.uint8)
    found[0, ::2, ::2] = 254
    codes = np.full((400, 60), 100, dtype=np.uint8)
    assert len(streamed([stretch_of(found, codes)], rule())) == 200 * 30


def test_events__join_over_corners_and_over_a_later_bridge():
    found = np.zeros((1, 12, 8), dtype=np.uint8)
    found[0, 2, 0] = found[0, 3, 1] = 254  # corner to corner
    found[0, 5:9, 4] = found[0, 5:9, 6] = found[0, 8, 5] = 254  # two legs that meet at their end
    codes = np.full((12, 8), 100, dtype=np.uint8)
    for first in range(1, 12):
        events = streamed(cut(found, codes, [first]), rule())
        assert events[:, Column.CELLS].tolist() == [2, 9]
        assert (events[:, Column.FIRST_US] // HOP_US).tolist() == [2, 5]


def test_rule__asks_for_a_sure_cell_and_for_size():
    found = np.zeros((1, 30, 8), dtype=np.uint8)
    codes = np.full((30, 8), 100, dtype=np.uint8)
    found[0, 1:5, 0:3] = LOW  # large, never sure
    found[0, 8, 0:8] = HIGH  # wide and short
    found[0, 12:24, 4] = HIGH  # long and narrow
    stretch = [stretch_of(found, codes)]
    first = lambda **least: (streamed(stretch, rule(**least))[:, Column.FIRST_US] // HOP_US).tolist()  # noqa: E731
    assert first() == [8, 12]
    assert first(least_frames=2) == [12] and first(least_bins=2) == [8] and first(least_cells=9) == [12]
    assert first(least_frames=2, least_bins=2) == []


def test_events__run_on_where_recordings_follow_each_other():
    codes = np.full((10, 8), 100, dtype=np.uint8)
    found = np.zeros((1, 10, 8), dtype=np.uint8)
    found[0, 6:, 2:4] = 254
    begins = found[:, ::-1].copy()
    first = stretch_of(found, codes, 0, 0)
    for gap_us, join_us, runs_on in ((16_000, 100_000, True), (-5_000, 10_000, True), (200_000, 100_000, False)):
        second = stretch_of(begins, codes, first.last_us + HOP_US + gap_us, 1)
        assert rule(join_us=join_us).runs_on(first, second) is runs_on
        events = streamed([first, second], rule(), runs_on=runs_on)
        assert events[:, Column.CELLS].tolist() == ([16] if runs_on else [8, 8])
        assert events[:, Column.RECORDING].tolist() == ([0] if runs_on else [0, 1])


def test_events__are_looked_for_in_the_band():
    found = np.full((1, 5, 16), 254, dtype=np.uint8)
    codes = np.tile(np.arange(100, 116, dtype=np.uint8), (5, 1))
    (event,) = streamed([stretch_of(found, codes, band=(4, 9))], rule())
    assert event[[Column.LOW_BIN, Column.STOP_BIN, Column.PEAK_BIN, Column.CELLS]].tolist() == [4, 9, 8, 25]


def test_columns__of_an_event_made_by_hand():
    found = np.zeros((1, 20, 16), dtype=np.uint8)
    codes = np.full((20, 16), 80, dtype=np.uint8)
    found[0, 5:10, 4:8] = 127
    found[0, 7, 5] = 254
    codes[5:10, 4:8], codes[7, 5] = 120, 140
    events = streamed([stretch_of(found, codes, 1_000_000)], rule())
    edges_hz = np.maximum((np.arange(17) - 0.5) * 62.5, 0)
    columns = event_columns(events, np.array([992_000]), edges_hz, 62.5, 254, HOP_US)
    assert columns["start_us"].tolist() == [1_036_000]
    assert columns["start_s"] == pytest.approx(0.044) and columns["end_s"] == pytest.approx(0.084)
    assert columns["freq_low_hz"] == [3.5 * 62.5] and columns["freq_high_hz"] == [7.5 * 62.5]
    assert columns["freq_peak_hz"] == [5 * 62.5] and columns["cells"] == [20]
    assert columns["score"] == pytest.approx((19 * 127 + 254) / 254 / 20)
    power = 19 * 10 ** (-62.5 / 10) + 10 ** (-52.5 / 10)
    assert columns["level_db"] == pytest.approx(10 * np.log10(power / 20), abs=1e-4)
    assert columns["snr_db"] == pytest.approx(10 * np.log10(power / 20) + 82.5, abs=1e-4)


def test_events__of_silence_are_none():
    codes = np.full((50, 8), 100, dtype=np.uint8)
    assert len(streamed([stretch_of(np.zeros((2, 50, 8), np.uint8), codes)], rule())) == 0
    assert len(streamed([stretch_of(np.full((2, 50, 8), 255, np.uint8), codes)], rule())) == 0
