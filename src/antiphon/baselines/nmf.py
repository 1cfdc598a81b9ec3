"""Non-negative matrix factorisation: spectra of each source, learned apart, share out the spectrogram.

Lee & Seung (1999, Nature 401:788) with the Kullback-Leibler divergence; supervised as in Smaragdis, Raj & Shashanka
(2007, ICA): spectra are learned from the training cells of each source and of what belongs to none, then only their
activity is sought in a mixture.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from antiphon.baselines.energy import excess_codes
from antiphon.signal.levels import CODE_MAX, NOT_HEARD, SCALE_DB

__all__ = ["Nmf"]

_SPECTRA = 24
_MOST_FRAMES = 3000
_ROUNDS, _ACTIVITY_ROUNDS = 60, 40
_LEAST_SHARE = 1e-6
_LEAST_AMPLITUDE = 1e-7


@dataclass(frozen=True)
class Nmf:
    """Spectra of each source and, last, of the rest; made by :meth:`learned`.

    Attributes
    ----------
    spectra
        Shape (source + 1, spectrum, frequency), float32.
    """

    spectra: np.ndarray

    @classmethod
    def learned(cls, examples: Iterable[tuple[np.ndarray, np.ndarray]], sources: int, seed: int = 0) -> Nmf:
        """Learn 24 spectra of each source and 24 of the rest.

        Parameters
        ----------
        examples
            Level codes (time, frequency) uint8 and masks (source, time, frequency) bool of the training examples.
        sources
            Number of sources.
        seed
            Seed of the start.
        """
        frames: list[list[np.ndarray]] = [[] for _ in range(sources + 1)]
        for codes, masks in examples:
            amplitude = _amplitude(codes)
            for one, mask in zip(frames, (*masks, ~masks.any(axis=0)), strict=True):
                one.append((amplitude * mask)[mask.any(axis=1)])
        return cls(np.stack([_spectra(np.concatenate(one), seed) for one in frames]))

    def codes(self, codes: np.ndarray, background: np.ndarray) -> np.ndarray:
        """Return how far each source's share of a mixture stands out of the background.

        Parameters
        ----------
        codes
            Level codes, shape (time, frequency), uint8.
        background
            Code of the median of each bin, shape (frequency,), uint8.

        Returns
        -------
        Shape (source, time, frequency), uint8: half decibels, 255 where not heard.
        """
        share_codes = 20 * np.log10(np.maximum(self.shares(codes), _LEAST_SHARE)) / SCALE_DB
        images = np.clip(np.rint(codes + share_codes), 1, CODE_MAX).astype(np.uint8)
        images[:, codes == NOT_HEARD] = NOT_HEARD
        return np.stack([excess_codes(image, background) for image in images])

    def shares(self, codes: np.ndarray) -> np.ndarray:
        """Return each source's share of the amplitude of a mixture, shape (source, time, frequency), 0 to 1."""
        from sklearn.decomposition import non_negative_factorization

        every = self.spectra.reshape(-1, codes.shape[1])
        activity, _, _ = non_negative_factorization(
            _amplitude(codes), H=every, n_components=len(every), init="custom", update_H=False, solver="mu",
            beta_loss="kullback-leibler", max_iter=_ACTIVITY_ROUNDS, tol=0,
        )  # fmt: skip
        parts = np.einsum("tks,ksf->ktf", activity.reshape(len(codes), *self.spectra.shape[:2]), self.spectra)
        return np.asarray((parts / parts.sum(axis=0))[:-1])


def _amplitude(codes: np.ndarray) -> np.ndarray:
    """Return amplitudes relative to 0 dB = code 245; tiny where not heard, since sklearn's rounds divide by them."""
    amplitude = 10 ** ((codes.astype(np.float32) - 245) * np.float32(SCALE_DB / 20))
    return np.where(codes == NOT_HEARD, np.float32(_LEAST_AMPLITUDE), amplitude).astype(np.float32)


def _spectra(frames: np.ndarray, seed: int) -> np.ndarray:
    """Return the spectra that frames (time, frequency) are made of; of no frames: flat ones."""
    from sklearn.decomposition import NMF

    if not len(frames):
        return np.full((_SPECTRA, frames.shape[1]), _LEAST_AMPLITUDE, dtype=np.float32)
    chosen = np.random.default_rng(seed).permutation(len(frames))[:_MOST_FRAMES]
    model = NMF(
        _SPECTRA, init="random", solver="mu", beta_loss="kullback-leibler", max_iter=_ROUNDS, tol=0, random_state=seed
    )
    model.fit(np.maximum(frames[np.sort(chosen)], np.float32(_LEAST_AMPLITUDE)))
    return np.asarray(model.components_, dtype=np.float32)
