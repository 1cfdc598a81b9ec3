"""Acoustic indices of a recording's spectrogram: of all that was heard, and with one source after another taken out.

ACI (Pieretti et al. 2011), NDSI (Kasten et al. 2012), BI (Boelman et al. 2007), ADI and AEI (Villanueva-Rivera et al.
2011), each as scikit-maad 1.5 computes it from the same spectrogram (``maad.features``), with its defaults but for the
highest frequency of ADI and AEI, which is the highest whole kilohertz that was heard. A cell of a source that is taken
out gets the level of its bin's background. All five follow from counts of level codes by bin and from the steps of the
amplitude from frame to frame, so no spectrogram is kept.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from antiphon.stats.interval_sums import IntervalSums
from antiphon.stats.power import ratio

__all__ = ["INDICES", "IndexSums", "index_columns", "indices"]

INDICES = ("aci", "ndsi", "bi", "adi", "aei")
_FIXED = 2.0**20
_BIO_HZ, _ANTHRO_HZ, _NDSI_STEP_HZ = (1000.0, 10_000.0), (0.0, 1000.0), 1000.0
_BI_HZ = (2000.0, 15_000.0)
_HIGHEST_HZ, _ADI_STEP_HZ, _AEI_STEP_HZ = 20_000.0, 1000.0, 500.0
_LOUD_CODES = 100  # 50 dB below the loudest cell
_TINY = np.finfo(float).eps


@dataclass(frozen=True)
class IndexSums(IntervalSums):
    """Indices of recordings by interval, weighted by their frames.

    Attributes
    ----------
    weighted
        Index times frames, in units of ``2 ** -20``, shape (intervals, variants, indices), int64; variant 0 is all that
        was heard, variant ``k + 1`` is without source ``k``.
    frames
        Frames of the recordings in which the index is defined, same shape, int64.
    analysed
        Frames of all recordings, shape (intervals,), int64.
    """

    weighted: np.ndarray
    frames: np.ndarray
    analysed: np.ndarray

    @classmethod
    def none(cls, variants: int) -> IndexSums:
        """Return sums of nothing, in no interval."""
        weighted, frames = np.empty((2, 0, variants, len(INDICES)), dtype=np.int64)
        interval, analysed = np.empty((2, 0), dtype=np.int64)
        return cls(interval, weighted, frames, analysed)

    @classmethod
    def of_recording(cls, interval: int, values: np.ndarray, frames: int) -> IndexSums:
        """Return the sums of one recording, of whose indices ``values`` (variants, indices) may be NaN."""
        defined = np.isfinite(values)
        weighted = np.rint(np.where(defined, values, 0.0) * frames * _FIXED).astype(np.int64)
        return cls(np.array([interval]), weighted[None], (defined * frames)[None].astype(np.int64), np.array([frames]))


def index_columns(sums: IndexSums) -> dict[str, np.ndarray]:
    """Finish the indices: columns of shape (intervals, variants), float64, means over recordings by their frames."""
    values = ratio(sums.weighted / _FIXED, sums.frames)
    return {name: values[..., number] for number, name in enumerate(INDICES)}


def indices(
    counts: np.ndarray, steps: np.ndarray, amplitude: np.ndarray, frequencies_hz: np.ndarray, highest_hz: float
) -> np.ndarray:
    """Return the five indices of one spectrogram.

    Parameters
    ----------
    counts
        Cells by bin and level code, shape (bins, codes), int64; every bin has as many as there are frames.
    steps
        Sum over the frames of the absolute difference of a bin's amplitude from that of the frame before, (bins,).
    amplitude
        Amplitude of each code, shape (codes,).
    frequencies_hz
        Centres of the bins, ascending, shape (bins,).
    highest_hz
        Highest frequency that was heard.

    Returns
    -------
    Shape (5,), in the order of :data:`INDICES`; NaN where an index is not defined.
    """
    total = counts @ amplitude
    loud = _loud_shares(counts)
    top_hz = min(_HIGHEST_HZ, np.floor(highest_hz / _ADI_STEP_HZ) * _ADI_STEP_HZ)
    return np.array(
        [
            np.nansum(ratio(steps, total)) if counts.any() else np.nan,
            _ndsi(counts @ amplitude**2, frequencies_hz),
            _bioacoustic(total, frequencies_hz),
            _diversity(_band_means(loud, frequencies_hz, top_hz, _ADI_STEP_HZ)),
            _gini(_band_means(loud, frequencies_hz, top_hz, _AEI_STEP_HZ)),
        ]
    )


def _between(frequencies_hz: np.ndarray, low_hz: float, high_hz: float) -> slice:
    """Return the bins from the one nearest to ``low_hz`` to the one nearest to ``high_hz``, both included."""
    first, last = (int(np.abs(frequencies_hz - edge).argmin()) for edge in (low_hz, high_hz))
    return slice(first, last + 1)


def _ndsi(power: np.ndarray, frequencies_hz: np.ndarray) -> float:
    """Return (biophony - anthropophony) / (biophony + anthropophony) of the power in bands of 1 kHz."""
    edges = np.arange(frequencies_hz[0], frequencies_hz[-1] + _NDSI_STEP_HZ, _NDSI_STEP_HZ)
    cut = np.searchsorted(frequencies_hz, edges)
    if len(edges) < 2 or not np.diff(cut).all():
        return float("nan")
    means = np.add.reduceat(power, cut[:-1])[: len(edges) - 1] / np.diff(cut)
    if cut[-1] < len(power):
        means[-1] = power[cut[-2] : cut[-1]].mean()
    biophony, anthropophony = (means[_between(edges[:-1], *band)].sum() for band in (_BIO_HZ, _ANTHRO_HZ))
    whole = biophony + anthropophony
    return float((biophony - anthropophony) / whole) if whole > 0 else float("nan")


def _bioacoustic(total: np.ndarray, frequencies_hz: np.ndarray) -> float:
    """Return how far the mean spectrum, in dB, lies above its lowest bin, added up over the band and per hertz."""
    inside = total[_between(frequencies_hz, *_BI_HZ)]
    if not (inside > 0).all():
        return float("nan")
    spectrum_db = 20.0 * np.log10(inside)
    return float((spectrum_db - spectrum_db.min()).sum() / (frequencies_hz[1] - frequencies_hz[0]))


def _loud_shares(counts: np.ndarray) -> np.ndarray:
    """Return the share of each bin's cells that are at most 50 dB below the loudest cell, shape (bins,)."""
    there = np.flatnonzero(counts.any(axis=0))
    if not len(there):
        return np.full(len(counts), np.nan)
    least = max(0, int(there[-1]) - _LOUD_CODES)
    return ratio(counts[:, least:].sum(axis=1), counts.sum(axis=1))


def _band_means(shares: np.ndarray, frequencies_hz: np.ndarray, top_hz: float, step_hz: float) -> np.ndarray:
    """Return the mean share of each band of ``step_hz`` up to ``top_hz``; bands share the bin on their common edge."""
    edges_hz = np.arange(int(top_hz // step_hz) + 1) * step_hz
    nearest = np.abs(frequencies_hz[:, None] - edges_hz).argmin(axis=0)
    bands = [shares[low : high + 1] for low, high in itertools.pairwise(nearest)]
    return np.array([band.sum() / len(band) for band in bands])


def _diversity(shares: np.ndarray) -> float:
    """Return the Shannon entropy of the shares, natural logarithm."""
    if len(shares) < 2 or not shares.sum() > 0:
        return float("nan")
    part = shares / shares.sum()
    part[part == 0] = _TINY
    return float(-(part * np.log(part)).sum())


def _gini(shares: np.ndarray) -> float:
    """Return Gini's coefficient of the shares."""
    if not len(shares) or not shares.sum() > 0:
        return float("nan")
    ordered, count = np.sort(shares), len(shares)
    return float((2 * (ordered * np.arange(1, count + 1)).sum() / ordered.sum() - (count + 1)) / count)
