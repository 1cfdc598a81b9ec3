"""How well a source's cells are found by someone who hears nothing and only knows in which bins it sounds.

Whoever calls every cell of the right bins a source's finds more than chance gives; a model that finds no more than that
has learned where in frequency a source may sound, and nothing of when it does. Labels that belong to other sounds, for
one, teach no more.
"""

from __future__ import annotations

import numpy as np

from antiphon.stats.power import ratio

__all__ = ["bands_alone_f1"]


def bands_alone_f1(sounding: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Return the best F1 that some bins, taken whole, reach for each source.

    Parameters
    ----------
    sounding
        Cells in which a source sounds, shape (source, frequency), int64.
    cells
        Cells that count, same shape.

    Returns
    -------
    Shape (source,); 0 for a source that never sounds.
    """
    share = np.nan_to_num(ratio(sounding, cells))
    # With the bins in order of their share, the best choice is always the first so many.
    order = np.argsort(-share, axis=1, kind="stable")
    hits, found = (np.take_along_axis(one, order, axis=1).cumsum(axis=1) for one in (sounding, cells))
    best: np.ndarray = np.nan_to_num(ratio(2 * hits, found + sounding.sum(axis=1, keepdims=True))).max(axis=1)
    return best
