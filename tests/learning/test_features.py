"""Features: what a generator sees, and that gain cancels out of it."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from antiphon.learning.features import excess, features


def test_features__are_levels_over_floor_and_background():
    codes = torch.tensor([[[100, 140], [0, 255]]], dtype=torch.uint8)
    floor = torch.tensor([[80, 100]], dtype=torch.uint8)
    background = torch.tensor([[100, 150]], dtype=torch.uint8)
    seen = features(codes, floor, background)
    # 20 codes are 10 dB are half a unit; 155 codes are cut at 50 dB; -10 codes are -5 dB
    torch.testing.assert_close(seen[0, 0], torch.tensor([[0.5, 1.0], [0.0, 2.5]]))
    torch.testing.assert_close(seen[0, 1], torch.tensor([[0.0, -0.25], [0.0, 2.5]]))
    assert seen[0, 2].tolist() == [[1, 1], [0, 1]]


@given(gain=st.integers(-40, 40), seed=st.integers(0, 1000))
def test_features__do_not_change_with_gain(gain, seed):
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(60, 200, (2, 8, 16), generator=generator, dtype=torch.uint8)
    codes[:, :, 12:] = 0
    references = torch.randint(60, 200, (2, 2, 16), generator=generator, dtype=torch.uint8)
    louder = torch.where(codes > 0, codes + gain, 0).to(torch.uint8)
    torch.testing.assert_close(
        features(louder, references[0] + gain, references[1] + gain), features(codes, references[0], references[1])
    )


def test_features__are_zero_where_nothing_is_heard():
    codes = torch.zeros(1, 4, 8, dtype=torch.uint8)
    reference = torch.full((1, 8), 77, dtype=torch.uint8)
    assert not features(codes, reference, reference).any()


def test_excess__is_never_negative():
    seen = torch.randn(2, 3, 4, 4)
    torch.testing.assert_close(excess(seen), seen[:, :1].clamp(min=0))
