"""Spectrograms to probabilities: stage infer from Zarr to Zarr, where its time goes, and peers on the same levels.

Run: ``make bench`` or ``python -m benchmarks.infer --hours 1``. One unit on the grid of config/config.yaml in
recordings of ten minutes, made by formula; the default generator with weights that have seen some of it. Everything is
measured in turns, the best of several; what is compared is the ratio. ``idle`` is what the processor time spent would
give on as many idle cores as threads, which also holds where other jobs run. ONNX Runtime, NMF (scikit-learn) and
noisereduce take part where they are installed; they work in memory and write no store.
"""

import argparse
import importlib.util
import io
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "2")

import numpy as np
import torch
import yaml

from antiphon.config import Source
from antiphon.io.models.checkpoints import Card, save_model
from antiphon.io.records import BatchRecord, UnitRecord, write_record
from antiphon.io.stores.spectrograms import Span, Store, open_store
from antiphon.io.stores.writers import write_levels, write_probabilities
from antiphon.learning.apply import Separator, folded
from antiphon.learning.bytewise import Bytewise
from antiphon.learning.engines import Engine, Seen, TorchEngine
from antiphon.learning.features import features
from antiphon.learning.generators import make_generator, parameters
from antiphon.learning.openvino_engine import OpenVinoEngine
from antiphon.learning.quantised import input_ranges, quantised
from antiphon.networks.generator import Generator
from antiphon.signal.calibration import FULL_SCALE
from antiphon.signal.grid import Grid
from antiphon.stages import infer

SETTINGS = yaml.safe_load(Path("config/config.yaml").read_text(encoding="utf-8"))
GRID = Grid(SETTINGS["stft"]["window_s"], SETTINGS["stft"]["hop_s"], SETTINGS["stft"]["bins"])
MODEL = SETTINGS["models"]["community"]
RATE_HZ, RECORDING_S = 48_000, 600
UNIT = "A.1970-01-01"
SOURCES = tuple(MODEL["sources"])
FRAMES_A_SECOND = 1 / GRID.hop_s
CPU = torch.device("cpu")
WORKERS = int(os.environ["OMP_NUM_THREADS"])


