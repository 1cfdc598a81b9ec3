"""What a model's card says of the calibration of its probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import numpy as np

from antiphon.io.models.checkpoints import CalibrationCard
from antiphon.stats.judging.calibration import Calibration, calibration_error, reliability
from antiphon.stats.judging.scores import Histogram

__all__ = ["calibration_cards"]


def calibration_cards(lines: Sequence[Calibration], before: Histogram, after: Histogram) -> list[CalibrationCard]:
    """Return one card for each source.

    Parameters
    ----------
    lines
        What each source's log-odds were bent by; none if the network cannot be bent.
    before, after
        Validation cells by probability, before and after that.
    """
    errors = (_rounded(calibration_error(one)) for one in (before, after))
    tables = [[(*_rounded(row[:2]), int(row[2])) for row in table] for table in reliability(after)]
    return [
        CalibrationCard(
            temperature=round(line.temperature, 4),
            shift=round(line.shift, 4),
            error_before=first,
            error=then,
            reliability=tuple(table),
        )
        for line, first, then, table in zip(lines, *errors, tables, strict=False)
    ]


def _rounded(values: np.ndarray) -> list[float | None]:
    return [None if isnan(value) else round(value, 4) for value in values.tolist()]
