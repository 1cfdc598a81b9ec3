"""ResNet-50: fifty layers of bottleneck blocks beside the identity.

He et al. (2016, arXiv:1512.03385), with the stride in the 3x3 convolution of each block as in torchvision, whose names
of weights it shares, so that a file of pretrained weights can be loaded. torchvision itself does not import beside a
CPU build of torch.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["ResNet50", "ResNetTrunk"]

_BLOCKS = (3, 4, 6, 3)
_WIDTHS = (64, 128, 256, 512)
_EXPANSION = 4


class _Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolution beside the identity, or beside a projection where the shape changes."""

    def __init__(self, width_in: int, width: int, stride: int, dilation: int, *, projected: bool) -> None:
        super().__init__()
        width_out = width * _EXPANSION
        self.conv1 = nn.Conv2d(width_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=dilation, dilation=dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, width_out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width_out)
        self.downsample: nn.Module = nn.Identity()
        if projected:
            self.downsample = nn.Sequential(
                nn.Conv2d(width_in, width_out, 1, stride, bias=False), nn.BatchNorm2d(width_out)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(F.relu(self.bn2(self.conv2(y)))))
        return F.relu(y + self.downsample(x))


class ResNetTrunk(nn.Module):
    """The convolutions of ResNet-50: 2,048 channels.

    Parameters
    ----------
    dilated
        Whether each of the four stages widens its kernels instead of halving the resolution.
    """

    def __init__(self, dilated: Sequence[bool] = (False, False, False, False)) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, _WIDTHS[0], 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(_WIDTHS[0])
        width, dilation, stages = _WIDTHS[0], 1, []
        for number, (blocks, inner) in enumerate(zip(_BLOCKS, _WIDTHS, strict=True)):
            stride, before = (1 if number == 0 else 2), dilation
            if dilated[number]:
                stride, dilation = 1, dilation * 2
            stage = [_Bottleneck(width, inner, stride, before, projected=True)]
            width = inner * _EXPANSION
            stage += [_Bottleneck(width, inner, 1, dilation, projected=False) for _ in range(blocks - 1)]
            stages.append(nn.Sequential(*stage))
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.apply(_start)

    def forward(self, features: Tensor) -> Tensor:
        """Return shape (batch, 2048, time / 32, frequency / 32), less reduced where stages are dilated."""
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(features))), 3, 2, padding=1)
        found: Tensor = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return found


class ResNet50(ResNetTrunk):
    """The classifier: which classes sound anywhere in a clip.

    Parameters
    ----------
    classes
        Number of classes.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.fc = nn.Linear(_WIDTHS[-1] * _EXPANSION, classes)

    def forward(self, features: Tensor) -> Tensor:
        """Return the log-odds of each class, shape (batch, class), of features (batch, 3, time, frequency)."""
        pooled = super().forward(features).mean((2, 3))
        verdict: Tensor = self.fc(torch.flatten(pooled, 1))
        return verdict


def _start(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
