"""Sound to spectrogram: stage stft from WAV and FLAC to a Zarr store, beside the bare transform and its peers.

Run: ``make bench-stft`` or ``python -m benchmarks.stft``. The sound is made by formula from a seed (noise with a tone,
16 bits, 48 kHz); files are warm. All that is compared takes turns in one process on one core, so that a busy machine
slows all alike; the least of several turns counts. ``x_cpu`` is seconds of sound per second of processor time,
``x_realtime`` per second on the clock. Parts, each a flag that leaves the others out: ``--speed``, ``--cores``,
``--memory`` (24 h at 48 kHz and 1 h at 192 kHz), ``--codecs`` and ``--peers`` (installed into a venv of their own).
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soundfile
import torch
import yaml
from numcodecs import Blosc, Zstd

from antiphon.io.sound.recordings import blocks, probe
from antiphon.io.stores.spectrograms import open_store
from antiphon.stages import stft

RATE_HZ = 48_000
RECORDINGS = 6  # in a store, so that what a store costs once weighs as little as in a day
PARTS = ("speed", "cores", "memory", "codecs", "peers")
HERE = Path(__file__).parent
RESULTS = HERE / "results" / "stft.jsonl"
SETTINGS = json.dumps(yaml.safe_load(Path("config/config.yaml").read_text(encoding="utf-8"))["stft"])
CODECS = {
    "zstd 1": Zstd(1),
    "zstd 3": Zstd(3),
    "zstd -1": Zstd(-1),
    "blosc lz4 1, bitshuffle": Blosc("lz4", 1, Blosc.BITSHUFFLE),
    "blosc zstd 1": Blosc("zstd", 1, Blosc.NOSHUFFLE),
    "blosc zstd 1, bitshuffle": Blosc("zstd", 1, Blosc.BITSHUFFLE),
}


def write_sound(path: Path, minutes: float, format: str = "WAV") -> Path:
    """Write noise with a tone, block by block."""
    rng = np.random.default_rng(1)
    tone = 0.1 * np.sin(2 * np.pi * 3000 * np.arange(10 * RATE_HZ) / RATE_HZ)
    with soundfile.SoundFile(path, "w", RATE_HZ, 1, format=format, subtype="PCM_16") as sound:
        for _ in range(int(minutes * 6)):
            sound.write((tone + rng.normal(0, 0.02, len(tone))).astype(np.float32))
    return path


def write_sparse(path: Path, rate_hz: int, hours: float, noise_minutes: float = 45.0) -> Path:
    """Write an RF64 file of noise that falls silent: the silence is a hole that needs no disk."""
    size = int(hours * 3600) * rate_hz * 2
    rng = np.random.default_rng(1)
    with path.open("wb") as file:
        file.write(b"RF64\xff\xff\xff\xffWAVEds64" + struct.pack("<IQQQI", 28, size + 72, size, size // 2, 0))
        file.write(b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate_hz, rate_hz * 2, 2, 16) + b"data\xff\xff\xff\xff")
        for _ in range(int(noise_minutes * 60)):
            file.write(rng.normal(0, 600, rate_hz).astype("<i2").tobytes())
        file.truncate(80 + size)
    return path


def write_manifest(path: Path, sound: Path, units: int = 1, recordings: int = 1) -> None:
    """Write the manifest of a batch that holds one recording several times."""
    header = probe(sound)
    row = {key: getattr(header, key) for key in ("bytes", "format", "subtype", "rate_hz", "channels", "frames")}
    row |= {"path": sound.name, "channel": "first", "utc_offset_min": 0, "start_local": ""}
    row |= dict.fromkeys(("recorder", "serial", "reason", "detail")) | {"time_source": "filename", "status": "ok"}
    length_us = header.frames * 1_000_000 // header.rate_hz
    rows = [{**row, "start_us": index * length_us} for index in range(recordings)]
    batch = {"batch": "A.1970-01-01", "deployment": "A", "site": "s", "latitude": None, "longitude": None}
    batch |= {"utc_offset_min": 0, "sensitivity_db": None, "medium": "air"}
    batch |= {"units": {f"A.1970-01-{day:02d}": rows for day in range(1, units + 1)}}
    path.write_text(json.dumps(batch), encoding="utf-8")


def to_store(manifest: Path, workers: int = 1) -> None:
    """Run the stage on a batch, from nothing; what it writes is left for :func:`take_turns` to remove."""
    record = Path(tempfile.mkdtemp(dir=manifest.parent, prefix="written-")) / "r.json"
    stft.run(manifest=manifest, audio_root=manifest.parent, settings=SETTINGS, record=record, workers=workers)


def decode(sound: Path) -> None:
    """Decode a file and do nothing with it."""
    for _ in blocks(sound, probe(sound), "first", 1 << 18):
        pass


def take_turns(
    work: dict[str, Callable[[], object]], turns: int, folder: Path
) -> dict[str, tuple[list[float], list[float]]]:
    """Return processor and clock seconds of each turn of each piece of work; what was written is removed in between."""
    seconds: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in work}
    for _ in range(turns):
        for name, run in work.items():
            cpu, wall = time.process_time(), time.perf_counter()
            run()
            seconds[name][0].append(time.process_time() - cpu)
            seconds[name][1].append(time.perf_counter() - wall)
            for written in folder.glob("written-*"):
                shutil.rmtree(written)
    return seconds


def report(name: str, value: float, unit: str, *, ratio_to: str = "", ratio: float | None = None, spread: float = 0.0):
    """Show one figure and add it to the results."""
    print(f"{name:44}{value:12.2f} {unit:6}{'' if ratio is None else f'{ratio:8.2f} of {ratio_to}'}", flush=True)
    figure = {"name": name, "value": round(value, 3), "unit": unit, "ratio_to": ratio_to}
    figure |= {"ratio": None if ratio is None else round(ratio, 3), "spread": round(spread, 3)}
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**figure, "machine": f"{platform.machine()}, {os.cpu_count()} cores"}) + "\n")


def bare_transform(sound: Path) -> Callable[[], object]:
    """Return torch.stft on the samples of ``sound`` in memory, a minute at a time: longer pieces are slower."""
    samples, _ = soundfile.read(sound, dtype="float32")
    minutes, window = torch.from_numpy(samples).split(60 * RATE_HZ), torch.hann_window(768)

    def work() -> None:
        for minute in minutes:
            torch.stft(minute, 768, 384, window=window, center=False, return_complex=True)

    return work


def measure_speed(folder: Path, minutes: float, turns: int) -> None:
    """WAV and FLAC to a store on one core, beside decoding alone and the bare transform of the same samples."""
    sounds = {
        "wav48k": write_sound(folder / "a.wav", minutes),
        "flac48k": write_sound(folder / "a.flac", minutes, "FLAC"),
    }
    work: dict[str, Callable[[], object]] = {"torch.stft": bare_transform(sounds["wav48k"])}
    for name, sound in sounds.items():
        manifest = folder / f"{name}.json"
        write_manifest(manifest, sound, recordings=RECORDINGS)
        work[name] = lambda manifest=manifest: to_store(manifest)
        work[f"{name}.decoding_alone"] = lambda sound=sound: decode(sound)
    seconds = take_turns(work, turns, folder)
    # A store holds the sound several times, as a day does; its cost is brought down to that of one.
    seconds = {
        name: ([one / RECORDINGS for one in cpu], [one / RECORDINGS for one in wall]) if name in sounds else (cpu, wall)
        for name, (cpu, wall) in seconds.items()
    }
    bare = seconds["torch.stft"][0]
    for name, (cpu, wall) in seconds.items():
        # Of each turn, not of the best: a busy machine slows neighbours in time alike.
        ratio = statistics.median(ours / theirs for theirs, ours in zip(cpu, bare, strict=True))
        speed, spread = minutes * 60 / min(cpu), statistics.median(cpu) / min(cpu) - 1
        report(f"stft.{name}.x_cpu", speed, "x", ratio_to="torch.stft", ratio=ratio, spread=spread)
        report(f"stft.{name}.x_realtime", minutes * 60 / min(wall), "x")


def measure_cores(folder: Path, minutes: float) -> None:
    """Two units on one process and four on one and on two; starting a process is part of it."""
    recordings = 72  # a day a unit: starting a process takes seconds, which a batch of a month never notices
    sound, manifests = write_sound(folder / "c.wav", minutes), {}
    for units in (2, 4):
        manifests[units] = folder / f"cores{units}.json"
        write_manifest(manifests[units], sound, units=units, recordings=recordings)
    work = {
        f"{units} on {n}": lambda units=units, n=n: to_store(manifests[units], workers=n)
        for units, n in ((2, 1), (4, 1), (4, 2))
    }
    half, one, two = (min(wall) for _, wall in take_turns(work, 1, folder).values())
    length_s = 4 * recordings * minutes * 60
    report("stft.two_workers.x_realtime", length_s / two, "x", ratio_to="one worker", ratio=one / two)
    report("stft.two_workers.weak", half / two, "1", ratio_to="half the units on one worker", ratio=half / two)


def measure_memory(folder: Path) -> None:
    """Peak memory of a process that writes one long recording."""
    for name, rate_hz, hours in (("24h_48k", 48_000, 24), ("1h_192k", 192_000, 1)):
        sound, manifest = write_sparse(folder / "long.wav", rate_hz, hours), folder / "long.json"
        write_manifest(manifest, sound)
        code = f"from benchmarks.stft import *; to_store(Path({str(manifest)!r})); import resource; "
        code += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        report(f"stft.{name}.peak_memory", float(done.stdout), "MB")
        sound.unlink()


def level_chunks(folder: Path, minutes: float) -> list[np.ndarray]:
    """Return whole chunks of levels of the benchmark's own sound."""
    manifest = folder / "codec.json"
    write_manifest(manifest, write_sound(folder / "codec.wav", minutes))
    stft.run(manifest=manifest, audio_root=folder, settings=SETTINGS, record=folder / "codec" / "r.json")
    return store_chunks(folder / "codec" / "A.1970-01-01.zarr")


