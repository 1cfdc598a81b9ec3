"""Days and hours as the recorder's clock has them: standard time of the deployment."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

__all__ = ["DAY_US", "EPOCH", "day_range", "local_us"]

DAY_US = 86_400_000_000
EPOCH = date(1970, 1, 1)


def local_us(table: pd.DataFrame) -> np.ndarray:
    """Return the start of each interval on the deployment's clock, microseconds since 1970."""
    utc_us = table["interval_start"].astype("datetime64[us, UTC]").astype("int64").to_numpy()
    offset_us = table["utc_offset_min"].to_numpy(dtype=np.int64) * 60_000_000
    return np.asarray(utc_us + offset_us)


def day_range(days: list[np.ndarray]) -> tuple[int, int]:
    """Return the first of all days and the number of days to the last; one empty day where there is none."""
    every = np.concatenate(days) if days else np.empty(0, dtype=np.int64)
    return (int(every.min()), int(np.ptp(every)) + 1) if len(every) else (0, 1)
