"""Losses: what arithmetic says they are."""

import math

import pytest
import torch

from antiphon.learning import losses
from antiphon.learning.losses import criticism, cross_entropy, dice, persuasion

TRUTH = torch.tensor([[[[1.0, 0.0, 0.0, 0.0]]]])
HEARD = torch.tensor([[[[1.0, 1.0, 1.0, 0.0]]]])


def test_cross_entropy__of_even_odds_is_log_two():
    assert cross_entropy(torch.zeros_like(TRUTH), TRUTH, HEARD, 1.0) == pytest.approx(math.log(2))


def test_cross_entropy__weighs_the_cells_of_a_source():
    assert cross_entropy(torch.zeros_like(TRUTH), TRUTH, HEARD, 4.0) == pytest.approx(math.log(2) * 6 / 3)


@pytest.mark.parametrize("loss", [lambda x: cross_entropy(x, TRUTH, HEARD, 2.0), lambda x: dice(x, TRUTH, HEARD)])
def test_losses__ignore_what_was_not_heard(loss):
    logits = torch.tensor([[[[1.0, -1.0, 0.5, 0.0]]]])
    other = logits.clone()
    other[..., 3] = 9.0
    assert loss(logits) == loss(other)


def test_dice__is_zero_for_the_truth_and_one_for_its_inverse():
    sure = (2 * TRUTH - 1) * 50
    heard = torch.ones_like(TRUTH)
    assert dice(sure, TRUTH, heard) == pytest.approx(0, abs=1e-6)
    many = TRUTH.repeat(100, 1, 1, 1)
    assert dice(-sure.repeat(100, 1, 1, 1), many, torch.ones_like(many)) > 0.99


def test_dice__is_pooled_over_the_batch_for_each_source():
    truth = torch.zeros(2, 2, 4, 4)
    truth[0, 0], truth[1, 1] = 1, 1
    sure = (2 * truth - 1) * 50
    heard = torch.ones(2, 1, 4, 4)
    assert dice(sure, truth, heard) == pytest.approx(0, abs=1e-6)


def test_hinge__stops_beyond_the_margin():
    assert criticism(torch.tensor([1.5]), torch.tensor([-2.0])) == 0
    assert criticism(torch.tensor([0.0]), torch.tensor([0.0])) == 2
    assert persuasion(torch.tensor([2.0, -1.0])) == -0.5


def test_distance__is_the_mean_of_what_counts():
    fake, real = torch.zeros(1, 2, 2, 2), torch.ones(1, 2, 2, 2)
    real[0, 1] = 3.0
    assert float(losses.distance(fake, real, torch.ones(1, 1, 2, 2))) == 2.0
    counted = torch.ones(1, 2, 2, 2)
    counted[0, 1] = 0
    assert float(losses.distance(fake, real, counted)) == 1.0


def test_vanilla_losses__are_those_of_log_odds_not_of_probabilities():
    verdicts = torch.tensor([-3.0, 0.5, 40.0])
    cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits
    true, false = (cross_entropy(verdicts, torch.full((3,), one)) for one in (1.0, 0.0))
    torch.testing.assert_close(losses.vanilla_criticism(verdicts, verdicts), (true + false) / 2)
    torch.testing.assert_close(losses.vanilla_persuasion(verdicts), true)
    # a critic that is sure pays nothing: with a sigmoid before the logits it would pay 1.006
    assert float(losses.vanilla_criticism(torch.tensor([50.0]), torch.tensor([-50.0]))) < 1e-6
