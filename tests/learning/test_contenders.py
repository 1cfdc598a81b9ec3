"""Contenders: thresholds from validation, judged on others; what knows the truth is near it."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from antiphon.learning.apply import Separator
from antiphon.learning.contenders import (
    SPECTROGRAM_METHODS,
    Contender,
    conventional,
    energy_contender,
    judged,
    limits,
    network_contender,
    nothing_and_everything,
    tuned_codes,
)
from antiphon.learning.generators import make_generator
from antiphon.stats.judging.judgement import resampled_weights


@dataclass(frozen=True)
class Examples:
    level: np.ndarray
    mask_bits: np.ndarray
    floor: np.ndarray
    background: np.ndarray
    groups: tuple[str, ...]
    sources: tuple[str, ...] = ("low", "high")
    known_bits: np.ndarray | None = None


def blobs(seed, count=8, frames=64, bins=32):
    """Noise with loud blobs: those in the lower half of the bins belong to one source, those above to the other."""
    rng = np.random.default_rng(seed)
    level = rng.integers(80, 95, (count, frames, bins), dtype=np.uint8)
    bits = np.zeros_like(level)
    for example in range(count):
        for source, bottom in ((0, 0), (1, bins // 2)):
            if (example >> source) % 3:
                first, low = rng.integers(0, frames - 12), bottom + rng.integers(0, bins // 2 - 8)
                level[example, first : first + 12, low : low + 6] += 40
                bits[example, first : first + 12, low : low + 6] |= 1 << source
    reference = np.full((count, bins), 87, dtype=np.uint8)
    return Examples(level, bits, reference, reference, tuple(f"{seed}-{i}" for i in range(count)))


def macro(contender, validation=None, test=None):
    test = test or blobs(2)
    (found,) = judged(contender, validation or blobs(1), [test])
    rows = found.rows(test.sources, resampled_weights(test.groups, 100, 0), hop_s=0.008, bin_hz=62.5)
    return rows[-1]


@pytest.mark.parametrize("method", SPECTROGRAM_METHODS)
def test_conventional__learns_whose_a_cell_is(method):
    found = macro(conventional(method, blobs(0, 12)))
    # whoever finds all blobs but not their source stays at 2/3
    assert found["f1"] > 0.7
    assert found["method"] == {"median_clipping": "median clipping", "hpss": "HPSS", "nmf": "NMF"}.get(method, method)


def test_conventional__refuses_what_it_does_not_know():
    with pytest.raises(ValueError, match="no method 'magic'; there are median_clipping, "):
        conventional("magic", blobs(0))


def test_energy__finds_blobs_and_no_source():
    def ready(generator):
        return Separator.ready(generator, device=torch.device("cpu"), dtype=torch.float32)

    found = macro(energy_contender(blobs(1), ready))
    assert found["recall"] > 0.95
    assert 0.4 < found["precision"] < 0.7


def test_limits__are_near_the_truth():
    scores = {one.name: macro(one) for one in limits()}
    assert all(name.startswith("limit: ") for name in scores)
    assert scores["limit: truth one cell wider"]["f1"] == pytest.approx(2 * 72 / (72 + 14 * 8), abs=0.03)
    assert scores["limit: truth one frame late"]["f1"] == pytest.approx(11 / 12, abs=0.01)
    assert scores["limit: truth one bin higher"]["f1"] == pytest.approx(5 / 6, abs=0.01)
    assert scores["limit: truth one frame late"]["f1_near"] == 1
    assert scores["limit: oracle of class and region"]["f1"] > 0.6


def test_identity_and_silence__are_what_they_are():
    identity, silence = (macro(one) for one in nothing_and_everything(2))
    assert identity["recall"] == 1
    assert silence["recall"] == silence["silent_false_share"] == 0
    assert silence["image_mse"] < identity["image_mse"]


def test_thresholds__come_from_validation_alone():
    def scores(examples):
        for bits in examples.mask_bits:
            yield np.stack([np.where(bits >> k & 1, 200, 90) for k in range(2)]).astype(np.uint8)

    contender = Contender("made", scores)
    assert tuned_codes(contender, blobs(1)) == (91, 91)
    shifted = Contender("made", lambda examples: (codes - np.uint8(100) * (codes > 100) for codes in scores(examples)))
    (judgement,) = judged(replace(contender, least_codes=(95, 95)), blobs(1), [blobs(2)])
    assert np.nanmin(judgement.example_f1()) == 1
    assert tuned_codes(shifted, blobs(1)) == (91, 91)


def test_unknown_cells__do_not_move_thresholds():
    validation = blobs(1)
    known = np.full_like(validation.mask_bits, 3)
    known[:, :, ::2] = 0
    lies = validation.mask_bits.copy()
    lies[:, :, ::2] ^= 3
    blind = replace(validation, mask_bits=lies, known_bits=known)
    honest = replace(validation, known_bits=known)
    contender = conventional("wiener", blobs(0))
    assert tuned_codes(contender, blind) == tuned_codes(contender, honest)


def test_network__that_draws_is_judged_by_what_it_drew():
    def contender(network, *least):
        generator = make_generator(network, widths=(4, 6), sources=2, bins=32)
        separator = Separator.ready(generator, device=torch.device("cpu"), dtype=torch.float32)
        return network_contender("made", generator, separator, *least)

    assert contender("pix2pix").image == "drawn"
    assert contender("resunet", [3, 4]).image == "soft"
    assert contender("resunet", [3, 4]).least_codes == (3, 4)
