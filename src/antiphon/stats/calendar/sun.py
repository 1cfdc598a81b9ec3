"""When the sun rises and sets: NOAA's formulas."""

from __future__ import annotations

from datetime import date

import numpy as np

__all__ = ["CIVIL_ZENITH_DEG", "RISE_ZENITH_DEG", "sun_times"]

RISE_ZENITH_DEG = 90.833
"""Zenith angle of the sun's centre at sunrise and sunset: its radius and the mean refraction at the horizon."""
CIVIL_ZENITH_DEG = 96.0
"""Zenith angle at which civil twilight begins and ends."""

_MINUTES = 1440.0
_J2000_DAY = date(2000, 1, 1).toordinal()
_ROUNDS = 2


def sun_times(
    first_day: date, days: int, latitude: float, longitude: float, utc_offset_min: float, zenith_deg: float
) -> np.ndarray:
    """Return when the sun passes an angle on its way up and on its way down, day by day.

    Parameters
    ----------
    first_day
        First local day.
    days
        Number of days.
    latitude, longitude
        WGS 84, degrees north and east.
    utc_offset_min
        Local time minus UTC, minutes.
    zenith_deg
        Angle from the zenith: :data:`RISE_ZENITH_DEG` or :data:`CIVIL_ZENITH_DEG`.

    Returns
    -------
    Hours of the local day, shape (day, 2), modulo 24; NaN where the sun stays above or below the angle all day.

    References
    ----------
    NOAA Global Monitoring Laboratory, Solar Calculation Details (gml.noaa.gov/grad/solcalc/calcdetails.html), after
    Meeus, J. (1998). Astronomical Algorithms, 2nd ed., ch. 25. Within a minute below 72 degrees of latitude.
    """
    day = first_day.toordinal() - _J2000_DAY + np.arange(days)[:, None]
    up_and_down = np.array([[-1.0, 1.0]])
    minutes = np.full((days, 2), 720.0) - utc_offset_min  # noon, UTC
    for _ in range(_ROUNDS):
        century = (day - 0.5 + np.nan_to_num(minutes, nan=720.0) / _MINUTES) / 36525
        declination_deg, equation_min = _declination_and_equation_of_time(century)
        angle_deg = np.degrees(_hour_angle(declination_deg, latitude, zenith_deg))
        minutes = 720.0 - 4 * (longitude - up_and_down * angle_deg) - equation_min
        # The passage that falls on this local day, wherever the zone lies.
        local = minutes + utc_offset_min
        minutes = minutes - np.floor(local / _MINUTES) * _MINUTES
    return np.asarray(((minutes + utc_offset_min) % _MINUTES) / 60)


def _hour_angle(declination_deg: np.ndarray, latitude: float, zenith_deg: float) -> np.ndarray:
    """Return the hour angle of a passage in radians; NaN where there is none."""
    phi, delta, zenith = np.radians(latitude), np.radians(declination_deg), np.radians(zenith_deg)
    cosine = np.cos(zenith) / (np.cos(phi) * np.cos(delta)) - np.tan(phi) * np.tan(delta)
    return np.arccos(np.where(np.abs(cosine) <= 1, cosine, np.nan))


def _declination_and_equation_of_time(century: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sun's declination in degrees and apparent minus mean solar time in minutes, same shape as ``century``.

    ``century`` is Julian centuries since noon of 1 January 2000.
    """
    mean_longitude = np.radians((280.46646 + century * (36000.76983 + century * 0.0003032)) % 360)
    anomaly = np.radians(357.52911 + century * (35999.05029 - 0.0001537 * century))
    eccentricity = 0.016708634 - century * (0.000042037 + 0.0000001267 * century)
    centre_deg = (
        np.sin(anomaly) * (1.914602 - century * (0.004817 + 0.000014 * century))
        + np.sin(2 * anomaly) * (0.019993 - 0.000101 * century)
        + np.sin(3 * anomaly) * 0.000289
    )
    node = np.radians(125.04 - 1934.136 * century)
    longitude = np.radians(np.degrees(mean_longitude) + centre_deg - 0.00569 - 0.00478 * np.sin(node))
    obliquity_deg = 23 + (26 + (21.448 - century * (46.815 + century * (0.00059 - century * 0.001813))) / 60) / 60
    obliquity = np.radians(obliquity_deg + 0.00256 * np.cos(node))
    declination_deg = np.degrees(np.arcsin(np.sin(obliquity) * np.sin(longitude)))
    y = np.tan(obliquity / 2) ** 2
    equation = (
        y * np.sin(2 * mean_longitude)
        - 2 * eccentricity * np.sin(anomaly)
        + 4 * eccentricity * y * np.sin(anomaly) * np.cos(2 * mean_longitude)
        - 0.5 * y**2 * np.sin(4 * mean_longitude)
        - 1.25 * eccentricity**2 * np.sin(2 * anomaly)
    )
    return declination_deg, 4 * np.degrees(equation)
