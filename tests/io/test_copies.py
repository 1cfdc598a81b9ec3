"""The same samples under two names: found by hash, whatever the names."""

from antiphon.io.copies import copies_of, shared_content


def row(path: str, content: int, **changes) -> dict:
    return {"path": path, "content_hash": f"{content:032x}", "samples": 100, "dc": 0.0, "peak": 0.5, **changes}


def test_copies_of__names_the_earlier_one():
    rows = [row("b", 1 << 80), row("a", 2 << 80), row("c", 1 << 80), row("d", 1 << 80)]
    assert copies_of(rows) == {"c": "b", "d": "b"}


def test_copies_of__lets_silence_and_stuck_channels_be():
    alike = [row("a", 1, peak=0.0), row("b", 1, peak=0.0)]
    alike += [row(path, 2, dc=-0.25, peak=0.25) for path in "cd"]
    assert copies_of([*alike, row("e", 3, samples=0), row("f", 3, samples=0)]) == {}


def test_shared_content__counts_by_pairs_of_deployments():
    decoded = [
        ("A", row("A/1", 1 << 80)),
        ("A", row("A/2", 2 << 80)),
        ("A", row("A/copy", 2 << 80)),
        ("B", row("B/1", 1 << 80)),
        ("B", row("B/2", 2 << 80)),
        ("B", row("B/3", 3 << 80)),
        ("C", row("C/3", 3 << 80)),
    ]
    found = shared_content(decoded)
    assert [(one.deployments, one.recordings, one.example) for one in found] == [
        (("A", "B"), 2, ("A/1", "B/1")),
        (("B", "C"), 1, ("B/3", "C/3")),
    ]


def test_shared_content__does_not_compare_the_channels_of_a_file():
    assert shared_content([("A-ch1", row("A/1", 1)), ("A-ch2", row("A/1", 1))]) == []
