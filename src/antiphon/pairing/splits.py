"""Who goes where: recordings and groups dealt out to training, validation and two tests, and a guard against leaks.

*Transfer* examples share neither recording nor group (recordist, site, individual) with any other split. *In-domain*
examples come from other recordings of what training saw: its groups, or its labels.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from antiphon.config import Split
from antiphon.errors import AntiphonError
from antiphon.io.examples.pairs import TEST_SPLITS

__all__ = ["Leaks", "Piece", "dealt"]

TRAIN, VALIDATION = "train", "validation"
IN_DOMAIN, TRANSFER = TEST_SPLITS["in_domain"], TEST_SPLITS["transfer"]


@dataclass(frozen=True)
class Piece:
    """Something that examples are made of.

    Attributes
    ----------
    recording
        The original recording that it is of.
    group
        Recordist, site or individual.
    label
        What it is.
    classes
        Its classes: every combination of them is dealt out evenly.
    split
        Split that a person chose; empty: it is dealt out.
    """

    recording: str
    group: str
    label: str
    classes: tuple[str, ...] = ()
    split: str = ""

    @property
    def stratum(self) -> str:
        """What is dealt out evenly."""
        return ";".join(sorted(self.classes)) or self.label


def dealt(pieces: Iterable[Piece], rules: Split) -> dict[str, str]:
    """Return the split of every recording.

    Groups are dealt into folds, class by class, the rarest first, in an order that depends on their names alone:
    adding a group moves few others. Fold ``rules.fold`` is the transfer test, the next one validation, the rest
    training. Of the recordings of training, a share of those whose group or label has another recording left there
    becomes the in-domain test.

    Parameters
    ----------
    pieces
        All that examples are made of.
    rules
        How many folds, which one is tested.
    """
    free = [piece for piece in pieces if not piece.split]
    folds = _folds(free, rules)
    split = {piece.recording: piece.split for piece in pieces if piece.split}
    for piece in free:
        number = (folds[piece.group] - rules.fold) % rules.folds
        split.setdefault(piece.recording, {0: TRANSFER, 1: VALIDATION}.get(number, TRAIN))
    held = _held_out([piece for piece in free if split[piece.recording] == TRAIN], rules)
    return split | dict.fromkeys(held, IN_DOMAIN)


def _order(name: str, rules: Split) -> str:
    return sha256(f"{rules.seed}:{name}".encode()).hexdigest()


def _folds(pieces: list[Piece], rules: Split) -> dict[str, int]:
    """Return the fold of each group."""
    groups_of: dict[str, set[str]] = defaultdict(set)
    for piece in pieces:
        groups_of[piece.stratum].add(piece.group)
    folds: dict[str, int] = {}
    for label in sorted(groups_of, key=lambda name: (len(groups_of[name]), name)):
        load = Counter(dict.fromkeys(range(rules.folds), 0))
        load.update(folds[group] for group in groups_of[label] if group in folds)
        start = int(_order(label, rules), 16)
        for group in sorted(groups_of[label] - folds.keys(), key=lambda name: _order(name, rules)):
            # Ties go round from a fold that the label's name chooses, or the first fold would get every rare label.
            fold = min(range(rules.folds), key=lambda one: (load[one], (one - start) % rules.folds))
            folds[group] = fold
            load[fold] += 1
    return folds


def _held_out(pieces: list[Piece], rules: Split) -> set[str]:
    """Return the recordings of the in-domain test; of each of their labels another recording stays in training."""
    recordings: dict[str, set[str]] = defaultdict(set)
    labels: dict[str, set[str]] = defaultdict(set)
    for piece in pieces:
        recordings[piece.label].add(piece.recording)
        labels[piece.recording].add(piece.label)
    left = {label: len(names) for label, names in recordings.items()}
    held: set[str] = set()
    for label in sorted(recordings):
        wanted = int(len(recordings[label]) * rules.in_domain_share + 0.5) - len(recordings[label] & held)
        for name in sorted(recordings[label] - held, key=lambda name: _order(f"in-domain {name}", rules)):
            if wanted > 0 and all(left[one] > 1 for one in labels[name]):
                held.add(name)
                wanted -= 1
                for one in labels[name]:
                    left[one] -= 1
    return held


@dataclass
class Leaks:
    """A guard: every example is shown to it before it is written.

    Names of members begin with what they are. What begins with ``recording`` or ``content`` may be in one split only;
    a ``group`` may be in training and in the in-domain test, and otherwise in one split only.
    """

    _seen: dict[str, str] = field(default_factory=dict)

    def check(self, split: str, members: Iterable[str]) -> None:
        """Note the members of an example.

        Raises
        ------
        AntiphonError
            If one of them is in a split that must not share it.
        """
        for name in members:
            place = _place(split, name)
            before = self._seen.setdefault(name, place)
            if before != place:
                raise AntiphonError(
                    f"pair: {name} is in {before} and in {split}, so the scores would not be honest; give both the "
                    "same recording and group, or the same split, in the lists of pair"
                )


def _place(split: str, name: str) -> str:
    return TRAIN if name.startswith("group ") and split == IN_DOMAIN else split
