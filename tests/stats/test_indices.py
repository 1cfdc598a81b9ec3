"""Indices: scikit-maad's on the same spectrogram, where it is installed; otherwise what it gave then.

Tolerance: 0.1 %; amplitudes are held in whole units, and scikit-maad sums floats in another order.
"""

import itertools

import numpy as np
import pytest

from antiphon.stats.bands import Bands, band_edges_hz
from antiphon.stats.calendar.intervals import Intervals
from antiphon.stats.counting import Counter, Tally
from antiphon.stats.indices import INDICES, IndexSums, index_columns
from antiphon.stats.interval_sums import IntervalSums
from antiphon.stats.overlap import overlap_columns, pairs
from antiphon.stats.power import PowerTable

HOP_US = 8_000
LEVEL_DB = np.arange(256) * 0.5 - 122.5
POWER = np.where(np.arange(256) > 0, 10.0 ** (LEVEL_DB / 10), 0.0)
HZ = np.arange(256) * 62.5
BACKGROUND = np.linspace(90, 50, 256).astype(np.uint8)
REFERENCE = {
    (256, None): (150.741, 0.544266, 35.9658, 2.69395, 0.0862334),
    (256, 0): (143.412, -0.76516, 28.191, 2.70695, 0.0241044),
    (256, 1): (144.938, 0.951658, 35.9658, 2.69395, 0.0862397),
    (190, None): (112.044, 0.544266, 24.3352, 2.39603, 0.0326723),
    (190, 0): (104.715, -0.76516, 16.5604, 2.39777, 0.00835652),
    (190, 1): (106.241, 0.951658, 24.3352, 2.39603, 0.0326805),
    (64, None): (37.8991, 0.325487, 4.06228, 1.0986, 0.00340009),
    (64, 0): (34.1563, -0.849149, 0.56582, 1.09861, 0.00108858),
    (64, 1): (32.096, 0.918076, 4.06228, 1.0986, 0.00342601),
}
"""What scikit-maad 1.5.2 gives for the scene: aci, ndsi, bi, adi, aei, by bins heard and source taken out."""


