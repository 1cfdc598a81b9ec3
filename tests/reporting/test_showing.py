"""What is shown of an event: its very cells and samples, and words where something is missing."""

import io

import numpy as np
import pytest
import soundfile

from antiphon.io.stores.spectrograms import Span, open_store
from antiphon.io.stores.writers import write_levels, write_probabilities
from antiphon.reporting.picks import Pick
from antiphon.reporting.showing import Folders, shown_events
from antiphon.signal.calibration import FULL_SCALE

RATE_HZ = 24_000
PICK = Pick("bird", "sure", "A", "wood", "a.wav", "2026-05-01T05:00:00+02:00", 2.0, 3.0, 4000.0, 6000.0, 0.9, None)


@pytest.fixture
def folders(tmp_path, grid):
    """A recording of five seconds; bins 64 to 95 hold a bird in its third second."""
    frames = grid.frames(5 * RATE_HZ, RATE_HZ)
    sizes = {"grid": grid, "frames": frames, "chunk_frames": 256, "shard_frames": 1024}
    about = {"reference": FULL_SCALE, "utc_offset_min": 0, "attributes": {"fingerprint": "l"}}
    found = Folders(tmp_path / "stft", tmp_path / "infer", tmp_path / "audio")
    for folder in (found.levels, found.probabilities, found.audio_root):
        folder.mkdir()
    sound = np.random.default_rng(1).normal(0, 0.01, 5 * RATE_HZ)
    soundfile.write(found.audio_root / "a.wav", sound, RATE_HZ, subtype="PCM_16")
    with write_levels(found.levels / "A.2026-05-01.zarr", **sizes, **about) as out:
        out.append(Span("a.wav", 0, 0, 0, RATE_HZ, 192, "first"), [np.full((frames, grid.bins), 100, np.uint8)])
    codes = np.zeros((1, frames, grid.bins), np.uint8)
    codes[0, 250:375, 64:96] = 200
    like = open_store(found.levels / "A.2026-05-01.zarr")
    with write_probabilities(
        found.probabilities / "A.2026-05-01.zarr", like=like, sources=["bird"], attributes={"fingerprint": "p"}
    ) as out:
        out.append(codes)
    return found


def shown(folders, **more):
    units = {("A", "a.wav"): "A.2026-05-01"}
    options = {"margin_s": 1.0, "longest_s": 8.0} | more
    return list(shown_events([PICK], units, folders, {"bird": 0.5}, **options))


def test_shown__are_the_cells_around_the_event_and_both_sounds(folders, grid):
    (one,) = shown(folders)
    assert one.levels.shape == (375, grid.bins) and one.begin_s == pytest.approx(1.0)
    assert one.mask.sum() == 125 * 32 and one.mask[125:250, 64:96].all()
    recorded, separated = (soundfile.read(io.BytesIO(one.sounds[name]))[0] for name in ("recorded", "separated"))
    assert len(recorded) == len(separated) == 3 * RATE_HZ
    whole, _ = soundfile.read(folders.audio_root / "a.wav")
    gain = 0.9 / abs(whole[RATE_HZ : 4 * RATE_HZ]).max()
    np.testing.assert_allclose(recorded, gain * whole[RATE_HZ : 4 * RATE_HZ], atol=1e-4)
    power = (separated.reshape(3, RATE_HZ) ** 2).mean(1)
    assert power[1] > 50 * max(power[0], power[2])
    assert one.note == ""


def test_shown__is_no_longer_than_asked_for(folders):
    (one,) = shown(folders, longest_s=0.8)
    assert len(one.levels) == 100 and len(soundfile.read(io.BytesIO(one.sounds["recorded"]))[0]) == 0.8 * RATE_HZ


def test_shown__say_what_is_missing(folders):
    (folders.audio_root / "a.wav").unlink()
    (one,) = shown(folders)
    assert one.sounds == {} and one.mask.any() and "no sound" in one.note
    (folders.probabilities / "A.2026-05-01.zarr").rename(folders.probabilities / "other")
    (one,) = shown(folders)
    assert one.mask is None and "were not kept" in one.note
    (folders.levels / "A.2026-05-01.zarr").rename(folders.levels / "other")
    assert shown(folders) == []
