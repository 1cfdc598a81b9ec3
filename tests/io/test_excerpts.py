"""Stretches of recordings with what was found in them."""

import numpy as np
import pytest
import soundfile

from antiphon.errors import AntiphonError
from antiphon.io.excerpts import read_excerpt, recording_of
from antiphon.io.stores.spectrograms import Span, open_store
from antiphon.io.stores.writers import write_levels, write_probabilities
from antiphon.signal.calibration import FULL_SCALE
from antiphon.signal.resynthesis import resynthesised

RATE_HZ = 22_050
START_US = 1_714_521_600_000_000


@pytest.fixture
def found(tmp_path, grid):
    """Two recordings of three seconds; in the second, bins 64 to 95 hold a bird in its second second."""
    rng = np.random.default_rng(0)
    rate = grid.analysis_rate_hz(RATE_HZ)
    frames = grid.frames(3 * rate, rate)
    sizes = {"grid": grid, "frames": 2 * frames, "chunk_frames": 256, "shard_frames": 512}
    about = {"reference": FULL_SCALE, "utc_offset_min": 0, "attributes": {"fingerprint": "l"}}
    with write_levels(tmp_path / "levels.zarr", **sizes, **about) as out:
        for index in range(2):
            sound = rng.normal(0, 0.1, 3 * RATE_HZ)
            soundfile.write(tmp_path / f"{index}.wav", sound, RATE_HZ, subtype="PCM_16")
            span = Span(f"{index}.wav", START_US + index * 60_000_000, 0, 0, RATE_HZ, 158, "first")
            out.append(span, [np.full((frames, grid.bins), 100, np.uint8)])
    levels = open_store(tmp_path / "levels.zarr")
    codes = np.zeros((2, 2 * frames, grid.bins), np.uint8)
    codes[0, frames + 125 : frames + 250, 64:96] = 254
    codes[:, :, 158:] = 255
    attributes = {"fingerprint": "p"}
    with write_probabilities(
        tmp_path / "found.zarr", like=levels, sources=["bird", "insect"], attributes=attributes
    ) as out:
        out.append(codes)
    return open_store(tmp_path / "found.zarr")


def test_read_excerpt__has_the_very_samples_and_the_cells_around_them(found, tmp_path, grid):
    excerpt = read_excerpt(found, tmp_path, recording_of(found, "1.wav"), 0.7, 1.4)
    whole, _ = soundfile.read(tmp_path / "1.wav", dtype="float32")
    first = round(0.7 * RATE_HZ)
    np.testing.assert_array_equal(excerpt.samples, whole[first : round(1.4 * RATE_HZ)])
    assert excerpt.start_us == START_US + 60_000_000 + round(first * 1e6 / RATE_HZ)
    assert excerpt.probabilities.shape[0] == 2
    assert excerpt.probabilities[1].max() == 0
    begins_s = first / RATE_HZ - excerpt.lead_s
    np.testing.assert_allclose(begins_s / grid.hop_s, round(begins_s / grid.hop_s), atol=1e-6)
    bird = excerpt.probabilities[0, :, 70]
    assert np.argmax(bird) == 125 - round(begins_s / grid.hop_s)


def test_read_excerpt__gives_the_same_sound_as_the_whole_recording(found, tmp_path, grid):
    span = recording_of(found, "1.wav")
    whole = read_excerpt(found, tmp_path, span, 0.0, 99.0)
    assert len(whole.samples) == 3 * RATE_HZ
    every = resynthesised(whole.samples, RATE_HZ, whole.probabilities, grid, lead_s=whole.lead_s)
    part = read_excerpt(found, tmp_path, span, 0.9, 2.2)
    some = resynthesised(part.samples, RATE_HZ, part.probabilities, grid, lead_s=part.lead_s)
    inner = slice(1000, -1000)
    expected = every[:, part.first : part.first + len(part.samples)]
    # Other frames of the transform, so other samples of the same mask.
    assert np.mean((some - expected)[:, inner] ** 2) < 0.01 * np.mean(expected[0, inner] ** 2)
    assert np.mean(every[0, RATE_HZ + 500 : 2 * RATE_HZ - 500] ** 2) > 100 * np.mean(every[0, : RATE_HZ // 2] ** 2)


def test_read_excerpt__before_and_beyond_the_recording_is_left_out(found, tmp_path):
    span = recording_of(found, "0.wav")
    assert read_excerpt(found, tmp_path, span, -1.0, 0.5).first == 0
    assert read_excerpt(found, tmp_path, span, 2.5, 9.0).duration_s == pytest.approx(0.5, abs=1e-4)
    assert len(read_excerpt(found, tmp_path, span, 5.0, 9.0).samples) == 0


def test_read_excerpt__of_a_recording_that_is_gone_or_another_says_so(found, tmp_path):
    span = recording_of(found, "0.wav")
    soundfile.write(tmp_path / "0.wav", np.zeros(1000), 48_000)
    with pytest.raises(AntiphonError, match="another sample rate"):
        read_excerpt(found, tmp_path, span, 0.0, 1.0)
    (tmp_path / "0.wav").unlink()
    with pytest.raises(AntiphonError, match=r"0\.wav"):
        read_excerpt(found, tmp_path, span, 0.0, 1.0)
    with pytest.raises(AntiphonError, match="not in it"):
        recording_of(found, "2.wav")
