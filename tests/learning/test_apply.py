"""A generator applied: strips keep every frame once, and results depend on the recording alone."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from antiphon.learning.apply import Separator, folded, strips
from antiphon.learning.devices import choose_device, choose_dtype
from antiphon.learning.generators import make_generator, parameters

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def generator():
    """A small network whose normalisations have seen something."""
    network = make_generator("resunet", widths=(8, 12, 16), sources=2, bins=32, seed=1)
    torch.manual_seed(0)
    with torch.no_grad():
        for _ in range(5):
            network.train()(torch.randn(4, 3, 64, 32) + 0.5)
        network.head.bias.zero_()
    return network.eval()


def separator(generator, strip_frames=64, margin_frames=24, batch=4):
    return Separator.ready(
        generator, strip_frames=strip_frames, margin_frames=margin_frames, batch=batch, device=CPU, dtype=torch.float32
    )


def recording(frames, seed=0, bins=32):
    rng = np.random.default_rng(seed)
    codes = rng.integers(60, 160, (frames, bins), dtype=np.uint8)
    codes[:, bins - 4 :] = 0
    reference = np.where(np.arange(bins) < bins - 4, 90, 0).astype(np.uint8)
    return codes, reference, reference


def apart(one, other):
    return np.abs(one.astype(int) - other.astype(int)).max()


@given(
    lengths=st.lists(st.integers(0, 500), min_size=1, max_size=5),
    parts=st.integers(2, 8),
    margin=st.integers(0, 7),
)
def test_strips__keep_every_frame_once_and_in_order(lengths, parts, margin):
    strip, margin = 16 * parts, 8 * min(margin, parts - 1)
    ends = np.cumsum([0, *lengths])
    recordings = [slice(int(a), int(b)) for a, b in pairwise(ends)]
    kept = []
    for one in strips(recordings, strip_frames=strip, margin_frames=margin, multiple=16):
        frames = recordings[one.recording]
        assert frames.start <= one.start < one.stop <= frames.stop
        assert one.stop - one.start <= one.frames <= strip
        assert (one.start - frames.start) % 16 == one.frames % 16 == 0
        first, last = one.start + one.kept.start, one.start + one.kept.stop
        assert first - one.start >= margin or first == frames.start
        assert one.stop - last >= margin or last == frames.stop
        kept += range(first, last)
    assert kept == list(range(ends[-1]))


@pytest.mark.parametrize(("strip", "margin"), [(60, 8), (64, 32), (64, 7)])
def test_strips__that_do_not_fit_the_network_are_refused(strip, margin):
    with pytest.raises(ValueError, match="must be multiples of 16"):
        list(strips([slice(0, 10)], strip_frames=strip, margin_frames=margin, multiple=16))


@pytest.mark.parametrize("frames", [1, 8, 63, 64, 65, 300])
def test_separate__gives_every_cell_a_probability_and_no_more(generator, frames):
    codes, floor, background = recording(frames)
    found = separator(generator).separate(codes, floor, background)
    assert found.shape == (2, frames, 32)
    assert found.dtype == np.uint8
    assert np.array_equal(found == 255, np.broadcast_to(codes == 0, found.shape))


def test_separate__does_not_depend_on_the_batch(generator):
    codes, floor, background = recording(700)
    one, many = (separator(generator, batch=n).separate(codes, floor, background) for n in (1, 7))
    assert apart(one, many) <= 1


def test_separate__shows_no_seam(generator):
    """With margins as wide as the network sees, strips give what the whole recording gives."""
    codes, floor, background = recording(400)
    cut = separator(generator, strip_frames=128, margin_frames=48).separate(codes, floor, background)
    whole = separator(generator, strip_frames=512, margin_frames=0).separate(codes, floor, background)
    assert apart(cut, whole) <= 1


def test_separate__does_not_change_with_gain(generator):
    codes, floor, background = recording(100)
    louder = [np.where(one > 0, one + 24, 0).astype(np.uint8) for one in (codes, floor, background)]
    assert np.array_equal(
        separator(generator).separate(codes, floor, background), separator(generator).separate(*louder)
    )


def test_stream__separates_each_recording_as_if_it_were_alone(generator):
    lengths = [130, 5, 64, 0, 200, 30]
    alone = [recording(n, seed) for seed, n in enumerate(lengths)]
    store = np.concatenate([codes for codes, _, _ in alone])
    ends = np.cumsum([0, *lengths])
    spans = [slice(a, b) for a, b in pairwise(ends)]
    backgrounds = np.stack([background for _, _, background in alone])
    reads = []

    def read(frames):
        reads.append(frames.stop - frames.start)
        return store[frames]

    whole = separator(generator, batch=2)
    together = np.concatenate(list(whole.stream(read, spans, alone[0][1], backgrounds)), axis=1)
    apart_ = [whole.separate(*one) for one, n in zip(alone, lengths, strict=True) if n]
    assert apart(together, np.concatenate(apart_, axis=1)) <= 1
    assert max(reads) <= 4 * 2 * 64


def test_folded__computes_the_same_with_fewer_layers(generator):
    features = torch.randn(1, 3, 64, 32)
    lean = folded(generator)
    with torch.no_grad():
        torch.testing.assert_close(lean(features), generator(features), atol=1e-4, rtol=1e-4)
    assert not any(isinstance(one, torch.nn.BatchNorm2d) for one in lean.modules())
    assert any(isinstance(one, torch.nn.BatchNorm2d) for one in generator.modules())


def test_generators__are_made_by_name():
    one, two = (make_generator("resunet", widths=(8, 8), sources=1, bins=16, seed=4) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert parameters(one) == sum(p.numel() for p in one.parameters())
    assert parameters(make_generator("energy", widths=(), sources=3, bins=16)) == 0
    with pytest.raises(ValueError, match="no network 'unet'"):
        make_generator("unet", widths=(8, 8), sources=1, bins=16)


def test_device__asked_for_and_absent_is_said():
    assert choose_device("cpu") == CPU
    assert choose_device("auto").type in ("cpu", "cuda")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="no GPU here"):
            choose_device("cuda")
    with pytest.raises(ValueError, match="none of auto, cpu, cuda"):
        choose_device("tpu")


def test_dtype__is_bfloat16_only_where_it_is_native():
    assert choose_dtype("float32", CPU) == torch.float32
    assert choose_dtype("bfloat16", CPU) == torch.bfloat16
    able = torch.cpu.get_capabilities()
    native = able.get("avx512_bf16") or able.get("amx_bf16")
    assert choose_dtype("auto", CPU) == (torch.bfloat16 if native else torch.float32)
    with pytest.raises(ValueError, match="none of auto"):
        choose_dtype("half", CPU)


def test_separator__by_name_says_what_is_not_there():
    energy = make_generator("energy", widths=(), sources=1, bins=16)
    assert Separator.chosen(energy, "cpu", "float32").strip_frames == 2048
    for device, precision, word in (("tpu", "auto", "device 'tpu'"), ("cpu", "half", "precision 'half'")):
        with pytest.raises(ValueError, match=word):
            Separator.chosen(energy, device, precision)
