"""Levels: samples and cells to decibels re full scale to one byte a cell, and back.

``level_db = 0.5 * code - 122.5``; code 0 means *not heard* (the recorder cannot have sound there) and code 255 means
*at or above* +5 dB. 0 dB is a full-scale sine on a bin. Probabilities are bytes too: ``code / 254``, 255 is not heard.
"""

from __future__ import annotations

import numpy as np

__all__ = [
    "ADD_OFFSET_DB",
    "CODE_MAX",
    "NOT_HEARD",
    "PROBABILITY_NOT_HEARD",
    "PROBABILITY_SCALE",
    "SCALE_DB",
    "SILENT",
    "code_of_level",
    "full_scale",
    "level_of_code",
]

SCALE_DB = 0.5
ADD_OFFSET_DB = -122.5
NOT_HEARD = 0
SILENT = 1
CODE_MAX = 255
PROBABILITY_SCALE = 254
PROBABILITY_NOT_HEARD = 255


def full_scale(samples: np.ndarray) -> float:
    """Return the value that stands for full scale in ``samples``: 32768 for int16, 2**31 for int32, 1.0 for floats."""
    return 1.0 if samples.dtype.kind == "f" else float(np.iinfo(samples.dtype).max) + 1.0


def code_of_level(level_db: np.ndarray) -> np.ndarray:
    """Return the nearest code of levels in dB re full scale, any shape, uint8 in 1..255; ``-inf`` gives 1."""
    with np.errstate(invalid="ignore"):
        code = np.rint((np.asarray(level_db, dtype=np.float64) - ADD_OFFSET_DB) / SCALE_DB)
    return np.clip(code, 1, CODE_MAX).astype(np.uint8)


def level_of_code(code: np.ndarray) -> np.ndarray:
    """Return levels in dB re full scale, float32, same shape; NaN where a cell was not heard."""
    table: np.ndarray = (np.arange(256) * SCALE_DB + ADD_OFFSET_DB).astype(np.float32)
    table[NOT_HEARD] = np.nan
    levels: np.ndarray = table[code]
    return levels
