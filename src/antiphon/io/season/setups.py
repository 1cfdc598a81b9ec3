"""How a deployment's recorder was set up, and when that changed: rate, coding, channels, gain, serial number."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["first_of_setups", "setups_of"]

_FACTS = ("rate_hz", "subtype", "channels", "gain", "serial")
_WORDS = ("{} Hz", "{}", "{} channels", "gain {}", "serial {}")


def first_of_setups(recordings: pa.Table, used: np.ndarray) -> np.ndarray:
    """Return which recordings are the first of a setup that is not the deployment's first.

    Parameters
    ----------
    recordings
        Table with the columns rate_hz, subtype, channels, gain and serial, in order of time.
    used
        Which of them count, shape (recordings,), bool.

    Returns
    -------
    Truth values, shape (recordings,). A fact that a file does not tell is that of the file before it.
    """
    firsts, _ = _setups(recordings.filter(pa.array(used)))
    found = np.zeros(len(used), dtype=bool)
    found[np.flatnonzero(used)[firsts[1:]]] = True
    return found


def setups_of(placed: pa.Table) -> list[tuple[str, str, int]]:
    """Return each setup of a deployment in words, the first day of it, and how many recordings have it.

    Parameters
    ----------
    placed
        Table of the schema :data:`~antiphon.io.season.placing.RECORDINGS`, sorted by start.
    """
    used = placed.filter(placed["unit"].is_valid())
    firsts, counts = _setups(used)
    setups = []
    for row, count in zip(used.take(pa.array(firsts)).to_pylist(), counts.tolist(), strict=True):
        told = [words.format(row[fact]) for fact, words in zip(_FACTS, _WORDS, strict=True) if row[fact] is not None]
        setups.append((", ".join(told), row["start_local"][:10], count))
    return setups


def _setups(used: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Return the first recording of each setup, in order of time, and the number of its recordings."""
    setup = np.zeros(len(used), dtype=np.int64)
    for fact in _FACTS:
        column = used[fact].combine_chunks().dictionary_encode()
        codes = pc.fill_null(pc.fill_null_backward(pc.fill_null_forward(column.indices)), 0).to_numpy()
        _, setup = np.unique(setup * (len(column.dictionary) + 1) + codes, return_inverse=True)
    _, firsts, counts = np.unique(setup, return_index=True, return_counts=True)
    order = np.argsort(firsts)
    return firsts[order], counts[order]
