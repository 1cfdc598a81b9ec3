"""Independent pieces of work on several processes."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

__all__ = ["in_order"]

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def in_order(work: Callable[[Piece], Result], pieces: Sequence[Piece], workers: int) -> Iterator[Result]:
    """Yield ``work(piece)`` for each piece, in order; what a piece gives never depends on ``workers``.

    Processes are spawned, not forked: a fork after Zarr has read can hang, because its event loop is a thread.

    Parameters
    ----------
    work
        A function of a module, so that it can be sent to another process.
    pieces
        What it is called with.
    workers
        Number of processes; 1 works in this one.
    """
    workers = min(workers, len(pieces))
    if workers <= 1:
        yield from map(work, pieces)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent) as pool:
        yield from pool.map(work, pieces)


def _end_with_parent() -> None:
    """End this process when the one that started it is killed: nobody would take what it makes."""

    def wait() -> None:
        if parent := multiprocessing.parent_process():
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
