"""What a person sees while a stage works: a bar on a terminal, one log line a step in a job."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

__all__ = ["log", "track"]

Item = TypeVar("Item")
_LINES_PER_LOOP = 20


def log(line: str) -> None:
    """Write one line with the time of day to standard error (a rule sends it to its log)."""
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def track(items: Iterable[Item], what: str, total: int | None = None, *, lines: bool = True) -> Iterator[Item]:
    """Yield ``items`` and show how far the loop is.

    Parameters
    ----------
    items
        What is worked through.
    what
        What the loop does, in a few words.
    total
        Number of items, where ``items`` does not know it itself.
    lines
        Whether a job's log gets a line now and then; False where the loop writes its own.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import track as rich_track

        yield from rich_track(items, description=what, total=total, console=Console(stderr=True))
        return
    step = max(1, (total or 0) // _LINES_PER_LOOP)
    for done, item in enumerate(items, start=1):
        yield item
        if lines and total and (done % step == 0 or done == total):
            log(f"{what}: {done}/{total}")
