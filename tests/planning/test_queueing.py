"""A cluster by formula: bounds that any schedule keeps, and exact times where they are known."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.planning.queueing import Job, Places, wall_s


def row(seconds, **fields):
    return [Job(str(index), "stft", length, **fields) for index, length in enumerate(seconds)]


def test_wall__of_a_chain_is_its_length():
    chain = row([1.0, 2.0, 3.0])
    chain = [chain[0], *(Job(b.name, "stft", b.seconds, needs=(a.name,)) for a, b in pairwise(chain))]
    assert wall_s(chain, Places(10)) == 6
    assert wall_s(chain, Places(10, queue_s=5)) == 21


def test_wall__of_equal_jobs_goes_in_waves():
    assert wall_s(row([10.0] * 7), Places(3)) == 30
    assert wall_s(row([10.0] * 4, cores=4), Places(100, cores=8)) == 20
    assert wall_s(row([10.0] * 4, gpus=1), Places(100, gpus=1)) == 40


def test_wall__lets_a_small_job_pass_a_large_one():
    jobs = [Job("a", "x", 10, cores=2), Job("large", "x", 10, cores=4), Job("small", "x", 5, cores=2)]
    assert wall_s(jobs, Places(10, cores=4)) == 20


def test_wall__gives_a_job_that_asks_too_much_all_there_is():
    assert wall_s(row([10.0], cores=64, gpus=2), Places(1, cores=2, gpus=0)) == 10


def test_wall__of_nothing_is_nothing():
    assert wall_s([], Places(1)) == 0


def test_wall__counts_what_no_job_makes_as_done():
    assert wall_s([Job("a", "x", 3, needs=("gone",))], Places(1)) == 3


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=30), st.integers(1, 8))
def test_wall__lies_between_its_bounds(seconds, jobs):
    """List scheduling is at most twice the best (Graham 1966, Bell System Technical Journal 45, 1563)."""
    least = max(*seconds, sum(seconds) / jobs)
    assert least <= wall_s(row(seconds), Places(jobs)) * (1 + 1e-9)
    assert wall_s(row(seconds), Places(jobs)) <= (2 - 1 / jobs) * least * (1 + 1e-9)


def test_wall__more_places_than_jobs_change_nothing():
    assert wall_s(row([3.0, 5.0]), Places(2)) == wall_s(row([3.0, 5.0]), Places(1000)) == pytest.approx(5)