def store_chunks(path: Path) -> list[np.ndarray]:
    """Return the first whole chunks of a store, at most five minutes."""
    store = open_store(path)
    return [store.levels(slice(first, first + 4096)) for first in range(0, min(store.frames, 40_000) - 4095, 4096)]


def measure_codecs(folder: Path, minutes: float, stores: list[Path]) -> None:
    """Time and size of codecs on the levels of the benchmark's sound, and of stores of yours."""
    chunks = {"noise": level_chunks(folder, minutes)} | {path.stem: store_chunks(path) for path in stores}
    for what, pieces in chunks.items():
        hours = sum(map(len, pieces)) * json.loads(SETTINGS)["hop_s"] / 3600
        for name, codec in CODECS.items():
            packed = [codec.encode(piece) for piece in pieces]
            work = {
                "write": lambda codec=codec, pieces=pieces: [codec.encode(piece) for piece in pieces],
                "read": lambda codec=codec, packed=packed: [codec.decode(piece) for piece in packed],
            }
            seconds = {key: min(cpu) for key, (cpu, _) in take_turns(work, 5, folder).items()}
            share = sum(map(len, packed)) / sum(piece.nbytes for piece in pieces)
            report(f"codec.{what}.{name}.write", seconds["write"] / hours, "s/h", ratio_to="raw size", ratio=share)
            report(f"codec.{what}.{name}.read", seconds["read"] / hours, "s/h")


