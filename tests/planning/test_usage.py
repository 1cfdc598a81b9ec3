"""What jobs asked for and used, rule by rule."""

import pytest

from antiphon.planning.usage import JobUse, use_by_rule


def job(rule, state="COMPLETED", wall_s=60.0, core_s=30.0, memory_mb=100.0, requested_mb=1000.0):
    return JobUse(rule, {}, state, wall_s, core_s, 2, memory_mb, requested_mb, 30.0)


def test_use__counts_attempts_and_names_failures():
    (use,) = use_by_rule([job("stft"), job("stft", "OUT_OF_MEMORY", memory_mb=990.0), job("stft", "TIMEOUT")])
    assert (use.jobs, use.failures) == (3, {"OUT_OF_MEMORY": 1, "TIMEOUT": 1})
    assert (use.used_mb, use.requested_mb, use.longest_min) == (990, 1000, 1)


def test_use__busy_share_is_of_the_cores_held():
    (use,) = use_by_rule([job("stft", wall_s=100.0, core_s=150.0), job("stft", wall_s=100.0, core_s=50.0)])
    assert use.busy_share == pytest.approx(0.5)


def test_use__says_what_is_not_known():
    (use,) = use_by_rule([job("stft", memory_mb=None, requested_mb=None, wall_s=0.0)])
    assert (use.used_mb, use.requested_mb, use.busy_share) == (None, None, 0.0)


def test_use__is_in_order_of_the_rules():
    assert [use.rule for use in use_by_rule([job("stft"), job("infer")])] == ["infer", "stft"]
