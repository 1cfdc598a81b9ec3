"""Networks: shapes, what they know and what they must not depend on."""

import pytest
import torch

from antiphon.networks import resunet
from antiphon.networks.atrous_segnet import AtrousSegNet
from antiphon.networks.patch_critic import PatchCritic
from antiphon.networks.resunet import ResUNet


@pytest.fixture
def network():
    torch.manual_seed(0)
    return ResUNet((8, 12, 16), sources=2, bins=32).eval()


@pytest.mark.parametrize("frames", [8, 64, 200])
def test_resunet__gives_logits_of_every_cell(network, frames):
    assert network(torch.randn(2, 3, frames, 32)).shape == (2, 2, frames, 32)


def test_resunet__starts_from_a_rare_event(network):
    probability = network(torch.zeros(1, 3, 64, 32)).sigmoid()
    assert 0.01 < probability.mean() < 0.15


def test_recalibrate__bends_the_log_odds_of_each_source(network):
    features = torch.randn(2, 3, 64, 32)
    before = network(features)
    assert network.recalibrate([0.5, 2.0], [1.0, -3.0])
    after = network(features)
    assert torch.allclose(after[:, 0], 0.5 * before[:, 0] + 1.0, atol=1e-4)
    assert torch.allclose(after[:, 1], 2.0 * before[:, 1] - 3.0, atol=1e-4)


def test_recalibrate__is_refused_where_it_cannot_be_built_in():
    assert not AtrousSegNet(2).recalibrate([1.0, 1.0], [0.0, 0.0])


def test_resunet__draws_no_checkerboard_at_the_start(network):
    logits = network(torch.randn(1, 3, 64, 32))
    groups = logits.unfold(2, 2, 2).unfold(3, 2, 2)
    assert torch.equal(groups.amax((-1, -2)), groups.amin((-1, -2)))


def test_shuffle__is_that_of_torch():
    groups = torch.randn(2, 12, 5, 7).to(memory_format=torch.channels_last)
    shuffled = resunet._shuffled(groups)
    assert torch.equal(shuffled, torch.pixel_shuffle(groups, 2))
    assert shuffled.is_contiguous()


def test_resunet__knows_the_frequency_once_it_learned(network):
    features = torch.ones(1, 3, 64, 32)
    with torch.no_grad():
        network.frequency_bias[:, 8] = 3.0
    logits = network(features)
    assert not torch.allclose(logits[..., 16], logits[..., 4], atol=1e-3)


def test_resunet__is_the_same_later(network):
    """A shift in time by whole coarsest cells shifts the result."""
    features = torch.randn(1, 3, 160, 32)
    whole, later = network(features), network(features[:, :, 32:])
    torch.testing.assert_close(whole[:, :, 96:128], later[:, :, 64:96], atol=1e-4, rtol=1e-4)


def test_resunet__refuses_bins_that_cannot_be_halved():
    with pytest.raises(ValueError, match="multiple of 16 bins, got 40"):
        ResUNet((8, 8, 8, 8), sources=1, bins=40)


def test_resunet__learns_every_parameter():
    network = ResUNet((8, 12), sources=2, bins=16)
    network(torch.randn(2, 3, 16, 16)).square().mean().backward()
    assert all(one.grad is not None and one.grad.isfinite().all() for one in network.parameters())


def test_critic__judges_patches_of_70_cells():
    torch.manual_seed(0)
    critic = PatchCritic(sources=2, width=4).eval()
    features = torch.randn(1, 3, 128, 128)
    separated = torch.randn(1, 2, 128, 128, requires_grad=True)
    verdicts = critic(features, separated)
    assert verdicts.shape == (1, 1, 14, 14)
    verdicts[0, 0, 7, 7].backward()
    seen = separated.grad[0].abs().sum(0) > 0
    assert (seen.any(0).sum(), seen.any(1).sum()) == (70, 70)


def test_critic__keeps_every_kernel_at_spectral_norm_one():
    torch.manual_seed(0)
    critic = PatchCritic(sources=2, width=4)
    for _ in range(30):
        critic(torch.randn(1, 3, 64, 64), torch.randn(1, 2, 64, 64))
    kernels = [layer.weight.detach().flatten(1) for layer in critic.layers if hasattr(layer, "weight")]
    for kernel in kernels:
        assert float(torch.linalg.matrix_norm(kernel, 2)) == pytest.approx(1.0, abs=0.05)
