"""What levels are relative to: full scale, or a sound pressure where the recorder's sensitivity is known.

Levels on disk are codes re full scale (:mod:`antiphon.signal.levels`) whatever the recorder; a calibration is one
number to add, so that a better one costs no second look at the sound.

References
----------
ISO 1683:2015 and ISO 18405:2017: the reference pressure is 20 µPa in air and other gases, 1 µPa in water.
Merchant, N. D., et al. (2015). Measuring acoustic habitats. Methods in Ecology and Evolution 6(3), 257-265.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["FULL_SCALE", "LevelReference", "level_reference"]

_REFERENCE_PA = {"air": 20e-6, "water": 1e-6}


@dataclass(frozen=True)
class LevelReference:
    """What 0 dB is.

    Attributes
    ----------
    name
        ``full scale``, ``20 uPa`` or ``1 uPa``.
    offset_db
        What is added to a level re full scale.
    standard_name
        Name of the quantity in the CF standard name table; None: it has none.
    """

    name: str
    offset_db: float
    standard_name: str | None


FULL_SCALE = LevelReference("full scale", 0.0, None)
"""A full-scale sine on a bin reads 0 dB."""


def level_reference(sensitivity_db: float | None, medium: str) -> LevelReference:
    """Return what the levels of a recorder are relative to.

    Parameters
    ----------
    sensitivity_db
        Level that a tone of 1 Pa rms reads, dB re full scale (a full-scale sine reads 0 dB), gain included; None: not
        calibrated.
    medium
        ``air`` or ``water``.
    """
    if sensitivity_db is None:
        return FULL_SCALE
    reference_pa = _REFERENCE_PA[medium]
    offset_db = round(-20 * math.log10(reference_pa) - sensitivity_db, 3)
    return LevelReference(f"{reference_pa * 1e6:.0f} uPa", offset_db, f"sound_pressure_level_in_{medium}")
