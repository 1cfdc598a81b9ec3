"""A season as jobs: all of it, nothing of it, and what is left."""

import re
from dataclasses import replace

import pytest

from antiphon.planning.costs import COSTS
from antiphon.planning.queueing import Places, wall_s
from antiphon.planning.season import RULES, BatchWork, ModelWork, SeasonWork, season_jobs, sums_by_rule
from conftest import ROOT

MODEL = ModelWork("birds", "resunet", (16, 32, 48, 64), 3, scenes_s=5000.0, tiles_s=50_000.0, is_made=False, sounds=180)
BATCHES = [
    BatchWork(f"{name}.2024-{month:02}-01", name, 744.0, 1.0, {"birds": 1.0}) for name in "AB" for month in (4, 5, 6)
]
WORK = SeasonWork(10_000, BATCHES, [MODEL], frozenset(), reported=False)


def sums(work, **options):
    jobs = season_jobs(work, COSTS, **{"threads": 4, "gpus": {"train": 1, "infer": 1}, **options})
    return {one.rule: one for one in sums_by_rule(jobs)}


def done(work):
    batches = [replace(batch, stft_left=0.0, infer_left={"birds": 0.0}) for batch in work.batches]
    finished = replace(MODEL, is_made=True, has_sites=True, has_recall=True)
    tabled = frozenset({"A", "B", ("A", "birds"), ("B", "birds")})
    return replace(work, batches=batches, models=[finished], tabled=tabled, reported=True)


def test_jobs__are_those_of_the_road():
    found = sums(WORK)
    assert list(found) == list(RULES)
    assert {rule: one.jobs for rule, one in found.items()} == {
        "ingest": 1, "stft": 6, "pair": 1, "train": 1, "evaluate": 1, "infer": 6,
        "tabulate_effort": 2, "tabulate": 2, "sites": 1, "inject": 1, "report": 1,
    }  # fmt: skip


def test_plan__leaves_out_no_rule_of_the_road():
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "workflow" / "rules").glob("*.smk")))
    beside = {"check", "check_cpu", "classify", "demo_write", "figures", "verdicts"}
    beside |= {"separate", "separate_sounds", "synthesize"}
    assert set(re.findall(r"^(?:rule|checkpoint) (\w+):", text, flags=re.MULTILINE)) - beside == set(RULES)


def test_jobs__without_sounds_to_find_put_none_in():
    assert "inject" not in sums(replace(WORK, models=[replace(MODEL, sounds=0)]))


def test_jobs__of_lost_tables_of_sites_are_those_and_the_page():
    finished = done(WORK)
    (model,) = finished.models
    found = sums(replace(finished, models=[replace(model, has_sites=False)]))
    assert {rule for rule, one in found.items() if one.left} == {"sites", "report"}


def test_jobs__of_a_finished_season_are_none():
    assert not any(one.left or one.core_hours or one.stored_bytes for one in sums(done(WORK)).values())


def test_jobs__of_a_new_recording_are_those_downstream_of_it():
    finished = done(WORK)
    batches = [replace(finished.batches[0], stft_left=0.1, infer_left={"birds": 0.1}), *finished.batches[1:]]
    found = sums(replace(finished, batches=batches))
    assert {rule: one.left for rule, one in found.items() if one.left} == {
        "stft": 1, "infer": 1, "tabulate_effort": 1, "tabulate": 1, "sites": 1, "inject": 1, "report": 1,
    }  # fmt: skip
    assert found["stft"].stored_bytes == pytest.approx(74.4 * COSTS["stft"].stored_bytes)


def test_jobs__of_a_finished_model_do_not_learn():
    found = sums(replace(WORK, models=[replace(MODEL, scenes_s=0.0, tiles_s=0.0, is_made=True)]))
    assert not {"pair", "train", "evaluate"}.intersection(found)


def test_gpu_hours__are_those_of_the_rules_that_ask_for_gpus():
    with_gpu, without = sums(WORK), sums(WORK, gpus={})
    assert {rule for rule, one in with_gpu.items() if one.gpu_hours} == {"train", "infer"}
    assert not any(one.gpu_hours for one in without.values())
    assert without["infer"].core_hours > with_gpu["infer"].core_hours


def test_cost__of_sound_adds_up():
    twice = replace(WORK, batches=[*BATCHES, *(replace(batch, name=f"{batch.name}b") for batch in BATCHES)])
    assert sums(twice)["stft"].stored_bytes == pytest.approx(2 * sums(WORK)["stft"].stored_bytes)


def test_wall__falls_with_places_to_the_longest_chain():
    jobs = season_jobs(WORK, COSTS, threads=4, gpus={})
    times = [wall_s(jobs, Places(places)) for places in (1, 2, 4, 100)]
    assert times == sorted(times, reverse=True)
    assert times[0] == pytest.approx(sum(job.seconds for job in jobs))
