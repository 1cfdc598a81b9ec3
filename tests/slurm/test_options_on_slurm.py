"""What docs/hpc.md promises beside the road, on a real Slurm: the check, the plan, job arrays, what jobs used."""

import re

import pytest
from slurm_season import SlurmSeason, slurm_words

pytestmark = pytest.mark.slurm_lab


@pytest.fixture(scope="module")
def season(lab, tmp_path_factory) -> SlurmSeason:
    """A season that nothing befell, whose network hardly learns."""
    made = SlurmSeason.write(tmp_path_factory.mktemp("season"))
    made.settings(train={"steps": 40})
    made.run()
    return made


def jobs_of(season: SlurmSeason) -> list[str]:
    """Return the Slurm ids of the season's jobs, tasks of arrays each for itself."""
    jobs = slurm_words("sacct", "-X", "-n", "-P", "-o", "JobID,WorkDir")
    return [job for job, folder in jobs if folder == str(season.folder)]


def test_check__sends_a_job_to_each_kind_of_node(season):
    run = season.run("--", "check")
    assert len(re.findall(r"^good cpu \(c[12]\): ", run.shown, flags=re.MULTILINE)) == 5
    assert len(re.findall(r"^good gpu \(g1\): ", run.shown, flags=re.MULTILINE)) == 5
    assert re.search(
        r"^good gpu \(g1\): gpu: 1 asked for, Slurm gave [01], PyTorch sees", run.shown, flags=re.MULTILINE
    )


def test_page__says_what_jobs_asked_for_and_used(season):
    page = (season.results / "tiny" / "report" / "index.html").read_text(encoding="utf-8")
    (row,) = re.findall(r'<th scope="row" class="name">stft</th>(.*?)</tr>', page)
    jobs, failed, asked_mb, used_mb, asked_min, used_min, busy = re.findall(r"<td>(.*?)</td>", row)
    assert (jobs, failed, asked_min) == ("2", "–", "120")
    assert asked_mb.replace(",", "").replace("\u202f", "") == "3000"
    assert 300 < float(used_mb) < 1500  # Snakemake's own share included
    assert 0.05 < float(used_min) < 3
    assert busy.endswith("%")


def test_arrays__give_the_same_bytes(season):
    before = season.bytes()
    season.forget("tiny/infer", "tiny/stft", "tiny/tables", "tiny/report")
    earlier = set(jobs_of(season))
    season.run("--slurm-array-jobs", "stft,infer")
    assert any("_" in job for job in set(jobs_of(season)) - earlier)
    assert season.bytes() == before
    assert season.complete()
