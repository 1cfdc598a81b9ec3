"""VGG-16: thirteen 3x3 convolutions and three full layers.

Simonyan & Zisserman (2015, arXiv:1409.1556, configuration D); names of weights as in torchvision, so that a file of
pretrained weights can be loaded.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["VGG16"]

_STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
_POOLED = 7
_FULL = 4096


class VGG16(nn.Module):
    """The classifier: which classes sound anywhere in a clip.

    Parameters
    ----------
    classes
        Number of classes.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for width, convolutions in _STAGES:
            for _ in range(convolutions):
                layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU(inplace=True)]
                before = width
            layers.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(_POOLED)
        self.classifier = nn.Sequential(
            nn.Linear(before * _POOLED**2, _FULL),
            nn.ReLU(inplace=True),
            nn.Dropout(),
            nn.Linear(_FULL, _FULL),
            nn.ReLU(inplace=True),
            nn.Dropout(),
            nn.Linear(_FULL, classes),
        )
        self.apply(_start)

    def forward(self, features: Tensor) -> Tensor:
        """Return the log-odds of each class, shape (batch, class), of features (batch, 3, time, frequency)."""
        verdict: Tensor = self.classifier(torch.flatten(self.avgpool(self.features(features)), 1))
        return verdict


def _start(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        nn.init.zeros_(layer.bias if layer.bias is not None else layer.weight)
    elif isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight, 0.0, 0.01)
        nn.init.zeros_(layer.bias)
