"""Sound to spectrogram: stage stft from WAV and FLAC to a Zarr store, beside the bare transform and scikit-maad.

Run: ``make bench`` or ``python -m benchmarks.stft --minutes 30``. One core, warm file, the best of three runs of each.
scikit-maad and librosa take part where they are installed; they work in memory and write no store (librosa: a store
written the obvious way).
"""

import argparse
import importlib.util
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soundfile
import torch
import yaml

from antiphon.io.sound.recordings import probe
from antiphon.stages import stft

RATE_HZ = 48_000


def write_sound(path: Path, minutes: float) -> None:
    """Write noise with a slow tone, block by block."""
    rng = np.random.default_rng(1)
    with soundfile.SoundFile(path, "w", RATE_HZ, 1, subtype="PCM_16") as sound:
        for _ in range(int(minutes * 6)):
            tone = 0.1 * np.sin(2 * np.pi * 3000 * np.arange(10 * RATE_HZ) / RATE_HZ)
            sound.write((tone + rng.normal(0, 0.02, 10 * RATE_HZ)).astype(np.float32))


def write_manifest(path: Path, sound: Path) -> None:
    """Write the manifest of a batch with one recording."""
    header = probe(sound)
    row = {key: getattr(header, key) for key in ("bytes", "format", "subtype", "rate_hz", "channels", "frames")}
    row |= {"path": sound.name, "channel": "first", "start_us": 0, "utc_offset_min": 0, "start_local": ""}
    row |= dict.fromkeys(("recorder", "serial", "reason", "detail")) | {"time_source": "filename", "status": "ok"}
    batch = {"batch": "A.1970-01-01", "deployment": "A", "site": "s", "latitude": None, "longitude": None}
    batch |= {"utc_offset_min": 0, "sensitivity_db": None, "units": {"A.1970-01-01": [row]}}
    path.write_text(json.dumps(batch), encoding="utf-8")


def best_seconds(work: Callable[[], object], runs: int = 3) -> float:
    """Return the shortest of several runs, in seconds."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def to_store(sound: Path, folder: Path) -> None:
    """Run the stage on one sound, from nothing."""
    settings = yaml.safe_load(Path("config/config.yaml").read_text(encoding="utf-8"))["stft"]
    manifest = folder / "manifest.json"
    write_manifest(manifest, sound)
    with tempfile.TemporaryDirectory(dir=folder) as out:
        stft.run(manifest=manifest, audio_root=folder, settings=json.dumps(settings), record=Path(out) / "r.json")


def peers(samples: np.ndarray) -> dict[str, Callable[[], object]]:
    """Return the same spectrogram by others, from samples in memory."""
    tensor, window = torch.from_numpy(samples), torch.hann_window(768)
    found: dict[str, Callable[[], object]] = {
        "torch.stft, in memory": lambda: torch.stft(tensor, 768, 384, window=window, center=False, return_complex=True)
    }
    if importlib.util.find_spec("maad"):
        import maad.sound

        found["scikit-maad, in memory"] = lambda: maad.sound.spectrogram(samples, RATE_HZ, nperseg=768, noverlap=384)
    return found


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0, help="length of the sound")
    minutes = parser.parse_args().minutes
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wav, flac = folder / "a.wav", folder / "a.flac"
        write_sound(wav, minutes)
        samples, _ = soundfile.read(wav, dtype="float32")
        soundfile.write(flac, samples, RATE_HZ, subtype="PCM_16")
        work = {
            "antiphon, WAV to Zarr": lambda: to_store(wav, folder),
            "antiphon, FLAC to Zarr": lambda: to_store(flac, folder),
        }
        speeds = {what: minutes * 60 / best_seconds(run) for what, run in {**work, **peers(samples)}.items()}
    bare = speeds["torch.stft, in memory"]
    print(f"\n{'':28}{'x real time':>12}{'of torch.stft':>15}")
    for what, speed in speeds.items():
        print(f"{what:28}{speed:12.0f}{speed / bare:15.2f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