def soundscape(rng: np.random.Generator, frames: int) -> np.ndarray:
    """Return level codes of noise with calls in it, shape (frames, bins)."""
    codes = np.clip(20 * np.log10(rng.exponential(1, (frames, GRID.bins))) + 100, 1, 255)
    for _ in range(frames // 250):
        first, low = rng.integers(0, frames - 60), rng.integers(30, 200)
        codes[first : first + rng.integers(8, 60), low : low + rng.integers(2, 8)] += rng.uniform(10, 60)
    return np.clip(codes, 1, 255).astype(np.uint8)


def write_season(folder: Path, recordings: int) -> Store:
    """Write the level store and the record that infer reads."""
    rng, frames = np.random.default_rng(1), GRID.frames(RECORDING_S * RATE_HZ, RATE_HZ)
    codes = soundscape(rng, frames)
    sizes = {key: SETTINGS["stft"][key] for key in ("chunk_frames", "shard_frames")}
    attributes = {"fingerprint": "f", "unit": UNIT, "site": "s", "deployment": "A"}
    with write_levels(
        folder / f"stft/{UNIT}.zarr",
        grid=GRID,
        frames=recordings * frames,
        **sizes,
        reference=FULL_SCALE,
        utc_offset_min=0,
        attributes=attributes,
    ) as out:
        for index in range(recordings):
            span = Span(f"{index}.wav", index * RECORDING_S * 1_000_000, 0, 0, RATE_HZ, GRID.bins, "first")
            out.append(span, iter([np.roll(codes, 977 * index, axis=0)]))
    store = open_store(folder / f"stft/{UNIT}.zarr")
    unit = UnitRecord(UNIT, f"{UNIT}.zarr", "f", store.frames, [])
    write_record(folder / f"stft/{UNIT}.json", BatchRecord("stft", 1, UNIT, "A", [unit]))
    return store


class Shown:
    """Examples to find the ranges of a network's inputs on."""

    sources = SOURCES
    known_bits = None

    def __init__(self, store: Store, count: int = 4, frames: int = 1024) -> None:
        codes = store.levels(slice(0, count * frames))
        self.level = codes.reshape(count, frames, GRID.bins)
        self.mask_bits = np.zeros_like(self.level)
        self.floor = np.repeat(store.floor()[None], count, axis=0)
        self.background = np.repeat(store.background()[:1], count, axis=0)


def warmed(shown: Shown, widths: list[int], seed: int = 1) -> Generator:
    """Return a generator whose normalisations have seen sound, and that finds something now and then."""
    generator = make_generator(MODEL["network"], widths=widths, sources=len(SOURCES), bins=GRID.bins, seed=seed)
    with torch.no_grad():
        for _ in range(8):
            seen = features(*(torch.from_numpy(one) for one in (shown.level, shown.floor, shown.background)))
            generator.train()(seen)
    return generator.eval()


def write_model(folder: Path, generator: Generator, shown: Shown) -> None:
    """Save the generator with its card."""
    sources = {name: Source(labels=[name], scientific_name=None, common_name=name) for name in SOURCES}
    card = Card(
        model="m", network=MODEL["network"], widths=tuple(MODEL["widths"]), sources=sources, grid=GRID,
        thresholds=dict.fromkeys(SOURCES, 0.5), scores={}, input_ranges=input_ranges(generator, shown),
        parameters=parameters(generator), training={}, mask_rule={}, versions={},
    )  # fmt: skip
    save_model(folder, card, generator.state_dict())


def to_store(folder: Path, precision: str, keep: str = "all") -> Path:
    """Run the stage from nothing; return the store."""
    shutil.rmtree(folder / "infer", ignore_errors=True)
    infer.run(
        record=folder / f"stft/{UNIT}.json",
        card=folder / "model/card.json",
        weights=folder / "model/generator.safetensors",
        settings=json.dumps({**SETTINGS["infer"], "keep": keep}),
        output=folder / f"infer/{UNIT}.json",
        device="cpu",
        precision=precision,
        workers=WORKERS,
    )
    return folder / f"infer/{UNIT}.zarr"


def engines(generator: Generator, shown: Shown) -> dict[str, Callable[[], Engine]]:
    """Return the ways to compute one generator."""
    small = quantised(generator, input_ranges(generator, shown))

    def compiled(own: Generator, dtype: torch.dtype = torch.float32) -> Callable[[], Engine]:
        return lambda: OpenVinoEngine(Bytewise(own, torch.float32), dtype, workers=WORKERS, bins=GRID.bins)

    found: dict[str, Callable[[], Engine]] = {
        "torch, folded, channels last": lambda: (
            Separator.ready(generator, device=CPU, dtype=torch.float32, batch=1).engine
        ),
        "torch.compile (inductor, freezing)": lambda: inductor(generator),
        "OpenVINO float32": compiled(folded(generator)),
        "OpenVINO int8": compiled(small),
    }
    if torch.cpu.get_capabilities().get("avx512_bf16"):
        found["OpenVINO bfloat16"] = compiled(folded(generator), torch.bfloat16)
    if importlib.util.find_spec("onnxruntime"):
        found["ONNX Runtime float32"] = lambda: OnnxEngine(generator)
    return found


def inductor(generator: Generator) -> Engine:
    """Return torch with its compiler."""
    import torch._inductor.config as settings

    settings.freezing = True
    bytewise = Bytewise(folded(generator).to(memory_format=torch.channels_last), torch.float32)
    bytewise.forward = torch.compile(bytewise.forward)  # type: ignore[method-assign]
    return TorchEngine(bytewise, CPU, 1)


class OnnxEngine:
    """ONNX Runtime."""

    batch = 1

    def __init__(self, generator: Generator) -> None:
        import onnxruntime

        frames = SETTINGS["infer"]["strip_frames"]
        strip = torch.zeros((1, frames, GRID.bins), dtype=torch.uint8)
        file = io.BytesIO()
        given = (strip, strip[:, 0], strip[:, 0])
        torch.onnx.export(Bytewise(folded(generator), torch.float32), given, file, dynamo=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = WORKERS
        self.multiple = generator.multiple
        self._session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])

    def each(self, batches: Iterator[Seen]) -> Iterator[tuple[Seen, np.ndarray]]:
        """Yield each batch and its codes."""
        names = [one.name for one in self._session.get_inputs()]
        for seen in batches:
            given = dict(zip(names, (seen.codes, seen.floor, seen.background), strict=True))
            yield seen, self._session.run(None, given)[0]


