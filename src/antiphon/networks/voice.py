"""What both players of every voice network are called with and give back."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

__all__ = ["VoiceCritic", "VoiceGenerator", "start_small"]

_SPREAD = 0.02


class VoiceGenerator(nn.Module, ABC):
    """Makes sounds, or pictures of sounds, from noise.

    Parameters
    ----------
    noise
        Random numbers that one sound is made from.
    classes
        Classes that can be asked for; 0: it is not told a class.
    """

    def __init__(self, noise: int, classes: int) -> None:
        super().__init__()
        self.noise, self.classes = noise, classes

    @abstractmethod
    def forward(self, noise: Tensor, label: Tensor) -> Tensor:
        """Return what the noise becomes, -1 to 1.

        Parameters
        ----------
        noise
            Shape (batch, noise).
        label
            1 for the class that is asked for, else 0, shape (batch, classes).

        Returns
        -------
        Shape (batch, samples), or (batch, frame, bin) where pictures are drawn.
        """


class VoiceCritic(nn.Module, ABC):
    """Judges whether sounds, or pictures of sounds, are real."""

    @abstractmethod
    def forward(self, seen: Tensor, label: Tensor) -> Tensor:
        """Return the verdicts as log-odds, shape (batch,); the sigmoid is part of the loss, once.

        Parameters
        ----------
        seen
            As :meth:`VoiceGenerator.forward` returns it.
        label
            As that one takes it.
        """


def start_small(layer: nn.Module) -> None:
    """Start the weights of convolutions as DCGAN does: Gaussian with a standard deviation of 0.02."""
    if isinstance(layer, nn.Conv1d | nn.ConvTranspose1d | nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, _SPREAD)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    elif isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, _SPREAD)
