"""Costs: the table, and what a season's own jobs say instead."""

import re

import pytest
import yaml

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


def test_reference__is_the_network_of_the_settings(root):
    settings = yaml.safe_load((root / "config" / "config.yaml").read_text(encoding="utf-8"))
    assert tuple(settings["models"]["community"]["widths"]) == REFERENCE_WIDTHS


MEASURED_MS = {
    (8, 16, 32, 64, 96): 1.4,
    (16, 32, 48, 64): 2.6,
    (16, 32, 64, 96, 128): 3.4,
    (32, 48, 96, 128, 192): 6.8,
}


@pytest.mark.parametrize("widths", MEASURED_MS)
def test_network_work__is_as_docs_performance_has_it(root, widths):
    page = (root / "docs" / "performance.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| {'-'.join(map(str, widths))}[ (].*\| {MEASURED_MS[widths]:g} \|", page, flags=re.MULTILINE)
    assert network_work("resunet", widths) * 3.1 == pytest.approx(MEASURED_MS[widths], rel=0.1)


def test_network_work__is_one_for_the_reference_and_nothing_without_a_network():
    assert network_work("resunet", REFERENCE_WIDTHS) == 1
    assert network_work("energy", [4, 4]) == 0
