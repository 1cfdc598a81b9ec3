"""The road on a real Slurm, by the user's own words: `snakemake --profile slurm`."""

import pytest
from slurm_season import SlurmSeason, accounted, until

from conftest import write_tiny_season

pytestmark = pytest.mark.slurm
ONCE_A_BATCH = {"stft", "infer"}
TINY = {"all", "verdicts"}


def test_profile_slurm__runs_a_season_to_its_page(slurm, tmp_path):
    season = SlurmSeason.write(tmp_path)
    write_tiny_season(tmp_path)  # its settings: the energy baseline, which learns in no time
    run = season.run()
    assert (season.results / "tiny" / "report" / "index.html").exists()
    submitted = run.submitted()
    assert {"ingest", "pair", "train", "evaluate", "tabulate", "report"} | ONCE_A_BATCH <= set(submitted)
    assert not TINY & set(submitted)
    assert all(submitted.count(rule) == 2 for rule in ONCE_A_BATCH)

    def ended() -> list[dict[str, str]]:
        jobs = accounted(season.folder)
        return [] if any(job["State"] in ("PENDING", "RUNNING", "COMPLETING") for job in jobs) else jobs

    jobs = until("the accounts of all jobs", ended)
    assert all(job["State"] == "COMPLETED" for job in jobs), jobs
    assert {job["rule"] for job in jobs if job["Partition"] == "gpu"} == {"train", "infer"}
    for job in jobs:
        assert ("gres/gpu=1" in job["ReqTRES"]) == (job["rule"] in ("train", "infer")), job
        assert job["Account"] == "pam"
