"""A frame's line of probability codes, looked through: which of its bins are active. Compiled by Numba.

Most lines hold no active cell and most others a few side by side: a line is compared as a whole, eight bins are passed
over at a time where none is active, and what is said of active cells goes from one to the next.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

__all__ = ["any_active", "compiled", "list_marked", "listing", "mark", "room_for_marks"]

_EIGHT = 8
_WORD = np.uint64(_EIGHT)


def compiled(function: Any) -> Any:
    """Compile a function; its machine code is kept from run to run, and other threads run beside it."""
    return numba.njit(cache=True, nogil=True)(function)


def room_for_marks(bins: int, *lines: int) -> np.ndarray:
    """Return room for a mark of every bin of lines, zeros of shape (*lines, bins to a multiple of eight), uint8."""
    return np.zeros((*lines, -(-bins // _EIGHT) * _EIGHT), dtype=np.uint8)


def listing(bins: int, *lines: int) -> np.ndarray:
    """Return room for the marked bins of lines, shape (*lines, bins and a word more), int64."""
    return np.empty((*lines, bins + _EIGHT), dtype=np.int64)


@compiled
def any_active(line, least, span):
    """Return whether any bin of a line has a code of ``least`` to ``least + span``."""
    # Unsigned, so that codes below the least come out above the span. A least, unlike an "or", is found in vectors.
    nearest = np.uint8(255)
    for index in range(len(line)):
        nearest = min(nearest, np.uint8(line[index] - least))
    return nearest <= span


@compiled
def mark(line, least, span, marks):
    """Set ``marks`` to 1 in the bins whose code is ``least`` to ``least + span``, and to 0 in the others."""
    for index in range(len(line)):
        marks[index] = np.uint8(line[index] - least) <= span


@compiled
def list_marked(marks, words, listed):
    """List the bins whose mark is 1, in order; return how many there are.

    Parameters
    ----------
    marks, words
        Marks of a line, 0 or 1, as :func:`room_for_marks` returns them, and the same memory as uint64.
    listed
        Is filled; what :func:`listing` returns for as many bins.
    """
    count = np.uint64(0)
    for word in range(len(words)):
        if words[word]:
            for index in range(np.uint64(word) * _WORD, np.uint64(word + 1) * _WORD):
                listed[count] = index
                count += np.uint64(marks[index])
    return np.int64(count)
