"""SI-SDR: what arithmetic and torchmetrics say."""

import numpy as np
import pytest

from antiphon.stats.judging.si_sdr import si_sdr_db, si_sdr_measures


def test_si_sdr__knows_no_volume_and_no_offset():
    sound = np.random.default_rng(0).normal(size=1000)
    assert si_sdr_db(3 * sound + 1, sound) == 100
    assert si_sdr_db(np.zeros(1000), sound) == -30


def test_si_sdr__of_a_known_mixture():
    rng = np.random.default_rng(1)
    sound, noise = rng.normal(size=(2, 100_000))
    noise -= sound * (noise @ sound) / (sound @ sound)
    mixed = sound / np.linalg.norm(sound) + 0.1 * noise / np.linalg.norm(noise)
    assert si_sdr_db(mixed, sound) == pytest.approx(20, abs=0.01)


def test_si_sdr__agrees_with_torchmetrics():
    torch = pytest.importorskip("torch")
    audio = pytest.importorskip("torchmetrics.functional.audio")
    sound, noise = np.random.default_rng(2).normal(size=(2, 3, 4000))
    estimate = sound * np.array([[0.1], [1.0], [5.0]]) + noise + 2
    theirs = audio.scale_invariant_signal_distortion_ratio(
        torch.from_numpy(estimate), torch.from_numpy(sound), zero_mean=True
    )
    np.testing.assert_allclose(si_sdr_db(estimate, sound), theirs.numpy(), atol=1e-5)


def test_measures__of_a_silent_source_count_nowhere():
    rng = np.random.default_rng(3)
    stems = np.stack([rng.normal(size=500), np.zeros(500)])
    mixture = stems.sum(0) + 0.5 * rng.normal(size=500)
    found = si_sdr_measures(stems + 0.01 * rng.normal(size=stems.shape), stems, mixture)
    assert found["si_sdr_clips"].tolist() == [1, 0]
    assert found["si_sdr_db"][0] > 30
    assert found["si_sdr_gain_db"][0] > 20
    assert found["si_sdr_db"][1] == 0
