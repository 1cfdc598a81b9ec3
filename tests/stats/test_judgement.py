"""Judgements: perfect, inverted, shifted and empty predictions get what arithmetic says; libraries agree on others."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.stats import pearsonr

from antiphon.stats.judging.judgement import MACRO, Judgement, constant_codes, resampled_weights
from antiphon.stats.judging.measures import INTERVALS, picture
from antiphon.stats.judging.scores import unpacked

CELL = {"hop_s": 0.008, "bin_hz": 62.5}
FRAMES, BINS, COUNT = 40, 32, 24


@dataclass(frozen=True)
class Examples:
    level: np.ndarray
    mask_bits: np.ndarray
    floor: np.ndarray
    groups: tuple
    sources: tuple = ("low", "high")
    known_bits: np.ndarray | None = None


def made(seed=0, count=COUNT):
    """Blocks of 8 x 6 cells: one source below, one above, each in two of three examples."""
    rng = np.random.default_rng(seed)
    bits = np.zeros((count, FRAMES, BINS), dtype=np.uint8)
    for example in range(count):
        for source in range(2):
            if (example + source) % 3:
                first, low = rng.integers(2, FRAMES - 12), 16 * source + rng.integers(2, 8)
                bits[example, first : first + 8, low : low + 6] |= 1 << source
    level = np.where(bits > 0, 180, 100).astype(np.uint8)
    return Examples(level, bits, np.full((count, BINS), 100, dtype=np.uint8), tuple(f"g{i // 2}" for i in range(count)))


def judged(masks, examples, image="hard", name="made"):
    """Judge masks (example, source, time, frequency)."""
    codes = np.where(masks, 254, 0).astype(np.uint8)
    codes[np.broadcast_to((examples.level == 0)[:, None], codes.shape)] = 255
    judgement = Judgement.of(name, iter(codes), [127, 127], examples, image)
    return judgement.with_presence(judgement.least_share())


def row(masks, examples, source=MACRO, **more):
    judgement = judged(masks, examples, **more)
    weights = resampled_weights(examples.groups, 200, 1)
    return {one["source"]: one for one in judgement.rows(examples.sources, weights, **CELL)}[source]


def truth_of(examples):
    return np.stack([unpacked(bits, 2) for bits in examples.mask_bits])


def test_perfect__gets_full_marks():
    examples = made()
    found = row(truth_of(examples), examples)
    scored = ("precision", "recall", "f1", "iou", "f1_near", "event_recall", "clip_f1", "occupancy_r")
    for name in (*scored, "energy_found", "energy_right"):
        assert found[name] == pytest.approx(1), name
    assert found["batch16_iou"] == found["batch8_mean_iou"] == 1
    assert found["silent_false_share"] == found["occupancy_bias"] == found["image_mse"] == 0
    assert found["f1_low"] == found["f1_high"] == 1


def test_inverted__gets_nothing():
    examples = made()
    truth = truth_of(examples)
    found = row(~truth, examples)
    assert found["f1"] == found["iou"] == found["event_recall"] == found["precision"] == 0
    assert found["silent_false_share"] == 1
    assert found["occupancy_bias"] == pytest.approx(1 - 2 * found["occupancy_true"])
    assert found["occupancy_r"] == pytest.approx(-1)
    # all of a silent minute's 60 s by 32 bins of 62.5 Hz
    assert found["silent_false_khz_s_per_min"] == pytest.approx(60 * BINS * 0.0625)


def test_empty__gets_nothing_and_makes_no_false_alarm():
    examples = made()
    found = row(truth_of(examples) & False, examples)
    assert found["f1"] == found["recall"] == found["f1_near"] == found["event_recall"] == found["clip_f1"] == 0
    assert np.isnan(found["precision"])
    assert found["energy_found"] == 0
    assert np.isnan(found["energy_right"])
    assert np.isnan(found["occupancy_r"])
    assert found["silent_false_share"] == 0
    assert found["occupancy_bias"] == pytest.approx(-found["occupancy_true"])
    mean_picture = np.mean([picture(examples.level[i], examples.floor[i]) ** 2 for i in range(COUNT)]) / 2
    assert found["image_mse"] == pytest.approx(mean_picture)


@pytest.mark.parametrize(("shift", "near"), [(1, 1.0), (2, 0.875)])
def test_shifted__loses_a_row_of_cells_for_each_frame(shift, near):
    examples = made()
    found = row(np.roll(truth_of(examples), shift, axis=2), examples)
    kept = 8 - shift
    assert found["f1"] == pytest.approx(kept / 8)
    assert found["iou"] == pytest.approx(kept / (16 - kept))
    assert found["f1_near"] == pytest.approx(near)
    assert found["event_recall"] == 1


def test_energy__is_that_above_the_floor_and_each_example_counts_once():
    """Ten codes are 5 dB: a cell of 10 codes above the floor has 10^0.5 - 1, one of 20 codes has 10 - 1."""
    level = np.full((2, FRAMES, BINS), 100, dtype=np.uint8)
    level[0, 0, :2], level[1, 0, :2] = (110, 120), 120
    bits = np.zeros_like(level)
    bits[:, 0, :2] = 1
    examples = Examples(level, bits, np.full((2, BINS), 100, dtype=np.uint8), ("a", "b"), ("one",))
    masks = np.zeros((2, 1, FRAMES, BINS), dtype=bool)
    masks[:, 0, 0, 0] = True
    masks[1, 0, 5, :] = True  # no louder than the floor: no energy
    judgement = Judgement.of("made", iter(np.where(masks, 254, 0).astype(np.uint8)), [127], examples, "hard")
    (found, _) = judgement.rows(examples.sources, np.ones((1, 2)), **CELL)
    quiet = 10**0.5 - 1
    assert found["energy_found"] == pytest.approx((quiet / (quiet + 9) + 0.5) / 2)
    assert found["energy_right"] == pytest.approx(1)


def test_pooling__counts_cells_not_examples():
    examples = made()
    masks = truth_of(examples)
    masks[0, :, :10] = True
    found = row(masks, examples, "low")
    truth, flat = truth_of(examples)[:, 0].ravel(), masks[:, 0].ravel()
    assert found["precision"] == pytest.approx((truth & flat).sum() / flat.sum())


@pytest.mark.parametrize("seed", range(3))
def test_scores__agree_with_scikit_learn(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    examples = made(seed)
    masks = truth_of(examples) ^ (np.random.default_rng(seed).random((COUNT, 2, FRAMES, BINS)) < 0.2)
    for source, name in enumerate(examples.sources):
        found = row(masks, examples, name)
        flat = truth_of(examples)[:, source].ravel(), masks[:, source].ravel()
        assert found["f1"] == pytest.approx(metrics.f1_score(*flat))
        assert found["iou"] == pytest.approx(metrics.jaccard_score(*flat))
        assert found["precision"] == pytest.approx(metrics.precision_score(*flat))
        by_16 = [
            metrics.jaccard_score(truth_of(examples)[s, source].ravel(), masks[s, source].ravel())
            for s in (slice(16), slice(16, None))
        ]
        assert found["batch16_iou"] == pytest.approx(np.mean(by_16))


@pytest.mark.parametrize("seed", range(2))
def test_scores__agree_with_torchmetrics(seed):
    torch = pytest.importorskip("torch")
    classification = pytest.importorskip("torchmetrics.functional.classification")
    examples = made(seed)
    masks = truth_of(examples) ^ (np.random.default_rng(seed).random((COUNT, 2, FRAMES, BINS)) < 0.1)
    truth, found = (torch.from_numpy(one.transpose(0, 2, 3, 1).reshape(-1, 2)) for one in (truth_of(examples), masks))
    f1 = classification.multilabel_f1_score(found.int(), truth.int(), 2, average=None)
    iou = classification.multilabel_jaccard_index(found.int(), truth.int(), 2, average="macro")
    for source, name in enumerate(examples.sources):
        assert row(masks, examples, name)["f1"] == pytest.approx(float(f1[source]))
    assert row(masks, examples)["iou"] == pytest.approx(float(iou))
    by_8 = [
        classification.multiclass_jaccard_index(
            torch.from_numpy(masks[s, 0]).int(), torch.from_numpy(truth_of(examples)[s, 0]).int(), 2, average="macro"
        )
        for s in (slice(8), slice(8, 16), slice(16, 24))
    ]
    assert row(masks, examples, "low")["batch8_mean_iou"] == pytest.approx(float(np.mean(by_8)))


def test_occupancy__agrees_with_scipy():
    examples = made()
    masks = truth_of(examples) ^ (np.random.default_rng(3).random((COUNT, 2, FRAMES, BINS)) < 0.02)
    true, found = truth_of(examples)[:, 0].mean((1, 2)), masks[:, 0].mean((1, 2))
    assert row(masks, examples, "low")["occupancy_r"] == pytest.approx(pearsonr(true, found).statistic)
    assert row(masks, examples, "low")["occupancy_bias"] == pytest.approx(np.mean(found - true))


def test_unknown_cells__count_nowhere():
    examples = made()
    known = np.full_like(examples.mask_bits, 3)
    known[:, :, ::2] = 0
    some = replace(examples, known_bits=known)
    masks, lies = truth_of(examples), truth_of(examples)
    lies[..., ::2] = np.random.default_rng(0).random(lies[..., ::2].shape) < 0.5
    honest, blind = row(masks, some, image="soft"), row(lies, some, image="soft")
    for name in set(honest) - {"clip_f1", "clip_precision", "clip_recall", "clip_f1_low", "clip_f1_high"}:
        np.testing.assert_equal(honest[name], blind[name], err_msg=name)
    assert honest["f1"] == 1


def test_cells_not_heard__count_nowhere():
    examples = made()
    level = examples.level.copy()
    level[:, :, 20:] = 0
    deaf = replace(examples, level=level)
    assert row(truth_of(examples), deaf)["f1"] == 1
    assert judged(truth_of(examples), deaf).measures["cells"][0].tolist() == [FRAMES * 20] * 2


def test_presence__of_a_clip_that_is_partly_unknown_is_not_known():
    examples = made()
    known = np.full_like(examples.mask_bits, 3)
    known[:, 0] = 0
    present = judged(truth_of(examples), replace(examples, known_bits=known)).measures["present"]
    there = truth_of(examples).any((2, 3))
    assert (present[there] == 1).all()
    assert np.isnan(present[~there]).all()


def test_identity_and_silence__stand_beside_every_method():
    examples = made()
    identity = Judgement.of("identity", constant_codes(examples.level, 2, 254), [127, 127], examples, "soft")
    weights = resampled_weights(examples.groups, 100, 0)
    rows = {one["source"]: one for one in identity.rows(examples.sources, weights, **CELL)}
    assert rows["low"]["recall"] == 1
    assert rows["low"]["precision"] == pytest.approx((examples.mask_bits & 1).mean())


def test_drawn__is_compared_with_the_separated_spectrogram_itself():
    examples = made()
    true_picture = (
        truth_of(examples) * np.array([picture(examples.level[i], examples.floor[i]) for i in range(COUNT)])[:, None]
    )
    codes = np.rint(true_picture * 254).astype(np.uint8)
    drawn = Judgement.of("drawn", iter(codes), [127, 127], examples, "drawn")
    assert drawn.measures["squared_error"].sum() < 1e-3
    soft = Judgement.of("soft", iter(codes), [127, 127], examples, "soft")
    assert soft.measures["squared_error"].sum() > 1


def test_intervals__enclose_the_score_and_know_groups():
    examples = made(count=60)
    masks = truth_of(examples) & (np.random.default_rng(5).random((60, 2, FRAMES, BINS)) < 0.8)
    judgement = judged(masks, examples)
    rows = judgement.rows(examples.sources, resampled_weights(examples.groups, 300, 2), **CELL)
    for one in rows:
        for name in INTERVALS:
            assert one[f"{name}_low"] <= one[name] <= one[f"{name}_high"], name
    assert rows[0]["f1_low"] < rows[0]["f1_high"]
    same = judgement.rows(examples.sources, resampled_weights(["one"] * 60, 100, 2), **CELL)
    assert same[0]["f1_low"] == same[0]["f1_high"]
    weights = resampled_weights(examples.groups, 100, 2)
    assert (weights[:, ::2] == weights[:, 1::2]).all()
    assert (weights.sum(1) == 60).all()


def test_rows_where__are_those_of_the_chosen_alone():
    examples = made()
    masks = truth_of(examples)
    masks[::2] = False
    chosen = np.zeros((COUNT, 2), dtype=bool)
    chosen[1::2] = True
    judgement = judged(masks, examples)
    rows = list(judgement.rows_where(examples.sources, {"odd": chosen, "even": ~chosen}, **CELL))
    assert [one["condition"] for one in rows] == ["odd"] * 3 + ["even"] * 3
    assert [one["f1"] for one in rows] == [1, 1, 1, 0, 0, 0]
    assert rows[0]["examples"] == COUNT / 2


def test_example_f1__ranks_examples():
    examples = made()
    masks = truth_of(examples)
    masks[3] = False
    scores = judged(masks, examples).example_f1()
    assert scores[3] == 0
    assert (np.delete(scores, 3) == 1).all()
    assert np.nanmin(judged(masks, examples).source_f1()[3]) == 0
