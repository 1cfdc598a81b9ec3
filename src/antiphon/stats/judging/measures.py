"""What is measured on one example and adds up over examples, and the scores that follow from the sums.

Measuring and scoring are apart, so that every score can be had for any choice of examples: all of them, those of one
band of signal-to-noise ratios, or a resample. Each measure is one number for each source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from antiphon.stats.judging.near import events_found, widened

__all__ = ["INTERVALS", "Measures", "found_cells", "joined", "measured", "picture", "pooled", "scores", "shares"]

Measures = Mapping[str, np.ndarray]
"""Measures by name, each (source,) for one example, (example, source) for several, float64."""

INTERVALS = ("precision", "recall", "f1", "iou", "f1_near", "event_recall", "clip_f1", "image_mse")
"""Scores that are given with an interval."""

_NOT_HEARD = 255
_IMAGE_CODES = 100
_DECIBELS_PER_CODE = 0.5
_SECONDS = 60.0


def found_cells(codes: np.ndarray, least_codes: Sequence[int]) -> np.ndarray:
    """Return which cells count as found, bool, from score codes, both (source, time, frequency).

    Parameters
    ----------
    codes
        Score codes; 255 is not heard.
    least_codes
        Code from which a cell counts, for each source.
    """
    least = np.asarray(least_codes)[:, None, None]
    return np.asarray((codes >= least) & (codes != _NOT_HEARD))


def picture(level: np.ndarray, floor: np.ndarray) -> np.ndarray:
    """Return the spectrogram that separated pictures are measured on: 0 to 50 dB above the floor drawn as 0 to 1.

    Parameters
    ----------
    level
        Level codes, shape (time, frequency), uint8; 0 is not heard and drawn as 0.
    floor
        Code of each bin's floor, shape (frequency,), uint8.
    """
    above = np.clip(level.astype(np.float32) - floor, 0, _IMAGE_CODES) / np.float32(_IMAGE_CODES)
    return np.asarray(above * (level > 0), dtype=np.float32)


def measured(
    found: np.ndarray, truth: np.ndarray, known: np.ndarray, drawn: np.ndarray, mixture: np.ndarray
) -> dict[str, np.ndarray]:
    """Measure one example; cells that are not known count nowhere.

    Parameters
    ----------
    found, truth
        Masks, shape (source, time, frequency), bool.
    known
        Cells that were heard and whose truth is known, same shape, bool.
    drawn
        Separated spectrograms, same shape, 0 to 1.
    mixture
        The mixture's :func:`picture`, shape (time, frequency).
    """
    found, truth = found & known, truth & known
    cells, hits = _count(known), _count(found & truth)
    silent = known & ~truth.any(axis=2, keepdims=True)
    events, met = events_found(found, truth)
    false_alarms, misses = _count(found) - hits, _count(truth) - hits
    difference = (drawn - truth * mixture) * known
    counted = (cells > 0).astype(float)
    return {
        "cells": cells,
        "hits": hits,
        "false_alarms": false_alarms,
        "misses": misses,
        "found_near": _count(found & widened(truth)),
        "true_near": _count(truth & widened(found)),
        "events": events.astype(float),
        "events_found": met.astype(float),
        "silent_cells": _count(silent),
        "silent_frames": silent.any(axis=2).sum(axis=1).astype(float),
        "silent_false": _count(found & silent),
        "squared_error": np.einsum("ktf,ktf->k", difference, difference, dtype=np.float64),
        "clips": counted,
        **shares(cells, hits, false_alarms, misses),
        **_energy(found, truth, mixture),
    }


def shares(cells: np.ndarray, hits: np.ndarray, false_alarms: np.ndarray, misses: np.ndarray) -> dict[str, np.ndarray]:
    """Return the measures that follow from counts of cells: occupancy and what its correlation needs."""
    true_share, found_share = ((hits + one) / np.maximum(cells, 1) for one in (misses, false_alarms))
    return {
        "true_share": true_share,
        "found_share": found_share,
        "true_share_squared": true_share**2,
        "found_share_squared": found_share**2,
        "shares_multiplied": true_share * found_share,
    }


def _energy(found: np.ndarray, truth: np.ndarray, mixture: np.ndarray) -> dict[str, np.ndarray]:
    """Return which share of a source's energy was found, and which share of what was found is the source's.

    Energy is that above the floor, of at most 50 dB a cell, so that one cell does not speak for an example; each
    example counts once, or the loudest would speak for all.
    """
    power = 10 ** (mixture * (_IMAGE_CODES * _DECIBELS_PER_CODE / 10)) - 1
    true, drawn, both = (np.einsum("ktf,tf->k", one, power, dtype=float) for one in (truth, found, truth & found))
    return {
        "energy_true_clips": (true > 0).astype(float),
        "energy_found": both / np.where(true > 0, true, 1.0),
        "energy_found_clips": (drawn > 0).astype(float),
        "energy_right": both / np.where(drawn > 0, drawn, 1.0),
    }


def _count(masks: np.ndarray) -> np.ndarray:
    # One by one: with an axis, count_nonzero is ten times as slow.
    return np.array([np.count_nonzero(mask) for mask in masks], dtype=float)


def joined(many: Sequence[Measures]) -> dict[str, np.ndarray]:
    """Return the measures of several examples, each (example, source)."""
    return {name: np.stack([one[name] for one in many]) for name in many[0]}


def pooled(measures: Measures, weight: np.ndarray) -> dict[str, np.ndarray]:
    """Add up the measures of examples.

    Parameters
    ----------
    measures
        Each (example, source).
    weight
        How often each example counts, shape (..., example), or each example and source, shape (example, source).

    Returns
    -------
    Sums, each (..., source).
    """
    if weight.shape == next(iter(measures.values())).shape:
        return {name: (weight * values).sum(axis=0) for name, values in measures.items()}
    return {name: weight @ values for name, values in measures.items()}


def scores(sums: Measures, hop_s: float, bin_hz: float) -> dict[str, np.ndarray]:
    """Return the scores that follow from sums; NaN where one has no meaning; docs/accuracy.md has the formulas.

    Parameters
    ----------
    sums
        What :func:`pooled` returned.
    hop_s, bin_hz
        Size of a cell.
    """
    hits, false_alarms, misses = (sums[name] for name in ("hits", "false_alarms", "misses"))
    near_precision = _ratio(sums["found_near"], hits + false_alarms)
    near_recall = _ratio(sums["true_near"], hits + misses)
    silent_minutes = sums["silent_frames"] * hop_s / _SECONDS
    found = {
        "precision": _ratio(hits, hits + false_alarms),
        "recall": _ratio(hits, hits + misses),
        "f1": _ratio(2 * hits, 2 * hits + false_alarms + misses),
        "iou": _ratio(hits, hits + false_alarms + misses),
        "f1_near": _f1_near(near_precision, near_recall, hits + false_alarms + misses),
        "event_recall": _ratio(sums["events_found"], sums["events"]),
        "silent_false_share": _ratio(sums["silent_false"], sums["silent_cells"]),
        "silent_false_khz_s_per_min": _ratio(sums["silent_false"] * hop_s * bin_hz / 1000, silent_minutes),
        "image_mse": _ratio(sums["squared_error"], sums["cells"]),
        "energy_found": _ratio(sums["energy_found"], sums["energy_true_clips"]),
        "energy_right": _ratio(sums["energy_right"], sums["energy_found_clips"]),
        "occupancy_true": _ratio(sums["true_share"], sums["clips"]),
        "occupancy_bias": _ratio(sums["found_share"] - sums["true_share"], sums["clips"]),
        "occupancy_r": _correlation(sums),
    }
    if "clip_hits" in sums:
        found |= _clip_scores(sums)
    if "energy_in_boxes" in sums:
        found["energy_in_boxes"] = _ratio(sums["energy_in_boxes"], sums["energy_in_boxes_clips"])
    if "si_sdr_db" in sums:
        found["si_sdr_db"] = _ratio(sums["si_sdr_db"], sums["si_sdr_clips"])
        found["si_sdr_gain_db"] = _ratio(sums["si_sdr_gain_db"], sums["si_sdr_clips"])
    return found


def _clip_scores(sums: Measures) -> dict[str, np.ndarray]:
    hits, false_alarms, misses = (sums[name] for name in ("clip_hits", "clip_false_alarms", "clip_misses"))
    return {
        "clip_precision": _ratio(hits, hits + false_alarms),
        "clip_recall": _ratio(hits, hits + misses),
        "clip_f1": _ratio(2 * hits, 2 * hits + false_alarms + misses),
    }


def _f1_near(precision: np.ndarray, recall: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return the harmonic mean; 0 where something is true or found and one of the two has no meaning."""
    precision, recall = np.nan_to_num(precision), np.nan_to_num(recall)
    mean = np.nan_to_num(_ratio(2 * precision * recall, precision + recall))
    return np.where(there > 0, mean, np.nan)


def _correlation(sums: Measures) -> np.ndarray:
    """Return Pearson's correlation of found and true occupancy over examples."""
    clips = sums["clips"]
    both = clips * sums["shares_multiplied"] - sums["true_share"] * sums["found_share"]
    spread = [
        np.maximum(clips * sums[f"{name}_squared"] - sums[name] ** 2, 0.0) for name in ("true_share", "found_share")
    ]
    return _ratio(both, np.sqrt(spread[0] * spread[1]))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Divide; NaN where nothing is divided by nothing."""
    ratio = np.full(np.shape(whole), np.nan)
    np.divide(part, whole, out=ratio, where=np.asarray(whole) > 0)
    return ratio
