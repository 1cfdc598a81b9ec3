"""Recordings that hold the same samples under two names: found by the hash of what was decoded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["SharedContent", "copies_of", "shared_content"]

# Nothing that was heard has a mean as large as its peak.
_ALIKE = 1e-6


@dataclass
class SharedContent:
    """What two deployments have in common.

    Attributes
    ----------
    deployments
        Their names, the one that was looked through first before the other.
    recordings
        Number of recordings of the second whose samples a recording of the first has.
    example
        Paths of the first such two, in the same order.
    """

    deployments: tuple[str, str]
    recordings: int
    example: tuple[str, str]


def copies_of(decoded: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the path of each recording that has the very samples of an earlier one, with the path of that one.

    Parameters
    ----------
    decoded
        What decoding found out of each recording, rows of stage stft's records, in order of time. Recordings whose
        samples are all alike (silence, a stuck channel) are no copies of each other.
    """
    first: dict[str, str] = {}
    copies: dict[str, str] = {}
    for row in decoded:
        path = first.setdefault(row["content_hash"], row["path"]) if _was_heard(row) else row["path"]
        if path != row["path"]:
            copies[row["path"]] = path
    return copies


def shared_content(decoded: Iterable[tuple[str, Mapping[str, Any]]]) -> list[SharedContent]:
    """Return which deployments share samples.

    Parameters
    ----------
    decoded
        Name of its deployment and what decoding found out of each recording, in the order of deployments. Channels of
        one file are not compared with each other.

    Returns
    -------
    A row for each two deployments, in the order in which they were found.
    """
    first: dict[int, tuple[str, str]] = {}
    shared: dict[tuple[str, str], SharedContent] = {}
    for deployment, row in decoded:
        if not _was_heard(row):
            continue
        # Half of the hash is enough for any season, and a season's hashes must fit into memory.
        owner, path = first.setdefault(int(row["content_hash"][:16], 16), (deployment, row["path"]))
        if owner != deployment and path != row["path"]:
            pair = (owner, deployment)
            shared.setdefault(pair, SharedContent(pair, 0, (path, row["path"]))).recordings += 1
    return list(shared.values())


def _was_heard(row: Mapping[str, Any]) -> bool:
    """Return whether decoding found samples that are not all alike."""
    return bool(row["samples"]) and abs(row["dc"]) < row["peak"] * (1 - _ALIKE)
