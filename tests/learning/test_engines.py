"""What computes: OpenVINO gives what torch gives, the same bits for any number of threads, in eight bits nearly so."""

import sys
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from antiphon.learning.apply import Separator, _ahead, folded
from antiphon.learning.bytewise import Bytewise, Kept
from antiphon.learning.devices import choose_dtype, choose_int8
from antiphon.learning.engines import Seen, TorchEngine, strips_that_fit
from antiphon.learning.generators import make_generator
from antiphon.learning.openvino_engine import OpenVinoEngine
from antiphon.learning.quantised import input_ranges, quantised
from antiphon.signal.grid import Grid
from antiphon.signal.spectrogram import level_codes

CPU, F32, BINS = torch.device("cpu"), torch.float32, 32


@dataclass(frozen=True)
class Examples:
    level: np.ndarray
    floor: np.ndarray
    background: np.ndarray


@pytest.fixture(scope="module")
def examples():
    rng = np.random.default_rng(0)
    level = rng.integers(60, 160, (3, 128, BINS), dtype=np.uint8)
    level[..., BINS - 4 :] = 0
    reference = np.where(np.arange(BINS) < BINS - 4, 90, 0).astype(np.uint8)[None].repeat(3, axis=0)
    return Examples(level, reference, reference)


@pytest.fixture(scope="module")
def generator():
    """A small network whose normalisations have seen something."""
    network = make_generator("resunet", widths=(8, 12, 16), sources=2, bins=BINS, seed=1)
    torch.manual_seed(0)
    with torch.no_grad():
        for _ in range(5):
            network.train()(torch.randn(4, 3, 64, BINS) + 0.5)
        network.head.bias.zero_()
    return network.eval()


def openvino(generator, workers=1, kept=None):
    return Separator(OpenVinoEngine(Bytewise(generator, F32, kept), F32, workers=workers, bins=BINS), 64, 24)


def by_torch(generator, kept=None, batch=4):
    return Separator(TorchEngine(Bytewise(generator, F32, kept), CPU, batch), 64, 24)


def recording(examples, frames):
    rng = np.random.default_rng(frames)
    codes = rng.integers(60, 160, (frames, BINS), dtype=np.uint8)
    codes[:, BINS - 4 :] = 0
    return codes, examples.floor[0], examples.background[0]


@pytest.mark.parametrize("frames", [5, 64, 300])
def test_openvino__finds_what_torch_finds(generator, examples, frames):
    given = recording(examples, frames)
    own = folded(generator)
    one, other = openvino(own).separate(*given), by_torch(own).separate(*given)
    assert np.abs(one.astype(int) - other.astype(int)).max() <= 1
    assert np.array_equal(one == 255, np.broadcast_to(given[0] == 0, one.shape))


def test_cells__without_any_sound_are_no_sources(generator, examples):
    codes, floor, background = recording(examples, 64)
    codes[20:40, 3:9] = 1
    for separator in (openvino(folded(generator)), by_torch(folded(generator))):
        found = separator.separate(codes, floor, background)
        assert not found[:, 20:40, 3:9].any()
        assert found[:, :, : BINS - 4].any()


@pytest.mark.parametrize("exactness", ["float32", "int8"])
def test_openvino__gives_the_same_bits_with_any_number_of_threads(generator, examples, exactness):
    given = recording(examples, 700)
    own = quantised(generator, input_ranges(generator, examples)) if exactness == "int8" else folded(generator)
    one, *others = (openvino(own, workers).separate(*given) for workers in (1, 2, 3))
    assert all(np.array_equal(one, other) for other in others)


def test_openvino__computes_every_convolution_in_bytes(generator, examples):
    engine = OpenVinoEngine(
        Bytewise(quantised(generator, input_ranges(generator, examples)), F32), F32, workers=1, bins=BINS
    )
    model = engine._model.clone()
    model.reshape({0: [1, 64, BINS], 1: [1, BINS], 2: [1, BINS]})
    compiled = engine._core.compile_model(model, "CPU", engine._settings)
    facts = [one.get_rt_info() for one in compiled.get_runtime_model().get_ops()]
    kinds = [
        one["runtimePrecision"].astype(str) for one in facts if one["layerType"].astype(str).startswith("Convolution")
    ]
    assert len(kinds) == 14
    assert set(kinds) <= {"i8", "u8"}


