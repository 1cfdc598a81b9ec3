"""What every generator is: features of a mixture in, one map of logits per source out."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

__all__ = ["FEATURES", "Generator"]

FEATURES = 3
"""Channels that a generator sees: level above the floor, level above the background, heard."""


class Generator(nn.Module):
    """A network that separates; every network of this package and every baseline that stands in for one is one.

    Parameters
    ----------
    multiple
        Whole number that frames and bins of the input must be multiples of.

    Attributes
    ----------
    draws
        Whether the probabilities are the separated spectrograms themselves (0 to 1 over the range of a feature) rather
        than masks that are laid on the mixture.
    last_layer
        Beginning of the names of the weights that belong to its sources, and fit no others.
    """

    draws = False
    last_layer = "head."

    def __init__(self, multiple: int) -> None:
        super().__init__()
        self.multiple = multiple

    def forward(self, features: Tensor) -> Tensor:
        """Return the log-odds that each source sounds in each cell.

        Parameters
        ----------
        features
            The mixture as a generator sees it, shape (batch, ``FEATURES``, time, frequency), float.

        Returns
        -------
        Logits, shape (batch, source, time, frequency).
        """
        raise NotImplementedError

    def freeze_encoder(self) -> bool:
        """Let the half that sees learn no more; statistics of its normalisations stay, too.

        Returns
        -------
        Whether this network has such a half; if not, nothing is changed.
        """
        return False

    def recalibrate(self, slopes: Sequence[float], shifts: Sequence[float]) -> bool:
        """Build a line over the log-odds of each source into the last layer, so that applying it costs nothing.

        Parameters
        ----------
        slopes, shifts
            What the log-odds of each source are multiplied by, and what is then added.

        Returns
        -------
        Whether this network can; if not, nothing is changed.
        """
        del slopes, shifts
        return False
