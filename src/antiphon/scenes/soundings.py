"""What an event is in a scene: when, in which band, and how far it stands out of the bed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft

__all__ = ["BLOCK_S", "Extent", "Sounding", "add_event", "block_power", "event_snr_db", "extent"]

BLOCK_S = 0.016
"""Length of the blocks that ratios are measured on."""
_ACTIVE_SHARE = 0.01
_BAND_SHARES = (0.05, 0.95)


@dataclass(frozen=True)
class Sounding:
    """One event of a scene.

    Attributes
    ----------
    stem
        Index of the stem that it is part of.
    start_s, end_s
        Its active time, seconds from the first sample of the scene.
    freq_low_hz, freq_high_hz
        Its band, see :class:`Extent`.
    snr_db
        Its strict signal-to-noise ratio, see :func:`event_snr_db`.
    """

    stem: int
    start_s: float
    end_s: float
    freq_low_hz: float
    freq_high_hz: float
    snr_db: float


@dataclass(frozen=True)
class Extent:
    """Where an event has its energy.

    Attributes
    ----------
    ratio_db
        Its energy over the bed's, both in its band and its active blocks.
    low, high
        First and last bin of the band that holds the middle 90 % of its energy.
    first, last
        First and last active block: energy in the band within 20 dB of the loudest block.
    """

    ratio_db: float
    low: int
    high: int
    first: int
    last: int

    def sounding(self, stem: int, lead_blocks: int, rate_hz: int, snr_db: float) -> Sounding:
        """Return the event that lies ``lead_blocks`` blocks behind the start of a scene and was mixed at ``snr_db``."""
        block = round(BLOCK_S * rate_hz)
        return Sounding(
            stem,
            (lead_blocks + self.first) * block / rate_hz,
            (lead_blocks + self.last + 1) * block / rate_hz,
            self.low * rate_hz / block,
            (self.high + 1) * rate_hz / block,
            snr_db,
        )


def event_snr_db(event: np.ndarray, bed: np.ndarray, rate_hz: int) -> float:
    """Return the strict signal-to-noise ratio of an event in decibels.

    It is the event's energy over the bed's energy, both in the band between the frequencies below which 5 and 95 % of
    the event's energy lie, and both in the event's active frames: blocks of 16 ms in which the event's energy in that
    band is within 20 dB of its loudest block.

    Parameters
    ----------
    event, bed
        Sound of the same stretch of time, each (samples,).
    rate_hz
        Their sample rate.

    Returns
    -------
    The ratio; ``-inf`` if the event is silent.
    """
    found = extent(block_power(event, rate_hz), block_power(bed, rate_hz))
    return found.ratio_db if found else -np.inf


def block_power(sound: np.ndarray, rate_hz: int) -> np.ndarray:
    """Return the power of Hann-windowed blocks of 16 ms, shape (blocks, bins), float32."""
    block = round(BLOCK_S * rate_hz)
    blocks = -(-len(sound) // block)
    padded = np.zeros(blocks * block, dtype=np.float32)
    padded[: len(sound)] = sound
    window = np.hanning(block + 1)[:block].astype(np.float32)
    spectrum = scipy.fft.rfft(padded.reshape(blocks, block) * window)
    return np.asarray(spectrum.real**2 + spectrum.imag**2, dtype=np.float32)


def extent(event_power: np.ndarray, bed_power: np.ndarray) -> Extent | None:
    """Return where an event has its energy and its ratio to the bed, or None if it is silent.

    Parameters
    ----------
    event_power, bed_power
        What :func:`block_power` returned of the same stretch of time, each (blocks, bins).
    """
    per_bin = event_power.sum(axis=0, dtype=np.float64)
    total = per_bin.sum()
    if total <= 0:
        return None
    low, high = np.searchsorted(np.cumsum(per_bin) / total, _BAND_SHARES)
    in_band = event_power[:, low : high + 1].sum(axis=1)
    active = in_band > _ACTIVE_SHARE * in_band.max()
    bed = bed_power[active, low : high + 1].sum(dtype=np.float64)
    ratio_db = float(10 * np.log10(in_band[active].sum(dtype=np.float64) / max(bed, 1e-30)))
    blocks = np.flatnonzero(active)
    return Extent(ratio_db, int(low), min(int(high), len(per_bin) - 1), int(blocks[0]), int(blocks[-1]))


def add_event(
    stem: np.ndarray, heard: np.ndarray, start: int, backdrop: np.ndarray, *, snr_db: float, rate_hz: int
) -> list[Sounding]:
    """Add an event to a stem at a wanted ratio above the bed.

    Parameters
    ----------
    stem
        Sound that it is added to, shape (samples,), float32; changed in place.
    heard
        Sound of the event; ends with the stem at the latest.
    start
        Sample of the stem that it begins at.
    backdrop
        What :func:`block_power` returned of the bed of the whole stem.
    snr_db
        Wanted strict signal-to-noise ratio.
    rate_hz
        Sample rate.

    Returns
    -------
    The event, as one of stem 0; nothing if it is silent.
    """
    block = round(BLOCK_S * rate_hz)
    first, lead = divmod(start, block)
    event_power = block_power(np.pad(heard, (lead, 0)) if lead else heard, rate_hz)
    found = extent(event_power, backdrop[first : first + len(event_power)])
    if not found or not np.isfinite(found.ratio_db):
        return []
    stem[start : start + len(heard)] += np.float32(10 ** ((snr_db - found.ratio_db) / 20)) * heard
    return [found.sounding(0, first, rate_hz, snr_db)]