@pytest.mark.parametrize("rate_hz", [32000, 96000])
def test_separate__stands_another_sample_rate(rate_hz):
    """The same sound from another recorder: 99 % of probabilities move by less than 0.08, the rest lie on edges."""
    grid = Grid(0.016, 0.008, 256)
    network = folded(make_generator("resunet", widths=(8, 12, 16), sources=2, bins=256, seed=1))
    found = []
    for rate in (48000, rate_hz):
        t = np.arange(int(4.0 * rate)) / rate
        hum = sum(np.sin(2 * np.pi * f * t + f) for f in range(200, 11000, 37))
        sound = 0.001 * hum + 0.1 * np.sin(2 * np.pi * (2500 * t + 300 * t**2)) * (np.sin(2 * np.pi * t) > 0)
        codes = level_codes(sound.astype(np.float32), rate, grid)
        reference = np.median(codes, axis=0).astype(np.uint8)
        found.append(
            Separator(TorchEngine(Bytewise(network, F32), CPU, 1), 256, 32).separate(codes, reference, reference)
        )
    apart = np.abs(found[0].astype(int) - found[1])[:, :, :160]
    assert np.quantile(apart, 0.99) < 0.08 * 254


def test_openvino__tells_nobody_that_it_is_used(generator):
    openvino(folded(generator))
    assert sys.modules["openvino_telemetry"] is None


def test_quantised__in_torch_and_openvino_is_near_the_exact_generator(generator, examples):
    """Eight bits move a probability by a few codes: a mean of less than one in a hundred."""
    given = recording(examples, 300)
    exact = by_torch(folded(generator)).separate(*given).astype(int)
    small = quantised(generator, input_ranges(generator, examples))
    for rough in (by_torch(small).separate(*given), openvino(small).separate(*given)):
        assert np.abs(rough - exact).mean() < 2.54


def test_input_ranges__hold_zero_and_every_convolution(generator, examples):
    ranges = input_ranges(generator, examples, count=2)
    assert set(ranges) == {name for name, one in generator.named_modules() if isinstance(one, torch.nn.Conv2d)}
    assert all(low <= 0.0 <= high for low, high in ranges.values())
    assert ranges["stem"][1] == pytest.approx((159 - 90) / 40)


@pytest.mark.parametrize("engine", [openvino, by_torch])
def test_kept__cuts_each_source_at_its_own_code(generator, examples, engine):
    given, own = recording(examples, 100), folded(generator)
    every = engine(own).separate(*given)
    least = np.array([100, 200], dtype=np.uint8)[:, None, None]
    active = engine(own, kept=Kept((100, 200))).separate(*given)
    assert np.array_equal(active, np.where(every < least, 0, every))
    flat = engine(own, kept=Kept((100, 200), flat=True)).separate(*given)
    assert np.array_equal(flat, np.where(every == 255, 255, np.where(every < least, 0, 254)))


def test_torch__yields_batches_in_order(generator, examples):
    engine = TorchEngine(Bytewise(folded(generator), F32), CPU, batch=1)
    seen = [Seen((n,), examples.level[:1, :64], examples.floor[:1], examples.background[:1]) for n in range(5)]
    assert [one.starts for one, _ in engine.each(seen)] == [(n,) for n in range(5)]


def test_ahead__keeps_order_reads_no_further_than_asked_and_passes_errors_on():
    made = []

    def numbers():
        for n in range(10):
            if n == 7:
                raise RuntimeError("seven")
            made.append(n)
            yield n

    items = _ahead(numbers(), 3)
    assert next(items) == 0
    assert len(made) <= 4
    with pytest.raises(RuntimeError, match="seven"):
        list(items)
    assert made == list(range(7))


@pytest.mark.parametrize(("memory", "strip", "fit"), [(100, 1, 32), (64, 1, 32), (10, 100, 1), (10**12, 1, 256)])
def test_strips_that_fit__into_half_a_memory(memory, strip, fit):
    assert strips_that_fit(memory, strip) == fit


def test_int8__is_taken_where_it_is_known_harmless_and_fast(monkeypatch):
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx512_vnni": True})
    assert choose_int8("auto", CPU, known=True, harmless=True)
    assert not choose_int8("auto", CPU, known=True, harmless=False)
    assert not choose_int8("auto", torch.device("cuda"), known=True, harmless=True)
    assert choose_int8("int8", CPU, known=True, harmless=False)
    assert not choose_int8("float32", CPU, known=True, harmless=True)
    assert choose_dtype("int8", CPU) == torch.float32
    with pytest.raises(ValueError, match="no input_ranges"):
        choose_int8("int8", CPU, known=False, harmless=False)
    with pytest.raises(ValueError, match="is for processors"):
        choose_int8("int8", torch.device("cuda"), known=True, harmless=True)
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {})
    assert not choose_int8("auto", CPU, known=True, harmless=True)