def scene(frames: int = 600, seed: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Return level and probability codes: noise, calls at 3 to 5 kHz (source 0), a hum below 700 Hz (source 1)."""
    rng = np.random.default_rng(seed)
    codes = np.clip(BACKGROUND + 20 * np.log10(rng.exponential(1, (frames, 256))), 1, 255)
    found = np.zeros((2, frames, 256), dtype=np.uint8)
    for first in range(20, frames - 40, 90):
        found[0, first : first + 30, 48:80] = 200
    found[1, :, 2:12] = 200
    codes[found[0] > 0] += 50
    codes[found[1] > 0] += 30
    return np.clip(codes, 1, 255).astype(np.uint8), found


def counter(interval_s: int = 86_400) -> Counter:
    edges_hz = band_edges_hz(HZ, 500.0)
    bands = Bands.between(HZ, [*edges_hz[:-1], 1000.0], [*edges_hz[1:], 9000.0])
    least, members = np.array([100, 100], dtype=np.uint8), np.array([1, 2, 3], dtype=np.uint32)
    intervals = Intervals(interval_s * 1_000_000, 0)
    return Counter(bands, PowerTable(POWER), least, members, 254, intervals, HOP_US, HZ)


def tallied(recordings, chosen: Counter, heard: int = 256, cuts: tuple[int, ...] = ()) -> tuple[IntervalSums, ...]:
    """Count recordings (start, codes, found), each cut into blocks at ``cuts``."""
    tally = Tally(chosen)
    for first_us, codes, found in recordings:
        tally.begin(heard, BACKGROUND)
        for begin, end in itertools.pairwise([0, *cuts, len(codes)]):
            tally.feed(codes[begin:end], found[:, begin:end], first_us + begin * HOP_US)
    return tally.finish()


def without(codes: np.ndarray, found: np.ndarray, source: int | None) -> np.ndarray:
    """Return the levels with the cells of a source at their background."""
    return codes if source is None else np.where(found[source] > 0, BACKGROUND, codes)


def maads(codes: np.ndarray, heard: int) -> list[float]:
    """Return scikit-maad's indices of a spectrogram of level codes (frames, bins)."""
    features = pytest.importorskip("maad.features")
    amplitude, hz = 10.0 ** (LEVEL_DB[codes[:, :heard].T] / 20), HZ[:heard]
    top_hz = np.floor((hz[-1] + 31.25) / 1000) * 1000
    # Codes are half a decibel apart: 50.1 dB is what 50 dB is without rounding.
    loud = {"fmax": top_hz, "dB_threshold": -50.1}
    return [
        features.acoustic_complexity_index(amplitude.copy())[2],
        features.soundscape_index(amplitude**2, hz)[0],
        features.bioacoustics_index(amplitude.copy(), hz),
        features.acoustic_diversity_index(amplitude.copy(), hz, **loud),
        features.acoustic_eveness_index(amplitude.copy(), hz, **loud),
    ]


def ours(codes: np.ndarray, found: np.ndarray, heard: int) -> dict[int | None, list[float]]:
    _, _, sums = tallied([(0, codes, found)], counter(), heard)
    columns = index_columns(sums)
    return {source: [columns[name][0, row] for name in INDICES] for row, source in enumerate((None, 0, 1))}


CASES = list(itertools.product((256, 190, 64), (None, 0, 1)))


@pytest.mark.parametrize(("heard", "source"), CASES)
def test_indices__are_those_of_scikit_maad(heard, source):
    codes, found = scene()
    assert ours(codes, found, heard)[source] == pytest.approx(maads(without(codes, found, source), heard), rel=1e-3)


@pytest.mark.parametrize(("heard", "source"), CASES)
def test_indices__are_what_scikit_maad_gave(heard, source):
    assert ours(*scene(), heard)[source] == pytest.approx(REFERENCE[heard, source], rel=1e-3)


def test_indices__change_as_they_should_when_a_source_goes():
    values = {source: dict(zip(INDICES, row, strict=True)) for source, row in ours(*scene(), 256).items()}
    assert values[0]["ndsi"] < values[None]["ndsi"] < values[1]["ndsi"]
    assert values[0]["bi"] < values[None]["bi"]


def test_indices__of_an_interval_are_means_of_its_recordings_by_their_frames():
    long, short = scene(600), scene(200, seed=5)
    each = [index_columns(tallied([(0, *one)], counter())[2])["aci"][0] for one in (long, short)]
    both = index_columns(tallied([(0, *long), (10_000_000, *short)], counter())[2])["aci"][0]
    np.testing.assert_allclose(both, (600 * each[0] + 200 * each[1]) / 800, rtol=1e-5)


def test_sums__are_the_same_however_a_recording_streams():
    recordings = [(0, *scene(600)), (7_000_000, *scene(500, seed=9))]
    whole = tallied(recordings, counter(3))
    for cuts in ((1, 2, 300), (128,), (10, 20, 499)):
        for one, two in zip(whole, tallied(recordings, counter(3), cuts=cuts), strict=True):
            for name, values in vars(one).items():
                np.testing.assert_array_equal(values, getattr(two, name), err_msg=name)


def test_index_sums__leave_out_what_is_not_defined():
    values = np.array([[1.0, np.nan, 2.0, 3.0, 4.0]])
    sums = IndexSums.of_recording(3, values, 10) + IndexSums.of_recording(3, values + 1, 30)
    assert sums.frames.tolist() == [[[40, 0, 40, 40, 40]]] and sums.analysed.tolist() == [40]
    assert index_columns(sums)["aci"][0, 0] == pytest.approx(1.75) and np.isnan(index_columns(sums)["ndsi"][0, 0])


def test_overlap__of_masks_made_by_hand():
    codes, found = np.full((10, 256), 80, dtype=np.uint8), np.zeros((2, 10, 256), dtype=np.uint8)
    found[0, 0:6, 20:30] = 200  # 60 cells of the band
    found[1, 4:10, 25:45] = 200  # 120 cells; 2 frames of 5 bins are of both
    found[:, 0:3, 0:4] = 200  # below the band
    _, overlap, _ = tallied([(0, codes, found)], counter())
    columns = {name: values[0].tolist() for name, values in overlap_columns(overlap).items()}
    assert [one.tolist() for one in pairs(2)] == [[0, 1], [1, 0]]
    assert columns["both_cells"] == [10, 10] and columns["source_cells"] == [60, 120]
    assert columns["masked_share"] == pytest.approx([10 / 60, 10 / 120])
    assert columns["jaccard"] == pytest.approx([10 / 170] * 2)
    assert columns["effort_cells"] == [10 * 128] * 2


def test_classes__are_the_union_of_their_sources():
    codes, found = scene()
    activity, _, _ = tallied([(0, codes, found)], counter())
    either = (found > 0).any(axis=0)
    edges = np.searchsorted(HZ, band_edges_hz(HZ, 500.0))
    bands = [slice(a, b) for a, b in itertools.pairwise(edges)] + [slice(16, 144)]
    assert activity.cells[0, 3].tolist() == [either[:, band].sum() for band in bands]
    assert activity.frames[0, 3].tolist() == [either[:, band].any(axis=1).sum() for band in bands]


if __name__ == "__main__":
    for heard, source in CASES:
        values = maads(without(*scene(), source), heard)
        print(f"    ({heard}, {source}): ({', '.join(f'{value:.6g}' for value in values)}),")
