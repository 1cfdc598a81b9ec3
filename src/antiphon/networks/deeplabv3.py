"""DeepLabV3: dilated convolutions at several rates over a dilated ResNet-50.

Chen et al. (2017, arXiv:1706.05587) at an output stride of 8, layer by layer that of torchvision
(``deeplabv3_resnet50``) without its auxiliary classifier; the network behind DVAD (Zhang & Li 2023).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from antiphon.networks.generator import Generator
from antiphon.networks.resnet50 import ResNetTrunk

__all__ = ["DeepLabV3"]

_DILATED = (False, False, True, True)
_RATES = (12, 24, 36)
_TRUNK_WIDTH, _WIDTH = 2048, 256


class DeepLabV3(Generator):
    """ResNet-50 trunk, atrous spatial pyramid, one 3x3 convolution, logits brought back to every cell.

    Parameters
    ----------
    sources
        Number of sources.
    """

    def __init__(self, sources: int) -> None:
        super().__init__(multiple=1)
        self.backbone = ResNetTrunk(_DILATED)
        self.pyramid = _Pyramid()
        self.convolution = _convolution(_WIDTH, _WIDTH, 3, dilation=1)
        self.head = nn.Conv2d(_WIDTH, sources, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Return the log-odds of each source in each cell; see :meth:`Generator.forward`."""
        logits = self.head(self.convolution(self.pyramid(self.backbone(features))))
        return F.interpolate(logits, size=features.shape[-2:], mode="bilinear", align_corners=False)


class _Pyramid(nn.Module):
    """Five views of each place, from itself to the whole picture, made into one."""

    def __init__(self) -> None:
        super().__init__()
        self.views = nn.ModuleList(
            [
                _convolution(_TRUNK_WIDTH, _WIDTH, 1, dilation=1),
                *(_convolution(_TRUNK_WIDTH, _WIDTH, 3, dilation=rate) for rate in _RATES),
            ]
        )
        self.whole = _convolution(_TRUNK_WIDTH, _WIDTH, 1, dilation=1)
        self.project = nn.Sequential(*_convolution(_WIDTH * (len(_RATES) + 2), _WIDTH, 1, dilation=1), nn.Dropout(0.5))

    def forward(self, x: Tensor) -> Tensor:
        seen = [view(x) for view in self.views]
        seen.append(self.whole(x.mean((2, 3), keepdim=True)).expand_as(seen[0]))
        found: Tensor = self.project(torch.cat(seen, dim=1))
        return found


def _convolution(width_in: int, width_out: int, kernel: int, *, dilation: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width_in, width_out, kernel, padding=dilation * (kernel // 2), dilation=dilation, bias=False),
        nn.BatchNorm2d(width_out),
        nn.ReLU(),
    )
