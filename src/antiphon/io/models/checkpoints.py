"""A model on disk: ``card.json`` says what it is, ``generator.safetensors`` holds its weights.

Weights are safetensors, which cannot carry code. The card holds their hash, so it names these weights and
no others.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from antiphon.config import Source
from antiphon.errors import AntiphonError
from antiphon.io.models.cards import CARD, read_card, write_card
from antiphon.io.whole import whole_file
from antiphon.signal.grid import Grid

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "WEIGHTS",
    "CalibrationCard",
    "Card",
    "load_card",
    "load_start",
    "load_state",
    "load_weights",
    "read_weights",
    "save_model",
    "save_state",
    "write_weights",
]

WEIGHTS = "generator.safetensors"
"""Name of the weights in a model's folder."""
_INT8_COST = 0.005


class CalibrationCard(BaseModel):
    """How the probabilities of a source were calibrated on the validation examples; it is built into the weights.

    Attributes
    ----------
    temperature
        What the network's log-odds were divided by.
    shift
        What was then added to them.
    error_before, error
        Mean distance of predicted and observed shares over cells of at least 0.05, without and with it; None where no
        cell was that likely.
    reliability
        Mean probability, share of true cells and number of cells in each tenth of the probabilities; the shares are
        None where there is no cell.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: float
    shift: float
    error_before: float | None
    error: float | None
    reliability: tuple[tuple[float | None, float | None, int], ...]


class Card(BaseModel):
    """What a model is.

    Attributes
    ----------
    version
        Version of this list of attributes; ``schema`` in the file.
    model, network
        Names of the model and of its network.
    widths
        Channels at each scale, finest first; a network without scales ignores them.
    sources
        What it separates, in the order of its outputs.
    grid
        Grid of the spectrograms it was trained on.
    thresholds
        Probability from which a cell belongs to a source.
    scores
        F1 by source and their mean (``macro``), by the examples they were measured on.
    input_ranges
        Least and greatest input of every convolution, by name: what inference in eight bits needs. Empty: not measured.
    validation_cells
        Cells of the validation examples by what was found at the thresholds and what was true, by source: ``tp``,
        ``fp``, ``fn``, ``tn``, pooled over all examples. From these follow precision, recall and specificity.
    validation_groups
        The same four numbers, in this order, of each group of examples (recordist, site, scene), by source: by these
        the errors are resampled.
    calibration
        How probabilities were brought to mean what they say, by source: :class:`CalibrationCard`. Empty: as they came
        out of the network.
    parameters
        Numbers that it learned.
    weights_sha256
        Hash of the weights' file; set by :func:`save_model`.
    training
        Settings, steps done, best step.
    mask_rule
        Which cells were labelled in what it learned from.
    versions
        Version of the software and of the stage that trained it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    version: Literal[1] = Field(default=1, alias="schema")
    model: str
    network: str
    widths: tuple[int, ...]
    sources: dict[str, Source]
    grid: Grid
    thresholds: dict[str, float]
    scores: dict[str, dict[str, float]]
    input_ranges: dict[str, tuple[float, float]] = {}
    validation_cells: dict[str, dict[str, int]] = {}
    validation_groups: dict[str, tuple[tuple[int, int, int, int], ...]] = {}
    calibration: dict[str, CalibrationCard] = {}
    parameters: int
    weights_sha256: str = ""
    training: dict[str, Any]
    mask_rule: dict[str, Any]
    versions: dict[str, str | int]

    @property
    def stands_int8(self) -> bool:
        """Whether eight bits were seen to cost no more than 0.005 of the mean F1 on the validation examples."""
        exact, rough = (self.scores.get(name, {}).get("macro", 0.0) for name in ("validation", "validation_int8"))
        return bool(self.input_ranges) and rough >= exact - _INT8_COST


def save_model(folder: Path, card: Card, weights: Mapping[str, Tensor]) -> Card:
    """Write weights and card, each whole or not at all, the card last; equal input gives equal bytes.

    Parameters
    ----------
    folder
        The model's folder.
    card
        What the model is.
    weights
        The generator's state.

    Returns
    -------
    The card as written, with the hash of the weights.
    """
    card = card.model_copy(update={"weights_sha256": write_weights(folder / WEIGHTS, weights)})
    write_card(folder / CARD, card)
    return card


def load_card(path: Path) -> Card:
    """Read the card of a model; errors as :func:`antiphon.io.models.cards.read_card`."""
    return read_card(path, Card, of="this version of antiphon", cure="train the model again")


def load_weights(path: Path, card: Card) -> dict[str, Tensor]:
    """Read the weights that ``card`` speaks of.

    Parameters
    ----------
    path
        The safetensors file.
    card
        The model's card.

    Raises
    ------
    AntiphonError
        If they are missing, or not those of the card.
    """
    return read_weights(path, card.weights_sha256, f"model {card.model}")


def write_weights(path: Path, weights: Mapping[str, Tensor]) -> str:
    """Write weights, whole or not at all, and return the hash of the file; equal weights give equal bytes."""
    from safetensors.torch import save

    written = save({name: value.detach().cpu().contiguous() for name, value in weights.items()})
    with whole_file(path) as scratch:
        scratch.write_bytes(written)
    return hashlib.sha256(written).hexdigest()


def read_weights(path: Path, sha256: str, whose: str) -> dict[str, Tensor]:
    """Read weights whose hash a card holds.

    Parameters
    ----------
    path
        The safetensors file.
    sha256
        Its hash.
    whose
        What they belong to, for errors.

    Raises
    ------
    AntiphonError
        If they are missing, or have another hash.
    """
    from safetensors.torch import load

    try:
        written = path.read_bytes()
    except FileNotFoundError:
        raise AntiphonError(f"{path}: no such file; the weights of {whose} belong there") from None
    if hashlib.sha256(written).hexdigest() != sha256:
        raise AntiphonError(
            f"{path}: these are not the weights that the card of {whose} speaks of (another SHA-256); "
            "restore both files from one training, or train again"
        )
    weights: dict[str, Tensor] = load(written)
    return weights


def load_start(folder: Path, network: str, widths: Sequence[int], grid: Grid) -> tuple[Card, dict[str, Tensor]]:
    """Read a finished model that another is to start from.

    Parameters
    ----------
    folder
        Its folder.
    network, widths, grid
        Those of the other, which must be the same.

    Raises
    ------
    AntiphonError
        If they are not, or it cannot be read.
    """
    card = load_card(folder / CARD)
    if (card.network, card.widths, card.grid) != (network, tuple(widths), grid):
        raise AntiphonError(
            f"{folder / CARD}: train.start_from wants the same network, widths and grid; it has {card.network}, "
            f"{list(card.widths)} and {asdict(card.grid)}"
        )
    return card, load_weights(folder / WEIGHTS, card)


def save_state(path: Path, made_from: str, state: Mapping[str, Any]) -> None:
    """Put a training away, whole or not at all.

    Parameters
    ----------
    path
        The file.
    made_from
        Fingerprint of what is trained on what.
    state
        Tensors, numbers, text and containers of them.
    """
    import torch

    with whole_file(path) as scratch:
        torch.save({"made_from": made_from, "state": dict(state)}, scratch)


def load_state(path: Path, made_from: str) -> dict[str, Any] | None:
    """Return a training that was put away, or None if none is there or it was another one; nothing in it is run."""
    import torch

    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        return None
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise AntiphonError(f"{path}: not a training that was put away ({error}); delete it") from None
    return dict(found["state"]) if found["made_from"] == made_from else None
