"""Voices on disk: card and weights of both players, and the sounds that they made with a list of them.

The list has the columns of a list of clips, so that generated sounds can stand wherever clips do.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from antiphon.io.models.cards import CARD, read_card, write_card
from antiphon.io.models.checkpoints import WEIGHTS, read_weights, write_weights
from antiphon.io.sound.flac_writing import flac_bytes
from antiphon.io.whole import whole_folder

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["LIST", "VoiceCard", "load_voice_card", "load_voices", "save_voices", "write_sounds"]

LIST = "clips.csv"
"""Name of the list of generated sounds."""
_CRITIC = "critic.safetensors"
_BITS = 16
_NO_FOLDER = re.compile(r"[^\w.+ -]")


class VoiceCard(BaseModel):
    """What voices are.

    Attributes
    ----------
    version
        Version of this list of attributes; ``schema`` in the file.
    name, network
        Their name and that of their network.
    classes
        What they were learned from, in the order of the labels.
    conditional
        Whether a class can be asked for.
    noise, width
        Random numbers that a sound is made from; channels of the finest layer.
    samples, rate_hz
        Length of a sound and its sample rate.
    parameters
        Numbers that the generator learned.
    generator_sha256, critic_sha256
        Hashes of the weights' files; set by :func:`save_voices`.
    training
        Recipe, epochs, and the weights that it began with.
    learned_groups
        Groups that the clips were of: what no test of anything that uses the voices may hold.
    notes
        What became of the clips, in words.
    versions
        Version of the software and of the stage.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    version: Literal[1] = Field(default=1, alias="schema")
    name: str
    network: str
    classes: tuple[str, ...]
    conditional: bool
    noise: int
    width: int
    samples: int
    rate_hz: int
    parameters: int
    generator_sha256: str = ""
    critic_sha256: str = ""
    training: dict[str, Any]
    learned_groups: tuple[str, ...]
    notes: tuple[str, ...]
    versions: dict[str, str | int]

    def names(self, numbers: Iterable[int]) -> list[str]:
        """Return what sounds are called by the number of their class: all alike where none can be asked for."""
        mixed = "+".join(self.classes)
        return [self.classes[number] if self.conditional else mixed for number in numbers]


def save_voices(
    folder: Path, card: VoiceCard, generator: Mapping[str, Tensor], critic: Mapping[str, Tensor]
) -> VoiceCard:
    """Write both players and the card, each whole or not at all, the card last; return it with the hashes."""
    hashes = {
        "generator_sha256": write_weights(folder / WEIGHTS, generator),
        "critic_sha256": write_weights(folder / _CRITIC, critic),
    }
    card = card.model_copy(update=hashes)
    write_card(folder / CARD, card)
    return card


def load_voice_card(folder: Path) -> VoiceCard:
    """Read the card of voices; errors as :func:`antiphon.io.models.cards.read_card`."""
    return read_card(folder / CARD, VoiceCard, of="voices", cure="run synthesize again")


def load_voices(folder: Path, card: VoiceCard) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return the weights of generator and critic. Errors as :func:`antiphon.io.models.checkpoints.read_weights`."""
    whose = f"voices {card.name}"
    return (
        read_weights(folder / WEIGHTS, card.generator_sha256, whose),
        read_weights(folder / _CRITIC, card.critic_sha256, whose),
    )


def write_sounds(
    folder: Path, sounds: Iterable[np.ndarray], rate_hz: int, classes: Sequence[str], group: str
) -> list[str]:
    """Write sounds as FLAC files in a folder for each class, and ``clips.csv``; an older folder is replaced whole.

    Parameters
    ----------
    folder
        Where to.
    sounds
        Samples of each, (n,) float32.
    rate_hz
        Their sample rate.
    classes
        Class of each.
    group
        The group of all of them in the list.

    Returns
    -------
    Path of each, relative to ``folder``.
    """
    counted = dict.fromkeys(classes, 0)
    named = {name: _NO_FOLDER.sub("_", name).strip(". ") or "_" for name in classes}
    paths = []
    with whole_folder(folder) as scratch:
        for sound, name in zip(sounds, classes, strict=True):
            counted[name] += 1
            paths.append(f"{named[name]}/{counted[name]:04d}.flac")
            (scratch / named[name]).mkdir(exist_ok=True)
            (scratch / paths[-1]).write_bytes(flac_bytes(sound, rate_hz, bits=_BITS))
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["path", "label", "group", "split"])
        writer.writerows([path, name, group, "train"] for path, name in zip(paths, classes, strict=True))
        (scratch / LIST).write_text(text.getvalue(), encoding="utf-8")
    return paths
