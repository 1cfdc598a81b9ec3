"""The energy threshold: what stands out belongs to every source."""

import numpy as np
import torch

from antiphon.baselines.energy import EnergyThreshold, excess_codes
from antiphon.learning.features import UNIT_DB, features


def test_energy__finds_what_stands_out_for_every_source():
    codes = torch.tensor([[[100, 119], [121, 0]]], dtype=torch.uint8)
    reference = torch.full((1, 2), 100, dtype=torch.uint8)
    network = EnergyThreshold(3, unit_db=UNIT_DB, threshold_db=10.0)
    probability = network(features(codes, reference, reference)).sigmoid()
    assert probability.shape == (1, 3, 2, 2)
    assert (probability[0] > 0.5).tolist() == [[[False, False], [True, False]]] * 3


def test_energy__keeps_its_threshold_with_its_weights():
    one, other = EnergyThreshold(1, unit_db=UNIT_DB, threshold_db=7.5), EnergyThreshold(1, unit_db=UNIT_DB)
    other.load_state_dict(one.state_dict())
    assert float(other.threshold_db) == 7.5


def test_excess_codes__count_half_decibels_over_the_background():
    codes = np.array([[100, 90, 0, 255]], dtype=np.uint8)
    background = np.array([80, 100, 100, 1], dtype=np.uint8)
    assert excess_codes(codes, background).tolist() == [[20, 0, 255, 254]]