def strips(store: Store, count: int) -> list[Seen]:
    """Return strips of the store, each alone."""
    frames = SETTINGS["infer"]["strip_frames"]
    floor, background = store.floor()[None], store.background()[:1]
    return [
        Seen((start,), store.levels(slice(start, start + frames))[None], floor, background)
        for start in range(0, count * frames, frames)
    ]


def drain(engine: Engine, seen: list[Seen]) -> None:
    for _ in engine.each(iter(seen)):
        pass


class Taken(NamedTuple):
    """Seconds by the clock, and seconds of the processor for each thread."""

    wall: float
    idle: float


def in_turns(work: dict[str, Callable[[], object]], runs: int) -> dict[str, Taken]:
    """Return the least that each took; they take turns, so that a busy machine is unfair to all alike."""
    best = dict.fromkeys(work, Taken(float("inf"), float("inf")))
    for _ in range(runs):
        for what, run in work.items():
            wall, core = time.perf_counter(), time.process_time()
            run()
            now = Taken(time.perf_counter() - wall, (time.process_time() - core) / WORKERS)
            best[what] = Taken(*map(min, best[what], now))
    return best


def table(title: str, taken: dict[str, Taken], sound_s: float | dict[str, float]) -> None:
    """Print speeds in times real time, their ratio to the first row, and milliseconds for 256 by 256 cells."""
    print(f"\n{title:52}{'wall':>8}{'idle':>8}{'ratio':>8}{'ms':>8}")
    lengths = sound_s if isinstance(sound_s, dict) else dict.fromkeys(taken, sound_s)
    reference = None
    for what, seconds in taken.items():
        speed = lengths[what] / seconds.idle
        reference = reference or speed
        ms = 256 * GRID.hop_s / speed * 1e3
        print(f"{what:52}{lengths[what] / seconds.wall:8.0f}{speed:8.0f}{speed / reference:8.2f}{ms:8.2f}")


def peers(store: Store) -> dict[str, Callable[[], object]]:
    """Return what others do with a minute: NMF of its spectrogram, noisereduce of its sound."""
    found: dict[str, Callable[[], object]] = {}
    power = 10 ** (store.levels(slice(0, int(60 * FRAMES_A_SECOND))).astype(np.float32) / 20)
    if importlib.util.find_spec("sklearn"):
        from sklearn.decomposition import MiniBatchNMF

        parts = MiniBatchNMF(24, init="random", random_state=0, max_iter=20).fit(power[:4096])
        found["NMF, 24 parts known, activations alone"] = lambda: parts.transform(power)
    if importlib.util.find_spec("noisereduce"):
        import noisereduce

        sound = np.random.default_rng(0).normal(0, 0.1, 60 * RATE_HZ).astype(np.float32)
        found["noisereduce, spectral gating"] = lambda: noisereduce.reduce_noise(y=sound, sr=RATE_HZ, stationary=True)
    return found


