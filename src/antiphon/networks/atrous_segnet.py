"""AtrousSegNet: three dilated convolutions down, two transposed ones up, skips added.

The network of V. Chemboli (2024, github.com/VaibhavChemboli116/Noise_Isolation_Bird_Sound_Images, read in its
notebook): 720,705 parameters for one source.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from antiphon.networks.generator import FEATURES, Generator
from antiphon.networks.padding import padded

__all__ = ["AtrousSegNet"]

_WIDTHS = (64, 128, 256)
_DILATIONS = (1, 2, 4)
_MULTIPLE = 4


class AtrousSegNet(Generator):
    """Encoder with dilations 1, 2, 4 and a decoder of transposed convolutions.

    Parameters
    ----------
    sources
        Number of sources.
    """

    def __init__(self, sources: int) -> None:
        super().__init__(multiple=_MULTIPLE)
        before = (FEATURES, *_WIDTHS[:-1])
        self.down = nn.ModuleList(map(_convolution, before, _WIDTHS, _DILATIONS))
        fine, middle, coarse = _WIDTHS
        self.up = nn.ModuleList([nn.ConvTranspose2d(coarse, middle, 2, 2), nn.ConvTranspose2d(middle, fine, 2, 2)])
        self.leave = nn.ModuleList([_convolution(middle, middle, 1), _convolution(fine, fine, 1)])
        self.head = nn.Conv2d(fine, sources, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Return the log-odds of each source in each cell; see :meth:`Generator.forward`."""
        frames, bins = features.shape[-2:]
        fine = self.down[0](padded(features, _MULTIPLE))
        middle = self.down[1](F.max_pool2d(fine, 2))
        x = self.down[2](F.max_pool2d(middle, 2))
        for up, leave, skip in zip(self.up, self.leave, (middle, fine), strict=True):
            x = leave(up(x) + skip)
        logits: Tensor = self.head(x)
        return logits[..., :frames, :bins]


def _convolution(width_in: int, width_out: int, dilation: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width_in, width_out, 3, padding=dilation, dilation=dilation),
        nn.BatchNorm2d(width_out),
        nn.ReLU(inplace=True),
    )
