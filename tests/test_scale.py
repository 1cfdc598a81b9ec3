"""A season of a tenth of the largest: what Snakemake needs to plan it, and what ingest writes of it."""

import re

import pytest
from benchmarks.large_season import LargeSeason
from benchmarks.scale import SNAKEMAKE, dry_run, ingest, measured, prepare

SEASON = LargeSeason(deployments=20, days=63, files_a_day=1)
BATCHES = 3 * SEASON.deployments  # 63 days from 1 January on touch three windows of 31 days


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """The season's checkout with its catalogue, and what ingest used."""
    folder = tmp_path_factory.mktemp("large")
    prepare(SEASON, folder)
    return folder, ingest(folder)


def test_ingest__lists_a_tenth_in_little_time_and_memory(listed):
    folder, used = listed
    assert f"{SEASON.files} recordings: {SEASON.files} ok" in used.shown
    assert len(list((folder / "results/large/catalogue/manifests").glob("*.json"))) == BATCHES
    assert used.memory_mb < 500
    assert used.core_s < 15  # some 1.6 on an idle core


def test_dry_run__plans_a_tenth_in_a_tenth_of_the_limits(listed):
    """A season of 12,500 units must be planned in 60 s and 2 GB; starting Snakemake takes most of both here."""
    start = measured([SNAKEMAKE[0], "--version"], listed[0])
    used = dry_run(listed[0])
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", used.shown, flags=re.MULTILINE))
    # two models; tables of effort once a deployment
    assert {rule: int(jobs[rule]) for rule in ("stft", "infer", "tabulate", "tabulate_effort")} == {
        "stft": BATCHES, "infer": 2 * BATCHES, "tabulate": 2 * SEASON.deployments,
        "tabulate_effort": SEASON.deployments,
    }  # fmt: skip
    assert used.core_s - start.core_s < 6
    assert used.core_s < 3 * start.core_s
    assert used.memory_mb < 500
