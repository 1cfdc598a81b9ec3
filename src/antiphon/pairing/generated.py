"""Generated voices in mixtures: which of them sing, how often, and what they were learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from antiphon.config import Generated
from antiphon.errors import AntiphonError
from antiphon.io.examples.lists import ClipRow, expanded, read_clips
from antiphon.io.models.voices import LIST, load_voice_card
from antiphon.pairing.labels import LabelMap

__all__ = ["GeneratedVoices"]


@dataclass(frozen=True)
class GeneratedVoices:
    """Sounds that stage synthesize made.

    Attributes
    ----------
    folder
        What their paths are relative to.
    share
        By class, the share of recorded clips in whose place one of them sings.
    clips
        By class, the sounds.
    members
        What they are of. A generator is made of all that it learned from, so an example in which it sings must share
        no group with a test; the guard against leaks looks at these names.
    """

    folder: Path
    share: Mapping[str, float]
    clips: Mapping[str, Sequence[ClipRow]]
    members: tuple[str, ...]

    @classmethod
    def of(cls, rules: Generated, labels: LabelMap) -> GeneratedVoices:
        """Read the list of the sounds and the card of the voices.

        Raises
        ------
        AntiphonError
            If there are none, or none of a class that is to sing.
        """
        voices = expanded(rules.voices, "pair.generated.voices")
        card = load_voice_card(voices)
        folder = voices / "generated"
        clips: dict[str, list[ClipRow]] = {}
        for row in read_clips(folder / LIST):
            for name in labels.classes_of(row.label):
                clips.setdefault(name, []).append(row)
        if absent := sorted(name for name, share in rules.share.items() if share and name not in clips):
            raise AntiphonError(
                f"pair.generated.share: {voices} has no voice of {', '.join(absent)}; it has {', '.join(card.classes)}"
            )
        groups = (f"group generated {card.name}", *(f"group {name}" for name in card.learned_groups))
        return cls(folder, rules.share, clips, groups)

    def drawn(self, rng: np.random.Generator, name: str) -> ClipRow | None:
        """Return a sound of a class, or None where a recorded clip is to be heard."""
        share = self.share.get(name, 0.0)
        if not share or rng.random() >= share:
            return None
        return self.clips[name][int(rng.integers(len(self.clips[name])))]
