"""Where models lie."""

from __future__ import annotations

from pathlib import Path

__all__ = ["SHIPPED", "model_folder"]

SHIPPED = Path(__file__).resolve().parents[2] / "shipped"
"""Folder of the model that comes with antiphon."""


def model_folder(weights: str, trained: Path) -> Path:
    """Return the folder of a model's card and weights.

    Parameters
    ----------
    weights
        As the settings have it: ``shipped``, ``train``, or a folder.
    trained
        Where a model lies that is trained here.
    """
    if weights == "shipped":
        return SHIPPED
    return trained if weights == "train" else Path(weights)
