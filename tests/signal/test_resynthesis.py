"""Resynthesis: what goes in comes out, shared among sources and residue."""

import numpy as np
import pytest

from antiphon.signal.resynthesis import faded, resynthesised


def tones(rate_hz, *frequencies_hz):
    t = np.arange(2 * rate_hz) / rate_hz
    return [0.2 * np.sin(2 * np.pi * one * t).astype(np.float32) for one in frequencies_hz]


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 48_000])
def test_resynthesised__adds_up_to_the_recording(rate_hz, grid):
    rng = np.random.default_rng(0)
    sound = rng.normal(0, 0.1, rate_hz + 123).astype(np.float32)
    masks = rng.random((3, grid.frames(len(sound), rate_hz), grid.bins)).astype(np.float32)
    parts = resynthesised(sound, rate_hz, masks, grid)
    assert parts.shape == (4, len(sound))
    error_db = 10 * np.log10(np.mean((parts.sum(0) - sound) ** 2) / np.mean(sound**2))
    assert error_db < -100


def test_resynthesised__of_a_full_mask_is_the_recording_within_the_grid(grid):
    sound = np.sum(tones(24_000, 1000, 5000), axis=0)
    (source, residue) = resynthesised(sound, 24_000, np.ones((1, grid.frames(len(sound), 24_000), grid.bins)), grid)
    inner = slice(2400, -2400)
    assert np.abs(residue[inner]).max() < 1e-5
    np.testing.assert_allclose(source[inner], sound[inner], atol=1e-5)


def test_resynthesised__parts_two_tones(grid):
    low, high = tones(48_000, 2000, 8000)
    masks = np.zeros((2, grid.frames(len(low), 48_000), grid.bins))
    masks[0, :, 24:41], masks[1, :, 120:137] = 1, 1
    parts = resynthesised(low + high, 48_000, masks, grid)
    inner = slice(4800, -4800)
    for part, tone in zip(parts, (low, high), strict=False):
        assert np.mean((part - tone)[inner] ** 2) < 1e-5 * np.mean(tone[inner] ** 2)


def test_resynthesised__leaves_what_lies_above_the_grid_to_the_residue(grid):
    low, ultrasound = tones(96_000, 4000, 30_000)
    parts = resynthesised(low + ultrasound, 96_000, np.ones((1, grid.frames(len(low), 96_000), grid.bins)), grid)
    inner = slice(9600, -9600)
    np.testing.assert_allclose(parts[1][inner], ultrasound[inner], atol=1e-4)


def test_resynthesised__shares_cells_that_two_sources_claim(grid):
    (tone,) = tones(24_000, 3000)
    parts = resynthesised(tone, 24_000, np.ones((2, grid.frames(len(tone), 24_000), grid.bins)), grid)
    inner = slice(2400, -2400)
    np.testing.assert_allclose(parts[:2, inner], np.stack([tone[inner] / 2] * 2), atol=1e-5)


def test_resynthesised__without_sources_is_all_residue(grid):
    (tone,) = tones(24_000, 3000)
    parts = resynthesised(tone, 24_000, np.zeros((0, grid.frames(len(tone), 24_000), grid.bins)), grid)
    np.testing.assert_allclose(parts[0], tone, atol=1e-6)


@pytest.mark.parametrize("rate_hz", [22_050, 48_000, 250_000])
def test_resynthesised__of_a_stretch_is_that_stretch_of_the_whole(rate_hz, grid):
    rng = np.random.default_rng(1)
    sound = rng.normal(0, 0.1, rate_hz).astype(np.float32)
    frames = grid.frames(rate_hz * 2, rate_hz * 2)
    masks = np.repeat(np.repeat(rng.random((2, frames // 5, grid.bins // 8)), 5, axis=1), 8, axis=2)
    whole = resynthesised(sound, rate_hz, masks, grid)
    window = 4 * round(rate_hz * grid.window_s / 4)
    first = 40 * window  # at a hop of the transform, so that both see the same frames
    skipped = int((first / rate_hz - grid.window_s) / grid.hop_s)
    part = resynthesised(
        sound[first:], rate_hz, masks[:, skipped:], grid, lead_s=first / rate_hz - skipped * grid.hop_s
    )
    inner = slice(window, None)
    np.testing.assert_allclose(part[:, inner], whole[:, first:][:, inner], atol=1e-6)


def test_resynthesised__begins_with_the_first_sample_and_ends_with_the_last_window(grid):
    (tone,) = tones(48_000, 3000)
    frames = 100
    end = round((grid.window_s + (frames - 1) * grid.hop_s) * 48_000)
    source, residue = resynthesised(tone, 48_000, np.ones((1, frames, grid.bins)), grid)
    # A tone that begins at once reaches beyond 16 kHz for a moment; that much is residue.
    np.testing.assert_allclose(source[: end - 768], tone[: end - 768], atol=0.01)
    np.testing.assert_allclose(residue[end + 768 :], tone[end + 768 :], atol=1e-5)


@pytest.mark.parametrize("length", [0, 1, 7, 500])
def test_resynthesised__of_a_sound_shorter_than_a_window_adds_up_too(length, grid):
    sound = np.random.default_rng(2).normal(0, 0.1, length).astype(np.float32)
    parts = resynthesised(sound, 48_000, np.full((2, 1, grid.bins), 0.7), grid)
    np.testing.assert_allclose(parts.sum(0), sound, atol=1e-6)


def test_faded__rises_and_falls_and_leaves_the_middle_alone():
    sound = np.ones((2, 1000), dtype=np.float32)
    part = faded(sound, 10_000, 0.01, 0.01)
    assert part[0, 0] < 0.001 > part[0, -1]
    assert (np.diff(part[0, :100]) > 0).all()
    np.testing.assert_array_equal(part[:, 100:900], sound[:, 100:900])
    np.testing.assert_array_equal(faded(sound, 10_000, 0.0, 0.01)[:, :900], sound[:, :900])
    np.testing.assert_array_equal(faded(sound, 10_000, 0.0, 0.0), sound)
    assert faded(sound[:, :3], 10_000, 1.0, 1.0).shape == (2, 3)
