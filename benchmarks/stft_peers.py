"""The spectrogram of one WAV file by others; runs in a venv of its own that benchmarks/stft.py makes.

Run: ``python benchmarks/stft_peers.py sound.wav``. Prints one JSON line a peer: the least processor seconds of three
runs. scikit-maad and PyPAM work on samples in memory and write nothing; librosa reads the file and writes a Zarr store
the obvious way. A peer that is not installed is left out.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"))

import numpy as np

WINDOW, HOP = 768, 384


def scikit_maad(path: str) -> Callable[[], object]:
    """Power spectral density in memory."""
    import maad.sound

    samples, rate = maad.sound.load(path)
    return lambda: maad.sound.spectrogram(samples, rate, nperseg=WINDOW, noverlap=WINDOW - HOP)


def pypam(path: str) -> Callable[[], object]:
    """Spectrogram of PyPAM's signal in memory."""
    import librosa
    import pypam.signal

    samples, rate = librosa.load(path, sr=None)

    def work() -> object:
        return pypam.signal.Signal(samples, rate).spectrogram(nfft=WINDOW, scaling="spectrum", db=True, overlap=0.5)

    return work


def librosa_and_zarr(path: str) -> Callable[[], object]:
    """File to decibels to a compressed store, as a tutorial would."""
    import librosa
    import zarr

    def work() -> None:
        samples, _ = librosa.load(path, sr=None)
        spectrum = librosa.stft(samples, n_fft=WINDOW, hop_length=HOP, center=False)
        level = librosa.amplitude_to_db(np.abs(spectrum), ref=1.0, top_db=None)
        with tempfile.TemporaryDirectory() as folder:
            array = zarr.create_array(Path(folder) / "a.zarr", shape=level.shape, dtype=level.dtype, chunks=(385, 4096))
            array[:] = level

    return work


def main() -> None:
    """Measure every peer that is here."""
    path = sys.argv[1]
    for peer in (scikit_maad, librosa_and_zarr, pypam):
        try:
            work = peer(path)
            work()
        except ImportError as error:
            print(f"{peer.__name__} is left out: {error}", file=sys.stderr)
            continue
        seconds = []
        for _ in range(3):
            start = time.process_time()
            work()
            seconds.append(time.process_time() - start)
        print(json.dumps({"peer": peer.__name__.replace("_", "-"), "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