def shares(folder: Path, store: Store, engine: Engine) -> dict[str, Callable[[], object]]:
    """Return the parts of the stage, each alone."""
    settings = SETTINGS["infer"]
    separator = Separator(engine, settings["strip_frames"], settings["margin_frames"])
    slices = [span.frame_slice for span in store.spans]
    codes, floor, background = store.levels(slice(0, store.frames)), store.floor(), store.background()
    blocks = list(separator.stream(codes.__getitem__, slices, floor, background))

    def write() -> None:
        attributes = {"fingerprint": "f"}
        with write_probabilities(folder / "w.zarr", like=store, sources=SOURCES, attributes=attributes) as out:
            for block in blocks:
                out.append(block)

    return {
        "all of it": lambda: to_store(folder, "int8"),
        "reading": lambda: [store.levels(slice(n, n + 32768)) for n in range(0, store.frames, 32768)],
        "features, network, bytes": lambda: list(separator.stream(codes.__getitem__, slices, floor, background)),
        "writing": write,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=0.2, help="length of the season")
    parser.add_argument("--runs", type=int, default=3, help="turns, of which the best counts")
    parser.add_argument("--only", choices=["stage", "engines", "shapes", "peers"], nargs="*", help="parts; default all")
    asked = parser.parse_args()
    parts = asked.only or ["stage", "engines", "shapes", "peers"]
    torch.set_num_threads(WORKERS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = write_season(folder, max(1, round(asked.hours * 3600 / RECORDING_S)))
        shown, sound_s = Shown(store), store.frames * GRID.hop_s
        generator = warmed(shown, MODEL["widths"])
        write_model(folder / "model", generator, shown)
        print(f"{parameters(generator):,} parameters, {WORKERS} threads, {sound_s / 3600:.2f} h")
        if "stage" in parts:
            stage(folder, store, generator, shown, sound_s, asked.runs)
        if "engines" in parts:
            seen = strips(store, 8)
            made = {what: make() for what, make in engines(generator, shown).items()}
            work = {what: lambda engine=engine: drain(engine, seen) for what, engine in made.items()}
            best = in_turns(work, asked.runs + 1)
            table("network alone", best, sum(one.codes.shape[1] for one in seen) * GRID.hop_s)
        if "shapes" in parts:
            shapes(store, shown, asked.runs)
        if "peers" in parts:
            work = {"antiphon infer, int8": lambda: to_store(folder, "int8"), **peers(store)}
            best = in_turns(work, asked.runs)
            table("beside others", best, dict.fromkeys(best, 60.0) | {"antiphon infer, int8": sound_s})
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB", file=sys.stdout)


def stage(folder: Path, store: Store, generator: Generator, shown: Shown, sound_s: float, runs: int) -> None:
    """Measure the stage, its parts, and what it stores."""
    work = {f"infer, Zarr to Zarr, {one}": lambda one=one: to_store(folder, one) for one in ("int8", "float32")}
    best = in_turns(work, runs)
    table("stage", best, sound_s)
    engine = engines(generator, shown)["OpenVINO int8"]()
    taken = in_turns(shares(folder, store, engine), runs)
    for what, seconds in taken.items():
        print(f"{what:52}{seconds.idle:8.2f} s{seconds.idle / taken['all of it'].idle:8.0%}")
    for keep in ("all", "active", "none"):
        size = sum(one.stat().st_size for one in to_store(folder, "int8", keep).rglob("*") if one.is_file())
        print(f"keep: {keep:46}{size / sound_s * 3600 / 1e6:10.2f} MB an hour")


def shapes(store: Store, shown: Shown, runs: int) -> None:
    """Measure networks of other widths."""
    seen, work = strips(store, 4), {}
    for widths in ([8, 16, 32, 64, 96], [16, 32, 48, 64], [16, 32, 64, 96, 128], [32, 48, 96, 128, 192]):
        generator = warmed(shown, widths)
        own = {"float32": folded(generator), "int8": quantised(generator, input_ranges(generator, shown))}
        for exactness, one in own.items():
            engine = OpenVinoEngine(Bytewise(one, torch.float32), torch.float32, workers=WORKERS, bins=GRID.bins)
            title = f"{'-'.join(map(str, widths))} ({parameters(generator) / 1e6:.2f} M), {exactness}"
            work[title] = lambda engine=engine: drain(engine, seen)
    best = in_turns(work, runs + 1)
    table("widths of the network", best, sum(one.codes.shape[1] for one in seen) * GRID.hop_s)


if __name__ == "__main__":
    main()
