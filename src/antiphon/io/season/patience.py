"""Reads that may never come back: done in threads that are left behind when they hang.

A read from a dead network mount cannot be interrupted. It can be done in a thread of its own that is given up after a
while; being a daemon, that thread does not keep the program from ending.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

__all__ = ["Beat", "Hung", "each_within"]

Item = TypeVar("Item")
Result = TypeVar("Result")
Beat = Callable[[], None]

_AHEAD = 4096
# Looking for results takes the interpreter from the threads that read: often at first, seldom in a long work.
_SHORTEST_POLL_S, _LONGEST_POLL_S, _POLL_SHARE = 0.0005, 0.02, 0.05
_LOOK_S = 0.25


@dataclass(frozen=True, slots=True)
class Hung:
    """Stands in place of a result that did not come.

    Attributes
    ----------
    tried
        False where so many before it hung that it was not tried any more.
    """

    tried: bool


@dataclass(slots=True)
class _Reader:
    """One thread's state, shared with the one that watches it; ``busy_since`` is None while it does not read."""

    index: int = -1
    busy_since: float | None = None
    given_up: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def beat(self) -> None:
        """Say that the read goes on."""
        self.busy_since = time.monotonic()


def each_within(
    timeout_s: float, work: Callable[[Item, Beat], Result], items: Sequence[Item], *, threads: int, most_hung: int
) -> Iterator[Result | Hung]:
    """Yield ``work(item, beat)`` for each item, in order, or :class:`Hung` for one that takes too long.

    Parameters
    ----------
    timeout_s
        Seconds after which a call is given up. A long call that proceeds may call ``beat()`` to start them anew.
    work
        What is done with an item; its exceptions are raised here.
    items
        The items.
    threads
        How many are worked on at a time.
    most_hung
        Number of hung calls after which the rest is not tried.
    """
    yield from _Crew(timeout_s, work, items, most_hung).results(min(threads, len(items)))


class _Crew(Generic[Item, Result]):
    """Threads that take items one by one, and the one that collects their results and replaces those that hang."""

    def __init__(
        self, timeout_s: float, work: Callable[[Item, Beat], Result], items: Sequence[Item], most_hung: int
    ) -> None:
        self._timeout_s = timeout_s
        self._work = work
        self._items = items
        self._most_hung = most_hung
        self._next = itertools.count()  # next() on it is atomic
        self._done: dict[int, Result | Hung | Exception] = {}
        self._taken = 0
        self._hung = 0
        self._stopped = False
        self._readers: list[_Reader] = []

    def results(self, threads: int) -> Iterator[Result | Hung]:
        for _ in range(threads):
            self._start_reader()
        began = looked = time.monotonic()
        try:
            for index in range(len(self._items)):
                while index not in self._done:
                    if self._hung >= self._most_hung and not self._reading(index):
                        self._done.setdefault(index, Hung(tried=False))
                        break
                    now = time.monotonic()
                    time.sleep(min(_SHORTEST_POLL_S + _POLL_SHARE * (now - began), _LONGEST_POLL_S))
                    if now - looked > _LOOK_S:
                        looked = now
                        self._look_for_hung()
                self._taken = index
                result = self._done.pop(index)
                if isinstance(result, Exception):
                    raise result
                yield result
        finally:
            self._stopped = True

    def _start_reader(self) -> None:
        reader = _Reader()
        self._readers.append(reader)
        threading.Thread(target=self._read, args=(reader,), daemon=True).start()

    def _read(self, reader: _Reader) -> None:
        while not (self._stopped or reader.given_up or self._hung >= self._most_hung):
            index = next(self._next)
            if index >= len(self._items):
                return
            while index - self._taken > _AHEAD and not self._stopped:
                time.sleep(_LONGEST_POLL_S)
            reader.index = index
            reader.beat()
            result: Result | Exception
            try:
                result = self._work(self._items[index], reader.beat)
            except Exception as error:
                result = error
            with reader.lock:
                if not reader.given_up:
                    self._done[index] = result
                    reader.busy_since = None

    def _look_for_hung(self) -> None:
        for reader in list(self._readers):
            with reader.lock:
                since = reader.busy_since
                if since is None or time.monotonic() - since < self._timeout_s:
                    continue
                reader.given_up = True
                self._done[reader.index] = Hung(tried=True)
                self._hung += 1
                self._readers.remove(reader)
            if self._hung < self._most_hung:
                self._start_reader()

    def _reading(self, index: int) -> bool:
        """Return whether a thread has the item in hand."""
        return any(reader.index == index and reader.busy_since is not None for reader in self._readers)
