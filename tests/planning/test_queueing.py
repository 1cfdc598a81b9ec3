"""A cluster by formula: bounds that any schedule keeps, and exact times where they are known."""

from itertools import pairwise

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from antiphon.planning.queueing import Job, Places, fair_speeds, simulate, wall_s


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


def test_wall__counts_the_look_that_notices_an_end():
    chain = [Job("a", "x", 3), Job("b", "x", 3, needs=("a",))]
    assert wall_s(chain, Places(9, queue_s=1, notice_s=10)) == 28


def test_wall__of_jobs_submitted_one_after_the_other():
    assert wall_s(row([10.0] * 5), Places(9, submit_s=4)) == 26


def test_cores__are_free_while_a_job_waits_in_the_queue():
    """Two jobs for one core: the second waits for the core, not once more for the queue."""
    assert wall_s(row([10.0, 10.0]), Places(9, cores=1, queue_s=5)) == 25


def test_file_system__is_shared_and_bounds():
    jobs = row([10.0] * 4, moved_bytes=100.0)  # each 10 B/s
    assert simulate(jobs, Places(9, bytes_per_s=40)).wall_s == pytest.approx(10)
    run = simulate(jobs, Places(9, bytes_per_s=10))
    assert run.wall_s == pytest.approx(40)
    assert run.bound == "file system"


def test_file_system__slows_who_asks_for_much_only():
    jobs = [Job("large", "x", 10, moved_bytes=1000), Job("small", "x", 10, moved_bytes=10)]
    run = simulate(jobs, Places(9, bytes_per_s=51))
    assert run.wall_s == pytest.approx(10 + 500 / 51)  # 50 B/s while the small one runs, 51 B/s then


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8), st.floats(0.1, 200))
def test_fair_speeds__give_out_what_there_is(demands, bytes_per_s):
    speeds = fair_speeds(demands, bytes_per_s)
    given_out = [speed * demand for speed, demand in zip(speeds, demands, strict=True)]
    assert sum(given_out) == pytest.approx(min(sum(demands), bytes_per_s))
    slowed = [rate for rate, speed in zip(given_out, speeds, strict=True) if speed < 1 - 1e-9]
    assert all(rate == pytest.approx(max(given_out)) for rate in slowed)


@pytest.mark.parametrize(
    ("jobs", "places", "bound"),
    [
        (row([10.0] * 9), Places(9, cores=1), "cores"),
        (row([10.0] * 9, gpus=1), Places(9, gpus=1), "GPUs"),
        (row([10.0] * 9), Places(1), "jobs at a time"),
        ([Job("a", "x", 9), Job("b", "x", 9, needs=("a",))], Places(9), "chain"),
        (row([1.0]), Places(9, queue_s=60), "queue"),
    ],
)
def test_bound__names_what_holds_jobs_back(jobs, places, bound):
    run = simulate(jobs, places)
    assert run.bound == bound
    assert sum(run.bound_s.values()) == pytest.approx(run.wall_s)


def by_simpy(jobs, places):
    """Return the wall time of jobs of one core by another simulation."""
    world = simpy.Environment()
    slots, cores = (simpy.PriorityResource(world, capacity=int(n)) for n in (places.jobs, places.cores))
    ended = {job.name: world.event() for job in jobs}

    def life(index, job):
        yield world.all_of([ended[name] for name in job.needs])
        with slots.request(priority=index) as slot:
            yield slot
            yield world.timeout(places.queue_s)
            with cores.request(priority=index) as core:
                yield core
                yield world.timeout(job.seconds)
            yield world.timeout(places.notice_s)
            ended[job.name].succeed()
            yield world.timeout(1e-9)  # who waited for it asks for the place before it is given away

    for index, job in enumerate(jobs):
        world.process(life(index, job))
    world.run()
    return world.now


@st.composite
def seasons(draw):
    """Return jobs of one core, each after some of those before it; lengths are such that no two events meet."""
    lengths = draw(st.lists(st.integers(1, 50), min_size=1, max_size=20))
    names = [str(index) for index in range(len(lengths))]
    jobs = []
    for index, (name, length) in enumerate(zip(names, lengths, strict=True)):
        needs = draw(st.sets(st.sampled_from(names[:index]))) if index else set()
        jobs.append(Job(name, "x", length + 0.618 ** (index + 1), needs=tuple(sorted(needs))))
    return jobs


@given(seasons(), st.integers(1, 6), st.integers(1, 6), st.integers(0, 9), st.integers(0, 9))
def test_wall__is_that_of_simpy(jobs, slots, cores, queue_s, notice_s):
    places = Places(slots, cores, queue_s=queue_s + 0.0317, notice_s=notice_s + 0.0713)
    assert wall_s(jobs, places) == pytest.approx(by_simpy(jobs, places), abs=1e-6)