def measure_peers(folder: Path, minutes: float) -> None:
    """Let others do the same, in a venv of their own, right after us."""
    venv = HERE / ".venv-peers"
    if not venv.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        for line in (HERE / "peers.txt").read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                subprocess.run([venv / "bin" / "pip", "install", "--quiet", line], check=True)
    sound, manifest = write_sound(folder / "p.wav", minutes), folder / "p.json"
    write_manifest(manifest, sound)
    ours = minutes * 60 / min(take_turns({"": lambda: to_store(manifest)}, 5, folder)[""][0])
    report("stft.wav48k.short.x_cpu", ours, "x")
    command = [str(venv / "bin" / "python"), str(HERE / "stft_peers.py"), str(sound)]
    shown = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    for line in shown.splitlines():
        found = json.loads(line)
        speed = minutes * 60 / min(found["seconds"])
        report(f"{found['peer']}.x_cpu", speed, "x", ratio_to="antiphon, WAV to Zarr", ratio=speed / ours)


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0, help="length of the sound")
    parser.add_argument("--turns", type=int, default=9, help="how often each piece of work has its turn")
    parser.add_argument("--stores", type=Path, nargs="*", default=[], help="level stores to measure codecs on as well")
    for part in PARTS:
        parser.add_argument(f"--{part}", action="store_true", help="only this part, and others that are named")
    options = parser.parse_args()
    chosen = [part for part in PARTS if getattr(options, part)] or PARTS
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "speed" in chosen:
            measure_speed(folder, options.minutes, options.turns)
        if "cores" in chosen:
            measure_cores(folder, options.minutes)
        if "memory" in chosen:
            measure_memory(folder)
        if "codecs" in chosen:
            measure_codecs(folder, 6.0, options.stores)
        if "peers" in chosen:
            measure_peers(folder, 10.0)


if __name__ == "__main__":
    main()
