"""Costs: the table, and what a season's own jobs say instead."""

import pytest

from antiphon.planning.costs import COSTS, REFERENCE_WIDTHS, Measured, costs_of_season, network_work


def test_costs__of_a_season_that_measured_nothing_are_the_table():
    assert costs_of_season([]) == dict(COSTS)


def test_costs__are_those_that_whole_jobs_measured():
    jobs = [Measured("stft", 100, core_s=500 + COSTS["stft"].start_s / 2, wall_s=500)]
    assert costs_of_season(jobs)["stft"].core_s == pytest.approx(5)
    assert costs_of_season(jobs)["infer"] == COSTS["infer"]


def test_costs__believe_no_job_that_hardly_began():
    jobs = [Measured("stft", 700, core_s=3, wall_s=1.5 * COSTS["stft"].start_s), Measured("stft", 0, 100, 1000)]
    assert costs_of_season(jobs)["stft"] == COSTS["stft"]


def test_costs__are_not_lowered_by_batches_of_which_most_was_done():
    start = COSTS["stft"].start_s / 2
    whole, part = Measured("stft", 100, 200 + start, 500), Measured("stft", 100, 7 + start, 500)
    assert costs_of_season([whole, part, whole, part])["stft"].core_s == pytest.approx(2)


def test_costs__keep_the_shares_of_network_and_rest():
    infer = COSTS["infer"]
    known = infer.core_s + infer.network_core_s
    found = costs_of_season([Measured("infer", 10, 20 * known + infer.start_s / 2, 1000)])["infer"]
    assert found.core_s == pytest.approx(2 * infer.core_s)
    assert found.network_core_s == pytest.approx(2 * infer.network_core_s)
    assert found.network_gpu_s == infer.network_gpu_s


def test_network_work__is_one_for_the_reference_and_grows_with_the_square():
    assert network_work("resunet", REFERENCE_WIDTHS) == 1
    assert network_work("resunet", [2 * width for width in REFERENCE_WIDTHS]) == pytest.approx(4)
    assert network_work("energy", [4, 4]) == 0
