"""Arrays inside a page: compressed, as text, and as small as what is shown allows."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np

__all__ = ["SHARE_STEPS", "packed", "share_codes"]

SHARE_STEPS = 65534
"""Code of the share 1; the next code, 65535, says that there is none."""

_KINDS = {"u1": np.uint8, "u2": np.uint16, "u4": np.uint32, "f4": np.float32}


def packed(values: np.ndarray, kind: str) -> dict[str, Any]:
    """Return an array as what a page unpacks: kind of number, shape, and the bytes, deflated, in base 64.

    Parameters
    ----------
    values
        Any shape; they must fit the kind.
    kind
        ``u1``, ``u2``, ``u4`` (whole numbers of 1, 2 or 4 bytes) or ``f4``; little-endian.
    """
    laid = np.ascontiguousarray(values, dtype=np.dtype(_KINDS[kind]).newbyteorder("<"))
    text = base64.b64encode(zlib.compress(laid.tobytes(), 9)).decode("ascii")
    return {"kind": kind, "shape": list(laid.shape), "data": text}


def share_codes(shares: np.ndarray) -> np.ndarray:
    """Return shares of 1 as two-byte codes, NaN as 65535.

    The code is the root of the share, so that a rare source keeps digits that matter: the relative error is 0.2 % at a
    share of 1e-4 and 5 % at 1e-7.
    """
    codes = np.round(np.sqrt(np.clip(np.nan_to_num(shares), 0, 1)) * SHARE_STEPS)
    return np.where(np.isnan(shares), SHARE_STEPS + 1, codes).astype(np.uint16)
