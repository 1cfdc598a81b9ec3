"""Who goes where: nothing is shared that must not be, and a leak that was planted is caught."""

from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.config import Split
from antiphon.errors import AntiphonError
from antiphon.pairing.labels import LabelMap
from antiphon.pairing.splits import Leaks, Piece, dealt

RULES = Split(folds=5, fold=0, in_domain_share=0.2, seed=1)


def pieces(groups=15, recordings=4, labels=("bird", "frog")):
    return [
        Piece(f"{label}-{g}-{r}", f"{label}-{g}", label, (label,))
        for label in labels
        for g in range(groups)
        for r in range(recordings)
    ]


def groups_by_split(found, all_pieces):
    places = defaultdict(set)
    for piece in all_pieces:
        places[found[piece.recording]].add(piece.group)
    return places


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9), st.sampled_from("abc")), min_size=1, max_size=60),
    fold=st.integers(0, 4),
)
def test_dealt__never_shares_a_group_with_the_transfer_test_or_validation(rows, fold):
    # A recording has one group, whatever the list says of its pieces.
    group_of = {}
    made = [Piece(f"r{r}", f"g{group_of.setdefault(r, g)}", label) for r, g, label in rows]
    found = dealt(made, RULES.model_copy(update={"fold": fold}))
    places = groups_by_split(found, made)
    for alone in ("test_transfer", "validation"):
        for other in {"train", "validation", "test_in_domain", "test_transfer"} - {alone}:
            assert not places[alone] & places[other]
    # What is tested in domain has its like in training.
    trained = {piece.label for piece in made if found[piece.recording] == "train"}
    assert {piece.label for piece in made if found[piece.recording] == "test_in_domain"} <= trained


def test_dealt__tests_every_group_in_exactly_one_fold():
    all_pieces, tested = pieces(), Counter()
    for fold in range(5):
        found = dealt(all_pieces, RULES.model_copy(update={"fold": fold}))
        tested.update(groups_by_split(found, all_pieces)["test_transfer"])
    assert set(tested.values()) == {1} and len(tested) == 30


def test_dealt__gives_every_class_its_share():
    all_pieces = pieces()
    found = dealt(all_pieces, RULES)
    for label in ("bird", "frog"):
        count = Counter(found[piece.recording] for piece in all_pieces if piece.label == label)
        assert count["test_transfer"] == count["validation"] == 12
        assert count["test_in_domain"] == 7 and count["train"] == 29


def test_dealt__does_what_a_person_chose():
    mine = [Piece("a", "g", "bird", split="test_transfer"), *pieces()]
    assert dealt(mine, RULES)["a"] == "test_transfer"


def test_leaks__are_caught():
    leaks = Leaks()
    leaks.check("train", ["group a", "recording a1", "content 11"])
    leaks.check("test_in_domain", ["group a", "recording a2", "content 12"])
    leaks.check("test_transfer", ["group b", "recording b1"])
    with pytest.raises(AntiphonError, match="recording a1 is in train and in test_in_domain"):
        leaks.check("test_in_domain", ["recording a1"])
    with pytest.raises(AntiphonError, match="group a is in train and in test_transfer"):
        leaks.check("test_transfer", ["group a"])
    with pytest.raises(AntiphonError, match="content 12"):
        leaks.check("validation", ["content 12"])


def test_label_map__knows_classes_and_sources():
    labels = LabelMap(
        {"bird": ("bird",), "noise": ("rain", "wind")},
        {"parus major": ("bird", "parus_major"), "regen": ("rain",), "*": ("wind",)},
    )
    assert labels.classes_of(" Parus Major ") == ("bird", "parus_major")
    assert labels.sources_of("Parus major") == (0,)
    assert labels.sources_of("Regen") == labels.sources_of("anything") == labels.sources_of("RAIN") == (1,)
    assert LabelMap({"bird": ("bird",)}).classes_of("anything") == ()
    assert labels.whole_sources(["bird", "rain"]) == (0,)
    assert labels.whole_sources(["rain", "wind"]) == (1,)
    assert labels.whole_sources(["all"]) == (0, 1)
