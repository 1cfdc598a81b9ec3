"""Reads that may never come back."""

import threading
import time

import pytest

from antiphon.io.season.patience import Beat, Hung, each_within


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("count", [0, 1, 10_000])
def test_each_within__keeps_the_order(threads: int, count: int) -> None:
    results = each_within(5, lambda item, beat: item * item, range(count), threads=threads, most_hung=3)
    assert list(results) == [item * item for item in range(count)]


def test_each_within__gives_up_what_hangs_and_goes_on() -> None:
    released = threading.Event()

    def work(item: int, beat: Beat) -> int:
        if item in (3, 7):
            released.wait(30)
        return item

    began = time.monotonic()
    found = list(each_within(0.2, work, range(100), threads=2, most_hung=10))
    released.set()
    assert time.monotonic() - began < 5
    assert [item for item, result in enumerate(found) if result == Hung(tried=True)] == [3, 7]
    assert [result for result in found if not isinstance(result, Hung)] == [n for n in range(100) if n not in (3, 7)]


def test_each_within__stops_trying_after_many() -> None:
    released = threading.Event()
    began = time.monotonic()
    found = list(each_within(0.2, lambda item, beat: released.wait(30), range(5000), threads=2, most_hung=4))
    released.set()
    assert time.monotonic() - began < 5
    assert found.count(Hung(tried=True)) in (4, 5), "both threads may hang at the same time"
    assert found.count(Hung(tried=True)) + found.count(Hung(tried=False)) == 5000


def test_each_within__waits_for_what_proceeds() -> None:
    def work(item: int, beat: Beat) -> int:
        for _ in range(6):
            time.sleep(0.15)
            beat()
        return item

    assert list(each_within(0.6, work, [1], threads=1, most_hung=1)) == [1]


def test_each_within__raises_what_the_work_raises() -> None:
    results = each_within(5, lambda item, beat: 1 // item, [1, 0, 1], threads=1, most_hung=1)
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_each_within__leaves_no_thread_when_it_is_left() -> None:
    before = threading.active_count()
    results = each_within(5, lambda item, beat: time.sleep(0.001), range(10_000), threads=4, most_hung=1)
    next(results)
    results.close()
    for _ in range(200):
        if threading.active_count() <= before:
            break
        time.sleep(0.02)
    assert threading.active_count() <= before
