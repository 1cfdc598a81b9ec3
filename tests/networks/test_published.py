"""Networks of others: as many parameters as they were published with, and any length of recording."""

import pytest
import torch
from torch import nn

from antiphon.learning.apply import folded
from antiphon.networks.atrous_segnet import AtrousSegNet
from antiphon.networks.deeplabv3 import DeepLabV3
from antiphon.networks.padding import padded
from antiphon.networks.pix2pix import Pix2Pix, Pix2PixCritic
from antiphon.networks.resnet50 import ResNet50, ResNetTrunk
from antiphon.networks.vgg16 import VGG16

AUXILIARY_HEAD = 1024 * 256 * 9 + 2 * 256 + 256 * 21 + 21
"""torchvision counts DeepLabV3's second classifier, which only helps it to learn."""


def parameters(network):
    return sum(one.numel() for one in network.parameters())


@pytest.mark.parametrize(
    ("make", "published"),
    [
        (lambda: AtrousSegNet(1), 720_705),  # its notebook
        (lambda: Pix2Pix(3), 54_413_955),  # "54.414 M" in the log of the authors' code
        (lambda: Pix2PixCritic(3, 64), 2_768_705),  # "2.769 M"
        (lambda: DeepLabV3(21), 42_004_074 - AUXILIARY_HEAD),  # torchvision, deeplabv3_resnet50
        (lambda: ResNet50(1000), 25_557_032),  # torchvision
        (lambda: VGG16(1000), 138_357_544),  # torchvision
    ],
    ids=["atrous_segnet", "pix2pix", "pix2pix critic", "deeplabv3", "resnet50", "vgg16"],
)
def test_network__has_the_published_number_of_parameters(make, published):
    with torch.device("meta"):
        assert parameters(make()) == published


@pytest.mark.parametrize("network", [AtrousSegNet, Pix2Pix, DeepLabV3])
@pytest.mark.parametrize("frames", [20, 100])
def test_generator__takes_any_length_that_it_asks_for(network, frames):
    made = network(2).eval()
    assert frames % made.multiple == 0
    with torch.no_grad():
        assert made(torch.randn(1, 3, frames, 48)).shape == (1, 2, frames, 48)


@pytest.mark.parametrize("network", [AtrousSegNet, DeepLabV3, Pix2Pix])
def test_generator__folded_is_the_same(network):
    torch.manual_seed(0)
    made = network(2)
    for one in made.modules():
        if isinstance(one, nn.BatchNorm2d):
            nn.init.uniform_(one.running_mean, -0.1, 0.1)
            nn.init.uniform_(one.running_var, 0.5, 2.0)
    features = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        ours, lean = made.eval()(features), folded(made)(features)
    torch.testing.assert_close(ours, lean, rtol=1e-3, atol=1e-3 * float(ours.abs().max()))


def test_critic_of_pix2pix__judges_patches_of_70_cells():
    torch.manual_seed(0)
    critic = Pix2PixCritic(sources=2, width=4).eval()
    separated = torch.randn(1, 2, 128, 128, requires_grad=True)
    verdicts = critic(torch.randn(1, 3, 128, 128), separated)
    assert verdicts.shape == (1, 1, 14, 14)
    verdicts[0, 0, 7, 7].backward()
    seen = separated.grad[0].abs().sum(0) > 0
    assert (seen.any(0).sum(), seen.any(1).sum()) == (70, 70)


def test_pix2pix__sees_the_whole_of_256_cells():
    torch.manual_seed(0)
    features = torch.randn(1, 3, 256, 256, requires_grad=True)
    Pix2Pix(1).eval()(features)[0, 0, 0, 0].backward()
    assert float(features.grad[0, :, -1, -1].abs().sum()) > 0


def test_resnet_trunk__keeps_an_eighth_of_the_cells_where_dilated():
    with torch.device("meta"):
        features = torch.empty(1, 3, 64, 96)
        assert ResNetTrunk()(features).shape == (1, 2048, 2, 3)
        assert ResNetTrunk((False, False, True, True))(features).shape == (1, 2048, 8, 12)


@pytest.mark.parametrize("network", [ResNet50, VGG16])
def test_classifier__answers_for_each_class(network):
    with torch.device("meta"):
        assert network(4)(torch.empty(2, 3, 100, 64)).shape == (2, 4)


def test_padded__adds_cells_that_are_not_heard():
    features = torch.ones(1, 3, 5, 6)
    wide = padded(features, 4)
    assert wide.shape == (1, 3, 8, 8)
    assert float(wide.sum()) == features.sum()
    assert padded(wide, 4) is wide
