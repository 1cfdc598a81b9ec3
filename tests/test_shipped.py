"""The model that comes with antiphon: what it must not depend on, and what it must not find."""

import hashlib
import json
from functools import cache

import numpy as np
import pytest
import soxr
import torch

from antiphon.io.models.cards import CARD
from antiphon.io.models.checkpoints import WEIGHTS, load_card, load_weights
from antiphon.io.models.places import SHIPPED
from antiphon.learning.apply import Separator
from antiphon.learning.generators import trained_generator
from antiphon.pairing.canvas import FLOOR_SHARE, code_quantile
from antiphon.scenes.noises import shaped_noise
from antiphon.scenes.soundscape import make_scene
from antiphon.scenes.weather import quiet, recorder, weather
from antiphon.signal.grid import Grid
from antiphon.signal.spectrogram import level_codes
from antiphon.stats.judging.measures import found_cells
from antiphon.stats.judging.scores import codes_of_thresholds

GRID = Grid(window_s=0.016, hop_s=0.008, bins=256)
RATE = 48_000
SECONDS = 8.0


@cache
def separator(strip_frames=2048):
    card = load_card(SHIPPED / CARD)
    generator = trained_generator(card, load_weights(SHIPPED / WEIGHTS, card))
    return Separator.ready(generator, device=torch.device("cpu"), dtype=torch.float32, strip_frames=strip_frames)


def least():
    card = load_card(SHIPPED / CARD)
    return codes_of_thresholds(card.thresholds, card.sources)


def codes(sound, rate_hz=RATE):
    """Return level codes of a recording, and its floor and background as a whole day of it would have them."""
    level = level_codes(np.asarray(sound, dtype=np.float32), rate_hz, GRID)
    return level, code_quantile(level, FLOOR_SHARE), code_quantile(level, 0.5)


@cache
def scene():
    return make_scene(np.random.default_rng(11), duration_s=SECONDS, rate_hz=RATE, snr_low_db=8, snr_high_db=20).mixture


def found(sound, rate_hz=RATE, strip_frames=2048):
    """Return which cells the model gives to each source, shape (source, time, frequency)."""
    return found_cells(separator(strip_frames).separate(*codes(sound, rate_hz)), least())


def agreement(one, other):
    """Return the Dice overlap of two sets of found cells."""
    return 2 * np.count_nonzero(one & other) / max(1, np.count_nonzero(one) + np.count_nonzero(other))


def test_shipped__is_small_and_what_its_card_says():
    card = load_card(SHIPPED / CARD)
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) < 8e6
    assert hashlib.sha256((SHIPPED / WEIGHTS).read_bytes()).hexdigest() == card.weights_sha256
    assert list(card.sources) == ["bird", "insect", "anthropogenic"]
    assert card.parameters < 5e6
    assert set(card.calibration) == set(card.validation_cells) == set(card.sources)


def test_shipped__learned_only_from_what_may_be_passed_on(root):
    """Every sound that the lists give to training and validation has a licence that allows it."""
    import yaml

    from antiphon.io.examples.lists import read_backgrounds, read_clips

    rules = yaml.safe_load((root / "config" / "shipped.yaml").read_text(encoding="utf-8"))["pair"]["mixtures"]
    assert set(rules["licences"]) == {"CC0", "CC BY", "BSD-3-Clause", "MIT"}
    rows = [*read_clips(root / rules["clips"]), *read_backgrounds(root / rules["backgrounds"])]
    assert all(row.split for row in rows)
    assert all(row.licence in rules["licences"] for row in rows if row.split in ("train", "validation"))
    told = (SHIPPED / "README.md").read_text(encoding="utf-8")
    learned = {row.group for row in rows if row.split in ("train", "validation") and row.licence == "CC BY"}
    assert all(group.removeprefix("esc_") in told for group in learned)


def test_shipped__does_not_depend_on_where_strips_fall():
    """Tolerance: 97 % overlap of what is found in strips of 4 s and in one piece."""
    assert agreement(found(scene()), found(scene(), strip_frames=512)) > 0.97


@pytest.mark.parametrize("gain_db", [-12.0, 12.0])
def test_shipped__does_not_depend_on_gain(gain_db):
    """Tolerance: 99 % overlap; 12 dB are whole codes, so only cells on the border of two codes may change."""
    sound = scene() * np.float32(10 ** (-18 / 20))
    assert agreement(found(sound), found(sound * np.float32(10 ** (gain_db / 20)))) > 0.99


@pytest.mark.parametrize("rate_hz", [24_000, 32_000, 96_000])
def test_shipped__does_not_depend_on_the_sample_rate(rate_hz):
    """Tolerance: 85 % overlap below 9 kHz, which all of these recorders hear."""
    other = soxr.resample(scene(), RATE, rate_hz)
    low = round(9000 / GRID.bin_hz)
    one, two = found(scene())[..., :low], found(other, rate_hz)[..., :low]
    frames = min(one.shape[1], two.shape[1])
    assert agreement(one[:, :frames], two[:, :frames]) > 0.85


def still(kind):
    rng, samples = np.random.default_rng(5), round(SECONDS * RATE)
    seconds = np.arange(samples) / RATE
    match kind:
        case "silence":
            return np.zeros(samples)
        case "white noise":
            return rng.normal(0, 0.01, samples)
        case "pink noise":
            return 0.01 * shaped_noise(rng, samples, RATE, lambda hz: np.maximum(hz, 20.0) ** -0.5 * 20)
        case "tones":
            return sum(0.02 * np.sin(2 * np.pi * hz * seconds) for hz in (440, 1000, 3500, 7000)) + rng.normal(
                0, 1e-4, samples
            )
    place = recorder(rng, RATE)
    scale = 0.003 / np.sqrt(np.mean(np.square(quiet(rng, place, samples))))
    return scale * (quiet(rng, place, samples) + sum(weather(rng, place, samples) for _ in range(4)))


@pytest.mark.parametrize("kind", ["silence", "white noise", "pink noise", "tones", "rain and wind"])
def test_shipped__finds_nobody_where_nobody_is(kind):
    """At most 1 % of the cells, source by source."""
    assert found(still(kind)).mean(axis=(1, 2)).max() <= 0.01


def test_card__of_the_shipped_model_has_scores():
    card = json.loads((SHIPPED / CARD).read_text(encoding="utf-8"))
    assert set(card["scores"]) == {"validation", "validation_int8"}
    assert (SHIPPED / "evaluation" / "scores.csv").exists()


def test_card__of_the_shipped_model_knows_its_errors_group_by_group():
    """So that occupancy is corrected by them: they add up to those that all validation examples gave."""
    card = load_card(SHIPPED / CARD)
    for source, cells in card.validation_cells.items():
        groups = np.array(card.validation_groups[source])
        assert len(groups) > 50
        assert dict(zip(("tp", "fp", "fn", "tn"), groups.sum(axis=0).tolist(), strict=True)) == cells
